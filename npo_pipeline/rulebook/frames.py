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
from npo_pipeline.rulebook.fields import RATE_DECIMALS, Cited
from npo_pipeline.rulebook.regulation import Component, Rate, Regulation

RATES = {
    "component": pl.String,
    "school_type": pl.String,
    "place": pl.String,
    "measure": pl.String,
    "unit": pl.String,
    "rate_e8": pl.Int64,
    "article": pl.String,
    "status": pl.String,
    "source": pl.String,
    "url": pl.String,
}
SHARES = {"component": pl.String, "month": pl.Date, "numerator": pl.Int64, "denominator": pl.Int64}
THRESHOLDS = {"component": pl.String, "threshold": pl.Int64, "level": pl.String}
REFERENCE_DATE = "reference date"
"""What the reference date is called among the values that amounts depend on."""

LEFT_OUT = {"component": pl.String, "school_type": pl.String, "what": pl.String, "article": pl.String}
PLACES = {"place": pl.String, "brin": pl.String, "municipality": pl.String}
SOFT = {"status": pl.String, "what": pl.String, "component": pl.String, "article": pl.String}


def rates(regulation: Regulation) -> pl.DataFrame:
    """The rates that can be reckoned with.

    Returns:
        component, school_type, place (null: everywhere), measure, unit, rate_e8 (units of 0.00000001),
        article, status, source (title), url; in the order of the file, which is the order of booking.
    """
    rows = [
        (
            name,
            school_type,
            rate.place,
            component.measure,
            rate.unit,
            rate_e8(rate.value),
            rate.where,
            rate.status,
            regulation.sources[rate.source].title,
            regulation.sources[rate.source].url,
        )
        for name, component, rate, school_type in _lines(regulation)
        if rate.value is not None and not _unknown(regulation, name, rate)
    ]
    return pl.DataFrame(rows, schema=RATES, orient="row")


def places(regulation: Regulation) -> pl.DataFrame:
    """Whom a regulation is for, where it is not the whole country.

    Returns:
        place, and either brin or municipality (in capitals): a row for each that is named; no rows where the
        regulation is for all.
    """
    rows: list[tuple[str, str | None, str | None]] = []
    for name, place in regulation.places.of.items() if regulation.places else ():
        rows += [(name, brin, None) for brin in place.brins.value or ()]
        rows += [(name, None, municipality.upper()) for municipality in place.municipalities]
    return pl.DataFrame(rows, schema=PLACES, orient="row")


def soft_values(regulation: Regulation) -> pl.DataFrame:
    """What amounts rest on that no source says in so many words.

    Returns:
        status (`approximate` or `derived`), what, component (null: all of them), article.
    """
    rows: list[tuple[Any, ...]] = [
        (value.status, what, component, value.where)
        for what, component, value in _resting(regulation)
        if value.status in ("approximate", "derived")
    ]
    return pl.DataFrame(rows, schema=SOFT, orient="row").unique(maintain_order=True)


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


def _resting(regulation: Regulation) -> Iterator[tuple[str, str | None, Cited[Any]]]:
    """The values that amounts depend on: what each is, and the component it is of (null: all)."""
    yield REFERENCE_DATE, None, regulation.reference_date
    yield "rounding", None, regulation.rounding
    for name, component in regulation.components.items():
        yield "months of payment", name, regulation.schedule_of(name)
        for rate in component.rates:
            yield f"rate of {', '.join(rate.school_types)}", name, rate
        if threshold := component.threshold:
            yield from (
                (f"{what} of the threshold", name, value)
                for what, value in (("units", threshold.units), ("level", threshold.level))
            )
            yield "place of booking", name, threshold.booking
        if component.reference_dates:
            yield "reference dates", name, component.reference_dates


def _unknown(regulation: Regulation, component: str, rate: Rate) -> dict[str, Cited[Any]]:
    needs: dict[str, Cited[Any]] = {"rate": rate, "schedule": regulation.schedule_of(component)}
    needs["rounding"] = regulation.rounding
    if threshold := regulation.components[component].threshold:
        needs |= {"threshold": threshold.units, "level": threshold.level, "booking": threshold.booking}
    return {what: value for what, value in needs.items() if value.value is None}
