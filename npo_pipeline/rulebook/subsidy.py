"""A subsidy file, checked: windows, ceilings, amounts per pupil, the share of pupils, who may apply, who finished.

The one thing that is not for a file to say is the order in which the rules are applied (`npo_pipeline.grants`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self, TypeAlias, cast

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
    Whole,
    fault,
    some,
    with_known_sources,
    written,
)

Condition: TypeAlias = Literal["score", "leerplus", "apcg"]
"""`score`: the school has an achterstandsscore above 0. `leerplus`: the leerplus list names it. `apcg`: it has
apcg pupils (no file names them)."""

Applicant: TypeAlias = Literal["board_of_the_school_on_that_day", "penvoerder_of_the_region"]
"""`penvoerder_of_the_region`: a board that takes part in a region, for all its schools (EHK 4a(1), 11(1))."""

Per: TypeAlias = Literal["school", "board", "board_with_its_schools", "region"]
"""`school`, `board`: a row is an application. `board_with_its_schools`: the rows of a board on one day are one
application (IOP 4(6)). `region`: the rows of a board for a region and a group on one day are (EHK 4a(2))."""

AtCeiling: TypeAlias = Literal["order_of_receipt", "ranked_groups", "pro_rata"]
"""`order_of_receipt`: the last one gets what is left. `ranked_groups`: by groups, and by lot in the group that no
longer fits (IOP 8a). `pro_rata`: all are lowered in proportion (EHK 9)."""

Preference: TypeAlias = Literal["not_granted_before", "raised", "others"]
"""`not_granted_before`: the school did not have the subsidy in the year before. `raised`: it has the larger
share."""

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


class Lottery(Part):
    """Represent the drawing of lots in the group that no longer fits.

    `seed`: lots follow from it, the window and the school, so that a rerun draws the same. `spared_from`: there is
    no lottery where granting at least this share of the pupils avoids it.
    """

    seed: Cited[Whole]
    spared_from: Cited[Share]


class Window(Part):
    """Represent a time in which one can apply, and what is available for it per group.

    `only_while_left`: a window before it. It is open for a group only while the ceiling of that one has not
    been reached. `at_the_ceiling`: where it is not that of the subsidy. `ranking`: for `ranked_groups`, the first
    one comes first. `carried_out`, `fixed_by`: when the activities take place, and by when the grant is fixed.
    """

    days: Cited[Days]
    only_while_left: Cited[Key] | None = None
    ceilings: Annotated[dict[Key, Cited[Amount]], AfterValidator(some)]
    at_the_ceiling: Cited[AtCeiling] | None = None
    ranking: tuple[Cited[Preference], ...] = ()
    lottery: Lottery | None = None
    carried_out: Cited[Days] | None = None
    fixed_by: Cited[Day] | None = None

    @model_validator(mode="after")
    def _ranking_is_whole(self) -> Self:
        ranked = self.at_the_ceiling is not None and self.at_the_ceiling.value == "ranked_groups"
        if not ranked and (self.ranking or self.lottery):
            raise fault(
                "is for `ranked_groups` at the ceiling of this window", "ranking" if self.ranking else "lottery"
            )
        if ranked and (not self.ranking or self.ranking[-1].value != "others" or not self.lottery):
            raise fault("needs a `ranking` that ends with `others`, and a `lottery`", "at_the_ceiling", "value")
        for name in ("seed", "spared_from"):
            if self.lottery and getattr(self.lottery, name).value is None:
                raise fault("cannot be left unknown: without it no lots are drawn", "lottery", name, "value")
        return self


class Group(Part):
    """Represent schools that share an amount per pupil and a ceiling, by their school types."""

    school_types: Annotated[tuple[SchoolType, ...], AfterValidator(some)]
    per_pupil: Cited[Amount]


class RaisedWhen(Cited[Condition]):
    """Represent a condition of the larger share; `groups`: those it holds for, all where none is named."""

    groups: tuple[Key, ...] = ()


class Raised(Part):
    """Represent a larger share of the pupils, for schools of which at least one of the conditions holds."""

    share: Cited[Share]
    when: Annotated[tuple[RaisedWhen, ...], AfterValidator(some)]


class Completion(Part):
    """Represent what follows after the grant: fewer participants who finished than `share` lower it in proportion.

    `over`: what is compared with it as one. `report_by`: the last day of the report on them.
    """

    share: Cited[Share]
    over: Cited[Literal["board_and_all_windows"]]
    report_by: Cited[Day] | None = None


class Subsidy(Part):
    """Represent one subsidy scheme in one school year."""

    title: Text
    scheme: Scheme
    school_year: SchoolYear
    currency: Literal["EUR"]
    published: Cited[Day]  # the day from which these rules were known; of two versions the later one counts
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    reference_date: Cited[Day]
    left_out: Cited[Literal["caribisch_nederland"]] | None = None  # its applications are not decided on
    applicant: Cited[Applicant]
    one_application_per: Cited[Per]  # in a window; the first one counts
    share: Cited[Share]  # of the pupils of a school, for how many at most it can be asked
    share_over: Cited[Literal["window", "all_windows"]] | None = None  # per window where it is not stated
    raised: Raised | None = None
    rounding: Cited[Literal["down", "half_away_from_zero", "up"]]  # of that share, to whole pupils
    new_region: Cited[Share] | None = None  # by which the amount per pupil is raised in a new region
    at_the_ceiling: Cited[AtCeiling] | None = None
    shared_cents: Cited[Literal["running_totals"]] | None = None  # rounding of what is shared in proportion
    groups: Annotated[dict[Key, Group], AfterValidator(some)]
    windows: Annotated[dict[Key, Window], AfterValidator(some)]
    completion: Completion | None = None
    minimum_hours: Cited[Whole] | None = None
    accountability: Cited[Text] | None = None

    _sources_known = model_validator(mode="after")(with_known_sources)

    @model_validator(mode="after")
    def _needed_values_known(self) -> Self:
        # Without these no application can be judged at all; an amount or a ceiling can be missed for one group.
        needed = (
            "published",
            "applicant",
            "one_application_per",
            "rounding",
            "at_the_ceiling",
            "share",
            "share_over",
        )
        for name in (*needed, "new_region"):
            if (given := getattr(self, name)) is not None and given.value is None:
                raise fault("cannot be left unknown: without it no application can be decided on", name, "value")
        for name, window in self.windows.items():
            if window.days.value is None:
                raise fault("cannot be left unknown: leave the whole window out", "windows", name, "days", "value")
        return self

    @model_validator(mode="after")
    def _what_happens_at_each_ceiling(self) -> Self:
        for name, window in self.windows.items():
            rule = window.at_the_ceiling or self.at_the_ceiling
            if rule is None or rule.value is None:
                raise fault(
                    "is missing; say it of this window or of the subsidy", "windows", name, "at_the_ceiling"
                )
            if rule.value == "ranked_groups" and window.at_the_ceiling is None:
                raise fault("`ranked_groups` is of a window, with its `ranking`", "at_the_ceiling", "value")
        return self

    @model_validator(mode="after")
    def _regions_apply_whole(self) -> Self:
        of_region = self.applicant.value == "penvoerder_of_the_region"
        if of_region != (self.one_application_per.value == "region"):
            words = "`region` and the applicant `penvoerder_of_the_region` belong together"
            raise fault(words, "one_application_per", "value")
        if self.new_region and not of_region:
            raise fault("is for a subsidy that regions apply for", "new_region")
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
        for number, one in enumerate(self.raised.when if self.raised else ()):
            for name in one.groups:
                if name not in self.groups:
                    words = f"`{name}` is no group; there is {', '.join(self.groups)}"
                    raise fault(words, "raised", "when", number, "groups")
        return self

    @property
    def is_of_regions(self) -> bool:
        """Return whether regions apply for it, and not schools."""
        return self.one_application_per.value == "region"

    def rule_at_the_ceiling(self, window: str) -> Cited[AtCeiling]:
        """Return what happens where the ceiling of a window falls short."""
        return cast(Cited[AtCeiling], self.windows[window].at_the_ceiling or self.at_the_ceiling)

    def conditions(self, group: str) -> set[str]:
        """Return the conditions of the larger share that hold for a group."""
        known = self.raised.when if self.raised else ()
        return {str(one.value) for one in known if one.value and (not one.groups or group in one.groups)}
