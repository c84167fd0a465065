"""Words and sums that several summaries share."""

from __future__ import annotations

from typing import NewType

import polars as pl

from npo_pipeline.cli.output import number
from schemas.decided import Entitlements, Payments

PaymentSums = NewType("PaymentSums", pl.DataFrame)
"""The columns summed by, then payments, schools, boards (how many) and amount (in the currency of the rows)."""


def money(currency: str) -> str:
    """Return a currency in words."""
    return {"EUR": "euro", "USD": "dollar"}.get(currency, currency)


def schools(rows: Payments | Entitlements) -> str:
    """Return in words how many schools of how many boards the rows are about."""
    return f"{number(rows['vestiging'].n_unique())} schools of {number(rows['board'].n_unique())} boards"


def sums_by(payments: Payments, *columns: str) -> PaymentSums:
    """Return the sums of payments by some columns, sorted descending."""
    unique = (pl.col(one).n_unique().cast(pl.Int64).alias(many) for one, many in _COUNTED)
    counted = pl.len().cast(pl.Int64).alias("payments")
    sums = payments.group_by(columns).agg(counted, *unique, pl.col("amount").sum())
    return PaymentSums(sums.sort(*columns, descending=[True] * len(columns)))


_COUNTED = (("vestiging", "schools"), ("board", "boards"))
