"""How linkbases are written: the few forms of locators, arcs and resources that all of them share.

The labels, a file per language, and how balances are called at the start and the end of a year.

The presentation: in which order a person sees the two parts of a filing.

The sums within one context (Calculations 1.1). They stand in one role: in two, each fault is told twice.

The two tables and their axes: which fact may be split how. Both are closed: nothing else may stand beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from npo_pipeline.reports.xbrl import concepts as members
from npo_pipeline.reports.xbrl.concepts import (
    AXES_ROLE,
    BOARD_ROLE,
    CALCULATION_ROLE,
    CALCULATIONS,
    CONCEPTS,
    LINK,
    PREFIX,
    SCHOOL_ROLE,
    XLINK,
)
from npo_pipeline.reports.xbrl.taxonomy.elements import BOARD, SCHOOL, Part, elements

STANDARD_LINK = "http://www.xbrl.org/2003/role/link"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
ROLES = {BOARD_ROLE: "board", SCHOOL_ROLE: "school", AXES_ROLE: "axes", CALCULATION_ROLE: "calculation"}


def linkbase(
    lines: Iterable[str],
    roles: Sequence[str] = (),
    arcroles: Sequence[tuple[str, str]] = (),
    spaces: Sequence[tuple[str, str]] = (),
    other_roles: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A linkbase file.

    Args:
        lines: its extended links.
        roles: our own roles that it uses.
        arcroles: arcroles that it uses, and where each is declared.
        spaces: prefixes and namespaces besides link and xlink.
        other_roles: other roles that it uses, and where each is declared.
    """
    declared = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in spaces)
    at = [(role, f"{PREFIX}.xsd#role_{ROLES[role]}") for role in roles] + list(other_roles)
    return file(
        [
            f'<link:linkbase xmlns:link="{LINK}" xmlns:xlink="{XLINK}"{declared}>',
            *[f"  <link:roleRef roleURI={quoteattr(role)}{simple(href)}/>" for role, href in at],
            *[f"  <link:arcroleRef arcroleURI={quoteattr(role)}{simple(href)}/>" for role, href in arcroles],
            *lines,
            "</link:linkbase>",
        ]
    )


def file(lines: Iterable[str]) -> bytes:
    """An XML file of these lines."""
    return (XML + "\n".join(lines) + "\n").encode("utf-8")


def simple(href: str) -> str:
    """The attributes of a simple link."""
    return f' xlink:type="simple" xlink:href={quoteattr(href)}'


def extended(tag: str, role: str, lines: Iterable[str]) -> list[str]:
    """An extended link with its contents."""
    inside = [f"    {line}" for line in lines]
    return [f'  <{tag} xlink:type="extended" xlink:role="{role}">', *inside, f"  </{tag}>"]


def locators(names: Iterable[str]) -> list[str]:
    """A locator for each element of the schema, labelled with its name.

    One link may hold no two arcs from one label to another; `CarriedOver.end` is another label of `CarriedOver`.
    """
    return [
        f'<link:loc xlink:type="locator" xlink:href="{PREFIX}.xsd#{PREFIX}_{name.split(".")[0]}"'
        f' xlink:label="{name}"/>'
        for name in dict.fromkeys(names)
    ]


def arc(tag: str, arcrole: str, start: str, end: str, more: str = "") -> str:
    """An arc from one label to another; `more` are further attributes."""
    ends = f'xlink:from="{start}" xlink:to="{end}"'
    return f'<{tag} xlink:type="arc" xlink:arcrole="{arcrole}" {ends}{" " + more if more else ""}/>'


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


_ARCROLE_PRESENTATION = "http://www.xbrl.org/2003/arcrole/parent-child"


def presentation() -> bytes:
    """The file `npo-pre.xml`."""
    parts = ((BOARD_ROLE, BOARD), (SCHOOL_ROLE, SCHOOL))
    lines = [line for role, part in parts for line in _link(role, part)]
    return linkbase(lines, roles=[BOARD_ROLE, SCHOOL_ROLE])


