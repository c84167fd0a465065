"""The messages of faults that pydantic finds in a file of rules: one line that names file and line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from npo_pipeline.rulebook.component import Component, Rate, Threshold
from npo_pipeline.rulebook.fields import Cited, Part, Source, quoted
from npo_pipeline.rulebook.regulation import Example, Regulation, Rounding, Schedule
from npo_pipeline.rulebook.regulation import Place as SchoolPlace
from npo_pipeline.rulebook.yaml_document import Document, Place, refused

P = TypeVar("P", bound=Part)

_PARTS = (Regulation, Source, Cited, Rate, Threshold, Component, Schedule, Rounding, Example, SchoolPlace)
_KEYS = sorted({key for part in _PARTS for key in part.model_fields})

_EVERY_VALUE = " (a value has value, unit, status, source, where and checked_on)"
_OTHERS = 5
"""Lines of other faults that a message names."""

_WORDS = {
    "missing": "is missing; add it{hint}",
    "model_type": "holds no keys; write them below it, indented{hint}",
    "dict_type": "holds no keys; write them below it, indented",
    "tuple_type": "is no list; write it as [a, b] or with a dash before each item",
    "too_long": "holds too many items",
}


def checked(
    model: type[P],
    document: Document,
    values: Any = None,
    *,
    keys: Sequence[str] = _KEYS,
    hint: str = _EVERY_VALUE,
    within: Place = (),
) -> P:
    """Return the values of a document, checked.

    Args:
        model: what they must be.
        document: the file; a fault is reported with the line it has here.
        values: in place of those of the document.
        keys: those that may have been meant by one that is not known.
        hint: added to what is missing.
        within: the part of the document that the values are of.

    Raises:
        Refused: names the first fault in full and the lines of the others. A key that is not known comes before
            all else: what is missing is mostly the same key spelt right.
    """
    try:
        return model.model_validate(document.data if values is None else values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=True)
    faults = [
        (one["type"] != "extra_forbidden", document.line(place), place, one)
        for one, place in ((one, (*within, *_place(one))) for one in found)
    ]
    _, line, place, first = min(faults, key=lambda fault: fault[:2])
    others = sorted({fault[1] for fault in faults} - {line})
    more = f"; see also line {', '.join(map(str, others[:_OTHERS]))}" if others else ""
    raise refused(document.name, line, f"{_dotted(place)}: {_words(first, place, keys, hint)}{more}")


def suggest(name: str, known: Iterable[str]) -> str:
    """Suggest what may have been meant by a name that is not known."""
    there = sorted(known)
    found = get_close_matches(name, there, n=1)
    return f"is `{found[0]}` meant?" if found else f"there is {', '.join(there) or 'none'}"


def _place(one: ErrorDetails) -> Place:
    return (*(step for step in one["loc"] if step != "[key]"), *one.get("ctx", {}).get("place", ()))


def _words(one: ErrorDetails, place: Place, keys: Sequence[str], hint: str) -> str:
    context = one.get("ctx", {})
    if one["type"] == "rule":
        return str(context["words"])
    if one["type"] == "value_error":
        return str(context["error"])
    if one["type"] == "extra_forbidden":
        near = get_close_matches(str(place[-1]), [key for key in keys if key != place[-1]], n=1)
        return f"is no key known here; {f'is `{near[0]}` meant?' if near else 'take it out'}"
    if one["type"] == "literal_error":
        given = quoted(one["input"]) if isinstance(one["input"], str) else "what stands here"
        return f"is {given}, which is none of {context['expected']}"
    return _WORDS[one["type"]].replace("{hint}", hint) if one["type"] in _WORDS else one["msg"]


def _dotted(place: Sequence[str | int]) -> str:
    parts = [f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in place]
    return "".join(parts).lstrip(".") or "the file"
