"""What a regulation file says, checked: components, rates, thresholds, instalments, rounding, deadlines.

Checks over more than one value sit with the smallest part that holds them all, so that whatever has become
a `Regulation` can be reckoned with. The words of a fault end up in front of an analyst; `faults.py` adds
file and line.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, model_validator

from npo_pipeline.months import first_day, month_text
from npo_pipeline.regulations.cited import Cited, Part, Source, cited, fault
from npo_pipeline.regulations.values import Day, Key, MonthValue, RateValue, SchoolYear, Share, Text, Whole, some

SchoolType: TypeAlias = Literal["bao", "sbo", "so", "vso", "vo", "vo_pro_vbo", "cn"]
Measure: TypeAlias = Literal["pupils", "score", "cumi_pupils"]  # score: the one with threshold (CBS, Tabel 1)
Level: TypeAlias = Literal["brin", "vestiging"]

Booking: TypeAlias = Literal["lowest_vestiging_first_school_type"]
"""Booked on the lowest vestiging code that has any, there under the first school type of the list that has."""


class Rate(Cited[RateValue]):
    """What one unit gives, for the school types it is published for, in the order of booking."""

    school_types: Annotated[tuple[SchoolType, ...], AfterValidator(some)]


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

    @model_validator(mode="after")
    def _each_school_type_once(self) -> Self:
        seen: set[str] = set()
        for number, rate in enumerate(self.rates):
            for school_type in rate.school_types:
                if school_type in seen:
                    raise fault(f"names `{school_type}` twice; a school type has one rate", "rates", number)
                seen.add(school_type)
        if self.measure == "score" and len(seen) > 1:
            raise fault("a score belongs to one school type; with two it would be paid twice", "rates")
        return self

    @model_validator(mode="after")
    def _one_rate_above_a_threshold(self) -> Self:
        # What exceeds it is counted over the school types together, so there is nothing to choose a rate by.
        if self.threshold and len(self.rates) > 1:
            raise fault("has a threshold, so all its school types share one rate; name them together", "rates")
        return self


class Schedule(Part):
    """When an entitlement is paid: a share of it per month; the running total is rounded, not each part."""

    rounding: Literal["cumulative"]
    instalments: Annotated[dict[MonthValue, Share], AfterValidator(some)]

    @model_validator(mode="after")
    def _in_order_and_whole(self) -> Self:
        months = list(self.instalments)
        for before, month in pairwise(months):
            if month <= before:
                words = f"comes after {month_text(before)}; put the months in order"
                raise fault(words, "instalments", month_text(month))
        whole = sum(self.instalments.values(), Fraction(0))
        if whole != 1:
            raise fault(f"shares add up to {whole} and not to 1; mend a share or add a month", "instalments")
        return self


class Rounding(Part):
    """The one way of rounding the engine has; it stands in the file because it is a choice to be cited."""

    to: Literal["cent"]
    half: Literal["away_from_zero"]
    once_per: tuple[Literal["vestiging"], Literal["school_type"], Literal["component"]]


class Regulation(Part):
    """One regulation for one sector and school year."""

    title: Text
    school_year: SchoolYear
    sector: Literal["po", "vo"]
    currency: Literal["EUR"]
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    reference_date: Cited[Day]
    spending_deadline: Cited[Day]
    rounding: Cited[Rounding]
    schedule: Key
    schedules: Annotated[dict[Key, Cited[Schedule]], AfterValidator(some)]
    components: Annotated[dict[Key, Component], AfterValidator(some)]

    def schedule_of(self, component: str) -> Cited[Schedule]:
        """The schedule a component is paid by."""
        return self.schedules[self.components[component].schedule or self.schedule]

    @model_validator(mode="after")
    def _sources_known(self) -> Self:
        for place, value in cited(self):
            if value.source not in self.sources:
                raise fault(f"`{value.source}` is not among the sources; add it there", *place, "source")
        return self

    @model_validator(mode="after")
    def _schedules_known(self) -> Self:
        for name, component in self.components.items():
            if component.schedule is not None and component.schedule not in self.schedules:
                words = f"`{component.schedule}` is not among the schedules; add it there"
                raise fault(words, "components", name, "schedule")
        if self.schedule not in self.schedules:
            raise fault(f"`{self.schedule}` is not among the schedules; add it there", "schedule")
        return self

    @model_validator(mode="after")
    def _rates_in_the_currency(self) -> Self:
        for name, component in self.components.items():
            for number, rate in enumerate(component.rates):
                if not rate.unit.startswith(f"{self.currency} per "):
                    words = f"`{rate.unit}` is no unit of a rate here; write it as {self.currency} per pupil"
                    raise fault(words, "components", name, "rates", number, "unit")
        return self

    @model_validator(mode="after")
    def _dates_sane(self) -> Self:
        opening = first_day(self.school_year)
        last = date(opening.year + 1, 12, 1)
        for name, schedule in self.schedules.items():
            for month in schedule.value.instalments if schedule.value else ():
                if not opening <= month <= last:
                    words = f"lies outside {month_text(opening)} to {month_text(last)}; mend month or school year"
                    raise fault(words, "schedules", name, "value", "instalments", month_text(month))
        if self.spending_deadline.value and self.spending_deadline.value < opening:
            raise fault("lies before the school year; mend it", "spending_deadline", "value")
        return self
