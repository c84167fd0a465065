"""Subsidy files: reading one, checking it whole, and finding those that are shipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.error_messages import refusal_from_validation, suggest
from npo_pipeline.rulebook.overlay import OVERLAY_KEY, is_overlay
from npo_pipeline.rulebook.subsidies.model import Subsidy
from npo_pipeline.rulebook.subsidies.overlay import laid_over
from npo_pipeline.rulebook.yaml_document import (
    Document,
    FromTexts,
    RuleText,
    document_from,
    read_rules,
    refused,
    rule_text,
)

SUBSIDY_KEY = "scheme"
"""The key that a subsidy file has and no other file of rules."""


@dataclass(frozen=True)
class LoadedSubsidy(FromTexts):
    """Represent a subsidy and the texts it came from."""

    subsidy: Subsidy


def load_subsidies(
    school_year: str, paths: Sequence[Path] = (), as_of: date | None = None
) -> tuple[LoadedSubsidy, ...]:
    """Load the subsidies of a school year: the shipped ones, with the files that were named in place or on top.

    Args:
        school_year: `2020-2021`.
        paths: subsidy files, each in place of the shipped one of its scheme, and overlays.
        as_of: only those published by this day.

    Raises:
        Refused: a file cannot be read, has a fault, is of another school year, or lies over no file there is.
    """
    chosen = {one.subsidy.scheme: one for one in _shipped_by(school_year, as_of)}
    documents = [read_rules(path) for path in paths]
    for text, document in documents:
        if not is_overlay(document):
            loaded = _checked(text, document)
            if loaded.subsidy.school_year != school_year:
                raise Refused(f"{text.name}: is of school year {loaded.subsidy.school_year}, not of {school_year}")
            chosen[loaded.subsidy.scheme] = loaded
    for text, document in documents:
        if is_overlay(document):
            base = _base_of(document, chosen.values())
            chosen[base.subsidy.scheme] = _overlaid(base, text, document)
    return tuple(sorted(chosen.values(), key=lambda one: one.name))


def load_subsidy_file(path: Path) -> LoadedSubsidy:
    """Read and check a subsidy file, or an overlay on top of the shipped file it names.

    Raises:
        Refused: it cannot be read, or something in it is wrong; the message names file and line.
    """
    text, document = read_rules(path)
    if not is_overlay(document):
        return _checked(text, document)
    return _overlaid(_base_of(document, shipped_subsidies()), text, document)


def split_subsidy_files(paths: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Split files of subsidies, and overlays on them, from other files of rules.

    Returns:
        Those of subsidies, and the others.

    Raises:
        Refused: a file cannot be read, or is no YAML.
    """
    documents = {path: read_rules(path)[1] for path in paths}
    bases = {_short(one) for one in shipped_subsidies()}
    bases |= {path.stem for path, document in documents.items() if SUBSIDY_KEY in document.data}
    mine = [path for path, one in documents.items() if SUBSIDY_KEY in one.data or _over(one) in bases]
    return tuple(mine), tuple(path for path in documents if path not in mine)


def is_subsidy_text(name: str, text: str) -> bool:
    """Return whether an archived text is that of a subsidy file."""
    return SUBSIDY_KEY in document_from(text, name).data


def parse_subsidy(text: str, name: str) -> LoadedSubsidy:
    """Check the text of a subsidy file.

    Raises:
        Refused: something in it is wrong; the message names file and line.
    """
    return _checked(*rule_text(text.encode("utf-8", "surrogatepass"), name))


def parse_subsidy_texts(texts: Sequence[tuple[str, str]]) -> LoadedSubsidy:
    """Load a subsidy from archived texts: (name, text) of its file and of the overlays on it, in order."""
    (name, first), *overlays = texts
    loaded = parse_subsidy(first, name)
    for name, text in overlays:
        loaded = _overlaid(loaded, *rule_text(text.encode(), name))
    return loaded


@cache
def shipped_subsidies() -> tuple[LoadedSubsidy, ...]:
    """Load every subsidy file that comes with the package, by name."""
    here = sorted(files(__package__).iterdir(), key=lambda file: file.name)
    return tuple(_checked(*rule_text(one.read_bytes(), one.name)) for one in here if one.name.endswith(".yaml"))


def schemes() -> tuple[str, ...]:
    """Return the codes of all schemes that the shipped files know, of any school year."""
    return tuple(sorted({one.subsidy.scheme for one in shipped_subsidies()}))


def _shipped_by(school_year: str, as_of: date | None) -> list[LoadedSubsidy]:
    found = [one for one in shipped_subsidies() if one.subsidy.school_year == school_year]
    found.sort(key=_published)  # of two versions the later one stays
    return [one for one in found if as_of is None or _published(one) <= as_of]


def _published(one: LoadedSubsidy) -> date:
    return one.subsidy.published.known(f"{one.name}: the day of publication")


def _over(document: Document) -> str:
    return str(document.data.get(OVERLAY_KEY, "")).removesuffix(".yaml")


def _base_of(document: Document, among: Iterable[LoadedSubsidy]) -> LoadedSubsidy:
    wanted, found = _over(document), {_short(one): one for one in among}
    if wanted not in found:
        words = f"{OVERLAY_KEY}: `{wanted}` is not in force here; {suggest(wanted, found)}"
        raise refused(document.name, document.line((OVERLAY_KEY,)), words)
    return found[wanted]


def _short(one: LoadedSubsidy) -> str:
    return one.texts[0].name.removesuffix(".yaml")


def _overlaid(base: LoadedSubsidy, text: RuleText, document: Document) -> LoadedSubsidy:
    return replace(base, subsidy=laid_over(base.subsidy, document), texts=(*base.texts, text))


def _checked(text: RuleText, document: Document) -> LoadedSubsidy:
    try:
        return LoadedSubsidy(subsidy=Subsidy.model_validate(document.data), texts=(text,))
    except ValidationError as error:
        raise refusal_from_validation(document, error) from error
