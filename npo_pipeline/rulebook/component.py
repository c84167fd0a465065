"""A component of a regulation file, checked: a kind of money, its rates and its threshold.

What a check says of a fault ends up in front of an analyst; `error_messages` adds file and line.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, model_validator

from npo_pipeline.measures import MEASURES
from npo_pipeline.rulebook.fields import (
    Amount,
    Brin,
    Cited,
    Day,
    Key,
    Part,
    RateValue,
    SchoolList,
    SchoolType,
    Share,
    Text,
    Whole,
    fault,
    some,
)

if TYPE_CHECKING:
    MeasureName: TypeAlias = str
else:
    MeasureName = Literal[tuple(measure.name for measure in MEASURES)]

Level: TypeAlias = Literal["brin", "vestiging"]

RecipientKind: TypeAlias = Literal["bestuur", "samenwerkingsverband", "gemeente"]

Booking: TypeAlias = Literal["lowest_vestiging_first_school_type"]
"""Booked on the lowest vestiging code that has any, there under the first school type of the list that has."""


class AmountBeside(Cited[RateValue]):
    """Represent an amount that is shown beside a rate and not calculated with: what the rate is a part of, say."""

    name: Text


class SmallVestiging(Part):
    """Represent what a vestiging with fewer pupils gets on top: a fixed amount, less an amount per pupil."""

    below: Cited[Whole]
    fixed: Cited[Amount]
    decrease: Cited[RateValue]

    @model_validator(mode="after")
    def _takes_nothing_away(self) -> Self:
        below, fixed, decrease = self.below.value, self.fixed.value, self.decrease.value
        if below and fixed is not None and decrease is not None and fixed < decrease * (below - 1):
            words = f"takes more than the fixed amount from {below - 1} pupils; mend one of the three"
            raise fault(words, "decrease", "value")
        return self


class Rate(Cited[RateValue]):
    """Represent the rate of one unit, for the school types it is published for, in the order of booking."""

    school_types: Annotated[tuple[SchoolType, ...], AfterValidator(some)]
    place: Key | None = None  # one of the regulation's places; everywhere when none is named
    measure: MeasureName | None = None  # that of the component when none is named
    share: Share = Fraction(1)
    """The part of each unit that counts: 1/2 where the law takes half of each of two scores."""
    list: SchoolList | None = None  # only for vestigingen on this list, where one is named
    small_vestiging: SmallVestiging | None = None
    beside: tuple[AmountBeside, ...] = ()

    @property
    def place_or_list(self) -> str | None:
        """Return the place or the list that the rate is for; null: everywhere."""
        return self.place or self.list

    @model_validator(mode="after")
    def _small_by_one_school_type(self) -> Self:
        if self.small_vestiging and len(self.school_types) > 1:
            words = "counts the pupils of one school type; give each its own rate"
            raise fault(words, "small_vestiging")
        return self


class Threshold(Part):
    """Represent units that give nothing, the level they are counted at, and where what exceeds them is booked."""

    units: Cited[Whole]
    level: Cited[Level]
    booking: Cited[Booking]


class Component(Part):
    """Represent a kind of money: a measure times a rate per school type."""

    measure: MeasureName
    rates: Annotated[tuple[Rate, ...], AfterValidator(some)]
    threshold: Threshold | None = None
    schedule: Key | None = None  # the regulation's own when none is named
    recipient: RecipientKind = "bestuur"
    """The board of each vestiging, or the samenwerkingsverband or municipality that vestigingen lie in."""
    reference_dates: Cited[Annotated[tuple[Day, ...], AfterValidator(some)]] | None = None
    """The days it is counted on, where they are not the regulation's own reference date; the counts add up."""
    not_for: Cited[Annotated[tuple[Brin, ...], AfterValidator(some)]] | None = None
    """Schools that the component is not for, whatever is counted of them."""
    outside_informatietool: Cited[Literal["yes"]] | None = None
    """Set where the official informatietool leaves the component out of its totals."""

    def measure_of(self, rate: Rate) -> str:
        """Return the measure that a rate of the component is for."""
        return rate.measure or self.measure

    @model_validator(mode="after")
    def _each_school_type_once(self) -> Self:
        rated: set[tuple[str, str, str | None]] = set()
        for number, rate in enumerate(self.rates):
            measure = self.measure_of(rate)
            for kind in rate.school_types:
                if (measure, kind, rate.place_or_list) in rated or (measure, kind, None) in rated:
                    raise fault(f"names `{kind}` twice; a school type has one rate", "rates", number)
                rated.add((measure, kind, rate.place_or_list))
        if len({school_type for measure, school_type, _ in rated if measure == "score"}) > 1:
            raise fault("a score belongs to one school type; with two it would be paid twice", "rates")
        return self

    @model_validator(mode="after")
    def _no_threshold_of_an_area(self) -> Self:
        if self.threshold and self.recipient != "bestuur":
            raise fault("has a threshold, which only schools have; take it or `recipient` out", "threshold")
        return self

    @model_validator(mode="after")
    def _one_rate_above_a_threshold(self) -> Self:
        # What exceeds it is counted over the school types together, so there is nothing to choose a rate by.
        if self.threshold and len(self.rates) > 1:
            raise fault("has a threshold, so all its school types share one rate; name them together", "rates")
        return self

    @model_validator(mode="after")
    def _counted_by_vestiging_on_a_list(self) -> Self:
        for number, rate in enumerate(self.rates):
            if self.measure != "pupils" and (rate.list or rate.small_vestiging):
                odd = "list" if rate.list else "small_vestiging"
                raise fault("is for pupils; mend the measure, or leave it out", "rates", number, odd)
        return self
