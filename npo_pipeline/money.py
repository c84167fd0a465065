"""Exact money: whole cents inside, DECIMAL(18,2) outside, one way of rounding.

All functions here build polars expressions over integers. Floats never appear: polars and DuckDB round
decimals differently (to even, away from zero), so neither is left to round anything.
"""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from schemas.columns import UNROUNDED

MONEY = pl.Decimal(18, 2)
QUANTITY = pl.Decimal(18, 2)
RATE = pl.Decimal(18, 8)
RATE_UNITS = 10**8
"""A rate is counted in units of 0.00000001 euro (`rate_e8`)."""


def divide_half_away(numerator: pl.Expr, denominator: pl.Expr | int) -> pl.Expr:
    """Divide whole numbers and round half away from zero.

    Args:
        numerator: integer column, any sign.
        denominator: positive integer, or a column of them.

    Returns:
        Int64 column; 128 bits are used on the way, so that doubling never overflows.
    """
    top = numerator.cast(pl.Int128)
    bottom = denominator.cast(pl.Int128) if isinstance(denominator, pl.Expr) else pl.lit(denominator, pl.Int128)
    size = (top.abs() * 2 + bottom) // (bottom * 2)
    return (size * top.sign()).cast(pl.Int64)


def rounded_share(product_e10: pl.Expr, *, before: pl.Expr) -> pl.Expr:
    """Round an exact amount to the cent, as its share of a running total that is rounded.

    Args:
        product_e10: Int128, a quantity in hundredths (a score has two decimals; a pupil is 100) times a rate in
            units of 0.00000001 euro.
        before: Int128, the products that precede it and are rounded together with it; 0 where there is none.

    Returns:
        Int64 cents.
    """
    return divide_half_away(before + product_e10, RATE_UNITS) - divide_half_away(before, RATE_UNITS)


def cumulative_share(cents: pl.Expr, numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Return what is due of an amount once `numerator/denominator` of it is due, to the cent.

    Rounding the running total, and not each instalment, makes the year add up exactly
    (contract, section 4: after k twelfths the sum paid is round(total x k / 12)).

    Returns:
        Int64 cents.
    """
    return divide_half_away(cents.cast(pl.Int128) * numerator, denominator)


def total(rows: pl.DataFrame, column: str = "amount") -> Decimal:
    """Return the sum of an amount over rows of one currency; 0.00 of none.

    Rows without a column `currency` are of one currency, that of their decision.

    Raises:
        ValueError: the rows are of more than one currency; group them by it (`dutch.totals` writes each).
    """
    found = rows["currency"].unique().sort().to_list() if "currency" in rows.columns else []
    if len(found) > 1:
        raise ValueError(f"amounts of {', '.join(found)} cannot be added")
    return Decimal(rows[column].sum())


def totals(rows: pl.DataFrame, column: str = "amount") -> dict[str, Decimal]:
    """Return the sum of an amount per currency, in order of their codes."""
    sums = rows.group_by("currency").agg(pl.col(column).sum()).sort("currency")
    return {currency: Decimal(amount) for currency, amount in sums.iter_rows()}


def to_euro(cents: pl.Expr) -> pl.Expr:
    """Show whole cents as DECIMAL(18,2) euro."""
    return _scaled(cents, 2, MONEY)


def to_quantity(quantity_e2: pl.Expr) -> pl.Expr:
    """Show hundredths as DECIMAL(18,2)."""
    return _scaled(quantity_e2, 2, QUANTITY)


def to_rate(rate_e8: pl.Expr) -> pl.Expr:
    """Show a rate in units of 0.00000001 as DECIMAL(18,8)."""
    return _scaled(rate_e8, 8, RATE)


def to_exact(product_e10: pl.Expr) -> pl.Expr:
    """Show a product in units of 0.0000000001 euro as DECIMAL(38,10)."""
    return _scaled(product_e10, 10, UNROUNDED)


def to_cents(euro: pl.Expr) -> pl.Expr:
    """Read DECIMAL(18,2) euro as Int64 cents."""
    return (euro.cast(pl.Decimal(38, 2)) * pl.lit(100, pl.Int64)).cast(pl.Int64)


def _scaled(whole: pl.Expr, places: int, dtype: pl.Decimal) -> pl.Expr:
    # Dividing at the scale asked for is exact here: a whole number over a power of ten never rounds.
    wide = pl.Decimal(38, places)
    return (whole.cast(wide) / pl.lit(10**places).cast(wide)).cast(dtype)
