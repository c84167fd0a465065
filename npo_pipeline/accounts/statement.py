"""A calendar year accounted for: per school what it had, got, spent and keeps, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.accounts.board_reports import (
    agreed_until,
    by_intervention,
    consent_by_school,
    consents_for,
    spending_rows,
    spent_by_school,
)
from npo_pipeline.accounts.findings.context import FindingContext
from npo_pipeline.accounts.findings.registry import findings_of
from npo_pipeline.accounts.received import SCHOOL, accrued_to, currencies, paid_for, received_in
from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.rulebook.accountability.load import YearEndRules
from schemas import tables
from schemas.accounted import SHARE
from schemas.columns import schema_of

AMOUNTS = ("carried_in", "received", "spent", "external", "board_level", "carried_out", "accrued")
ACCOUNTABILITY = [name for name in schema_of(tables.ACCOUNTABILITY) if name != "run_id"]


@dataclass(frozen=True)
class Basis:
    """What a year is accounted from.

    `payments`: paid_month, school_year, board, brin, amount, currency of all that was ever paid. `totals`: what
    the latest decisions make due: school_year, vestiging, currency, amount. `schools`: the directory. `spending`,
    `consents`: what was told last of each board and period. `files`: delivery_id, file. `refused`: refused rows
    that still stand, with board, file, line, message. `before`: rows of `accountability` of the year before.
    """

    year: int
    accounted_on: date
    treatment: str
    rules: YearEndRules
    payments: pl.DataFrame
    totals: pl.DataFrame
    schools: pl.DataFrame
    spending: pl.DataFrame
    consents: pl.DataFrame
    files: pl.DataFrame
    refused: pl.DataFrame
    before: pl.DataFrame


@dataclass(frozen=True)
class Accounted:
    """Rows of the tables of the same names; `accountability` without its run."""

    accountability: pl.DataFrame
    interventions: pl.DataFrame
    findings: pl.DataFrame


def account_for(basis: Basis) -> Accounted:
    """Account for a calendar year: `carried_out = carried_in + received - spent`, per board and school.

    Raises:
        Refused: a school was paid in two currencies.
    """
    menukaart = basis.rules.menukaart
    rows = spending_rows(basis.spending, basis.files, menukaart, basis.year)
    consents = consents_for(basis.consents, basis.year)
    schools = _schools(basis, rows, consents)
    case = FindingContext(
        basis.year,
        basis.accounted_on,
        basis.rules.accountability,
        schools,
        paid_for(basis.payments, basis.year),
        rows,
        basis.spending.filter(pl.col("year") <= basis.year),
        consents,
        agreed_until(basis.consents, basis.year),
        basis.refused,
    )
    interventions = by_intervention(rows).join(schools.select(*SCHOOL, "currency"), on=SCHOOL, how="left")
    return Accounted(_accountability(schools, basis), _interventions(interventions, basis.year), findings_of(case))


def _schools(basis: Basis, rows: pl.DataFrame, consents: pl.DataFrame) -> pl.DataFrame:
    """Every school that had, got or spent something, or to which something accrues.

    Its amounts in cents, its consents and its currency: where it was never paid that of its board.
    """
    carried = basis.before.select(*SCHOOL, carried_in=to_cents(pl.col("carried_out")))
    accrued = accrued_to(basis.totals, basis.schools, basis.year)
    parts = [
        carried.filter(pl.col("carried_in") != 0),
        received_in(basis.payments, basis.year),
        spent_by_school(rows),
        accrued.filter(pl.col("accrued") != 0),
    ]
    schools = pl.concat([part.select(SCHOOL) for part in parts]).unique().sort(SCHOOL)
    for part in parts:
        schools = schools.join(part, on=SCHOOL, how="left")
    amounts = [name for name in AMOUNTS if name != "carried_out"]
    left = pl.col("carried_in") + pl.col("received") - pl.col("spent")
    return (
        schools.with_columns(pl.col(amounts).fill_null(0))
        .with_columns(carried_out=left)
        .join(consent_by_school(consents), on=SCHOOL, how="left")
        .join(currencies(basis.payments, basis.totals), on="brin", how="left")
        .with_columns(pl.coalesce("currency", pl.col("currency").min().over("board"), pl.lit("EUR")))
        .sort(SCHOOL)
    )


def _accountability(schools: pl.DataFrame, basis: Basis) -> pl.DataFrame:
    shown = [to_euro(pl.col(name)).alias(name) for name in AMOUNTS]
    year = pl.lit(basis.year, pl.Int64)
    return schools.with_columns(*shown, year=year, treatment=pl.lit(basis.treatment)).select(ACCOUNTABILITY)


def _interventions(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    share = (pl.col("share").cast(pl.Decimal(38, 4)) / pl.lit(10_000).cast(pl.Decimal(38, 4))).cast(SHARE)
    return rows.with_columns(
        to_euro(pl.col("amount")), to_euro(pl.col("external")), share=share, year=pl.lit(year, pl.Int64)
    ).select(list(schema_of(tables.ACCOUNTABILITY_INTERVENTIONS)))
