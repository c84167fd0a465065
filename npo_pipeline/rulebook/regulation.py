"""A regulation file, checked: the regulation of a sector or scheme, with its components (`component`).

Checks over more than one value are with the smallest part that holds them all, so that whatever has become
a `Regulation` can be calculated with. The words of a fault end up in front of an analyst; `error_messages` adds
file and line.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, AliasChoices, Field, model_validator
from pydantic_core import PydanticCustomError

from npo_pipeline.measures import BY_NAME, MUNICIPAL_SCORE, PUPILS
from npo_pipeline.months import first_day, is_school_year, month_text
from npo_pipeline.rulebook.component import Component, Rate
from npo_pipeline.rulebook.fields import (
    Amount,
    Basis,
    Brin,
    Cited,
    Day,
    Key,
    MonthValue,
    Part,
    SchoolList,
    SchoolType,
    Series,
    Share,
    Source,
    Text,
    Whole,
    fault,
    quoted,
    some,
    with_known_sources,
)

RoundedPer: TypeAlias = Literal["school", "vestiging", "municipality"]
"""The holder of an amount that is rounded once: a school, by its BRIN, a vestiging, or a municipality."""

Units: TypeAlias = dict[Key, Amount]


class Example(Cited[Amount]):
    """Represent the amount that schools of one school type get for so many units of each component, as published.

    `units`: component -> pupils, score or cumi pupils, before any threshold; of a municipality the parts of its
    amount, by measure. `schools`: over how many schools
    the amount is an average. `tolerance`: how far off the amount may be (a source that says "about").
    """

    name: Text
    school_type: SchoolType
    place: Key | None = None
    list: SchoolList | None = None
    units: Annotated[Units, AfterValidator(some)]
    schools: Whole = 1
    tolerance: Amount = Decimal(0)


class Place(Part):
    """Represent a place: schools named by BRIN, and all that an address list puts in a municipality."""

    brins: Cited[Annotated[tuple[Brin, ...], AfterValidator(some)]]
    municipalities: tuple[Text, ...] = ()


class Places(Part):
    """Represent places with rates of their own. Their schools are under no other regulation of the school year.

    `counts_as`: the school type that all pupils of these schools count as.
    """

    counts_as: SchoolType
    of: Annotated[dict[Key, Place], AfterValidator(some)]


class SettlementBasis(Part):
    """Represent what each term of settlement rests on."""

    corrections: Cited[Basis]
    floor_zero: Cited[Basis]
    closure: Cited[Basis]


class Settlement(Part):
    """Represent the settlement of what turns out to be due less or more than was paid.

    `corrections`: `next_payment` settles all of it in the payment that follows; `spread` in equal parts over the
    months of payment that remain. `floor_zero`: whether a month never takes back more than it would pay; the
    rest waits, and is claimed after the last month of payment. `closure`: whether the instalments of a school
    that closes end, or run on until the end of the year. `basis`: null in texts that are older than it.
    """

    corrections: Literal["next_payment", "spread"] = "next_payment"
    floor_zero: Literal["yes", "no"] = "no"
    closure: Literal["stops", "runs_out"] = "stops"
    basis: SettlementBasis | None = None


class Mergers(Part):
    """Represent when the instalments of schools that merge go to their successor, for some school types.

    `after_calendar_year`: of a merger on 1 August not before the next 1 January. Until then a secondary school
    keeps its own (Besluit bekostiging WVO 2021, 29; Uitvoeringsbesluit WVO 2020, 6.27). Others follow at once.
    """

    move: Literal["after_calendar_year"]
    school_types: Annotated[tuple[SchoolType, ...], AfterValidator(some)]


Sector: TypeAlias = Literal["po", "vo", "cn"]
"""Primary and secondary education in Europe; Caribisch Nederland."""

MUNICIPALITIES: Final = "gemeenten"
MUNICIPAL_MEASURES = frozenset((PUPILS.name, MUNICIPAL_SCORE.name))
"""The measures that are counted of municipalities."""

Scheme: TypeAlias = Literal["arbeidsmarkttoelage", "gemeenten"]
"""Money beside that of a sector, by a regulation of its own."""


class Schedule(Part):
    """Represent the months of payment: a share of it per month; the running total is rounded, not each part."""

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
    """Represent the rounding of amounts: to the cent, once per school (BRIN) or per vestiging, type and component.

    Vestigingen of a school that rounds once share its amount in order of their code.
    """

    to: Literal["cent"]
    half: Literal["away_from_zero"]
    once_per: tuple[RoundedPer, Literal["school_type"], Literal["component"]]


class Started(Part):
    """Represent schools that started on the first day of the school year: their reference date, and what they get.

    `components`: what they get -> the schedule it is paid by (R1 4(3), 5(2), 5(7); R2 4(3), 4(6)).
    """

    opened_on: Cited[Day]
    reference_date: Cited[Day]
    components: Annotated[dict[Key, Cited[Key]], AfterValidator(some)]

    @model_validator(mode="after")
    def _counted_after_they_opened(self) -> Self:
        opened, counted = self.opened_on.value, self.reference_date.value
        if opened and counted and counted <= opened:
            raise fault("lies before the schools opened; mend one of the two", "reference_date", "value")
        return self


class Regulation(Part):
    """Represent one regulation for one sector or scheme, and one school year or period."""

    title: Text
    school_year: Annotated[Series, Field(validation_alias=AliasChoices("school_year", "period"))]
    """The series of its decisions: a school year; of municipalities, `period` in the file, a period of several."""
    sector: Sector | None = None  # a sector, or a scheme
    scheme: Scheme | None = None
    version: Key  # provisional, definitive, ...
    published: Cited[Day]  # the day from which these rules were known; of two versions the later one counts
    currency: Literal["EUR", "USD"]  # amounts of two currencies are never added up
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    places: Places | None = None
    effective: Cited[Day] | None = None
    """The day from which this version holds, also where it was published later."""
    ceiling: Cited[Amount] | None = None
    """The most that all together get; amounts are not lowered above it, a decision only says so."""
    reference_date: Cited[Day]
    reference_date_po: Cited[Day] | None = None
    """The day on which the pupils of po are counted, where it is another."""
    started: Started | None = None
    not_for: Cited[Literal["caribisch_nederland"]] | None = None
    """Set where the regulation is not for the places that others name (R1 3, R2 3), whatever is in force there."""
    mergers: Cited[Mergers] | None = None
    spending_deadline: Cited[Day]
    rounding: Cited[Rounding]
    schedule: Key
    schedules: Annotated[dict[Key, Cited[Schedule]], AfterValidator(some)]
    settlement: Cited[Settlement] | None = None
    components: Annotated[dict[Key, Component], AfterValidator(some)]
    examples: tuple[Example, ...] = ()

    @property
    def subject(self) -> str:
        """Return the sector or scheme it is for, in words; a school year has one regulation of each."""
        return f"scheme {self.scheme}" if self.scheme else f"sector {self.sector}"

    @property
    def is_municipal(self) -> bool:
        """Return whether municipalities are paid by it."""
        return self.scheme == MUNICIPALITIES

    def schedule_of(self, component: str) -> Cited[Schedule]:
        """Return the schedule a component is paid by."""
        return self.schedules[self.components[component].schedule or self.schedule]

    @property
    def has_lists(self) -> bool:
        """Return whether it is for listed vestigingen only."""
        return any(rate.list for component in self.components.values() for rate in component.rates)

    @property
    def settling(self) -> Settlement:
        """Return the settlement of corrections; by default in the next payment (contract, section 4)."""
        return (self.settlement and self.settlement.value) or Settlement()

    @property
    def late_mergers(self) -> tuple[SchoolType, ...]:
        """Return the school types whose instalments follow a merger on 1 August in the next calendar year."""
        return self.mergers.value.school_types if self.mergers and self.mergers.value else ()

    @property
    def rounded_per(self) -> RoundedPer:
        """Return whose amount is rounded once; by default that of the school (contract, section 4)."""
        return self.rounding.value.once_per[0] if self.rounding.value else "school"

    _sources_known = model_validator(mode="after")(with_known_sources)

    @model_validator(mode="after")
    def _has_one_subject(self) -> Self:
        if not self.scheme and not self.sector:
            words = "is missing; add it (po, vo or cn), or the `scheme` of money beside that of a sector"
            raise fault(words, "sector")
        if self.scheme and self.sector:
            raise fault("stands beside a `scheme`; keep one of the two", "sector")
        return self

    @model_validator(mode="after")
    def _series_fits(self) -> Self:
        if self.is_municipal and is_school_year(self.school_year):
            raise fault("is money of a period of several school years; write `period: 2021-2023`", "scheme")
        if not self.is_municipal and not is_school_year(self.school_year):
            raise fault(f"{quoted(self.school_year)} is no school year: write it as 2021-2022", "school_year")
        return self

    @model_validator(mode="after")
    def _recipients_fit(self) -> Self:
        for name, component in self.components.items():
            if (component.recipient == "gemeente") != self.is_municipal:
                words = f"municipalities are paid under `scheme: {MUNICIPALITIES}`, and nobody else is; mend it"
                raise fault(words, "components", name, "recipient")
            if self.is_municipal and component.threshold:
                raise fault("municipalities have no threshold; take it out", "components", name, "threshold")
            for number, rate in enumerate(component.rates):
                self._refuse_rate_elsewhere(component, rate, ("components", name, "rates", number))
        return self

    def _refuse_rate_elsewhere(self, component: Component, rate: Rate, place: tuple[str | int, ...]) -> None:
        """Refuse a rate of municipalities for schools, and one of schools for municipalities."""
        measure, is_of_all = component.measure_of(rate), "all" in rate.school_types
        counted = MUNICIPAL_MEASURES if self.is_municipal else BY_NAME.keys() - {MUNICIPAL_SCORE.name}
        if measure not in counted:
            there = ", ".join(sorted(counted))
            raise fault(f"`{measure}` is not counted for those that are paid; there is {there}", *place)
        if self.is_municipal and rate.school_types != ("all",):
            words = "of a municipality the pupils of every school type count; write [all]"
            raise fault(words, *place, "school_types")
        if is_of_all and not self.is_municipal:
            raise fault("`all` is no school type of a school; name its types", *place, "school_types")

    @model_validator(mode="after")
    def _schedules_known(self) -> Self:
        for name, component in self.components.items():
            if component.schedule not in (None, *self.schedules):
                raise _unknown_schedule(component.schedule, "components", name, "schedule")
        if self.schedule not in self.schedules:
            raise _unknown_schedule(self.schedule, "schedule")
        for name, schedule in self.started.components.items() if self.started else ():
            place = ("started", "components", name)
            if name not in self.components:
                raise fault(f"`{name}` is no component here", *place)
            if schedule.value is not None and schedule.value not in self.schedules:
                raise _unknown_schedule(schedule.value, *place, "value")
        return self

    @model_validator(mode="after")
    def _rates_fit(self) -> Self:
        known = set(self.places.of) if self.places else {None}
        wanted = f"wants a place, one of {', '.join(map(str, known))}" if self.places else "has no places"
        for name, component in self.components.items():
            for number, rate in enumerate(component.rates):
                place = ("components", name, "rates", number)
                if self.has_lists and (rate.list is None or self.places):
                    words = "is missing: others have one, and who is on no list gets nothing; name it (no places)"
                    raise fault(words, *place, "list")
                if rate.place not in known:
                    raise fault(f"this regulation {wanted}; mend it", *place, "place")
                if not rate.unit.startswith(f"{self.currency} per "):
                    words = f"`{rate.unit}` is no unit of a rate here; write it as {self.currency} per pupil"
                    raise fault(words, *place, "unit")
        return self

    @model_validator(mode="after")
    def _examples_known(self) -> Self:
        known = set(self.components)
        if self.is_municipal:
            known = {one.measure_of(rate) for one in self.components.values() for rate in one.rates}
        for number, example in enumerate(self.examples):
            for component in example.units:
                if component not in known:
                    raise fault(f"`{component}` is no component here", "examples", number, "units", component)
            if (example.list is None) == self.has_lists:
                wanted = (
                    "is missing; name it, as po" if self.has_lists else "is of no use: there are no lists here"
                )
                raise fault(wanted, "examples", number, "list")
        return self

    @model_validator(mode="after")
    def _dates_sane(self) -> Self:
        opening = first_day(self.school_year)
        last = date(int(self.school_year[-4:]), 12, 1)
        for name, schedule in self.schedules.items():
            for month in schedule.value.instalments if schedule.value else ():
                if not opening <= month <= last:
                    words = f"lies outside {month_text(opening)} to {month_text(last)}; mend month or school year"
                    raise fault(words, "schedules", name, "value", "instalments", month_text(month))
        if self.spending_deadline.value and self.spending_deadline.value < opening:
            raise fault("lies before the school year; mend it", "spending_deadline", "value")
        return self


def _unknown_schedule(name: str | None, *place: str) -> PydanticCustomError:
    return fault(f"`{name}` is not among the schedules; add it there", *place)
