"""The labels, a file per language, and how balances are called at the start and the end of a year."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias
from xml.sax.saxutils import escape

from npo_pipeline.reports.filing.concepts import CONCEPTS
from npo_pipeline.reports.filing.taxonomy.elements import BOARD, SCHOOL, elements
from npo_pipeline.reports.filing.taxonomy.linkbase import STANDARD_LINK, arc, extended, linkbase, locators

Language: TypeAlias = Literal["nl", "en"]

START_LABEL = "http://www.xbrl.org/2003/role/periodStartLabel"
END_LABEL = "http://www.xbrl.org/2003/role/periodEndLabel"
_LABEL = "http://www.xbrl.org/2003/role/label"
_DOCUMENTATION = "http://www.xbrl.org/2003/role/documentation"
_ARCROLE = "http://www.xbrl.org/2003/arcrole/concept-label"

_BALANCES = {"nl": ("begin van het jaar", "eind van het jaar"), "en": ("start of the year", "end of the year")}
_WHAT_IT_IS = {
    "nl": "Samenvatting in een eigen taxonomie; dit is geen aanlevering bij DUO.",
    "en": "A summary in a taxonomy of its own; this is not a filing to DUO.",
}


def labels(language: Language) -> bytes:
    """The file `npo-lab-nl.xml` or `npo-lab-en.xml`."""
    lines = []
    for name, role, text in _labels(language):
        end = f"label_{name}_{role.rsplit('/', 1)[1]}"
        lines.append(
            f'<link:label xlink:type="resource" xlink:label="{end}" xlink:role="{role}" xml:lang="{language}">'
            f"{escape(text)}</link:label>"
        )
        lines.append(arc("link:labelArc", _ARCROLE, name, end))
    names = [name for name, _, _ in _labels(language)]
    return linkbase(extended("link:labelLink", STANDARD_LINK, [*locators(names), *lines]))


def _labels(language: Language) -> Iterator[tuple[str, str, str]]:
    """Element, role and text of every label."""
    start, end = _BALANCES[language]
    for concept in CONCEPTS:
        text = concept.nl if language == "nl" else concept.en
        yield concept.name, _LABEL, text
        if concept.period == "instant":
            yield concept.name, START_LABEL, f"{text}, {start}"
            yield concept.name, END_LABEL, f"{text}, {end}"
    for element in elements():
        yield element.name, _LABEL, element.nl if language == "nl" else element.en
    for head in (BOARD.head, SCHOOL.head):
        yield head, _DOCUMENTATION, _WHAT_IT_IS[language]
