"""Settled amounts as rows of the ledger: named, with who gets them, and why they were due.

After a transfer, the board that holds the vestiging on the first day of the paid month is paid, for corrections of
earlier months too (contract, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from npo_pipeline.entitlements.beneficiaries import with_recipient
from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.months import Month
from npo_pipeline.payments.attribution import ITEM_KEY, WITHIN_DUE, attribute_corrections, open_items
from npo_pipeline.payments.settlement import (
    SERIES,
    deferred_corrections,
    floored_components,
    settle,
    with_payment_ids,
)
from schemas.decided import CORRECTION_CAUSES, PAYMENTS, CorrectionCauses, Payments
from schemas.frames.money import (
    BookedMonths,
    CorrectionCents,
    Corrections,
    DecisionsInForce,
    Due,
    DueItemCents,
    DueItems,
    FirstRuns,
    LedgerCorrections,
    LedgerInstalments,
    LedgerPayments,
    Paid,
    RunsMade,
    SettledItemCents,
    SettledItems,
    SettlementCalendar,
)
from schemas.received import Schools

_PAYMENT_COLUMNS = list(PAYMENTS.columns)
_CAUSE_COLUMNS = list(CORRECTION_CAUSES.columns)


@dataclass(frozen=True, kw_only=True)
class LedgerState:
    """Represent what a payment run starts from. `corrections`: only those of series that any decision spreads."""

    instalments: LedgerInstalments
    ledger: LedgerPayments
    in_force: DecisionsInForce
    corrections: LedgerCorrections
    calendar: SettlementCalendar
    runs: RunsMade
    schools: Schools


@dataclass(frozen=True, kw_only=True)
class AttributionInputs:
    """Represent what decisions made due of some schools, and what of it was paid."""

    items: DueItems
    settled: SettledItems
    booked: BookedMonths
    first_runs: FirstRuns


def payment_rows(month: Month, run_id: str, state: LedgerState) -> Payments:
    """Return the payments of a run, sorted by school and component.

    After a transfer the board is the one that holds the vestiging on the first day of the paid month (contract,
    section 4).

    Args:
        month: the month of the run.
        run_id: the run.
        state: the ledger state it starts from.
    """
    corrections = Corrections(_in_cents(state.corrections, "decision_id", "after_run", "paid_until"))
    rows = settle(
        month,
        due=Due(_in_cents(state.instalments, "month")),
        paid=Paid(_in_cents(state.ledger, "paid_month", "reason")),
        in_force=state.in_force,
        deferred=deferred_corrections(month, corrections, state.calendar, state.in_force, runs=state.runs),
        floored=floored_components(month, state.calendar, state.in_force),
    )
    placed = with_recipient(with_payment_ids(rows, month), state.schools, month).with_columns(
        run_id=pl.lit(run_id),
        paid_month=pl.lit(month),
        amount=to_euro(pl.col("amount_cents")),
    )
    return Payments(placed.select(_PAYMENT_COLUMNS))


def after_payments(state: LedgerState, payments: Payments) -> LedgerState:
    """Return the ledger state as if payments of later runs had been made."""
    runs = payments.select("run_id", month="paid_month").unique()
    return replace(
        state,
        ledger=LedgerPayments(pl.concat([state.ledger, payments.select(state.ledger.columns)])),
        runs=RunsMade(pl.concat([state.runs, runs.select(state.runs.columns)])),
    )


def correction_causes(
    month: Month,
    payments: Payments,
    in_force: DecisionsInForce,
    inputs: AttributionInputs,
    *,
    rule: int = WITHIN_DUE,
) -> CorrectionCauses:
    """Return why the corrections of a payment run were due; the parts of one payment add up to it.

    Args:
        month: the month of the run.
        payments: what it pays.
        in_force: the decisions it pays by.
        inputs: what decisions made due of the schools that are corrected.
        rule: the way in which corrections are attributed (`attribution`).
    """
    corrections = payments.filter(pl.col("reason") == "correction")
    keyed = CorrectionCents(corrections.select(*SERIES, "payment_id", amount_cents=to_cents(pl.col("amount"))))
    now = payments.filter(pl.col("reason") == "instalment").join(in_force, on=["school_year", "currency"])
    now = now.select(*SERIES, "sequence", month="paid_month").select(inputs.booked.columns)
    this_run = in_force.select("school_year", "currency", "sequence", month=pl.lit(month))
    # A month that was run before keeps the decision of its first run.
    first_runs = pl.concat([inputs.first_runs, this_run.select(inputs.first_runs.columns)]).unique(
        ["school_year", "currency", "month"], keep="first"
    )
    cents = to_cents(pl.col("amount"))
    items = open_items(
        DueItemCents(inputs.items.with_columns(amount_cents=cents)),
        SettledItemCents(inputs.settled.select(*ITEM_KEY, amount_cents=cents)),
        BookedMonths(pl.concat([inputs.booked, now])),
        FirstRuns(first_runs),
    )
    attributed = attribute_corrections(keyed, items, rule)
    parts = attributed.join(corrections.select("payment_id", "run_id"), on="payment_id")
    return CorrectionCauses(parts.with_columns(amount=to_euro(pl.col("amount_cents"))).select(_CAUSE_COLUMNS))


def _in_cents(rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return rows.select(*SERIES, *columns, amount_cents=to_cents(pl.col("amount")))
