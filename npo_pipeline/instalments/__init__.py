"""When an entitlement is paid: its instalments by month, which add up to it exactly."""

from __future__ import annotations

import polars as pl

from npo_pipeline.money import cumulative_share


def instalments(entitled: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Cut every entitlement into instalments.

    What is due up to and including a month is the share of the amount, rounded to the cent; an instalment
    is the difference with the month before (contract, section 4).

    Args:
        entitled: vestiging, school_type, component, amount_cents.
        shares: component, month, numerator, denominator: the cumulative share up to and including it.

    Returns:
        vestiging, school_type, component, month, amount_cents (never 0), sorted by the first four.
    """
    key = ["vestiging", "school_type", "component"]
    due = cumulative_share(pl.col("amount_cents"), pl.col("numerator"), pl.col("denominator"))
    monthly = (
        entitled.select(*key, "amount_cents")
        .join(shares.select("component", "month", "numerator", "denominator"), on="component", how="inner")
        .sort(*key, "month")
        .with_columns(due=due)
        .with_columns(amount_cents=pl.col("due") - pl.col("due").shift(1, fill_value=0).over(key))
    )
    return monthly.filter(pl.col("amount_cents") != 0).select(*key, "month", "amount_cents")
