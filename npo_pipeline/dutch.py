"""Amounts and days as a Dutch sentence writes them, for whole columns.

Figures as a Dutch reader writes them, made from the exact text of a fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from npo_pipeline.reports.explain.dutch import DUTCH

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


SIGNS_FIGURES = {"EUR": "€", "USD": "US$"}
CURRENCIES = {"EUR": "euro", "USD": "Amerikaanse dollar"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in two parts: whether it is below zero, and how it is written without its sign."""

    negative: bool
    digits: str

    def __str__(self) -> str:
        return f"-{self.digits}" if self.negative else self.digits


def money_figures(value: str) -> Figure:
    """An amount: `-1234.56` is written `-1.234,56`; nothing is ever `-0,00`."""
    whole, _, cents = value.lstrip("-").partition(".")
    digits = f"{int(whole):,}".replace(",", ".") + f",{cents:0<2}"
    return Figure(value[0] == "-" and digits.strip("0.,") != "", digits)


def share(value: str) -> Figure:
    """A part of a whole: `0.1778` is written `17,78`, as a percentage without its sign."""
    percent = f"{Decimal(value).scaleb(2):f}"
    return money_figures(percent)


def count(value: str) -> Figure:
    """A whole number."""
    return Figure(value[0] == "-", f"{int(value.lstrip('-')):,}".replace(",", "."))


def day_figures(value: str) -> str:
    """A day: `2021-06-05` is written `5 juni 2021`."""
    year, month, number = value.split("-")
    return f"{int(number)} {DUTCH.months[int(month) - 1]} {year}"
