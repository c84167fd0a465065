"""A regulation as small frames for the money engine: rates, thresholds, shares, and what is left out.

What is not known is never counted as 0: it is in none of the frames but `left_out`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.regulations.cited import Cited
from npo_pipeline.regulations.model import Component, Rate, Regulation
from npo_pipeline.regulations.values import RATE_DECIMALS

RATES = {
    "component": pl.String,
    "school_type": pl.String,
    "measure": pl.String,
    "rate_e8": pl.Int64,
    "article": pl.String,
    "status": pl.String,
}
SHARES = {"component": pl.String, "month": pl.Date, "numerator": pl.Int64, "denominator": pl.Int64}
THRESHOLDS = {"component": pl.String, "threshold": pl.Int64, "level": pl.String}
LEFT_OUT = {"component": pl.String, "school_type": pl.String, "what": pl.String, "article": pl.String}


def rates(regulation: Regulation) -> pl.DataFrame:
    """The rates that can be reckoned with.

    Returns:
        component, school_type, measure, rate_e8 (units of 0.00000001), article, status; in the order of
        the file, which is the order of booking.
    """
    rows = [
        (name, school_type, component.measure, rate_e8(rate.value), rate.where, rate.status)
        for name, component, rate, school_type in _lines(regulation)
        if rate.value is not None and not _unknown(regulation, name, rate)
    ]
    return pl.DataFrame(rows, schema=RATES, orient="row")


def shares(regulation: Regulation) -> pl.DataFrame:
    """How much of an entitlement is due up to and including each month.

    Returns:
        component, month, numerator, denominator: the cumulative share, in lowest terms; 1/1 at the end.
    """
    rows: list[tuple[Any, ...]] = []
    for name in regulation.components:
        schedule = regulation.schedule_of(name).value
        due = Fraction(0)
        for month, share in schedule.instalments.items() if schedule else ():
            due += share
            rows.append((name, month, due.numerator, due.denominator))
    return pl.DataFrame(rows, schema=SHARES, orient="row")


def thresholds(regulation: Regulation) -> pl.DataFrame:
    """The units that give nothing, for the components that have such a threshold.

    Returns:
        component, threshold, level (`brin` or `vestiging`).
    """
    found = [(name, component.threshold) for name, component in regulation.components.items()]
    rows = [
        (name, threshold.units.value, threshold.level.value)
        for name, threshold in found
        if threshold and threshold.units.value is not None and threshold.level.value is not None
    ]
    return pl.DataFrame(rows, schema=THRESHOLDS, orient="row")


def left_out(regulation: Regulation) -> pl.DataFrame:
    """What cannot be reckoned, because a value it needs has status `unknown`.

    Returns:
        component, school_type, what (the value that is not known), article (what its citation says).
    """
    rows = [
        (name, school_type, what, value.where)
        for name, _, rate, school_type in _lines(regulation)
        for what, value in _unknown(regulation, name, rate).items()
    ]
    return pl.DataFrame(rows, schema=LEFT_OUT, orient="row")


def rate_e8(rate: Decimal) -> int:
    """A rate in units of 0.00000001, exactly.

    Raises:
        Refused: it has more than eight decimals.
    """
    sign, digits, exponent = rate.as_tuple()
    if not isinstance(exponent, int) or exponent < -RATE_DECIMALS:
        raise Refused(f"the rate {rate} has more than {RATE_DECIMALS} decimals; the money is not counted finer")
    digits_and_zeros = "".join(map(str, digits)) + "0" * (exponent + RATE_DECIMALS)
    return int(("-" if sign else "") + digits_and_zeros)


def _lines(regulation: Regulation) -> Iterator[tuple[str, Component, Rate, str]]:
    for name, component in regulation.components.items():
        for rate in component.rates:
            for school_type in rate.school_types:
                yield name, component, rate, school_type


def _unknown(regulation: Regulation, component: str, rate: Rate) -> dict[str, Cited[Any]]:
    needs: dict[str, Cited[Any]] = {"rate": rate, "schedule": regulation.schedule_of(component)}
    needs["rounding"] = regulation.rounding
    if threshold := regulation.components[component].threshold:
        needs |= {"threshold": threshold.units, "level": threshold.level, "booking": threshold.booking}
    return {what: value for what, value in needs.items() if value.value is None}
