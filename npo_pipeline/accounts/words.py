"""Amounts and days as a Dutch sentence writes them, for whole columns."""

from __future__ import annotations

import polars as pl

SIGNS = {"EUR": "€ ", "USD": "$ "}


def money(cents: str, currency: str = "currency") -> pl.Expr:
    """Cents as `€ 1.234,56`, or `$ 1.234,56`; below zero as `€ -1.234,56`."""
    size = pl.col(cents).abs()
    minus = pl.when(pl.col(cents) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    sign = pl.col(currency).replace_strict(SIGNS, return_dtype=pl.String)
    return pl.format("{}{}{},{}", sign, minus, _thousands(size // 100), _digits(size % 100, 2))


def percent(share_e4: pl.Expr) -> pl.Expr:
    """A share in 0.0001 as `17,78%`."""
    return pl.format("{},{}%", share_e4 // 100, _digits(share_e4 % 100, 2))


def day(column: str) -> pl.Expr:
    """A date as `15-06-2021`."""
    return pl.col(column).dt.strftime("%d-%m-%Y")


def _thousands(whole: pl.Expr) -> pl.Expr:
    below, thousands, millions = whole % 1000, (whole // 1000) % 1000, whole // 1_000_000
    return (
        pl.when(millions > 0)
        .then(pl.format("{}.{}.{}", millions, _digits(thousands, 3), _digits(below, 3)))
        .when(thousands > 0)
        .then(pl.format("{}.{}", thousands, _digits(below, 3)))
        .otherwise(pl.format("{}", below))
    )


def _digits(number: pl.Expr, many: int) -> pl.Expr:
    return number.cast(pl.String).str.zfill(many)
