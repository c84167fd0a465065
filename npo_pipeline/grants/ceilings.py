"""The third step of an application: what is available in a window goes to its rows, until it is gone.

The rules name one of three ways for each window: in order of receipt, by groups and by lot, or in proportion.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from npo_pipeline.grants.eligibility import CLOSED, FULL
from npo_pipeline.grants.terms import running_share
from npo_pipeline.rulebook.subsidy import Subsidy, Window
from schemas.frames.money import CappedApplications, GrantedApplications

_HOW = {
    "total_cents": pl.Int64,
    "preference": pl.String,
    "lot": pl.Int64,
    "lots": pl.Int64,
    "is_spared": pl.Boolean,
}
"""Columns that say how a ceiling was shared out; null where it did not have to be."""


@dataclass(frozen=True)
class Ceiling:
    """Represent what is available for a group in a window, in cents; null where that is not known."""

    cents: int | None
    window: str
    group: str


def apply_ceilings(
    subsidy: Subsidy, window: str, allowed: CappedApplications, reached: Mapping[str, set[str]]
) -> GrantedApplications:
    """Share out the ceilings of a window. A ceiling that is not known is not applied.

    Args:
        subsidy: the rules.
        window: its name.
        allowed: the rows of that window, in order of receipt.
        reached: earlier window -> the groups of which it reached the ceiling, or that it was closed to.
    """
    shut = closed_groups(subsidy.windows[window], reached)
    is_shut = pl.col("stop").is_null() & pl.col("sector").is_in(sorted(shut))
    rows = allowed.with_columns(stop=pl.when(is_shut).then(pl.lit(CLOSED)).otherwise("stop"))
    rows = rows.with_columns(
        amount_cents=pl.when(pl.col("stop").is_null()).then("allowed_cents").otherwise(0),
        **{name: pl.lit(None, dtype) for name, dtype in _HOW.items()},
    )
    free = pl.col("stop").is_null() & pl.col("allowed_cents").is_not_null()
    parts = [rows.filter(~free)]
    for group in subsidy.groups:
        value = subsidy.windows[window].ceilings[group].value
        ceiling = Ceiling(None if value is None else int(value * 100), window, group)
        parts.append(_shared_out(subsidy, rows.filter(free & (pl.col("sector") == group)), ceiling))
    shared = pl.concat(parts).sort("receipt")
    # A proportion that comes to no cent is still no refusal.
    in_turn = pl.lit(subsidy.rule_at_the_ceiling(window).value != "pro_rata")
    full = pl.col("stop").is_null() & in_turn & (pl.col("amount_cents") == 0) & (pl.col("allowed_cents") > 0)
    for_pupils = -(-pl.col("amount_cents") // pl.max_horizontal("rate_cents", pl.lit(1)))
    is_cut = pl.col("amount_cents") < pl.col("allowed_cents")
    pupils = pl.when(is_cut).then(pl.min_horizontal(for_pupils, "pupils_allowed")).otherwise("pupils_allowed")
    return GrantedApplications(
        shared.with_columns(
            stop=pl.when(full).then(pl.lit(FULL)).otherwise("stop"),
            pupils_granted=pl.when(pl.col("stop").is_null()).then(pupils).otherwise(0),
        )
    )


def closed_groups(window: Window, reached: Mapping[str, set[str]]) -> set[str]:
    """Return the groups that a window is closed to, because the money of the one before it is gone."""
    needs = window.only_while_left
    return reached[needs.value] if needs and needs.value else set()


def groups_at_the_ceiling(subsidy: Subsidy, window: str, granted: GrantedApplications) -> set[str]:
    """Return the groups of which a window reached the ceiling: all of it may be given."""
    free = granted.filter(pl.col("stop").is_null() | (pl.col("stop") == FULL))
    asked = dict(free.group_by("sector").agg(pl.col("allowed_cents").sum()).iter_rows())
    known = {name: one.value for name, one in subsidy.windows[window].ceilings.items() if one.value is not None}
    return {name for name, value in known.items() if asked.get(name, 0) >= value * 100}


def _shared_out(subsidy: Subsidy, rows: pl.DataFrame, ceiling: Ceiling) -> pl.DataFrame:
    """Share out a ceiling over the rows that may be granted."""
    total = int(rows["allowed_cents"].sum())
    if ceiling.cents is None or total <= ceiling.cents:
        return rows
    rows = rows.with_columns(total_cents=pl.lit(total, pl.Int64))
    match subsidy.rule_at_the_ceiling(ceiling.window).value:
        case "pro_rata":
            part, whole = pl.lit(ceiling.cents, pl.Int64), pl.lit(total, pl.Int64)
            return rows.with_columns(amount_cents=running_share(pl.col("allowed_cents"), part, whole, ["sector"]))
        case "ranked_groups":
            return pl.concat(_by_preference(subsidy.windows[ceiling.window], rows, ceiling))
        case _:
            return _in_order(rows, ceiling.cents)


def _in_order(rows: pl.DataFrame, cents: int) -> pl.DataFrame:
    """Grant rows one after the other, in full until the last one, which gets what is left."""
    until = pl.col("allowed_cents").cum_sum()
    before = until - pl.col("allowed_cents")
    return rows.with_columns(amount_cents=until.clip(upper_bound=cents) - before.clip(upper_bound=cents))


def _by_preference(window: Window, rows: pl.DataFrame, ceiling: Ceiling) -> Iterator[pl.DataFrame]:
    """Grant one group of preference after the other, until the first that no longer fits."""
    left, waiting = ceiling.cents or 0, rows
    for preference in window.ranking:
        here = _meets(str(preference.value))
        mine = waiting.filter(here).with_columns(preference=pl.lit(preference.value))
        waiting = waiting.filter(~here)
        asked = int(mine["allowed_cents"].sum())
        if asked > left > 0:
            yield _fit(window, mine, ceiling, left)
            left = 0  # less than a pupil, if anything: the groups after this one get nothing
        else:
            yield _in_order(mine, left)
            left -= min(asked, left)


def _meets(preference: str) -> pl.Expr:
    if preference == "not_granted_before":
        return ~pl.col("granted_before").fill_null(False)
    return pl.col("is_raised") if preference == "raised" else pl.lit(True)


def _fit(window: Window, rows: pl.DataFrame, ceiling: Ceiling, left: int) -> pl.DataFrame:
    """Share out what is left in a group that does not fit: by lot, unless nearly all its pupils do fit."""
    if window.lottery is None:
        return _in_order(rows, left)
    share = window.lottery.spared_from.known("the share of pupils that spares a lottery")
    rate = int(rows["rate_cents"][0])
    least = -(-pl.col("pupils_allowed") * share.numerator // share.denominator)
    spared = rows.with_columns(least=least)
    comes_to = pl.min_horizontal(pl.col("least") * rate, "allowed_cents")
    over = left - int(spared.select(comes_to.sum()).item())
    if over < 0:
        return _by_lot(rows, f"{window.lottery.seed.value} {ceiling.window} {ceiling.group}", left)
    # The pupils that still fit go round in proportion to those who were cut, rounded down as running totals.
    cut = pl.col("pupils_allowed") - pl.col("least")
    until, whole = cut.cum_sum(), int(spared.select(cut.sum()).item())
    more = min(over // rate, whole)
    extra = until * more // max(whole, 1) - (until - cut) * more // max(whole, 1)
    amount = pl.min_horizontal((pl.col("least") + extra) * rate, "allowed_cents")
    return spared.with_columns(amount_cents=amount, is_spared=pl.lit(True)).drop("least")


def _by_lot(rows: pl.DataFrame, drawing: str, left: int) -> pl.DataFrame:
    """Grant rows in the order of the lots of their schools.

    `drawing`: the seed, the window and the group. A lot is the SHA-256 of it and the school: the same in every
    run, whatever the order of the rows and whoever else applied.
    """
    schools = sorted(rows["brin"].unique(), key=lambda brin: hashlib.sha256(f"{drawing} {brin}".encode()).digest())
    lots = {brin: number for number, brin in enumerate(schools, 1)}
    drawn = rows.with_columns(
        lot=pl.col("brin").replace_strict(lots, return_dtype=pl.Int64), lots=pl.lit(len(lots), pl.Int64)
    )
    return _in_order(drawn.sort("lot", "receipt"), left)
