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
from npo_pipeline.regulations.cited import Cited, Part, Source, fault, refuse_unknown_sources
from npo_pipeline.regulations.component import Component
from npo_pipeline.regulations.example import Example
from npo_pipeline.regulations.places import Places
from npo_pipeline.regulations.settlement import Settlement
from npo_pipeline.regulations.values import (
    Day,
    Key,
    MonthValue,
    SchoolYear,
    Share,
    Text,
    some,
)

Sector: TypeAlias = Literal["po", "vo", "cn"]
"""Primary and secondary education in Europe; Caribisch Nederland."""


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
    sector: Sector
    version: Key  # provisional, definitive, ...
    published: Cited[Day]  # the day from which these rules were known; of two versions the later one counts
    currency: Literal["EUR", "USD"]  # amounts of two currencies are never added up
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    places: Places | None = None
    reference_date: Cited[Day]
    spending_deadline: Cited[Day]
    rounding: Cited[Rounding]
    schedule: Key
    schedules: Annotated[dict[Key, Cited[Schedule]], AfterValidator(some)]
    settlement: Cited[Settlement] | None = None
    components: Annotated[dict[Key, Component], AfterValidator(some)]
    examples: tuple[Example, ...] = ()

    def schedule_of(self, component: str) -> Cited[Schedule]:
        """The schedule a component is paid by."""
        return self.schedules[self.components[component].schedule or self.schedule]

    @property
    def settling(self) -> Settlement:
        """How corrections are settled; in the next payment (contract, section 4) where the file does not say."""
        return (self.settlement and self.settlement.value) or Settlement()

    @model_validator(mode="after")
    def _sources_known(self) -> Self:
        refuse_unknown_sources(self, self.sources)
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
    def _places_known(self) -> Self:
        known = set(self.places.of) if self.places else {None}
        for name, component in self.components.items():
            for number, rate in enumerate(component.rates):
                if rate.place not in known:
                    words = (
                        f"wants a place, one of {', '.join(map(str, known))}" if self.places else "has no places"
                    )
                    raise fault(f"this regulation {words}; mend it", "components", name, "rates", number, "place")
        return self

    @model_validator(mode="after")
    def _examples_known(self) -> Self:
        for number, example in enumerate(self.examples):
            for component in example.units:
                if component not in self.components:
                    raise fault(f"`{component}` is no component here", "examples", number, "units", component)
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
