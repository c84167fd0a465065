"""Figures as a Dutch reader writes them, made from the exact text of a fact."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from npo_pipeline.reports.explain.dutch import DUTCH

SIGNS = {"EUR": "€", "USD": "US$"}
CURRENCIES = {"EUR": "euro", "USD": "Amerikaanse dollar"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in two parts: whether it is below zero, and how it is written without its sign."""

    negative: bool
    digits: str

    def __str__(self) -> str:
        return f"-{self.digits}" if self.negative else self.digits


def money(value: str) -> Figure:
    """An amount: `-1234.56` is written `-1.234,56`; nothing is ever `-0,00`."""
    whole, _, cents = value.lstrip("-").partition(".")
    digits = f"{int(whole):,}".replace(",", ".") + f",{cents:0<2}"
    return Figure(value[0] == "-" and digits.strip("0.,") != "", digits)


def share(value: str) -> Figure:
    """A part of a whole: `0.1778` is written `17,78`, as a percentage without its sign."""
    percent = f"{Decimal(value).scaleb(2):f}"
    return money(percent)


def count(value: str) -> Figure:
    """A whole number."""
    return Figure(value[0] == "-", f"{int(value.lstrip('-')):,}".replace(",", "."))


def day(value: str) -> str:
    """A day: `2021-06-05` is written `5 juni 2021`."""
    year, month, number = value.split("-")
    return f"{int(number)} {DUTCH.months[int(month) - 1]} {year}"
