"""The settlement of a month: due less paid, per school year, beneficiary, school type and component.

One sign convention holds everywhere: a positive amount is paid, a negative one comes back. The terms on
which corrections wait for a later month, or are never taken back, are those of the regulation file (`settlement`),
kept with each decision in the table `settling`.
"""

from __future__ import annotations

import hashlib
from datetime import date

import polars as pl

from npo_pipeline.money import cumulative_share
from npo_pipeline.months import Month, month_text
from schemas.columns import AMOUNT_KEY
from schemas.frames.money import (
    Corrections,
    DecisionsInForce,
    Deferred,
    Due,
    FlooredComponents,
    NamedPayments,
    Paid,
    RunsMade,
    Settled,
    SettlementCalendar,
)

SERIES = ["school_year", "currency", *AMOUNT_KEY]
SETTLEMENT_KEY = ["school_year", "currency", "school_type", "component"]
_SETTLED = [*SERIES, "decision_id", "reason", "amount_cents"]


def settle(
    month: Month,
    *,
    due: Due,
    paid: Paid,
    in_force: DecisionsInForce,
    deferred: Deferred,
    floored: FlooredComponents,
) -> Settled:
    """Return what to pay in a month: due less paid, as far as corrections are settled by then.

    The part equal to the month's own instalment has reason `instalment`, the rest, up or down,
    `correction` (contract, section 4). When the month's instalment of a school was booked before, all of
    the rest is correction: so a month that is paid again pays only what a newer decision changed. An instalment
    that a school got in a month after that was run, and that is spread over later ones, is not booked in it.

    Args:
        month: the month of the run.
        due: the instalments of the decisions in force.
        paid: the ledger.
        in_force: those decisions.
        deferred: what of the corrections is spread over later months.
        floored: what never takes back in this month more than it pays.
    """
    balance = _balance(month, due, paid, deferred)
    marked = balance.join(
        floored.select(SETTLEMENT_KEY).with_columns(floor=pl.lit(True)), on=SETTLEMENT_KEY, how="left"
    )
    split = marked.with_columns(
        instalment=pl.when(pl.col("booked") | pl.col("own_month")).then(0).otherwise("own"),
        to_pay=pl.col("due") - pl.col("deferred") - pl.col("paid"),
    )
    # What a run of this month paid before may come back in it; more may not.
    least = -pl.max_horizontal("paid_now", pl.lit(0, pl.Int64))
    to_pay = pl.when("floor").then(pl.max_horizontal("to_pay", least)).otherwise("to_pay")
    rows = split.with_columns(correction=to_pay - pl.col("instalment"))
    long = rows.unpivot(
        ["instalment", "correction"], index=SERIES, variable_name="reason", value_name="amount_cents"
    )
    return Settled(
        long.filter(pl.col("amount_cents") != 0)
        .join(in_force, on=["school_year", "currency"], how="left")
        .select(_SETTLED)
        .sort(*SERIES, "reason")
    )


def with_payment_ids(rows: Settled, month: Month) -> NamedPayments:
    """Name every payment by its content, so that the same payment has the same name wherever it is made.

    Of a school the content names the vestiging, as it did before there were other beneficiaries.

    Args:
        rows: the payments.
        month: the paid month.

    Returns:
        The rows with `payment_id`, 32 hexadecimal digits.
    """
    parts = rows.select(pl.concat_str(pl.lit(month_text(month)), *_SETTLED, separator="|")).to_series()
    names = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in parts]
    return NamedPayments(rows.with_columns(payment_id=pl.Series(names, dtype=pl.String)))


def _balance(month: Month, due: Due, paid: Paid, deferred: Deferred) -> pl.DataFrame:
    """Add up per SERIES what is due, what was paid and what is deferred until a month, in cents.

    `own`: its instalment. `paid_now`: paid in it. `booked`: its instalment was. `own_month`: as `Deferred`.
    """
    cents, is_own, is_now = pl.col("amount_cents"), pl.col("month") == month, pl.col("paid_month") == month
    # One pass over the rows of all three: joins of their sums would take twice as long.
    parts = [
        due.filter(pl.col("month") <= month).select(*SERIES, due=cents, own=pl.when(is_own).then(cents)),
        paid.filter(pl.col("paid_month") <= month).select(
            *SERIES,
            paid=cents,
            paid_now=pl.when(is_now).then(cents),
            booked=is_now & (pl.col("reason") == "instalment"),
        ),
        deferred.select(*SERIES, "own_month", deferred=cents),
    ]
    sums, flags = pl.col("due", "own", "paid", "paid_now", "deferred").sum(), pl.col("booked", "own_month").any()
    rows = pl.concat(parts, how="diagonal").lazy()
    # The streaming engine needs half the time; the order does not matter, because what is settled is sorted.
    return rows.group_by(SERIES).agg(sums, flags).collect(engine="streaming")


