"""The presentation: in which order a person sees the two parts of a filing."""

from __future__ import annotations

from collections.abc import Iterator

from npo_pipeline.reports.filing.taxonomy.elements import BOARD, SCHOOL, Part, elements
from npo_pipeline.reports.filing.taxonomy.labels import END_LABEL, START_LABEL
from npo_pipeline.reports.filing.taxonomy.linkbase import arc, extended, linkbase, locators
from npo_pipeline.reports.filing.uris import BOARD_ROLE, SCHOOL_ROLE

_ARCROLE = "http://www.xbrl.org/2003/arcrole/parent-child"


def presentation() -> bytes:
    """The file `npo-pre.xml`."""
    parts = ((BOARD_ROLE, BOARD), (SCHOOL_ROLE, SCHOOL))
    lines = [line for role, part in parts for line in _link(role, part)]
    return linkbase(lines, roles=[BOARD_ROLE, SCHOOL_ROLE])


def _link(role: str, part: Part) -> list[str]:
    pairs = list(_pairs(part))
    names = [part.head, *[child for _, child, _ in pairs]]
    arcs = [
        arc("link:presentationArc", _ARCROLE, parent, child, f'order="{order}"{preferred}')
        for order, (parent, child, preferred) in enumerate(pairs, 1)
    ]
    return extended("link:presentationLink", role, [*locators(names), *arcs])


def _pairs(part: Part) -> Iterator[tuple[str, str, str]]:
    """Parent, child and the label that is to be shown."""
    yield part.head, part.table, ""
    for axis in part.axes:
        yield part.table, axis, ""
    for element in elements():
        if element.under:
            yield element.under, element.name, ""
    yield part.head, part.lines, ""
    for concept in part.concepts:
        if concept.period == "instant":
            yield part.lines, f"{concept.name}.start", f' preferredLabel="{START_LABEL}"'
            yield part.lines, f"{concept.name}.end", f' preferredLabel="{END_LABEL}"'
        else:
            yield part.lines, concept.name, ""
