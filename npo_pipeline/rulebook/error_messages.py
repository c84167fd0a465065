"""The messages of faults that pydantic finds in a file of rules: one line that names file and line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.fields import Cited, Source, quoted
from npo_pipeline.rulebook.regulation import Component, Example, Rate, Regulation, Rounding, Schedule, Threshold
from npo_pipeline.rulebook.regulation import Place as SchoolPlace
from npo_pipeline.rulebook.yaml_document import Document, Place, refused

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


def refusal_from_validation(
    document: Document, error: ValidationError, keys: Sequence[str] = _KEYS, hint: str = _EVERY_VALUE
) -> Refused:
    """Return a refusal with the first fault in full and the lines of the others.

    `keys`: those that may have been meant.

    A key that is not known comes before all else: what is missing is mostly the same key spelt right.
    """
    faults = [
        (one["type"] != "extra_forbidden", document.line(place), place, one) for one, place in _placed(error)
    ]
    faults.sort(key=lambda fault: fault[:2])
    _, line, place, first = faults[0]
    others = sorted({fault[1] for fault in faults[1:]} - {line})
    more = f"; see also line {', '.join(map(str, others[:_OTHERS]))}" if others else ""
    return refused(document.name, line, f"{_dotted(place)}: {_words(first, place, keys, hint)}{more}")


def suggest(name: str, known: Iterable[str]) -> str:
    """Suggest what may have been meant by a name that is not known."""
    there = sorted(known)
    found = get_close_matches(name, there, n=1)
    return f"is `{found[0]}` meant?" if found else f"there is {', '.join(there) or 'none'}"


def _placed(error: ValidationError) -> list[tuple[ErrorDetails, Place]]:
    details = error.errors(include_url=False, include_input=True)
    return [(one, _place(one["loc"], one.get("ctx", {}))) for one in details]


def _place(loc: Place, context: dict[str, Any]) -> Place:
    return (*(step for step in loc if step != "[key]"), *context.get("place", ()))


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
