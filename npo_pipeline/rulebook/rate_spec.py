"""A specification of rates: a budget per sector, and the demands on the rates that are to spend it.

Each number has its source, as in a regulation. What the monitor found enters as a weight: money is divided in
proportion to units times weight, over sectors (pupils) and over the risk components of a sector (points, pupils).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.error_messages import checked, suggest
from npo_pipeline.rulebook.fields import (
    Amount,
    Cited,
    Key,
    Part,
    SchoolType,
    SchoolYear,
    Source,
    Text,
    cited,
    fault,
    quoted,
    some,
    text_from,
    with_known_sources,
)
from npo_pipeline.rulebook.yaml_document import Document, FileSort, Place, refused

RATE_SPEC = FileSort("specification of rates", "title: ...")

COLUMNS = ("SECTOR", "METING", "INDICATOR", "WAARDE")
SOURCE_COLUMN = "BRON"

SpecSector: TypeAlias = Literal["po", "vo"]


def number_from(value: Any) -> Fraction:
    """Read a number from 0 exactly: 1.5 or 3/2."""
    text = text_from(value)
    if found := re.fullmatch(r"([0-9]{1,12})/([1-9][0-9]{0,11})", text):
        return Fraction(int(found[1]), int(found[2]))
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,8})?", text):
        return Fraction(text)
    raise ValueError(f"{quoted(text)} is no number from 0; write it with a point or as a fraction, as 1.5 or 3/2")


def _above_zero(number: Fraction) -> Fraction:
    if number > 0:
        return number
    raise ValueError("is 0, and must be more")


def _below_one(share: Fraction) -> Fraction:
    if share < 1:
        return share
    raise ValueError("leaves nothing for the amount per pupil; write a share below 1, as 0.25")


Number: TypeAlias = Annotated[Fraction, BeforeValidator(number_from), AfterValidator(_above_zero)]
RiskShare: TypeAlias = Annotated[Fraction, BeforeValidator(number_from), AfterValidator(_below_one)]


def _other_unit(written: str, unit: str) -> str:
    return f"`{written}` is not its unit; write {unit}"


class FindingName(Part):
    """Represent a finding of the monitor by its measurement and indicator; the sector is where it is used."""

    measurement: Text = Field(alias="meting")
    indicator: Text


class Weight(Part):
    """Represent a weight: a number with its source, or what the monitor found."""

    weight: Cited[Number] | None = None
    finding: FindingName | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.weight is None) == (self.finding is None):
            raise fault("wants a `weight` or a `finding`, and one of them only", "weight")
        return self


class Ratio(Cited[Number]):
    """Represent how many times the amount per pupil some school types get."""

    school_types: Annotated[tuple[SchoolType, ...], AfterValidator(some)]


class Floor(Cited[Amount]):
    """Represent the least that a pupil gets, of some school types or of all where none are named."""

    school_types: tuple[SchoolType, ...] = ()


class Risk(Part):
    """Represent the share of the budget that is for risk, and the weight of a unit of each of its components."""

    share: Cited[RiskShare]
    weights: Annotated[dict[Key, Weight], AfterValidator(some)]


class SectorSpec(Part):
    """Represent the demands on the rates of a sector.

    One of `budget`, `amount` (per pupil at ratio 1, of which the budget is asked) and `weight` or `finding` (by
    which the sector gets its part of the budget of all).
    """

    overlay_of: Text
    budget: Cited[Amount] | None = None
    amount: Cited[Amount] | None = None
    weight: Cited[Number] | None = None
    finding: FindingName | None = None
    floors: tuple[Floor, ...] = ()
    ratios: Annotated[tuple[Ratio, ...], AfterValidator(some)]
    risk: Risk | None = None

    @property
    def given(self) -> list[str]:
        """Return the names of the ways in which its budget is given."""
        return [name for name in ("budget", "amount", "weight", "finding") if getattr(self, name) is not None]

    @model_validator(mode="after")
    def _has_a_reference(self) -> Self:
        named: set[str] = set()
        for number, ratio in enumerate(self.ratios):
            for kind in ratio.school_types:
                if kind in named:
                    raise fault(f"names `{kind}` twice; a school type has one ratio", "ratios", number)
                named.add(kind)
        if not any(ratio.value == 1 for ratio in self.ratios):
            raise fault(
                "none of them is 1; give that to the school types whose amount the others are times", "ratios"
            )
        return self

    @model_validator(mode="after")
    def _in_euro(self) -> Self:
        for name, unit in (("budget", "EUR"), ("amount", "EUR per pupil")):
            if (one := getattr(self, name)) is not None and one.unit != unit:
                raise fault(_other_unit(one.unit, unit), name, "unit")
        for number, floor in enumerate(self.floors):
            if floor.unit != "EUR per pupil":
                raise fault(_other_unit(floor.unit, "EUR per pupil"), "floors", number, "unit")
        return self


class FindingsFile(Part):
    """Represent the file of what the monitor found, and the source of its rows that name none."""

    file: Text
    source: Key | None = None


class RateSpec(Part):
    """Represent a specification of rates as its file says it."""

    title: Text
    school_year: SchoolYear
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    findings: FindingsFile | None = None
    budget: Cited[Amount] | None = None
    sectors: Annotated[dict[SpecSector, SectorSpec], AfterValidator(some)]

    _sources_known = model_validator(mode="after")(with_known_sources)

    @model_validator(mode="after")
    def _budgets_fit(self) -> Self:
        ways = (("weight", "finding"), "a `weight` or a `finding`, by which it gets its part of the budget of all")
        if self.budget is None:
            ways = (("budget", "amount"), "a `budget`, or the `amount` of which the budget is asked")
        elif self.budget.unit != "EUR":
            raise fault(_other_unit(self.budget.unit, "EUR"), "budget", "unit")
        for name, sector in self.sectors.items():
            if len(sector.given) != 1 or sector.given[0] not in ways[0]:
                raise fault(f"wants {ways[1]}, and one of them only", "sectors", name)
        return self

    @model_validator(mode="after")
    def _source_of_findings(self) -> Self:
        if self.findings and self.findings.source not in (None, *self.sources):
            words = f"`{self.findings.source}` is not among the sources; add it there"
            raise fault(words, "findings", "source")
        return self


_KEYS = sorted(
    {
        key
        for part in (RateSpec, SectorSpec, Risk, Ratio, Floor, Weight, FindingsFile, Source)
        for key in part.model_fields
    }
)


def rate_spec(document: Document) -> RateSpec:
    """Return a document as a specification of rates, checked.

    Raises:
        Refused: something in it is wrong; the message names file and line.
    """
    return checked(RateSpec, document, keys=[*_KEYS, "meting"])


@dataclass(frozen=True)
class Finding:
    """Represent a row of what the monitor found: its value, the key of its source, and its line in the file."""

    value: Fraction
    source: str
    line: int


@dataclass(frozen=True)
class Findings:
    """Represent what the monitor found: the name of its file, and rows by sector, measurement and indicator."""

    name: str
    of: Mapping[tuple[str, str, str], Finding]


def parse_findings(text: str, name: str, spec: RateSpec) -> Findings:
    """Read a file of what the monitor found.

    Args:
        text: of the file.
        name: of the file, for messages.
        spec: names the sources, and the source of rows without one.

    Raises:
        Refused: names file, line and column.
    """
    separator = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header = [one.strip().upper() for one in next(reader, [])]
    if missing := [column for column in COLUMNS if column not in header]:
        words = (
            f"has no column {missing[0]}; its header is {';'.join(COLUMNS)}, and {SOURCE_COLUMN} where it says one"
        )
        raise refused(name, 1, words)
    found: dict[tuple[str, str, str], Finding] = {}
    for row in reader:
        if not any(one.strip() for one in row):
            continue
        line = reader.line_num
        if len(row) != len(header):
            words = f"has {len(row)} fields, and the header {len(header)}; mend it"
            raise refused(name, line, words)
        cells = dict(zip(header, (one.strip() for one in row), strict=False))
        key, finding = _finding(cells, name, line, spec)
        if key in found:
            words = f"{', '.join(key)} stands here again, first in line {found[key].line}; keep one of the two"
            raise refused(name, line, words)
        found[key] = finding
    return Findings(name, found)


def _finding(
    cells: Mapping[str, str], name: str, line: int, spec: RateSpec
) -> tuple[tuple[str, str, str], Finding]:
    for column in COLUMNS:
        if not cells.get(column):
            raise refused(name, line, f"{column}: is empty; fill it in")
    if (sector := cells["SECTOR"].lower()) not in ("po", "vo"):
        raise refused(name, line, f"SECTOR: {quoted(cells['SECTOR'])} is no sector; write po or vo")
    written = cells["WAARDE"].replace(",", ".")
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,8})?", written):
        words = f"WAARDE: {quoted(cells['WAARDE'])} is no number from 0; write it as 5.4 or 5,4"
        raise refused(name, line, words)
    source = cells.get(SOURCE_COLUMN) or (spec.findings.source if spec.findings else None)
    if source is None:
        words = f"{SOURCE_COLUMN}: has no source; fill it in, or give `findings` its `source` in the specification"
        raise refused(name, line, words)
    if source not in spec.sources:
        near = suggest(source, spec.sources)
        words = f"{SOURCE_COLUMN}: `{source}` is not among the sources of the specification; {near}"
        raise refused(name, line, words)
    return (sector, cells["METING"], cells["INDICATOR"]), Finding(Fraction(written), source, line)


@dataclass(frozen=True, kw_only=True)
class SectorDemands:
    """Represent the demands on the rates of a sector, in whole cents and exact fractions.

    `budget`: null where it is asked, or is a part of the budget of all. `amount`: of which the budget is asked.
    `weight`: of a pupil, when the budget of all is divided. `ratios`: by school type. `floors`: by number in the
    file: school types (all where none) and cents. `risk_weights`: by component, of one unit.
    """

    sector: SpecSector
    budget: int | None
    amount: int | None
    weight: Fraction
    ratios: Mapping[SchoolType, Fraction]
    floors: Mapping[int, tuple[tuple[SchoolType, ...], int]]
    risk_share: Fraction
    risk_weights: Mapping[str, Fraction]


def sector_demands(spec: RateSpec, findings: Findings | None, document: Document) -> tuple[SectorDemands, ...]:
    """Return the demands of each sector, with the findings in place of their names.

    Raises:
        Refused: a number is not known, or no such finding is in the file; names file and line.
    """
    reading = _Reading(spec, findings, document)
    if spec.budget is not None and spec.budget.value is None:
        raise refused(document.name, document.line(("budget",)), "budget: is not known; nothing can be divided")
    return tuple(reading.demands(name, sector) for name, sector in spec.sectors.items())


@dataclass(frozen=True)
class _Reading:
    spec: RateSpec
    findings: Findings | None
    document: Document

    def demands(self, name: SpecSector, sector: SectorSpec) -> SectorDemands:
        here: Place = ("sectors", name)
        self.refuse_unknown(sector, here)
        risk = sector.risk
        return SectorDemands(
            sector=name,
            budget=cents_of(sector.budget),
            amount=cents_of(sector.amount),
            weight=self.weight(name, sector, here),
            ratios={kind: one.known("the ratio") for one in sector.ratios for kind in one.school_types},
            floors={at: (one.school_types, cents_of(one) or 0) for at, one in enumerate(sector.floors)},
            risk_share=risk.share.known("the share") if risk else Fraction(0),
            risk_weights={
                component: self.weight(name, one, (*here, "risk", "weights", component))
                for component, one in (risk.weights.items() if risk else ())
            },
        )

    def weight(self, sector: str, given: Weight | SectorSpec, place: Place) -> Fraction:
        """Return a weight; 1 where none is given."""
        if given.weight is not None:
            return given.weight.known("the weight")
        if given.finding is None:
            return Fraction(1)
        key = (sector, given.finding.measurement, given.finding.indicator)
        if self.findings is None:
            words = "finding: no file of findings is named; add `findings: {file: monitor.csv, source: ...}`"
            raise self.refused(place, words)
        if key not in self.findings.of:
            words = f"finding: {', '.join(key)} is not in {self.findings.name}; {self.near(key)}"
            raise self.refused((*place, "finding"), words)
        found = self.findings.of[key]
        if found.value == 0:
            words = "WAARDE: is 0, and is a weight in the specification; leave that part out"
            raise refused(self.findings.name, found.line, words)
        return found.value

    def near(self, key: tuple[str, str, str]) -> str:
        return suggest(", ".join(key), [", ".join(one) for one in (self.findings.of if self.findings else ())])

    def refuse_unknown(self, sector: SectorSpec, here: Place) -> None:
        for place, one in cited(sector, here):
            if one.value is None:
                raise self.refused(place, "is not known; without it no rates can be solved")

    def refused(self, place: Place, words: str) -> Refused:
        return refused(self.document.name, self.document.line(place), words)


def cents_of(amount: Cited[Decimal] | None) -> int | None:
    """Return an amount in whole cents; null where there is none."""
    return None if amount is None or amount.value is None else int(amount.value.scaleb(2))
