"""Two sets of entitlements, row by row, and what differs in each."""

from __future__ import annotations

import polars as pl


def differences(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Two sets of entitlements, row by row.

    Args:
        before: vestiging, school_type, component, measure, quantity, rate, amount, currency.
        after: the same.

    Returns:
        vestiging, school_type, component, currency, before, after, difference, cause (null: no change).
    """
    key = ["vestiging", "school_type", "component", "currency"]
    both = before.select(*key, "measure", "quantity", "rate", before="amount").join(
        after.select(*key, new_measure="measure", new_quantity="quantity", new_rate="rate", after="amount"),
        on=key,
        how="full",
        coalesce=True,
    )
    told = both.with_columns(
        cause=_cause(), before=pl.col("before").fill_null(0), after=pl.col("after").fill_null(0)
    )
    return told.with_columns(difference=pl.col("after") - pl.col("before")).select(
        *key, "before", "after", "difference", "cause"
    )


def _cause() -> pl.Expr:
    quantity = pl.col("quantity") != pl.col("new_quantity")
    return (
        pl.when(pl.col("before").is_null())
        .then(pl.lit("new school"))
        .when(pl.col("after").is_null())
        .then(pl.lit("no longer counted"))
        .when(quantity & (pl.col("measure") == "score"))
        .then(pl.lit("score"))
        .when(quantity)
        .then(pl.lit("count"))
        .when(pl.col("rate") != pl.col("new_rate"))
        .then(pl.lit("rate"))
    )
