"""A subsidy file, checked: windows, ceilings, amounts per pupil, the share of pupils, who may apply.

The one thing that is not for a file to say is the order in which the rules are applied (`npo_pipeline.grants`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, model_validator

from npo_pipeline.rulebook.fields import (
    Amount,
    Cited,
    Day,
    Key,
    Part,
    SchoolType,
    SchoolYear,
    Share,
    Source,
    Text,
    fault,
    some,
    with_known_sources,
    written,
)

Condition: TypeAlias = Literal["score", "apcg"]
"""`score`: the school has an achterstandsscore above 0. `apcg`: it has apcg pupils (no file names them yet)."""

Per: TypeAlias = Literal["school", "board"]


Scheme: TypeAlias = Annotated[str, written(r"[A-Z]{2,10}", "is no code of a scheme: two to ten capitals, as IOP")]
"""As applications write it."""


class Days(Part):
    """Represent the first and the last day of a window; both belong to it."""

    first: Day
    last: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise fault("lies before the first day; mend one of the two", "last")
        return self


class Window(Part):
    """Represent a time in which one can apply, and what is available for it per group.

    `only_while_left`: a window before it. It is open for a group only while the ceiling of that one has not
    been reached.
    """

    days: Cited[Days]
    only_while_left: Cited[Key] | None = None
    ceilings: Annotated[dict[Key, Cited[Amount]], AfterValidator(some)]


class Group(Part):
    """Represent schools that share an amount per pupil and a ceiling, by their school types."""

    school_types: Annotated[tuple[SchoolType, ...], AfterValidator(some)]
    per_pupil: Cited[Amount]


class Raised(Part):
    """Represent a larger share of the pupils, for schools of which at least one of the conditions holds."""

    share: Cited[Share]
    when: Annotated[tuple[Cited[Condition], ...], AfterValidator(some)]


class Subsidy(Part):
    """Represent one subsidy scheme in one school year."""

    title: Text
    scheme: Scheme
    school_year: SchoolYear
    currency: Literal["EUR"]
    published: Cited[Day]  # the day from which these rules were known; of two versions the later one counts
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    reference_date: Cited[Day]
    applicant: Cited[Literal["board_of_the_school_on_that_day"]]
    one_application_per: Cited[Per]  # in a window; the first one counts
    share: Cited[Share]  # of the pupils of a school, for how many at most it can be asked
    raised: Raised | None = None
    rounding: Cited[Literal["down", "half_away_from_zero", "up"]]  # of that share, to whole pupils
    at_the_ceiling: Cited[Literal["order_of_receipt"]]
    groups: Annotated[dict[Key, Group], AfterValidator(some)]
    windows: Annotated[dict[Key, Window], AfterValidator(some)]

    _sources_known = model_validator(mode="after")(with_known_sources)

    @model_validator(mode="after")
    def _needed_values_known(self) -> Self:
        # Without these no application can be judged at all; an amount or a ceiling can be missed for one group.
        for name in ("published", "applicant", "one_application_per", "rounding", "at_the_ceiling", "share"):
            if getattr(self, name).value is None:
                raise fault("cannot be left unknown: without it no application can be decided on", name, "value")
        for name, window in self.windows.items():
            if window.days.value is None:
                raise fault("cannot be left unknown: leave the whole window out", "windows", name, "days", "value")
        return self

    @model_validator(mode="after")
    def _school_types_once(self) -> Self:
        grouped: set[str] = set()
        for name, group in self.groups.items():
            for school_type in group.school_types:
                if school_type in grouped:
                    raise fault(f"names `{school_type}` again; a school type is in one group", "groups", name)
                grouped.add(school_type)
        return self

    @model_validator(mode="after")
    def _windows_in_order(self) -> Self:
        for (before, one), (name, other) in pairwise(self.windows.items()):
            if one.days.value and other.days.value and other.days.value.first <= one.days.value.last:
                words = f"begins before window {before} ends; put the windows in order, without overlap"
                raise fault(words, "windows", name, "days", "value")
        earlier: list[str] = []
        for name, window in self.windows.items():
            needs = window.only_while_left
            if needs and needs.value not in earlier:
                words = f"`{needs.value}` is no window before this one; there is {', '.join(earlier) or 'none'}"
                raise fault(words, "windows", name, "only_while_left", "value")
            earlier.append(name)
        return self

    @model_validator(mode="after")
    def _a_ceiling_per_group(self) -> Self:
        for name, window in self.windows.items():
            if odd := sorted(set(window.ceilings) ^ set(self.groups)):
                words = f"wants one ceiling for each group, no more and no less: {', '.join(odd)}"
                raise fault(words, "windows", name, "ceilings")
        return self

    @model_validator(mode="after")
    def _units_in_the_currency(self) -> Self:
        for name, group in self.groups.items():
            if not group.per_pupil.unit.startswith(f"{self.currency} per "):
                given = group.per_pupil.unit
                words = f"`{given}` is no unit of an amount here; write it as {self.currency} per pupil"
                raise fault(words, "groups", name, "per_pupil", "unit")
        for name, window in self.windows.items():
            for group_name, ceiling in window.ceilings.items():
                if ceiling.unit != self.currency:
                    words = f"`{ceiling.unit}` is no unit of a ceiling here; write it as {self.currency}"
                    raise fault(words, "windows", name, "ceilings", group_name, "unit")
        return self

    @model_validator(mode="after")
    def _raised_is_more(self) -> Self:
        if self.raised and (self.raised.share.value or 0) <= (self.share.value or 0):
            raise fault("is not more than the ordinary share; mend one of the two", "raised", "share", "value")
        return self
