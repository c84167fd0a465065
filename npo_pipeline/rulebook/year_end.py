"""The rules of a year-end account: the menukaart, and what boards must report, each with its source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise, product
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, model_validator

from npo_pipeline.rulebook.error_messages import checked
from npo_pipeline.rulebook.fields import (
    Article,
    Basis,
    Cited,
    Day,
    Key,
    Part,
    SchoolType,
    SchoolYear,
    Source,
    Text,
    fault,
    some,
    with_known_sources,
)
from npo_pipeline.rulebook.yaml_document import FromTexts, NamedText, rule_text
from schemas.columns import SCHOOL_TYPES

YEAR_END_FILES = ("menukaart.yaml", "verantwoording.yaml")

Category: TypeAlias = Literal["A", "B", "C", "D", "E", "F"]
Severity: TypeAlias = Literal["error", "warning", "note"]
Manner: TypeAlias = Literal["npo_answers", "other_answers", "overview", "annual_report"]
"""The manner of accounting, besides the annual report: answers via XBRL on the activities for the programme, or by
another regulation on its own; an overview apart (Caribisch Nederland); nothing more."""

Treatment: TypeAlias = Literal["bestemmingsreserve", "overlopende_passiva"]


def yes_no_from(value: Any) -> bool:
    """Read `yes` or `no`."""
    if value in ("yes", "no"):
        return bool(value == "yes")
    raise ValueError("is neither `yes` nor `no`; write one of them")


class MenuCategory(Part):
    """Represent a category of the menukaart. `complete`: whether all its interventions are known."""

    name: Text
    complete: Annotated[bool, BeforeValidator(yes_no_from)]
    interventions: Annotated[dict[Key, Text], AfterValidator(some)]


class Snapshot(Part):
    """Represent the menukaart in force from a day."""

    since: Cited[Day]
    categories: Annotated[dict[Category, MenuCategory], AfterValidator(some)]

    @model_validator(mode="after")
    def _keys_unique(self) -> Self:
        known: set[str] = set()
        for letter, category in self.categories.items():
            if twice := known.intersection(category.interventions):
                raise fault(f"{min(twice)} stands in two categories", "categories", letter)
            known.update(category.interventions)
        return self


class Menukaart(Part):
    """Represent the menukaart in its versions, the earliest first."""

    title: Text
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    snapshots: Annotated[tuple[Snapshot, ...], AfterValidator(some)]

    @model_validator(mode="after")
    def _versions_in_order(self) -> Self:
        with_known_sources(self)
        days = [one.since.known("the day of a snapshot") for one in self.snapshots]
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise fault("snapshots must follow each other in time", "snapshots")
        return self

    def at(self, day: date) -> Snapshot:
        """Return the menukaart in force on a day; before its first day, the first."""
        there = [one for one in self.snapshots if one.since.known("the day of a snapshot") <= day]
        return there[-1] if there else self.snapshots[0]

    def all_categories(self) -> dict[str, MenuCategory]:
        """Return every category with all interventions of any version."""
        found: dict[str, MenuCategory] = {}
        for snapshot in self.snapshots:
            for letter, category in snapshot.categories.items():
                before = found[letter].interventions if letter in found else {}
                merged = {**before, **category.interventions}
                found[letter] = category.model_copy(update={"interventions": merged})
        return found


class AccountedUnder(Cited[Manner]):
    """Represent how the money of components is accounted for: of those school years and school types.

    `school_types`: all of them when null.
    """

    components: Annotated[tuple[Key, ...], AfterValidator(some)]
    school_years: Annotated[tuple[SchoolYear, ...], AfterValidator(some)]
    school_types: Annotated[tuple[SchoolType, ...], AfterValidator(some)] | None = None

    def money(self) -> Iterator[tuple[str, str, str]]:
        """Yield each school year, school type and component that it is about."""
        yield from product(self.school_years, self.school_types or SCHOOL_TYPES, self.components)


class Judged(Part):
    """Represent the severity of a finding, what it rests on, and the place of the rule behind it.

    `basis`: null in texts that are older than the distinction.
    """

    severity: Severity
    basis: Basis | None = None
    source: Key
    article: Article | None = None
    where: Text | None = None

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.article is None) == (self.where is None):
            raise fault("wants one place: an `article`, or words in `where`", "where")
        if self.basis == "law" and not self.article:
            raise fault("is law, so name the `article`", "basis")
        return self


class Accountability(Part):
    """Represent what boards must report, until when they may spend, and how findings are judged.

    `accounted_under`: empty in texts that are older than it.
    """

    title: Text
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    spend_until: Cited[Day]
    treatment: Cited[Treatment]
    must_report: Annotated[tuple[Cited[Text], ...], AfterValidator(some)]
    accounted_under: tuple[AccountedUnder, ...] = ()
    findings: Annotated[dict[Key, Judged], AfterValidator(some)]

    @model_validator(mode="after")
    def _one_manner_of_money(self) -> Self:
        known: set[tuple[str, str, str]] = set()
        for number, manner in enumerate(self.accounted_under):
            for money in manner.money():
                if money in known:
                    words = f"{' of '.join(reversed(money))} is accounted for in two ways; keep one of them"
                    raise fault(words, "accounted_under", number)
                known.add(money)
        return self

    @model_validator(mode="after")
    def _sources_known(self) -> Self:
        with_known_sources(self)
        for rule, judged in self.findings.items():
            place = ("findings", rule)
            if judged.source not in self.sources:
                raise fault(f"`{judged.source}` is not among the sources; add it there", *place, "source")
            if judged.article and not self.sources[judged.source].bwb:
                words = f"`{judged.source}` is no regulation; say in `where` where it stands"
                raise fault(words, *place, "article")
        return self


@dataclass(frozen=True)
class YearEndRules(FromTexts):
    """Represent the rules of a year-end report and the texts they came from."""

    menukaart: Menukaart
    accountability: Accountability


@cache
def year_end_rules() -> YearEndRules:
    """Load the rules that come with the package.

    Raises:
        Refused: something in them is wrong; names file and line.
    """
    folder = files(__package__) / "accountability"
    return parse_year_end([(name, (folder / name).read_text(encoding="utf-8")) for name in YEAR_END_FILES])


def parse_year_end(texts: Sequence[NamedText]) -> YearEndRules:
    """Load the rules from archived texts, of the menukaart and of the file on accountability.

    Raises:
        Refused: a text is none of these rules.
    """
    (first, menukaart), (second, accountability) = [rule_text(text.encode(), name) for name, text in texts]
    return YearEndRules((first, second), checked(Menukaart, menukaart), checked(Accountability, accountability))
