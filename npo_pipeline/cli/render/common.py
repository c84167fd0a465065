"""Words and sums that several summaries share."""

from __future__ import annotations

import polars as pl

from npo_pipeline.cli.output import number


def money(currency: str) -> str:
    """Return a currency in words."""
    return {"EUR": "euro", "USD": "dollar"}.get(currency, currency)


def schools(rows: pl.DataFrame) -> str:
    """Return in words how many schools of how many boards rows with vestiging and board are about."""
    return f"{number(rows['vestiging'].n_unique())} schools of {number(rows['board'].n_unique())} boards"


def sums_by(rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Return payments, schools, boards (how many) and amount (euro) by some columns, sorted descending."""
    unique = (pl.col(one).n_unique().cast(pl.Int64).alias(many) for one, many in _COUNTED)
    sums = rows.group_by(columns).agg(pl.len().cast(pl.Int64).alias("payments"), *unique, pl.col("amount").sum())
    return sums.sort(*columns, descending=[True] * len(columns))


_COUNTED = (("vestiging", "schools"), ("board", "boards"))
