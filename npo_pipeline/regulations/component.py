"""A component of a regulation: a kind of money, what it counts, and what a unit of that gives."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, model_validator

from npo_pipeline.regulations.cited import Cited, Part, fault
from npo_pipeline.regulations.values import Day, Key, RateValue, SchoolType, Whole, some

Measure: TypeAlias = Literal["pupils", "score", "cumi_pupils", "newcomers", "longer_stay"]
"""What is counted: `score` is the one with threshold (CBS, Tabel 1), `newcomers` those of all count dates
together, `longer_stay` the pupils whom a samenwerkingsverband lets stay longer (no file counts them yet)."""

Level: TypeAlias = Literal["brin", "vestiging"]

Booking: TypeAlias = Literal["lowest_vestiging_first_school_type"]
"""Booked on the lowest vestiging code that has any, there under the first school type of the list that has."""


class Rate(Cited[RateValue]):
    """What one unit gives, for the school types it is published for, in the order of booking."""

    school_types: Annotated[tuple[SchoolType, ...], AfterValidator(some)]
    place: Key | None = None  # one of the regulation's places; everywhere when none is named


class Threshold(Part):
    """Units that give nothing, the level they are counted at, and where what exceeds them is booked."""

    units: Cited[Whole]
    level: Cited[Level]
    booking: Cited[Booking]


class Component(Part):
    """A kind of money: a measure times a rate per school type."""

    measure: Measure
    rates: Annotated[tuple[Rate, ...], AfterValidator(some)]
    threshold: Threshold | None = None
    schedule: Key | None = None  # the regulation's own when none is named
    reference_dates: Cited[Annotated[tuple[Day, ...], AfterValidator(some)]] | None = None
    """The days it is counted on, where they are not the regulation's own reference date; the counts add up."""
    outside_informatietool: Cited[Literal["yes"]] | None = None
    """Said of what the official informatietool leaves out of its totals."""

    @model_validator(mode="after")
    def _each_school_type_once(self) -> Self:
        seen: set[tuple[str, str | None]] = set()
        for number, rate in enumerate(self.rates):
            for school_type in rate.school_types:
                if (school_type, rate.place) in seen or ((school_type, None) in seen):
                    raise fault(f"names `{school_type}` twice; a school type has one rate", "rates", number)
                seen.add((school_type, rate.place))
        if self.measure == "score" and len({school_type for school_type, _ in seen}) > 1:
            raise fault("a score belongs to one school type; with two it would be paid twice", "rates")
        return self

    @model_validator(mode="after")
    def _one_rate_above_a_threshold(self) -> Self:
        # What exceeds it is counted over the school types together, so there is nothing to choose a rate by.
        if self.threshold and len(self.rates) > 1:
            raise fault("has a threshold, so all its school types share one rate; name them together", "rates")
        return self