def _link(role: str, part: Part) -> list[str]:
    pairs = list(_pairs(part))
    names = [part.head, *[child for _, child, _ in pairs]]
    arcs = [
        arc("link:presentationArc", _ARCROLE_PRESENTATION, parent, child, f'order="{order}"{preferred}')
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


_ARCROLE_CALCULATION = "https://xbrl.org/2023/arcrole/summation-item"
_DECLARED = "https://www.xbrl.org/2023/calculation-1.1.xsd#summation-item"


def calculation() -> bytes:
    """The file `npo-cal.xml`."""
    sums = [(total, part, weight) for total, parts in CALCULATIONS for part, weight in parts]
    names = [name for total, part, _ in sums for name in (total, part)]
    arcs = [
        arc("link:calculationArc", _ARCROLE_CALCULATION, total, part, f'order="{order}" weight="{weight}"')
        for order, (total, part, weight) in enumerate(sums, 1)
    ]
    lines = extended("link:calculationLink", CALCULATION_ROLE, [*locators(names), *arcs])
    return linkbase(lines, roles=[CALCULATION_ROLE], arcroles=[(_ARCROLE_CALCULATION, _DECLARED)])


_XBRLDT = "http://xbrl.org/2005/xbrldt"
_ARCROLE_DEFINITION = "http://xbrl.org/int/dim/arcrole/"
_DECLARED_DEFINITION = "http://www.xbrl.org/2005/xbrldt-2005.xsd#"
_USED = ("all", "hypercube-dimension", "dimension-domain", "domain-member", "dimension-default")
_DEFAULTS = {
    members.INTERVENTION_AXIS: members.ALL_INTERVENTIONS,
    members.LEVEL_AXIS: members.ALL_LEVELS,
}


def definition() -> bytes:
    """The file `npo-def.xml`."""
    lines = [*_table(BOARD_ROLE, BOARD), *_table(SCHOOL_ROLE, SCHOOL), *_axes()]
    return linkbase(
        lines,
        roles=[BOARD_ROLE, SCHOOL_ROLE, AXES_ROLE],
        arcroles=[(_ARCROLE_DEFINITION + name, _DECLARED_DEFINITION + name) for name in _USED],
        spaces=[("xbrldt", _XBRLDT)],
    )


def _table(role: str, part: Part) -> list[str]:
    concepts = [one.name for one in part.concepts]
    closed = 'order="1" xbrldt:closed="true" xbrldt:contextElement="scenario"'
    target = f'xbrldt:targetRole="{AXES_ROLE}"'
    arcs = [
        _arc("all", part.lines, part.table, closed),
        *[
            # A typed axis has its domain in the schema, so there is nothing to follow elsewhere.
            _arc("hypercube-dimension", part.table, axis, f'order="{order}" {target if axis in _DEFAULTS else ""}')
            for order, axis in enumerate(part.axes, 1)
        ],
        *[_arc("domain-member", part.lines, name, f'order="{order}"') for order, name in enumerate(concepts, 1)],
    ]
    return extended(
        "link:definitionLink", role, [*locators([part.lines, part.table, *part.axes, *concepts]), *arcs]
    )


def _axes() -> list[str]:
    hung = [(one.under, one.name) for one in elements() if one.under]
    arcs = [
        _arc("dimension-domain" if parent in _DEFAULTS else "domain-member", parent, child, f'order="{order}"')
        for order, (parent, child) in enumerate(hung, 1)
    ]
    defaults = [
        _arc("dimension-default", axis, f"{member}.default", 'order="1"') for axis, member in _DEFAULTS.items()
    ]
    names = [*[name for pair in hung for name in pair], *[f"{member}.default" for member in _DEFAULTS.values()]]
    return extended("link:definitionLink", AXES_ROLE, [*locators(names), *arcs, *defaults])


def _arc(name: str, start: str, end: str, more: str) -> str:
    return arc("link:definitionArc", _ARCROLE_DEFINITION + name, start, end, more.strip())
