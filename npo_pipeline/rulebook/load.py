"""Rules of a school year: files checked whole, overlays laid over them, and those that come with the package.

A file is of one of two kinds: a regulation that entitles schools, or a subsidy on application.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeAlias

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.months import Month, is_school_year, school_year_from
from npo_pipeline.rulebook.error_messages import checked, suggest
from npo_pipeline.rulebook.frames import places
from npo_pipeline.rulebook.overlay import (
    OVERLAY_KEY,
    RegulationOverlay,
    SubsidyOverlay,
    is_overlay,
    refuse_effect_elsewhere,
    subsidy_with_overlay,
    with_overlay,
)
from npo_pipeline.rulebook.regulation import Regulation
from npo_pipeline.rulebook.subsidy import Subsidy
from npo_pipeline.rulebook.yaml_document import (
    Document,
    FromTexts,
    NamedText,
    RuleText,
    read_rules,
    refused,
    rule_text,
)
from schemas.frames.money import Places

_SHIPPED_NAME = re.compile(r"(\d{4}-\d{4})-[a-z0-9-]+\.yaml")

SUBSIDY_KEY = "windows"
"""The key that a subsidy file has and no other file of rules."""


@dataclass(frozen=True)
class LoadedRegulation(FromTexts):
    """Represent a regulation and the texts it came from.

    `earlier`: what was in force before each of its amendments: the month in which the amendment takes effect,
    and the regulation until then, in order.
    """

    regulation: Regulation
    earlier: tuple[tuple[Month, Regulation], ...] = ()


@dataclass(frozen=True)
class LoadedSubsidy(FromTexts):
    """Represent a subsidy and the texts it came from."""

    subsidy: Subsidy


LoadedRules: TypeAlias = LoadedRegulation | LoadedSubsidy


@dataclass(frozen=True)
class Rulebook:
    """Represent the rules of a school year; at least one of the two kinds holds something."""

    regulations: tuple[LoadedRegulation, ...]
    subsidies: tuple[LoadedSubsidy, ...]

    @classmethod
    def of(cls, loaded: Iterable[LoadedRules]) -> Rulebook:
        """Return rules by their kind, in the order given."""
        rules = tuple(loaded)
        return cls(
            tuple(one for one in rules if isinstance(one, LoadedRegulation)),
            tuple(one for one in rules if isinstance(one, LoadedSubsidy)),
        )

    @property
    def files(self) -> tuple[LoadedRules, ...]:
        """Return all of them."""
        return (*self.regulations, *self.subsidies)

    @property
    def published(self) -> date | None:
        """Return the day on which the last of them came out, as far as it is known."""
        return max((day for one in self.files if (day := _rules(one).published.value)), default=None)


def load_rulebook(series: str, paths: Sequence[Path] = (), as_of: date | None = None) -> Rulebook:
    """Step: load the rules of a series: the shipped ones, with the files that were named in place or on top.

    Args:
        series: a school year (`2021-2022`), or the period of a scheme (`series_of_scheme`).
        paths: files, each in place of the shipped one of its sector or scheme, and overlays.
        as_of: of two versions the latest that was published by this day counts; the latest of all where it is not
            given.

    Raises:
        Refused: there are none, a file cannot be read or has a fault, is of another school year, or lies over no
            file there is.
    """
    year = series if series in shipped_periods() else school_year_from(series)
    shipped: list[LoadedRules] = [*_shipped_regulations(year), *shipped_subsidies()]
    chosen = {
        _subject(one): one
        for one in sorted(shipped, key=_published)
        if _rules(one).school_year == year and (as_of is None or _published(one) <= as_of)
    }
    given = [read_rules(path) for path in paths]
    for text, document in given:
        if not is_overlay(document):
            one = _checked(text, document)
            if (other := _rules(one).school_year) != year:
                raise Refused(f"{one.name}: is of school year {other}, not of {year}")
            chosen[_subject(one)] = one
    overlays = [(text, document) for text, document in given if is_overlay(document)]
    # What holds all year first, then the amendments in the order in which they take effect.
    for text, document in sorted(overlays, key=lambda one: str(one[1].data.get("effective") or "")):
        base = _base_of(document, list(chosen.values()))
        chosen[_subject(base)] = _overlaid(base, text, document)
    # Those of the sectors before the schemes beside them.
    rules = Rulebook.of(sorted(chosen.values(), key=lambda one: (not _is_of_sector(one), one.name)))
    if not rules.regulations and (not rules.subsidies or year in shipped_school_years()):
        raise Refused(_nothing(year, as_of, shipped))
    return rules


def load_file(path: Path) -> LoadedRules:
    """Read and check a file of rules, or an overlay on top of the shipped file it names.

    Raises:
        Refused: it cannot be read, or something in it is wrong; the message names file and line.
    """
    text, document = read_rules(path)
    if not is_overlay(document):
        return _checked(text, document)
    return _overlaid(_base_of(document, [*all_shipped(), *shipped_subsidies()]), text, document)


def parse_rules(text: str, name: str) -> LoadedRules:
    """Check the text of a file of rules; `name`: what to call it in messages and in the books.

    Raises:
        Refused: something in it is wrong; the message names file and line.
    """
    # A lone surrogate, the one thing text can hold and UTF-8 cannot, is left for `rule_text` to refuse.
    return _checked(*rule_text(text.encode("utf-8", "surrogatepass"), name))


def parse_texts(texts: Sequence[NamedText]) -> LoadedRules:
    """Load rules from archived texts: of a file and of the overlays on it, in order."""
    (name, first), *overlays = texts
    loaded = parse_rules(first, name)
    for name, text in overlays:
        loaded = _overlaid(loaded, *rule_text(text.encode(), name))
    return loaded


def all_shipped() -> tuple[LoadedRegulation, ...]:
    """Load every regulation file that comes with the package, all versions, by name."""
    every = sorted((*shipped_school_years(), *shipped_periods()))
    return tuple(one for series in every for one in _shipped_regulations(series))


@cache
def caribbean_places() -> Places:
    """Return the places that any shipped regulation is for, of whatever version or school year."""
    # Whether a file has places is seen in its text: the others need not be parsed for this.
    with_places = [file for _, file in _shipped_files() if "\nplaces:" in file.read_text(encoding="utf-8")]
    regulations = Rulebook.of(_read(file) for file in with_places).regulations
    return Places(pl.concat([places(one.regulation) for one in regulations]).unique(maintain_order=True))


def shipped_school_years() -> tuple[str, ...]:
    """Return the school years for which regulation files come with the package, in order."""
    return tuple(sorted({series for series, _ in _shipped_files() if is_school_year(series)}))


def series_of_scheme(scheme: str) -> str:
    """Return the period that the money of a scheme is for, which is the series of its decisions: `2021-2023`.

    Raises:
        Refused: no scheme of that name runs over a period of its own.
    """
    loaded = [one.regulation for series in shipped_periods() for one in _shipped_regulations(series)]
    periods = {str(one.scheme): one.school_year for one in loaded}
    if scheme in {one.regulation.scheme for one in all_shipped()} - {*periods}:
        raise Refused(f"scheme {scheme!r} is decided together with a school year: give --school-year in its place")
    if scheme not in periods:
        raise Refused(f"scheme {scheme!r}: {suggest(scheme, periods)}")
    return periods[scheme]


def shipped_periods() -> tuple[str, ...]:
    """Return the periods of the schemes that are not of one school year."""
    return tuple(sorted({series for series, _ in _shipped_files() if not is_school_year(series)}))


@cache
def shipped_subsidies() -> tuple[LoadedSubsidy, ...]:
    """Load every subsidy file that comes with the package, by name."""
    return Rulebook.of(_read(file) for _, file in _shipped_files("subsidies")).subsidies


def schemes() -> tuple[str, ...]:
    """Return the codes of all schemes that the shipped files know, of any school year."""
    return tuple(sorted({one.subsidy.scheme for one in shipped_subsidies()}))


@cache
def _shipped_regulations(school_year: str) -> tuple[LoadedRegulation, ...]:
    return Rulebook.of(_read(file) for year, file in _shipped_files() if year == school_year).regulations


@cache
def _shipped_files(folder: str = "") -> tuple[tuple[str, Traversable], ...]:
    """Return the files in a folder of the package that hold rules, by name, each after its school year."""
    there = sorted(files(__package__).joinpath(folder).iterdir(), key=lambda file: file.name)
    return tuple((found[1], file) for file in there if (found := _SHIPPED_NAME.fullmatch(file.name)))


def _read(file: Traversable) -> LoadedRules:
    return _checked(*rule_text(file.read_bytes(), file.name))


def _checked(text: RuleText, document: Document) -> LoadedRules:
    if SUBSIDY_KEY in document.data:
        return LoadedSubsidy((text,), checked(Subsidy, document))
    return LoadedRegulation((text,), checked(Regulation, document))


def _rules(one: LoadedRules) -> Regulation | Subsidy:
    return one.regulation if isinstance(one, LoadedRegulation) else one.subsidy


def _subject(one: LoadedRules) -> str:
    """Return the sector or the scheme that rules are for; a year has one file of each."""
    return one.regulation.subject if isinstance(one, LoadedRegulation) else one.subsidy.scheme


def _is_of_sector(one: LoadedRules) -> bool:
    return isinstance(one, LoadedRegulation) and one.regulation.sector is not None


def _published(one: LoadedRules) -> date:
    return _rules(one).published.known(f"{one.name}: the day of publication")


def _base_of(document: Document, there: Sequence[LoadedRules]) -> LoadedRules:
    """Return the rules that an overlay is for, out of those of the same kind."""
    named = str(document.data[OVERLAY_KEY]).removesuffix(".yaml")
    of_subsidy = named in _by_name((*there, *shipped_subsidies()), LoadedSubsidy)
    checked(SubsidyOverlay if of_subsidy else RegulationOverlay, document)
    known = _by_name(there, LoadedSubsidy if of_subsidy else LoadedRegulation)
    if named not in known:
        words = f"{OVERLAY_KEY}: `{named}` is not in force here; {suggest(named, known)}"
        raise refused(document.name, document.line((OVERLAY_KEY,)), words)
    return known[named]


def _by_name(loaded: Iterable[LoadedRules], kind: type[LoadedRules]) -> dict[str, LoadedRules]:
    """Return the rules of a kind by the name of their file, without `.yaml`."""
    return {one.texts[0].name.removesuffix(".yaml"): one for one in loaded if isinstance(one, kind)}


def _overlaid(base: LoadedRules, text: RuleText, document: Document) -> LoadedRules:
    texts = (*base.texts, text)
    if isinstance(base, LoadedSubsidy):
        given = checked(SubsidyOverlay, document)
        return LoadedSubsidy(texts, subsidy_with_overlay(base.subsidy, given, document))
    overlay = checked(RegulationOverlay, document)
    last = base.earlier[-1][0] if base.earlier else None
    refuse_effect_elsewhere(base.regulation, overlay, last, document)
    before = ((overlay.effective, base.regulation),) if overlay.effective else ()
    regulation = with_overlay(base.regulation, overlay, document)
    return replace(base, regulation=regulation, texts=texts, earlier=(*base.earlier, *before))


def _nothing(school_year: str, as_of: date | None, shipped: Sequence[LoadedRules]) -> str:
    if later := [_published(one) for one in shipped if _rules(one).school_year == school_year]:
        there = f"the first was published on {min(later)}"
    else:
        there = f"there is {', '.join(shipped_school_years())}"
    by = f" that was published by {as_of}" if as_of else ""
    return f"no regulation is known for {school_year}{by}; {there}, or give a file with --regulation"
