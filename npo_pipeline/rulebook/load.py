"""Regulation files: checking one whole, laying others over it, and finding those that are shipped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from npo_pipeline.errors import Refused
from npo_pipeline.months import Month, school_year_from
from npo_pipeline.rulebook.error_messages import refusal_from_validation
from npo_pipeline.rulebook.overlay import (
    is_overlay,
    laid_over,
    overlay_from,
    refuse_effect_elsewhere,
    refuse_wrong_base,
)
from npo_pipeline.rulebook.regulation import Regulation
from npo_pipeline.rulebook.yaml_document import Document, FromTexts, RuleText, read_rules, rule_text

_SHIPPED_NAME = re.compile(r"(\d{4}-\d{4})-[a-z0-9-]+\.yaml")


@dataclass(frozen=True)
class LoadedRegulation(FromTexts):
    """Represent a regulation and the texts it came from.

    `earlier`: what was in force before each of its amendments: the month in which the amendment takes effect,
    and the regulation until then, in order.
    """

    regulation: Regulation
    earlier: tuple[tuple[Month, Regulation], ...] = ()


def load_rules(
    school_year: str, paths: Sequence[Path] = (), as_of: date | None = None
) -> tuple[LoadedRegulation, ...]:
    """Load the regulations of a school year: the shipped ones, with the files that were named in place or on top.

    Args:
        school_year: `2021-2022`.
        paths: regulation files, each in place of the shipped one of its sector, and overlays.
        as_of: of two versions of a regulation the latest that was published by this day counts; the latest of
            all where it is not given.

    Raises:
        Refused: there is none, a file cannot be read or has a fault, or it is of another school year.
    """
    wanted = school_year_from(school_year)
    chosen = {one.regulation.sector: one for one in _latest(_shipped_of(wanted), as_of)}
    documents = [(read_rules(path), path) for path in paths]
    for (text, document), path in documents:
        if not is_overlay(document):
            loaded = _checked(text, document)
            if loaded.regulation.school_year != wanted:
                raise Refused(f"{path}: is of school year {loaded.regulation.school_year}, not of {wanted}")
            chosen[loaded.regulation.sector] = loaded
    overlays = [(text, document) for (text, document), _ in documents if is_overlay(document)]
    # What holds all year first, then the amendments in the order in which they take effect.
    for text, document in sorted(overlays, key=lambda one: overlay_from(one[1]).effective or date.min):
        base = _base_of(document, chosen.values())
        chosen[base.regulation.sector] = _overlaid(base, text, document)
    if not chosen:
        raise Refused(_nothing(wanted, as_of))
    return tuple(sorted(chosen.values(), key=lambda one: one.name))


def load_shipped(school_year: str, as_of: date | None = None) -> tuple[LoadedRegulation, ...]:
    """Load the regulation files of a school year that come with the package, by name.

    Raises:
        Refused: it is no school year, or there is no file for it.
    """
    return load_rules(school_year, (), as_of)


def load_file(path: Path) -> LoadedRegulation:
    """Read and check a regulation file, or an overlay on top of the shipped file it names.

    Raises:
        Refused: it cannot be read, or something in it is wrong; the message names file and line.
    """
    text, document = read_rules(path)
    if not is_overlay(document):
        return _checked(text, document)
    return _overlaid(_base_of(document, all_shipped()), text, document)


def parse_regulation(text: str, name: str) -> LoadedRegulation:
    """Check the text of a regulation file.

    Args:
        text: the YAML text.
        name: what to call the file in messages and in the books.

    Raises:
        Refused: something in it is wrong; the message names file and line.
    """
    # A lone surrogate, the one thing text can hold and UTF-8 cannot, is left for `rule_text` to refuse.
    return _checked(*rule_text(text.encode("utf-8", "surrogatepass"), name))


def parse_texts(texts: Sequence[tuple[str, str]]) -> LoadedRegulation:
    """Load a regulation from archived texts: (name, text) of its file and of the overlays on it, in order."""
    (name, first), *overlays = texts
    loaded = parse_regulation(first, name)
    for name, text in overlays:
        loaded = _overlaid(loaded, *rule_text(text.encode(), name))
    return loaded


def all_shipped() -> tuple[LoadedRegulation, ...]:
    """Load every regulation file that comes with the package, all versions, by name."""
    return tuple(one for year in shipped_school_years() for one in _shipped_of(year))


def shipped_school_years() -> tuple[str, ...]:
    """Return the school years for which regulation files come with the package, in order."""
    return tuple(sorted({year for year, _ in _shipped()}))


@cache
def _shipped() -> tuple[tuple[str, Traversable], ...]:
    here = sorted(files(__package__).iterdir(), key=lambda file: file.name)
    return tuple((found[1], file) for file in here if (found := _SHIPPED_NAME.fullmatch(file.name)))


def _shipped_of(school_year: str) -> tuple[LoadedRegulation, ...]:
    found = tuple(
        _checked(*rule_text(file.read_bytes(), file.name)) for year, file in _shipped() if year == school_year
    )
    refuse_two_at_once(found)
    return found


def refuse_two_at_once(found: Sequence[LoadedRegulation]) -> None:
    """Refuse two files that say what holds for the same sector and school year from the same day.

    Raises:
        Refused: names both.
    """
    found_at: dict[tuple[str, str, date | None], str] = {}
    for one in found:
        rules = one.regulation
        key = (rules.school_year, rules.sector, rules.published.value)
        if key in found_at:
            raise Refused(
                f"{one.name}: says what holds for {rules.sector} in {rules.school_year} from {key[2]} on, and so "
                f"does {found_at[key]}; give one of them another date of publication, or take it away"
            )
        found_at[key] = one.name


def _latest(found: Sequence[LoadedRegulation], as_of: date | None) -> list[LoadedRegulation]:
    """Select the version of each sector that was published last, by a day."""
    versions: dict[str, LoadedRegulation] = {}
    for one in sorted(found, key=_published):
        if as_of is None or _published(one) <= as_of:
            versions[one.regulation.sector] = one
    return list(versions.values())


def _published(one: LoadedRegulation) -> date:
    return one.regulation.published.known(f"{one.name}: the day of publication")


def _base_of(document: Document, among: Iterable[LoadedRegulation]) -> LoadedRegulation:
    overlay, loaded = overlay_from(document), list(among)
    for one in loaded:
        if overlay.overlay_of in {one.texts[0].name, one.texts[0].name.removesuffix(".yaml")}:
            return one
    raise refuse_wrong_base(overlay, document, [one.texts[0].name.removesuffix(".yaml") for one in loaded])


def _overlaid(base: LoadedRegulation, text: RuleText, document: Document) -> LoadedRegulation:
    overlay = overlay_from(document)
    last = base.earlier[-1][0] if base.earlier else None
    refuse_effect_elsewhere(base.regulation, overlay, last, document)
    regulation = laid_over(base.regulation, overlay, document)
    before = ((overlay.effective, base.regulation),) if overlay.effective else ()
    return replace(base, regulation=regulation, texts=(*base.texts, text), earlier=(*base.earlier, *before))


def _nothing(school_year: str, as_of: date | None) -> str:
    there = ", ".join(shipped_school_years())
    by = f" that was published by {as_of}" if as_of else ""
    return f"no regulation is known for {school_year}{by}; there is {there}, or give a file with --regulation"


def _checked(text: RuleText, document: Document) -> LoadedRegulation:
    try:
        regulation = Regulation.model_validate(document.data)
    except ValidationError as error:
        raise refusal_from_validation(document, error) from error
    return LoadedRegulation(regulation=regulation, texts=(text,))
