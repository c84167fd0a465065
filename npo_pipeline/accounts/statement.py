"""The accounts of a calendar year: per school carry-over, receipts and spending, and the findings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.accounts.board_reports import (
    agreed_until,
    by_intervention,
    consent_by_school,
    consents_for,
    spending_lines,
    spent_by_school,
)
from npo_pipeline.accounts.findings.context import FindingContext
from npo_pipeline.accounts.findings.registry import findings_of
from npo_pipeline.accounts.received import (
    SCHOOL_KEY,
    accrued_to,
    asked_about,
    currencies,
    paid_for,
    receipts_of,
    received_in,
    with_manners,
)
from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.rulebook.year_end import YearEndRules
from schemas import accounted
from schemas.accounted import (
    SHARE,
    Accountability,
    AccountabilityInterventions,
    AccountabilityReceipts,
    Consents,
    Findings,
    Spending,
)
from schemas.columns import schema_of
from schemas.frames.accounts import (
    AccountedReceipts,
    DecidedTotals,
    DeliveryFiles,
    InterventionSums,
    OpenRejections,
    SchoolAccounts,
    SpendingLines,
    YearReceipts,
)
from schemas.received import Schools

AMOUNTS = (
    *("carried_in", "received", "spent", "external", "board_level", "carried_out", "accrued"),
    *("transferred", "corrections", "accrued_corrections"),
)
_LEFT = pl.sum_horizontal("carried_in", "received", -pl.col("spent"), "transferred", "corrections")
ACCOUNTABILITY = [name for name in schema_of(accounted.ACCOUNTABILITY) if name != "run_id"]


@dataclass(frozen=True, kw_only=True)
class AccountInputs:
    """The inputs of the accounts of a year.

    `schools`: the directory. `spending`, `consents`: the latest report of each board and period. `before`: the
    accountability of the year before.
    """

    year: int
    accounted_on: date
    treatment: str
    rules: YearEndRules
    payments: YearReceipts
    totals: DecidedTotals
    schools: Schools
    spending: Spending
    consents: Consents
    files: DeliveryFiles
    rejections: OpenRejections
    before: Accountability


@dataclass(frozen=True)
class YearAccounts:
    """The rows of a year in the tables of the accounts; those of `accountability` are without their run."""

    accountability: Accountability
    interventions: AccountabilityInterventions
    receipts: AccountabilityReceipts
    findings: Findings


def account_for(inputs: AccountInputs) -> YearAccounts:
    """Account for a calendar year per board and school.

    `carried_out = carried_in + received - spent + transferred + corrections`.

    Raises:
        Refused: a school was paid in two currencies.
    """
    year = inputs.year
    lines = spending_lines(inputs.spending, inputs.files, inputs.rules.menukaart, year)
    consents = consents_for(inputs.consents, year)
    payments = with_manners(inputs.payments, inputs.rules.accountability)
    asked = asked_about(payments)
    schools = _school_accounts(inputs, lines, consents)
    context = FindingContext(
        year=year,
        accounted_on=inputs.accounted_on,
        rules=inputs.rules.accountability,
        schools=schools,
        funded_years=paid_for(asked, year),
        asked=received_in(asked, year),
        lines=lines,
        spending_to_date=Spending(inputs.spending.filter(pl.col("year") <= year)),
        consents=consents,
        agreed=agreed_until(inputs.consents, year),
        rejections=inputs.rejections,
    )
    return YearAccounts(
        _accountability(schools, inputs),
        _interventions(by_intervention(lines), schools, year),
        _receipts(payments, inputs),
        Findings(findings_of(context)),
    )


def _school_accounts(inputs: AccountInputs, lines: SpendingLines, consents: Consents) -> SchoolAccounts:
    """Return every school that carried over, received or spent an amount, or to which an amount accrues.

    The currency of a school that was never paid is that of its board.
    """
    carried = inputs.before.select(*SCHOOL_KEY, carried_in=to_cents(pl.col("carried_out")))
    accrued = accrued_to(inputs.totals, inputs.schools, inputs.year)
    parts: list[pl.DataFrame] = [
        carried.filter(pl.col("carried_in") != 0),
        received_in(inputs.payments, inputs.year),
        spent_by_school(lines),
        accrued.filter(pl.col("accrued") != 0),
    ]
    schools = pl.concat([part.select(SCHOOL_KEY) for part in parts]).unique().sort(SCHOOL_KEY)
    for part in parts:
        schools = schools.join(part, on=SCHOOL_KEY, how="left")
    none = dict.fromkeys(("transferred", "corrections", "accrued_corrections"), pl.lit(0, pl.Int64))
    amounts = [name for name in AMOUNTS if name != "carried_out"]
    return SchoolAccounts(
        schools.with_columns(**none)
        .with_columns(pl.col(amounts).fill_null(0))
        .with_columns(carried_out=_LEFT)
        .join(consent_by_school(consents), on=SCHOOL_KEY, how="left")
        .join(currencies(inputs.payments, inputs.totals), on="brin", how="left")
        .with_columns(pl.coalesce("currency", pl.col("currency").min().over("board"), pl.lit("EUR")))
        .sort(SCHOOL_KEY)
    )


def _accountability(schools: SchoolAccounts, inputs: AccountInputs) -> Accountability:
    amounts = [to_euro(pl.col(name)) for name in AMOUNTS]
    year, treatment = pl.lit(inputs.year, pl.Int64), pl.lit(inputs.treatment)
    return Accountability(schools.with_columns(*amounts, year=year, treatment=treatment).select(ACCOUNTABILITY))


def _receipts(payments: AccountedReceipts, inputs: AccountInputs) -> AccountabilityReceipts:
    """Return the receipts of the year; none by rules that are older than the manners of accounting."""
    receipts = receipts_of(payments, inputs.year)
    return receipts if inputs.rules.accountability.accounted_under else AccountabilityReceipts(receipts.clear())


def _interventions(sums: InterventionSums, schools: SchoolAccounts, year: int) -> AccountabilityInterventions:
    share = (pl.col("share").cast(pl.Decimal(38, 4)) / pl.lit(10_000).cast(pl.Decimal(38, 4))).cast(SHARE)
    rows = sums.join(schools.select(*SCHOOL_KEY, "currency"), on=SCHOOL_KEY, how="left").with_columns(
        to_euro(pl.col("amount")), to_euro(pl.col("external")), share=share, year=pl.lit(year, pl.Int64)
    )
    return AccountabilityInterventions(rows.select(list(schema_of(accounted.ACCOUNTABILITY_INTERVENTIONS))))
