"""Quantities: how many units of each component a school has. Pure functions over frames.

A quantity is held in hundredths (`quantity_e2`), because a score has two decimals.

What a school is entitled to in a school year: a quantity times a rate, rounded once.

The trace: how each amount came about, written by the calculation from the numbers it reckoned with.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.money import cents_of, to_quantity
from schemas.tables import UNROUNDED

QUANTITIES = {
    "vestiging": pl.String,
    "school_type": pl.String,
    "component": pl.String,
    "counted_e2": pl.Int64,
    "quantity_e2": pl.Int64,
}


def quantities(
    rates: pl.DataFrame, thresholds: pl.DataFrame, counts: pl.DataFrame, scores: pl.DataFrame
) -> pl.DataFrame:
    """All quantities above zero under a regulation.

    Args:
        rates: component, school_type (in the order of booking), measure.
        thresholds: component, threshold, level, for the components that have one.
        counts: vestiging, school_type, and a column per measure that is counted (pupils, cumi_pupils, ...).
        scores: vestiging, school_type, score (DECIMAL, with threshold) of the reference date.

    Returns:
        vestiging, school_type, component, counted_e2 (before the threshold), quantity_e2, sorted.
    """
    parts = [pl.DataFrame(schema=QUANTITIES)]
    for (component, measure), lines in rates.group_by("component", "measure", maintain_order=True):
        school_types = lines["school_type"].unique(maintain_order=True).to_list()
        limit = thresholds.filter(pl.col("component") == component)
        if measure == "score":
            counted = _scored(scores, school_types)
        else:
            counted = _counted(counts, str(measure), school_types)
        if limit.height:
            threshold, level = limit.select("threshold", "level").row(0)
            counted = above_threshold(counted, int(threshold), str(level), school_types)
        else:
            counted = counted.with_columns(counted_e2="quantity_e2")
        parts.append(counted.with_columns(component=pl.lit(component)).select(*QUANTITIES))
    whole = pl.concat(parts).filter(pl.col("quantity_e2") > 0)
    return whole.sort("vestiging", "school_type", "component")


def above_threshold(counted: pl.DataFrame, threshold: int, level: str, order: list[str]) -> pl.DataFrame:
    """What exceeds a threshold, counted per BRIN or per vestiging and booked in one place.

    Per BRIN, the quantity is booked on its lowest vestiging code that has any, there under the first
    school type of the list that has any (contract, section 4; whether DUO applies the threshold per BRIN
    or per vestiging is not known: domain notes, section 3).

    Args:
        counted: vestiging, school_type, quantity_e2.
        threshold: units that give nothing.
        level: `brin` or `vestiging`.
        order: the school types, in the order of booking.

    Returns:
        vestiging, school_type, counted_e2 (all that was counted), quantity_e2 (what exceeds the threshold).
    """
    group = pl.col("vestiging").str.head(4) if level == "brin" else pl.col("vestiging")
    rank = pl.col("school_type").replace_strict(order, list(range(len(order))), return_dtype=pl.Int64)
    having = counted.filter(pl.col("quantity_e2") > 0).with_columns(group=group, rank=rank)
    booked = having.sort("vestiging", "rank").group_by("group", maintain_order=True)
    summed = booked.agg(pl.col("vestiging", "school_type").first(), pl.col("quantity_e2").sum())
    return summed.with_columns(counted_e2="quantity_e2", quantity_e2=pl.col("quantity_e2") - threshold * 100).drop(
        "group"
    )


def _counted(counts: pl.DataFrame, measure: str, school_types: list[str]) -> pl.DataFrame:
    mine = counts.filter(pl.col("school_type").is_in(school_types))
    units = pl.col(measure).sum() if measure in counts.columns else pl.lit(0, pl.Int64)
    return mine.group_by("vestiging", "school_type").agg(quantity_e2=units * 100)


def _scored(scores: pl.DataFrame, school_types: list[str]) -> pl.DataFrame:
    hundredths = (pl.col("score").cast(pl.Decimal(38, 2)) * pl.lit(100, pl.Int64)).cast(pl.Int64)
    mine = scores.filter(pl.col("school_type").is_in(school_types))
    return mine.select("vestiging", "school_type", quantity_e2=hundredths)


def entitlements(quantities: pl.DataFrame, rates: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Multiply every quantity by its rate.

    Rounded to the cent, half away from zero, once per vestiging, school type and component (contract,
    section 4; the rounding of DUO itself is not known: domain notes, 1.3).

    Args:
        quantities: vestiging, school_type, component, counted_e2, quantity_e2.
        rates: component, school_type, place, rate_e8, and what is said of them (article, status, ...).
        places: vestiging, place; a vestiging that is not named has the rates without a place.

    Returns:
        The quantities with the columns of their rate and amount_cents, sorted by vestiging, school_type and
        component. What has no rate is left out.
    """
    placed = quantities.join(places, on="vestiging", how="left")
    key = ["component", "school_type", "place"]
    rated = placed.join(rates, on=key, how="inner", nulls_equal=True, validate="m:1")
    amount = cents_of(pl.col("quantity_e2"), pl.col("rate_e8"))
    return rated.with_columns(amount_cents=amount).sort("vestiging", "school_type", "component")


TRACE_COLUMNS = [
    "school_year",
    "vestiging",
    "school_type",
    "component",
    "measure",
    "counted",
    "threshold",
    "level",
    "quantity",
    "unit",
    "rate",
    "unrounded",
    "amount",
    "currency",
    "status",
    "article",
    "source",
    "url",
    "regulation",
]


def add_trace(entitled: pl.DataFrame) -> pl.DataFrame:
    """Add what the amount was before it was rounded, and what was counted before the threshold.

    Args:
        entitled: counted_e2, quantity_e2, rate_e8, and what is said of the rate.

    Returns:
        The rows with `counted` (DECIMAL(18,2)) and `unrounded` (DECIMAL(38,10), exact).
    """
    product = pl.col("quantity_e2").cast(pl.Decimal(38, 0)) * pl.col("rate_e8").cast(pl.Decimal(38, 0))
    exact = product.cast(UNROUNDED) / pl.lit(10**10).cast(UNROUNDED)
    return entitled.with_columns(counted=to_quantity(pl.col("counted_e2")), unrounded=exact)
