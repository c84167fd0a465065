"""The rules of a subsidy as the few frames and expressions that applications are joined with."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from npo_pipeline.money import divide_half_away
from npo_pipeline.regulations.cited import Cited
from npo_pipeline.regulations.subsidies.model import Subsidy

RANKS = {"published": 0, "approximate": 1, "derived": 2, "unknown": 2}
"""How unsure a value is. What is decided without a ceiling that is not known is as unsure as what is derived."""

TERMS = {
    "window_name": pl.String,
    "sector": pl.String,
    "rate_cents": pl.Int64,
    "rate_article": pl.String,
    "rate_rank": pl.Int64,
    "ceiling_cents": pl.Int64,
    "ceiling_article": pl.String,
    "ceiling_rank": pl.Int64,
    "days_rank": pl.Int64,
    "needs": pl.String,
    "needs_article": pl.String,
    "needs_rank": pl.Int64,
}


def terms(subsidy: Subsidy) -> pl.DataFrame:
    """What holds for each window and group.

    Returns:
        window_name, sector, and of each value what it is, where it stands and how unsure it is; `needs` is
        the window whose ceiling must not have been reached. rate_cents and ceiling_cents are null when unknown.
    """
    rows: list[tuple[Any, ...]] = []
    for name, window in subsidy.windows.items():
        needs = window.only_while_left
        for sector, group in subsidy.groups.items():
            ceiling = window.ceilings[sector]
            rows.append(
                (
                    name,
                    sector,
                    cents_of(group.per_pupil.value),
                    group.per_pupil.where,
                    rank(group.per_pupil),
                    cents_of(ceiling.value),
                    ceiling.where,
                    rank(ceiling),
                    rank(window.days),
                    needs.value if needs else None,
                    needs.where if needs else None,
                    rank(needs) if needs else 0,
                )
            )
    return pl.DataFrame(rows, schema=TERMS, orient="row")


def sector_of(subsidy: Subsidy) -> dict[str, str]:
    """School type -> the group it is in."""
    return {kind: name for name, group in subsidy.groups.items() for kind in group.school_types}


def window_on(subsidy: Subsidy, day: pl.Expr) -> pl.Expr:
    """The window a day falls in; null outside all of them."""
    found = [
        pl.when(day.is_between(window.days.value.first, window.days.value.last)).then(pl.lit(name))
        for name, window in subsidy.windows.items()
        if window.days.value
    ]
    return pl.coalesce(*found)


def part_of(pupils: pl.Expr, share: Fraction, rounding: str) -> pl.Expr:
    """A share of a number of pupils, in whole pupils, exactly."""
    top, bottom = pupils * share.numerator, share.denominator
    if rounding == "down":
        return top // bottom
    return -(-top // bottom) if rounding == "up" else divide_half_away(top, bottom)


def cents_of(amount: Decimal | None) -> int | None:
    """An amount of at most two decimals in cents."""
    return None if amount is None else int(amount.scaleb(2))


def rank(value: Cited[Any]) -> int:
    """How unsure a value is: 0 published, 1 approximate, 2 derived."""
    return RANKS[value.status]


def status_of(ranked: pl.Expr) -> pl.Expr:
    """The status of the least sure of the values that something rests on."""
    return ranked.replace_strict([0, 1, 2], ["published", "approximate", "derived"], return_dtype=pl.String)
