"""The sentences of explanations: a YAML file per language, checked when it is loaded, and the English vocabulary.

docs/how-to/change-a-sentence.md is for those who change one.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

from npo_pipeline.dutch import DUTCH, Language
from npo_pipeline.errors import Refused
from npo_pipeline.measures import MEASURES
from npo_pipeline.rulebook.yaml_document import Document, FileSort, refused, rule_text

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SCHOOL_TYPES = {
    "bao": "primary education",
    "sbo": "special primary education",
    "so": "special education",
    "vso": "special secondary education",
    "vo": "secondary education",
    "vo_pro_vbo": "practical training and vmbo basis/kader year 3-4",
    "cn": "Caribbean Netherlands",
    "all": "all school types",
}

ENGLISH = Language(
    code="en",
    decimal_point=".",
    thousands=",",
    conjunction="and",
    months=_MONTHS,
    components={
        "per_pupil": "Amount per pupil",
        "surcharge": "Surcharge per pupil",
        "achterstandsscore": "Disadvantage score (achterstandsscore)",
        "cumi": "CUMI pupils",
        "newcomers": "Newcomers",
        "samenwerkingsverband": "Partnership of schools (samenwerkingsverband, praktijkonderwijs)",
        "gemeente": "Grant to the municipality",
        "arbeidsmarkttoelage": "Labour market allowance (arbeidsmarkttoelage)",
    },
    school_types=_SCHOOL_TYPES,
    in_school_type={
        **{name: f"in {words}" for name, words in _SCHOOL_TYPES.items()},
        "cn": "in the Caribbean Netherlands",
    },
    units={
        **{measure.name: measure.english for measure in MEASURES},
        "rows": ("row", "rows"),
        "schools": ("vestiging", "vestigingen"),
        "amounts": ("amount", "amounts"),
    },
    rate_units={unit.rules: unit.english for measure in MEASURES for unit in measure.rate_units},
    statuses={
        "published": "it stands so in its source",
        "approximate": "its source says about this, the exact rate is not known",
        "derived": "it was derived and does not stand in its source in so many words",
    },
    values={
        "rate": "the rate",
        "schedule": "the months of payment",
        "threshold": "the threshold",
        "level": "the level of the threshold",
        "booking": "the place of booking",
        "reference date": "the reference date",
        "reference dates": "the reference dates",
        "reference date of po": "the reference date of primary education",
        "rounding": "the rounding",
        "months of payment": "the months of payment",
        "months of payment of schools that started": "the months of payment of schools that started",
        "reference date of schools that started": "the reference date of schools that started",
        "units of the threshold": "the height of the threshold",
        "level of the threshold": "that the threshold works per BRIN or per vestiging",
        "place of booking": "the place of booking",
        "size of a small vestiging": "the size of a small vestiging",
        "fixed amount of a small vestiging": "the fixed amount of a small vestiging",
        "decrease per pupil of a small vestiging": "the decrease per pupil of a small vestiging",
    },
    rate_of="the rate for {school_types}",
)
"""The English vocabulary of explanations; the Dutch one is `npo_pipeline.dutch`."""

_CATALOGUE = FileSort("catalogue of sentences", 'title.vestiging: "..."')
_VOCABULARIES = {vocabulary.code: vocabulary for vocabulary in (DUTCH, ENGLISH)}


@cache
def language(code: str) -> Language:
    """Return a language, `nl` or `en`, with its sentences.

    Raises:
        Refused: something in its catalogue is wrong; the message names file, line and sentence.
    """
    sentences = sentences_in(_shipped(f"{code}.yaml"), _shipped("placeholders.yaml"))
    return replace(_VOCABULARIES[code], sentences=sentences)


def _shipped(name: str) -> Document:
    raw = (files(__package__) / "sentences" / name).read_bytes()
    return rule_text(raw, name, _CATALOGUE)[1]


def sentences_in(catalogue: Document, placeholders: Document) -> dict[str, str]:
    """Return the sentences of a catalogue by name.

    `placeholders`: name of every sentence there is -> its placeholders, all of which it must have.

    Raises:
        Refused: a sentence is missing, unknown, no text, or has other placeholders than its own.
    """
    for name in placeholders.data:
        if name not in catalogue.data:
            raise Refused(f"{catalogue.name}: sentence `{name}` is missing; write it")
    for name, sentence in catalogue.data.items():
        if problem := _problem(sentence, placeholders.data.get(name)):
            raise refused(catalogue.name, catalogue.line((name,)), f"sentence `{name}` {problem}")
    return catalogue.data


def _problem(sentence: object, placeholders: Sequence[str] | None) -> str | None:
    if placeholders is None:
        return "is not used by any explanation; placeholders.yaml lists the names"
    if not isinstance(sentence, str):
        return "is no text; write it between double quotes"
    try:
        parsed = string.Formatter().parse(sentence)
        written = [f"{name}{spec and ':' + spec}" for _, name, spec, _ in parsed if name]
    except ValueError:
        return "has a brace without its other half; a placeholder is written as {amount}"
    own = f"its placeholders are {', '.join(f'{{{name}}}' for name in placeholders) or 'none'}"
    if unknown := [name for name in written if name not in placeholders]:
        return f"has the unknown placeholder {{{unknown[0]}}}; {own}"
    missing = [name for name in placeholders if name not in written]
    return f"lacks the placeholder {{{missing[0]}}}; {own}" if missing else None