def deferred_corrections(
    month: Month,
    corrections: Corrections,
    calendar: SettlementCalendar,
    in_force: DecisionsInForce,
    runs: RunsMade,
) -> Deferred:
    """Return the part of corrections that is spread over months after this one.

    What decisions changed together between two runs is one correction, and is spread over the months of the last
    of them. It is paid in equal parts over the months of payment that remained when it was decided: after j of R
    months round(correction x j / R) of it is paid, so that it adds up exactly. Nothing waits any more when no
    month remains, when the latest decision does not spread in this month, or when its own last month has come;
    what waited when a month was run in which corrections were not spread was due at once, and is no part of what
    is spread since.

    Args:
        month: the month of the run.
        corrections: what each decision changed of months that were run when it was taken.
        calendar: the terms of all decisions.
        in_force: the latest ones.
        runs: the payment runs before this one.

    Returns:
        Amounts not to be paid yet: 0 where what is to be paid and what is to come back cancel out.
    """
    together = corrections.join(
        _spread_corrections(month, calendar, in_force, runs), on=[*SETTLEMENT_KEY, "after_run"]
    )
    sums = together.group_by(*SERIES, "after_run", "last", "paid_until").agg(pl.col("amount_cents").sum())
    months = calendar.select(*SETTLEMENT_KEY, "month", last="decision_id")
    left = sums.join(months, on=[*SETTLEMENT_KEY, "last"]).filter(pl.col("month") > pl.col("paid_until"))
    each = left.group_by(*SERIES, "after_run", "paid_until", "amount_cents").agg(
        months=pl.len(), done=(pl.col("month") <= month).sum()
    )
    reached = cumulative_share(pl.col("amount_cents"), pl.col("done"), pl.col("months"))
    later = each.with_columns(amount_cents=pl.col("amount_cents") - reached)
    return Deferred(
        later.filter(pl.col("amount_cents") != 0)
        .group_by(SERIES)
        .agg(pl.col("amount_cents").sum(), own_month=(pl.col("paid_until") >= month).any())
    )


def _spread_corrections(
    month: Month, calendar: SettlementCalendar, in_force: DecisionsInForce, runs: RunsMade
) -> pl.DataFrame:
    """Select the corrections that are still spread in a month, by the payment run they came after.

    Returns:
        SETTLEMENT_KEY, after_run, last (the decision of those after that run whose months count).
    """
    newest = calendar.join(in_force.select("decision_id"), on="decision_id", how="semi")
    still = _terms_in(newest.with_columns(asked=pl.lit(month))).filter(
        pl.col("corrections") == "spread", pl.col("ends") > month
    )
    latest_before_run = (
        calendar.join(runs.rename({"month": "asked"}), how="cross")
        .filter(pl.col("after_run") < pl.col("run_id"))
        .filter(pl.col("sequence") == pl.col("sequence").max().over(*SETTLEMENT_KEY, "run_id"))
    )
    not_spread = _terms_in(latest_before_run, "run_id").filter(pl.col("corrections") != "spread")
    at_once = not_spread.group_by(SETTLEMENT_KEY).agg(at_once=pl.col("run_id").max())
    last = calendar.filter(pl.col("sequence") == pl.col("sequence").max().over(*SETTLEMENT_KEY, "after_run"))
    groups = last.select(*SETTLEMENT_KEY, "after_run", last="decision_id").unique()
    since = groups.join(still, on=SETTLEMENT_KEY, how="semi").join(at_once, on=SETTLEMENT_KEY, how="left")
    spread = since.filter(pl.col("at_once").is_null() | (pl.col("after_run") >= pl.col("at_once")))
    return spread.select(*SETTLEMENT_KEY, "after_run", "last")


def _terms_in(calendar: pl.DataFrame, *apart: str) -> pl.DataFrame:
    """Select the terms that hold in month `asked`: of the last month of payment until then, else of the first.

    Returns:
        Rows of the calendar, one per SETTLEMENT_KEY and `apart`, with the last month of payment (ends).
    """
    key = [*SETTLEMENT_KEY, *apart]
    reached = pl.col("month") <= pl.col("asked")
    with_end = calendar.with_columns(ends=pl.col("month").max().over(key))
    return with_end.sort(reached, pl.when(reached).then("month"), "month", descending=[True, True, False]).unique(
        key, keep="first", maintain_order=True
    )


def floored_components(
    month: Month, calendar: SettlementCalendar, in_force: DecisionsInForce
) -> FlooredComponents:
    """Return the components that never take back in this month more than they pay.

    After the last month of payment of a kind there is nothing to wait for: what is left is claimed.

    Args:
        month: the month of the run.
        calendar: the terms of all decisions.
        in_force: the latest ones.
    """
    mine = calendar.join(in_force.select("decision_id"), on="decision_id", how="semi")
    floored = _terms_in(mine.with_columns(asked=pl.lit(month))).filter(pl.col("floor_zero") == "yes")
    return FlooredComponents(floored.filter(pl.col("ends") >= month).select(SETTLEMENT_KEY))


def months_to_pay(month: Month, scheduled: list[date], paid: list[date]) -> list[Month]:
    """Return the months that must be paid before and including a month, in order.

    A month in which no instalment falls can be passed over; one in which an instalment falls cannot.

    Args:
        month: the month asked for.
        scheduled: the months of the instalments of the latest decisions.
        paid: the months that were paid.

    Returns:
        The months that were skipped, and the month itself at the end.
    """
    last = max(paid, default=date.min)
    skipped = sorted({other for other in scheduled if last < other < month})
    return [*skipped, month]
