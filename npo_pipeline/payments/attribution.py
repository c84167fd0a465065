"""Attribution of corrections: the cause, decision and month that each cent of a correction is for.

What decisions made due is a list of items: an amount per school, month, cause and decision. The instalment of a
month covers the items of that month that were decided by then; the others are open until a correction settles
them.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.money import cumulative_share
from npo_pipeline.payments.settlement import SERIES
from schemas.frames.money import (
    AttributedCents,
    BookedMonths,
    CorrectionCents,
    DueItemCents,
    FirstRuns,
    OpenItems,
    SettledItemCents,
)

WITHIN_DUE, BY_SIGN = 2, 1
"""Ways to attribute corrections, as manifests name them: nothing settled beyond what was made due; or, as older
versions did, over what is open of the sign of the correction, else over all of it."""

ITEM_KEY = [*SERIES, "decision_id", "month", "cause"]
_ORDER = ["sequence", "month", "cause"]


def open_items(
    items: DueItemCents, settled: SettledItemCents, booked: BookedMonths, first_runs: FirstRuns
) -> OpenItems:
    """Return the items that no instalment covers, with what is still open of them.

    What a decision took back of a month before it was settled, and for the same cause, is open on neither side: it
    goes off against what was decided last before it. What is left of an item without that is `left_cents`, and
    `settled_cents` what was settled of it.

    Args:
        items: what each decision made due.
        settled: what earlier corrections settled.
        booked: a later decision's item of a booked month is open.
        first_runs: the decision of the first run of a month covers a school without an instalment that month, too.
    """
    done = settled.group_by(ITEM_KEY).agg(done=pl.col("amount_cents").sum())
    known = (
        items.join(booked.select(*SERIES, "month", booked="sequence"), on=[*SERIES, "month"], how="left")
        .join(
            first_runs.select("school_year", "currency", "month", first="sequence"),
            on=["school_year", "currency", "month"],
            how="left",
        )
        .join(done, on=ITEM_KEY, how="left")
    )
    covered = pl.coalesce("booked", "first", pl.lit(0, pl.Int64))
    settled_cents = pl.col("done").fill_null(0)
    left = known.filter(pl.col("sequence") > covered).with_columns(
        amount_cents=pl.col("amount_cents") - settled_cents, settled_cents=settled_cents
    )
    columns = [*ITEM_KEY, "sequence", "amount_cents", "settled_cents"]
    return _net_reversals(left.select(columns).with_columns(left_cents="amount_cents"))


def _net_reversals(left: pl.DataFrame) -> OpenItems:
    """Set off opposite items of a month and cause against each other, the latest first.

    With the running total S and all of it T (above zero, or turned so): of an item remains what of it lies between
    the S before it, at least 0, and the lowest S from it on.
    """
    same = [*SERIES, "month", "cause"]
    signed = left.sort(_ORDER).with_columns(sign=pl.col("amount_cents").sum().sign().over(same))
    turned = signed.with_columns(turned=pl.col("amount_cents") * pl.col("sign"))
    reached = turned.with_columns(reached=pl.col("turned").cum_sum().over(same))
    lowest = pl.col("reached").reverse().cum_min().reverse().over(same)
    before = pl.max_horizontal(pl.col("reached") - pl.col("turned"), pl.lit(0, pl.Int64))
    remains = pl.max_horizontal(lowest - before, pl.lit(0, pl.Int64))
    return OpenItems(reached.with_columns(amount_cents=remains * pl.col("sign")).select(left.columns))


def attribute_corrections(
    corrections: CorrectionCents, items: OpenItems, rule: int = WITHIN_DUE
) -> AttributedCents:
    """Attribute every correction to items; the parts add up to it exactly.

    A correction that settles all that is open settles every item whole. One that settles a part (because the
    rest is spread, or is not taken back yet) is shared in proportion over what is open of its own sign. What is
    beyond that, because what takes an item back is spread over other months, is of the last items that have room
    for it: they were set off by others, or were settled the other way. So nothing is settled beyond what was made
    due, nor against its sign. Where there is no room either it is of the items that are open, else of the last.

    Args:
        corrections: of a payment run.
        items: what is open of their schools.
        rule: `BY_SIGN` for what an older version attributed.
    """
    mine = items.join(corrections.select(*SERIES, "payment_id", paid="amount_cents"), on=SERIES, how="inner")
    total = mine.with_columns(total=pl.col("amount_cents").sum().over("payment_id"))
    whole = total.filter(pl.col("total") == pl.col("paid"))
    part = total.filter(pl.col("total") != pl.col("paid"))
    shared = _within_due(part) if rule == WITHIN_DUE else _by_sign(part)
    parts = pl.concat([whole.select(_PART), shared])
    return AttributedCents(
        parts.filter(pl.col("amount_cents") != 0).sort("payment_id", "decision_id", "month", "cause")
    )


_PART = ["payment_id", "decision_id", "month", "cause", "amount_cents"]


def _within_due(items: pl.DataFrame) -> pl.DataFrame:
    """Share corrections in proportion over what is open, and the rest over other room, the last first."""
    sign, zero = pl.col("paid").sign(), pl.lit(0, pl.Int64)
    is_open = pl.max_horizontal(pl.col("amount_cents") * sign, zero)
    set_off = pl.max_horizontal((pl.col("left_cents") - pl.col("amount_cents")) * sign, zero)
    other_way = pl.max_horizontal(-pl.col("settled_cents") * sign, zero)
    ordered = items.sort("payment_id", *_ORDER).with_columns(open=is_open, beyond=set_off + other_way)
    all_open = pl.max_horizontal(pl.col("open").sum().over("payment_id"), pl.lit(1, pl.Int64))
    taken = pl.min_horizontal(pl.col("paid").abs(), pl.col("open").sum().over("payment_id"))
    until = pl.col("open").cum_sum().over("payment_id")
    share = cumulative_share(until, taken, all_open) - cumulative_share(until - pl.col("open"), taken, all_open)
    later = pl.col("beyond").cum_sum(reverse=True).over("payment_id") - pl.col("beyond")
    rest = pl.col("paid").abs() - taken
    more = pl.min_horizontal("beyond", pl.max_horizontal(rest - later, zero))
    shared = ordered.with_columns(amount_cents=(share + more) * sign)
    lacking = pl.max_horizontal(rest - pl.col("beyond").sum().over("payment_id"), zero)
    outside = ordered.with_columns(paid=lacking * sign).filter(pl.col("paid") != 0)
    both = pl.concat([shared.select(_PART), _by_sign(outside)])
    return both.group_by(_PART[:-1]).agg(pl.col("amount_cents").sum()).select(_PART)


def _by_sign(items: pl.DataFrame) -> pl.DataFrame:
    """Share corrections over what is open of their sign, else over all of it; where nothing is, the last item."""
    is_settled = (pl.col("amount_cents") == 0).all().over("payment_id")
    last = items.filter(is_settled).sort(_ORDER).unique("payment_id", keep="last")
    open_part = items.filter(~is_settled, pl.col("amount_cents") != 0)
    return pl.concat(
        [_proportional(open_part).select(_PART), last.with_columns(amount_cents="paid").select(_PART)]
    )


def _proportional(items: pl.DataFrame) -> pl.DataFrame:
    """Share corrections that are less than what is open: by proportion, the running total rounded."""
    same_sign = pl.col("amount_cents").sign() == pl.col("paid").sign()
    none_has_it = ~same_sign.any().over("payment_id")
    ordered = items.filter(same_sign | none_has_it).sort("payment_id", *_ORDER)
    running = pl.col("amount_cents").cum_sum().over("payment_id")
    all_of_it = pl.col("amount_cents").sum().over("payment_id")
    reached = cumulative_share(running, pl.col("paid") * all_of_it.sign(), all_of_it.abs())
    done = ordered.with_columns(reached=reached)
    before = pl.col("reached").shift(1, fill_value=0).over("payment_id")
    return done.with_columns(amount_cents=pl.col("reached") - before)
