"""The forecast: the payments of the months to come if nothing more is decided, settled as `npo pay` settles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from npo_pipeline.months import Month, month_after
from npo_pipeline.payments.booking import LedgerState, after_payments, payment_rows
from schemas.columns import MONEY
from schemas.decided import Payments
from schemas.frames import money as frames

WITHHELD = "withheld"
KINDS = ("instalment", "correction", WITHHELD)
_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "month": pl.Date,
    "school_year": pl.String,
    "recipient_kind": pl.String,
    "recipient": pl.String,
    "vestiging": pl.String,
    "school_type": pl.String,
    "component": pl.String,
    "currency": pl.String,
    "amount": MONEY,
    "kind": pl.String,
}
_KEY = [name for name in _COLUMNS if name != "amount"]


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Represent the forecast of the country or of one board, beside what was paid so far."""

    board: str | None
    """Null for the country."""
    board_name: str | None
    """Null where no list of boards has it."""
    school_year: str | None
    """The only one it is of; null for all."""
    decisions: tuple[str, ...]
    """Those it follows from."""
    paid: frames.PaidMonths
    to_come: frames.Forecast
    left_out: tuple[str, ...]
    """Money that the forecast does not hold, a sentence each."""
    remarks: tuple[str, ...]
    """Remarks for the operator, a sentence each."""

    @property
    def currencies(self) -> list[str]:
        """The currencies in which anything was paid or is to come, in order."""
        return sorted({*self.paid["currency"], *self.to_come["currency"]})


def paid_and_sent(paid: frames.PaidMonths, kept_back: frames.MonthsWithheld) -> frames.PaidMonths:
    """Take from what was paid what releases kept back of it: that is to come, and would count twice."""
    back = kept_back.with_columns(amount=-pl.col("amount"), kind=pl.lit(WITHHELD))
    both = pl.concat([paid, back], how="diagonal").with_columns(pl.col("amount").cast(MONEY))
    return frames.PaidMonths(both.sort("month", "school_year", "component", "currency", "kind", nulls_last=True))


def sums_by(rows: frames.Forecast | frames.PaidMonths, *columns: str) -> frames.ForecastSums:
    """Sum what is to come, or was paid, by some columns and currency, each kind apart and all of them together."""
    each = [pl.col("amount").filter(kind=kind).sum().cast(MONEY).alias(kind) for kind in KINDS]
    key = [*columns, "currency"]
    sums = rows.group_by(key).agg(*each, pl.col("amount").sum().cast(MONEY))
    return frames.ForecastSums(sums.sort(key, nulls_last=True))


def months_to_come(state: LedgerState, last_paid: Month | None) -> list[Month]:
    """Return the months in which anything may be paid yet, in order; none where nothing was decided.

    The last is the one after all months of payment: in it comes back what was not to come back before.
    """
    latest = state.calendar.join(state.in_force, on="decision_id", how="semi")
    of_payment: set[date] = {*state.instalments["month"], *latest["month"]}
    if not of_payment:
        return []
    months = [month_after(last_paid) if last_paid else min(of_payment)]
    while months[-1] <= max(of_payment):
        months.append(month_after(months[-1]))
    return months


def forecast(
    months: Sequence[Month], state: LedgerState, withheld: frames.OpenWithheld, *, run_id: str
) -> frames.Forecast:
    """Settle each month on top of the ones before it.

    Args:
        months: the months to come, without a gap.
        state: the ledger state as the first of them finds it, with the instalments of all of them.
        withheld: it goes out with the first month.
        run_id: an id for the runs to come; it sorts after that of every run.
    """
    found: list[pl.DataFrame] = [pl.DataFrame(schema=_COLUMNS)]
    for month in months:
        payments = payment_rows(month, run_id, state)
        state = after_payments(state, payments)
        found.append(_summed(payments))
    if months:
        sent = withheld.filter(pl.col("amount") != 0).with_columns(month=pl.lit(months[0]), kind=pl.lit(WITHHELD))
        found.append(sent)
    rows = pl.concat(found, how="diagonal").select(list(_COLUMNS))
    return frames.Forecast(rows.sort(_KEY, nulls_last=True))


def of_beneficiaries(state: LedgerState, beneficiaries: Collection[str]) -> LedgerState:
    """Return the ledger state of some beneficiaries alone: each is settled apart from all others."""
    mine = pl.col("beneficiary").is_in(list(beneficiaries))
    return replace(
        state,
        instalments=frames.LedgerInstalments(state.instalments.filter(mine)),
        ledger=frames.LedgerPayments(state.ledger.filter(mine)),
        corrections=frames.LedgerCorrections(state.corrections.filter(mine)),
    )


def _summed(payments: Payments) -> pl.DataFrame:
    named = payments.rename({"paid_month": "month", "reason": "kind"})
    return named.group_by(_KEY).agg(pl.col("amount").sum().cast(MONEY))
