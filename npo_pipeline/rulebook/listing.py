"""Every value of a regulation as a line to read: what it is, the value in words, and its citation."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from npo_pipeline.months import month_text
from npo_pipeline.rulebook.component import AmountBeside, Rate
from npo_pipeline.rulebook.fields import Cited, Part, Source, citation, cited
from npo_pipeline.rulebook.regulation import Example, Regulation, Rounding, Schedule, Settlement
from npo_pipeline.rulebook.subsidy import RaisedWhen, Subsidy
from npo_pipeline.rulebook.yaml_document import Place

BASIS_OF_SETTLEMENT = ("settlement", "value", "basis")
"""The place of what the terms of settlement rest on."""

_CITATION = ("unit", "status", "source", "article", "checked_on", "note")


def readable_values(rules: Regulation | Subsidy) -> Iterator[dict[str, Any]]:
    """Yield the cited values of a regulation or a subsidy, in the order of the file.

    Yields:
        what, value, unit, status, source, where (as shown: regulation, article and Staatscourant, or in words),
        article, checked_on, note.
    """
    for place, one in cited(rules):
        others = {name: getattr(one, name) for name in _CITATION}
        yield {"what": _what(place, one), "value": _shown(one.value), "where": citation(rules, one), **others}


def described(source: Source) -> str:
    """Return a source in a line: title, publisher, of a regulation its numbers and dates, and its address."""
    published = [f"published {source.published_on}"] if source.published_on else []
    parts = [source.publisher, *published]
    if source.bwb:
        numbered = [f"nr. {source.number}"] if source.number else []
        back = [f"back to {source.retroactive_to}"] if source.retroactive_to else []
        parts = [f"{source.bwb}, Stcrt. {source.stcrt}", *numbered, f"signed {source.signed}", *published]
        parts += [f"in force {source.in_force}", *back]
    return f"{source.title}. {', '.join(parts)}. {source.url}"


def _what(place: Place, one: Cited[Any]) -> str:
    if isinstance(one, Rate):
        where = f" in {one.place}" if one.place else f" on list {one.list}" if one.list else ""
        measure = f" for {one.measure.replace('_', ' ')}" if one.measure else ""
        share = f", of which each unit counts for {_share(one.share)}" if one.share != 1 else ""
        return f"{place[1]}, rate of {', '.join(one.school_types)}{where}{measure}{share}"
    if isinstance(one, AmountBeside):
        return f"{place[1]}, beside its rate: {one.name}"
    if isinstance(one, RaisedWhen):
        return f"raised, for schools of {' and '.join(one.groups) or 'any group'}"
    if isinstance(one, Example):
        units = ", ".join(f"{number} {component}" for component, number in one.units.items())
        return f"example: {one.name} ({units})"
    if place[:-1] == BASIS_OF_SETTLEMENT:
        return f"settlement, basis of {str(place[-1]).replace('_', ' ')}"
    passed = ("components", "of", "rates")
    words = [str(step).replace("_", " ") for step in place if not isinstance(step, int) and step not in passed]
    return ", ".join(words)


def _shown(value: Any) -> str:
    if isinstance(value, Schedule):
        return ", ".join(f"{month_text(month)} {_share(share)}" for month, share in value.instalments.items())
    if isinstance(value, Rounding):
        return f"to the {value.to}, half {value.half.replace('_', ' ')}, once per {', '.join(value.once_per)}"
    if isinstance(value, Settlement):
        # What each term rests on is a cited value too, with a line of its own.
        return ", ".join(f"{name} {_shown(part)}" for name, part in value if name != "basis")
    if isinstance(value, Part):
        return ", ".join(f"{name} {_shown(part)}" for name, part in value)
    if isinstance(value, tuple):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, Fraction):
        return _share(value)
    return "not known" if value is None else str(value).replace("_", " ")


def _share(share: Fraction) -> str:
    return "whole" if share == 1 else f"{share.numerator}/{share.denominator}"
