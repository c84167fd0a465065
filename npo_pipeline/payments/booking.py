"""Settled amounts as rows of the ledger: named, with the board that gets them, and why they were due."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from npo_pipeline.intake.school_directory import board_on
from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.months import Month
from npo_pipeline.payments.attribution import ITEM, attribute_corrections, open_items
from npo_pipeline.payments.settlement import KEY, settle, with_payment_ids
from npo_pipeline.payments.spreading import deferred_corrections, floored_kinds
from schemas import tables

COLUMNS = list(tables.PAYMENTS.columns)
CAUSES = list(tables.CORRECTION_CAUSES.columns)


@dataclass(frozen=True)
class LedgerState:
    """What a payment run finds in the books.

    `instalments`: of the latest decisions up to the month: KEY, month, amount. `ledger`: KEY, paid_month, reason,
    amount. `latest`: school_year, currency, decision_id, sequence of those decisions. `corrections`: what each
    decision changed of months that were run when it was taken, where any decision spreads: KEY, decision_id, gap,
    paid_until, amount. `terms`: of all decisions. `schools`: the directory.
    """

    instalments: pl.DataFrame
    ledger: pl.DataFrame
    latest: pl.DataFrame
    corrections: pl.DataFrame
    terms: pl.DataFrame
    schools: pl.DataFrame


@dataclass(frozen=True)
class AttributionInputs:
    """What decisions made due of some schools, and what of it was paid.

    `items`: ITEM, sequence, amount. `settled`: ITEM, amount. `booked`: KEY, month, sequence. `first_runs`:
    school_year, currency, month, sequence.
    """

    items: pl.DataFrame
    settled: pl.DataFrame
    booked: pl.DataFrame
    first_runs: pl.DataFrame


def payment_rows(month: Month, run_id: str, found: LedgerState) -> pl.DataFrame:
    """What a payment run pays.

    The board is the one that holds the vestiging on the first day of the paid month (contract, section 4).

    Args:
        month: the month of the run.
        run_id: the run.
        found: the books.

    Returns:
        Rows of `payments`, sorted by school and component.
    """
    rows = settle(
        month,
        _cents(found.instalments, "month"),
        _cents(found.ledger, "paid_month", "reason"),
        found.latest,
        deferred_corrections(
            month, _cents(found.corrections, "decision_id", "gap", "paid_until"), found.terms, found.latest
        ),
        floored_kinds(month, found.terms, found.latest),
    )
    placed = board_on(found.schools, with_payment_ids(rows, month), month)
    return placed.with_columns(
        run_id=pl.lit(run_id),
        paid_month=pl.lit(month),
        brin=pl.col("vestiging").str.head(4),
        amount=to_euro(pl.col("amount_cents")),
    ).select(COLUMNS)


def correction_causes(
    month: Month, payments: pl.DataFrame, latest: pl.DataFrame, made: AttributionInputs
) -> pl.DataFrame:
    """Why the corrections of a payment run were due.

    Args:
        month: the month of the run.
        payments: what it pays: rows of `payments`.
        latest: school_year, currency, sequence of the decisions it pays by.
        made: what decisions made due of the schools that are corrected.

    Returns:
        Rows of `correction_causes`; those of one payment add up to it.
    """
    corrections = payments.filter(pl.col("reason") == "correction")
    keyed = corrections.select(*KEY, "payment_id", amount_cents=to_cents(pl.col("amount")))
    now = payments.filter(pl.col("reason") == "instalment").join(latest, on=["school_year", "currency"])
    booked = pl.concat([made.booked, now.select(*KEY, "sequence", month="paid_month").select(made.booked.columns)])
    in_force = latest.select("school_year", "currency", "sequence", month=pl.lit(month))
    # A month that was run before keeps the decision of its first run.
    first_runs = pl.concat([made.first_runs, in_force.select(made.first_runs.columns)]).unique(
        ["school_year", "currency", "month"], keep="first"
    )
    cents = to_cents(pl.col("amount"))
    items, settled = (frame.with_columns(amount_cents=cents) for frame in (made.items, made.settled))
    parts = attribute_corrections(
        keyed, open_items(items, settled.select(*ITEM, "amount_cents"), booked, first_runs)
    )
    whole = parts.join(corrections.select("payment_id", "run_id"), on="payment_id")
    return whole.with_columns(amount=to_euro(pl.col("amount_cents"))).select(CAUSES)


def _cents(rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return rows.select(*KEY, *columns, amount_cents=to_cents(pl.col("amount")))
