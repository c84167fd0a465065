"""The trace: how each amount came about, written by the calculation from the numbers it reckoned with."""

from __future__ import annotations

import polars as pl

from npo_pipeline.money import to_quantity
from schemas.tables import UNROUNDED

TRACED = [
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


def traced(entitled: pl.DataFrame) -> pl.DataFrame:
    """Add what the amount was before it was rounded, and what was counted before the threshold.

    Args:
        entitled: counted_e2, quantity_e2, rate_e8, and what is said of the rate.

    Returns:
        The rows with `counted` (DECIMAL(18,2)) and `unrounded` (DECIMAL(38,10), exact).
    """
    product = pl.col("quantity_e2").cast(pl.Decimal(38, 0)) * pl.col("rate_e8").cast(pl.Decimal(38, 0))
    exact = product.cast(UNROUNDED) / pl.lit(10**10).cast(UNROUNDED)
    return entitled.with_columns(counted=to_quantity(pl.col("counted_e2")), unrounded=exact)
