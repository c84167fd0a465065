"""A regulation as small frames for the money engine: rates, thresholds, shares, and values that are not known.

What is not known is never counted as 0: it is in none of the frames but `unknown_values`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.component import Component, Rate, SmallVestiging
from npo_pipeline.rulebook.fields import RATE_DECIMALS, Cited, citation
from npo_pipeline.rulebook.regulation import Regulation, Schedule, Started
from schemas.frames.money import Exceptions, Places, Rates, Shares, SoftValues, Thresholds, UnknownValues

RATES = {
    "component": pl.String,
    "school_type": pl.String,
    "place": pl.String,
    "measure": pl.String,
    "unit": pl.String,
    "rate_e8": pl.Int64,
    "small_below": pl.Int64,
    "small_fixed_e8": pl.Int64,
    "small_decrease_e8": pl.Int64,
    "article": pl.String,
    "status": pl.String,
    "source": pl.String,
    "url": pl.String,
}
SHARES = {"component": pl.String, "month": pl.Date, "numerator": pl.Int64, "denominator": pl.Int64}
THRESHOLDS = {"component": pl.String, "threshold": pl.Int64, "level": pl.String}
REFERENCE_DATE = "reference date"
"""The name of the reference date among the values that amounts depend on."""

UNKNOWN_VALUES = {"component": pl.String, "school_type": pl.String, "what": pl.String, "article": pl.String}
EXCEPTIONS = {"component": pl.String, "brin": pl.String, "article": pl.String}
PLACES = {"place": pl.String, "brin": pl.String, "municipality": pl.String}
SOFT_VALUES = {"status": pl.String, "what": pl.String, "component": pl.String, "article": pl.String}


def rates(regulation: Regulation) -> Rates:
    """Return the rates that are known, with all that they need."""
    rows = [
        (
            name,
            school_type,
            rate.place_or_list,
            component.measure_of(rate),
            rate.unit,
            rate_e8(rate.value, rate.share),
            *_small_vestiging(rate.small_vestiging),
            citation(regulation, rate),
            rate.status,
            regulation.sources[rate.source].title,
            regulation.sources[rate.source].url,
        )
        for name, component, rate, school_type in _lines(regulation)
        if rate.value is not None and not _unknown(regulation, name, rate)
    ]
    return Rates(pl.DataFrame(rows, schema=RATES, orient="row"))


def _small_vestiging(small: SmallVestiging | None) -> tuple[int | None, int | None, int | None]:
    """Return the number of pupils, the fixed amount and the decrease; nulls where there are none."""
    if small is None or small.fixed.value is None or small.decrease.value is None:
        return None, None, None
    return small.below.value, rate_e8(small.fixed.value), rate_e8(small.decrease.value)


def places(regulation: Regulation) -> Places:
    """Return the places a regulation is for, where it is not for the whole country."""
    rows: list[tuple[str, str | None, str | None]] = []
    for name, place in regulation.places.of.items() if regulation.places else ():
        rows += [(name, brin, None) for brin in place.brins.value or ()]
        rows += [(name, None, municipality.upper()) for municipality in place.municipalities]
    return Places(pl.DataFrame(rows, schema=PLACES, orient="row"))


def exceptions(regulation: Regulation) -> Exceptions:
    """Return the schools that components are not for."""
    rows = [
        (name, brin, citation(regulation, excepted))
        for name, component in regulation.components.items()
        if (excepted := component.not_for)
        for brin in excepted.value or ()
    ]
    return Exceptions(pl.DataFrame(rows, schema=EXCEPTIONS, orient="row"))


def soft_values(regulation: Regulation) -> SoftValues:
    """Return the values that amounts rest on and that no source gives in so many words."""
    return _soft(regulation, _values_of_amounts(regulation))


def started_soft_values(regulation: Regulation) -> SoftValues:
    """Return the same of values that only amounts of schools that started later rest on."""
    started = regulation.started
    values: list[tuple[str, str | None, Cited[Any]]] = []
    if started:
        values = [("months of payment of schools that started", *one) for one in started.components.items()]
        values.append(("reference date of schools that started", None, started.reference_date))
    return _soft(regulation, values)


def _soft(regulation: Regulation, values: Iterable[tuple[str, str | None, Cited[Any]]]) -> SoftValues:
    rows = [
        (value.status, what, component, citation(regulation, value))
        for what, component, value in values
        if value.status in ("approximate", "derived")
    ]
    return SoftValues(pl.DataFrame(rows, schema=SOFT_VALUES, orient="row").unique(maintain_order=True))


def shares(regulation: Regulation) -> Shares:
    """Return the share of an entitlement that is due up to and including each month."""
    return _shares({name: regulation.schedule_of(name) for name in regulation.components})


def started_shares(regulation: Regulation, started: Started) -> Shares:
    """Return the same of schools that started later, for the components they get."""
    of_components = {name: one.value for name, one in started.components.items()}
    return _shares({name: regulation.schedules[one] for name, one in of_components.items() if one is not None})


def _shares(schedules: Mapping[str, Cited[Schedule]]) -> Shares:
    rows: list[tuple[Any, ...]] = []
    for name, cited in schedules.items():
        schedule = cited.value
        due = Fraction(0)
        for month, share in schedule.instalments.items() if schedule else ():
            due += share
            rows.append((name, month, due.numerator, due.denominator))
    return Shares(pl.DataFrame(rows, schema=SHARES, orient="row"))


def thresholds(regulation: Regulation) -> Thresholds:
    """Return the thresholds of the components that have one."""
    rows = [
        (name, threshold.units.value, threshold.level.value)
        for name, component in regulation.components.items()
        if (threshold := component.threshold)
        and threshold.units.value is not None
        and threshold.level.value is not None
    ]
    return Thresholds(pl.DataFrame(rows, schema=THRESHOLDS, orient="row"))


def unknown_values(regulation: Regulation) -> UnknownValues:
    """Return the values with status `unknown`, and what cannot be calculated without them."""
    rows = [
        (name, school_type, what, citation(regulation, value))
        for name, _, rate, school_type in _lines(regulation)
        for what, value in _unknown(regulation, name, rate).items()
    ]
    return UnknownValues(pl.DataFrame(rows, schema=UNKNOWN_VALUES, orient="row"))


def rate_e8(rate: Decimal, share: Fraction = Fraction(1)) -> int:
    """Return a rate, or the share of it that each unit gets, in units of 0.00000001 euro, exactly.

    Raises:
        Refused: it has more than eight decimals.
    """
    if rate.is_finite() and (part := Fraction(rate) * share * 10**RATE_DECIMALS).denominator == 1:
        return int(part)
    raise Refused(f"the rate {rate} has more than {RATE_DECIMALS} decimals; the money is not counted finer")


def _lines(regulation: Regulation) -> Iterator[tuple[str, Component, Rate, str]]:
    """Yield each component, rate and school type, in the order of the file."""
    for name, component in regulation.components.items():
        for rate in component.rates:
            for school_type in rate.school_types:
                yield name, component, rate, school_type


def _values_of_amounts(regulation: Regulation) -> Iterator[tuple[str, str | None, Cited[Any]]]:
    """Yield the values that amounts depend on: their name, the component they are of (null: all), the value."""
    yield REFERENCE_DATE, None, regulation.reference_date
    if regulation.reference_date_po:
        yield f"{REFERENCE_DATE} of po", None, regulation.reference_date_po
    yield "rounding", None, regulation.rounding
    for name, component in regulation.components.items():
        yield "months of payment", name, regulation.schedule_of(name)
        for rate in component.rates:
            of = f" for {rate.measure}" if rate.measure else ""
            yield f"rate of {', '.join(rate.school_types)}{of}", name, rate
            for what, value in _small_values(rate):
                yield what, name, value
        if threshold := component.threshold:
            yield "units of the threshold", name, threshold.units
            yield "level of the threshold", name, threshold.level
            yield "place of booking", name, threshold.booking
        if component.reference_dates:
            yield "reference dates", name, component.reference_dates


def _small_values(rate: Rate) -> Iterator[tuple[str, Cited[Any]]]:
    """Yield the values of what a small vestiging gets on top, by name."""
    if small := rate.small_vestiging:
        yield "size of a small vestiging", small.below
        yield "fixed amount of a small vestiging", small.fixed
        yield "decrease per pupil of a small vestiging", small.decrease


def _unknown(regulation: Regulation, component: str, rate: Rate) -> dict[str, Cited[Any]]:
    """Return the values that a rate needs and that are not known, by name."""
    needs: dict[str, Cited[Any]] = {"rate": rate, "schedule": regulation.schedule_of(component)}
    needs |= {"rounding": regulation.rounding, **dict(_small_values(rate))}
    if threshold := regulation.components[component].threshold:
        needs |= {"threshold": threshold.units, "level": threshold.level, "booking": threshold.booking}
    return {what: value for what, value in needs.items() if value.value is None}
