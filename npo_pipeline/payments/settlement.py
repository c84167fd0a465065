"""The settlement of a month: due less paid, per school year, vestiging, school type and component.

One sign convention holds everywhere: a positive amount goes to the board, a negative one comes back.
"""

from __future__ import annotations

import hashlib
from datetime import date

import polars as pl

from npo_pipeline.months import Month, month_text

KEY = ["school_year", "currency", "vestiging", "school_type", "component"]
KIND = ["school_year", "currency", "school_type", "component"]
SETTLED = [*KEY, "decision_id", "reason", "amount_cents"]


def settle(
    month: Month,
    due: pl.DataFrame,
    paid: pl.DataFrame,
    latest: pl.DataFrame,
    waiting: pl.DataFrame,
    floors: pl.DataFrame,
) -> pl.DataFrame:
    """What to pay in a month so that what was paid equals what is due, as far as corrections are settled by then.

    The part equal to the month's own instalment has reason `instalment`, the rest, up or down,
    `correction` (contract, section 4). When the month's instalment of a school was booked before, all of
    the rest is correction: so a month that is paid again pays only what a newer decision changed. An instalment
    that a school got in a month after that was run, and that is spread over later ones, is not booked in it.

    Args:
        month: the month of the run.
        due: the instalments of the latest decision of every school year: KEY, month, amount_cents.
        paid: the ledger: KEY, paid_month, reason, amount_cents.
        latest: school_year, currency, decision_id of those decisions.
        waiting: what of the corrections is spread over later months: KEY, amount_cents, own_month
            (`terms.waiting`).
        floors: KIND of what never takes back in this month more than it pays.

    Returns:
        KEY, decision_id, reason, amount_cents (never 0), sorted.
    """
    balance = _due(month, due).join(_paid(month, paid), on=KEY, how="full", coalesce=True)
    spread = waiting.select(*KEY, "own_month", waiting="amount_cents")
    held = balance.join(spread, on=KEY, how="full", coalesce=True)
    floored = held.join(floors.select(KIND).with_columns(floor=pl.lit(True)), on=KIND, how="left")
    cents = pl.col("due", "own", "paid", "paid_now", "waiting").fill_null(0)
    split = floored.with_columns(cents).with_columns(
        instalment=pl.when(pl.col("booked") | pl.col("own_month")).then(0).otherwise("own"),
        to_pay=pl.col("due") - pl.col("waiting") - pl.col("paid"),
    )
    # What a run of this month paid before may come back in it; more may not.
    least = -pl.max_horizontal("paid_now", pl.lit(0, pl.Int64))
    to_pay = pl.when("floor").then(pl.max_horizontal("to_pay", least)).otherwise("to_pay")
    rows = split.with_columns(correction=to_pay - pl.col("instalment"))
    long = rows.unpivot(["instalment", "correction"], index=KEY, variable_name="reason", value_name="amount_cents")
    return (
        long.filter(pl.col("amount_cents") != 0)
        .join(latest, on=["school_year", "currency"], how="left")
        .select(SETTLED)
        .sort(*KEY, "reason")
    )


def with_payment_ids(rows: pl.DataFrame, month: Month) -> pl.DataFrame:
    """Name every payment by what it is, so that the same payment has the same name wherever it is made.

    Args:
        rows: KEY, decision_id, reason, amount_cents.
        month: the paid month.

    Returns:
        The rows with `payment_id`, 32 hexadecimal digits.
    """
    parts = rows.select(pl.concat_str(pl.lit(month_text(month)), *SETTLED, separator="|")).to_series()
    names = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in parts]
    return rows.with_columns(payment_id=pl.Series(names, dtype=pl.String))


def _due(month: Month, due: pl.DataFrame) -> pl.DataFrame:
    own = pl.col("amount_cents").filter(pl.col("month") == month).sum()
    reached = due.filter(pl.col("month") <= month)
    return reached.group_by(KEY).agg(due=pl.col("amount_cents").sum(), own=own)


def _paid(month: Month, paid: pl.DataFrame) -> pl.DataFrame:
    now = pl.col("paid_month") == month
    booked = (now & (pl.col("reason") == "instalment")).any()
    before = paid.filter(pl.col("paid_month") <= month)
    return before.group_by(KEY).agg(
        paid=pl.col("amount_cents").sum(), paid_now=pl.col("amount_cents").filter(now).sum(), booked=booked
    )


def months_to_pay(month: Month, scheduled: list[date], paid: list[date]) -> list[Month]:
    """The months that must be paid before and including a month, in order.

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
