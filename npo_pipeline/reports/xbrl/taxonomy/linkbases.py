"""The linkbases of the taxonomy: labels, references, presentation, calculation and definition.

Below them what all files of the taxonomy are made of: elements, arcs, and a fixed layout of lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from lxml import etree
from lxml.etree import _Element

from npo_pipeline.reports.xbrl import concepts
from npo_pipeline.reports.xbrl.concepts import (
    AXES_ROLE,
    BOARD_ROLE,
    CALCULATION_ROLE,
    CONCEPTS,
    NAMESPACES,
    PREFIX,
    SCHOOL_ROLE,
    qualified,
)
from npo_pipeline.reports.xbrl.taxonomy.elements import BOARD_PART, SCHOOL_PART, Part, elements
from npo_pipeline.rulebook.fields import Cited
from npo_pipeline.rulebook.year_end import year_end_rules

Language: TypeAlias = Literal["nl", "en"]
Declared: TypeAlias = tuple[str, str]
"""A role or arcrole, and the address of its declaration."""

ROLES = {BOARD_ROLE: "board", SCHOOL_ROLE: "school", AXES_ROLE: "axes", CALCULATION_ROLE: "calculation"}
STANDARD_LINK = "http://www.xbrl.org/2003/role/link"
_LABEL_ROLES = "http://www.xbrl.org/2003/role/"
_CONCEPT_LABEL = "http://www.xbrl.org/2003/arcrole/concept-label"
_CONCEPT_REFERENCE = "http://www.xbrl.org/2003/arcrole/concept-reference"
_REFERENCE_ROLE = "http://www.xbrl.org/2003/role/reference"
_PARENT_CHILD = "http://www.xbrl.org/2003/arcrole/parent-child"
_SUMMATION_ITEM = "https://xbrl.org/2023/arcrole/summation-item"
_SUMMATION_DECLARED = "https://www.xbrl.org/2023/calculation-1.1.xsd#summation-item"
_DIMENSION_ARCROLES = "http://xbrl.org/int/dim/arcrole/"
_DIMENSIONS_DECLARED = "http://www.xbrl.org/2005/xbrldt-2005.xsd#"
_DIMENSION_ARCS = ("all", "hypercube-dimension", "dimension-domain", "domain-member", "dimension-default")

_BALANCES = {"nl": ("begin van het jaar", "eind van het jaar"), "en": ("start of the year", "end of the year")}
_DOCUMENTATION = {
    "nl": "Samenvatting in een eigen taxonomie; dit is geen aanlevering bij DUO.",
    "en": "A summary in a taxonomy of its own; this is not a filing to DUO.",
}
_QUESTIONS = ("scan", "interventions", "parents", "mr", "external", "results", "gmr")
"""The sources that are questions of the programme, in the order of its page on accountability (`must_report`)."""

_OWN_CHOICE = {"Note": "Keuze van dit programma; geen artikel vraagt het."}
_DEFAULT_MEMBERS = {
    concepts.INTERVENTION_AXIS: concepts.ALL_INTERVENTIONS,
    concepts.LEVEL_AXIS: concepts.ALL_LEVELS,
}
_NO_MORE: Mapping[str, str] = MappingProxyType({})
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def labels(language: Language) -> bytes:
    """Return the file `npo-lab-nl.xml` or `npo-lab-en.xml`."""
    content: list[_Element] = []
    for name, role, text in _labels(language):
        label = f"label_{name}_{role}"
        named = {**resource(label), "xlink:role": _LABEL_ROLES + role, "xml:lang": language}
        content += [element("link:label", named, text), arc("link:labelArc", _CONCEPT_LABEL, name, label)]
    names = [name for name, _, _ in _labels(language)]
    return linkbase([extended_link("link:labelLink", STANDARD_LINK, [*locators(names), *content])])


def _labels(language: Language) -> Iterator[tuple[str, str, str]]:
    """Yield element, role and text of every label."""
    start, end = _BALANCES[language]
    for concept in CONCEPTS:
        text = concept.nl if language == "nl" else concept.en
        yield concept.name, "label", text
        if concept.period == "instant":
            yield concept.name, "periodStartLabel", f"{text}, {start}"
            yield concept.name, "periodEndLabel", f"{text}, {end}"
    for one in elements():
        yield one.name, "label", one.nl if language == "nl" else one.en
    for head in (BOARD_PART.head, SCHOOL_PART.head):
        yield head, "documentation", _DOCUMENTATION[language]


def references() -> bytes:
    """Return the file `npo-ref.xml`: of every concept the article, or the words of the programme, behind it."""
    content: list[_Element] = []
    for concept in CONCEPTS:
        for number, parts in enumerate(reference_parts(concept.source), 1):
            label = f"reference_{concept.name}_{number}"
            role = {"xlink:role": _REFERENCE_ROLE}
            told = [element(f"ref:{name}", {}, text) for name, text in parts.items()]
            content.append(element("link:reference", {**resource(label), **role}, *told))
            content.append(arc("link:referenceArc", _CONCEPT_REFERENCE, concept.name, label))
    names = [one.name for one in CONCEPTS]
    return linkbase(
        [extended_link("link:referenceLink", STANDARD_LINK, [*locators(names), *content])], prefixes=["ref"]
    )


def reference_parts(source: str) -> list[dict[str, str]]:
    """Return the parts of each reference of a source, by their names in the schema of references."""
    if source == "own":
        return [_OWN_CHOICE]
    rules = year_end_rules().accountability
    asked: dict[str, list[Cited[Any]]] = {
        "money": [one for one in rules.accounted_under if one.value == "npo_answers"],
        "treatment": [rules.treatment],
    }
    found = asked.get(source) or [rules.must_report[_QUESTIONS.index(source)]]
    parts = []
    for one in found:
        named = rules.sources[one.source]
        place = {"Article": one.article} if one.article else {"Note": one.where or ""}
        parts.append({"Publisher": named.publisher, "Name": named.title, **place, "URI": named.url})
    return [one for number, one in enumerate(parts) if one not in parts[:number]]


def presentation() -> bytes:
    """Return the file `npo-pre.xml`: the order in which a person reads the two parts of a filing."""
    links = [_presentation_link(part) for part in (BOARD_PART, SCHOOL_PART)]
    return linkbase(links, roles=own_roles(BOARD_ROLE, SCHOOL_ROLE))


def _presentation_link(part: Part) -> _Element:
    pairs = list(_shown(part))
    arcs = [
        arc("link:presentationArc", _PARENT_CHILD, parent, child, order=order, more=preferred)
        for order, (parent, child, preferred) in enumerate(pairs, 1)
    ]
    names = [part.head, *[child for _, child, _ in pairs]]
    return extended_link("link:presentationLink", part.role, [*locators(names), *arcs])


def _shown(part: Part) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield parent, child, and the label that is to be shown where it is not the standard one."""
    yield part.head, part.table, {}
    for axis in part.axes:
        yield part.table, axis, {}
    for one in elements():
        if one.under:
            yield one.under, one.name, {}
    yield part.head, part.lines, {}
    for concept in part.concepts:
        if concept.period == "instant":
            for end, role in (("start", "periodStartLabel"), ("end", "periodEndLabel")):
                yield part.lines, f"{concept.name}.{end}", {"preferredLabel": _LABEL_ROLES + role}
        else:
            yield part.lines, concept.name, {}


def calculation() -> bytes:
    """Return the file `npo-cal.xml`: the sums within one context (Calculations 1.1).

    All of them have one role: in two roles, a validator reports each fault twice.
    """
    sums = [
        (total, part, weight)
        for total, parts in concepts.CALCULATIONS
        if all(_is_summed(total, part, weight) for part, weight in parts)
        for part, weight in parts
    ]
    arcs = [
        arc("link:calculationArc", _SUMMATION_ITEM, total, part, order=order, more={"weight": str(weight)})
        for order, (total, part, weight) in enumerate(sums, 1)
    ]
    names = [name for total, part, _ in sums for name in (total, part)]
    link = extended_link("link:calculationLink", CALCULATION_ROLE, [*locators(names), *arcs])
    return linkbase([link], roles=own_roles(CALCULATION_ROLE), arcroles=[(_SUMMATION_ITEM, _SUMMATION_DECLARED)])


def _is_summed(total: str, part: str, weight: int) -> bool:
    """Return whether a part may go into a total with a weight: added on the same side, taken off on the other."""
    same = concepts.BY_NAME[total].balance == concepts.BY_NAME[part].balance
    return same == (weight > 0)


def definition() -> bytes:
    """Return the file `npo-def.xml`: the two hypercubes, both closed, and their axes."""
    return linkbase(
        [_hypercube(BOARD_PART), _hypercube(SCHOOL_PART), _axes()],
        roles=own_roles(BOARD_ROLE, SCHOOL_ROLE, AXES_ROLE),
        arcroles=[(_DIMENSION_ARCROLES + name, _DIMENSIONS_DECLARED + name) for name in _DIMENSION_ARCS],
        prefixes=["xbrldt"],
    )


def _hypercube(part: Part) -> _Element:
    names = [one.name for one in part.concepts]
    closed = {"xbrldt:closed": "true", "xbrldt:contextElement": "scenario"}
    arcs = [_dimension_arc("all", part.lines, part.table, more=closed)]
    for order, axis in enumerate(part.axes, 1):
        # A typed axis has its domain in the schema, so there is nothing to follow elsewhere.
        target = {"xbrldt:targetRole": AXES_ROLE} if axis in _DEFAULT_MEMBERS else {}
        arcs.append(_dimension_arc("hypercube-dimension", part.table, axis, order=order, more=target))
    arcs += [_dimension_arc("domain-member", part.lines, name, order=order) for order, name in enumerate(names, 1)]
    content = [*locators([part.lines, part.table, *part.axes, *names]), *arcs]
    return extended_link("link:definitionLink", part.role, content)


def _axes() -> _Element:
    pairs = [(one.under, one.name) for one in elements() if one.under]
    arcs = [
        _dimension_arc(
            "dimension-domain" if parent in _DEFAULT_MEMBERS else "domain-member", parent, child, order=order
        )
        for order, (parent, child) in enumerate(pairs, 1)
    ]
    defaults = {axis: f"{member}.default" for axis, member in _DEFAULT_MEMBERS.items()}
    arcs += [_dimension_arc("dimension-default", axis, member) for axis, member in defaults.items()]
    names = [*[name for pair in pairs for name in pair], *defaults.values()]
    return extended_link("link:definitionLink", AXES_ROLE, [*locators(names), *arcs])


def _dimension_arc(
    name: str, start: str, end: str, *, order: int = 1, more: Mapping[str, str] = _NO_MORE
) -> _Element:
    return arc("link:definitionArc", _DIMENSION_ARCROLES + name, start, end, order=order, more=more)


def linkbase(
    links: Sequence[_Element],
    *,
    roles: Iterable[Declared] = (),
    arcroles: Iterable[Declared] = (),
    prefixes: Iterable[str] = (),
) -> bytes:
    """Return a linkbase file; `prefixes`: those that it declares besides `link` and `xlink`."""
    references = [
        *[element("link:roleRef", {"roleURI": role, **simple_link(href)}) for role, href in roles],
        *[element("link:arcroleRef", {"arcroleURI": role, **simple_link(href)}) for role, href in arcroles],
    ]
    return document(root("link:linkbase", ["link", "xlink", *prefixes], {}, [*references, *links]))


def own_roles(*roles: str) -> list[Declared]:
    """Return roles of this taxonomy with their place in its schema."""
    return [(role, f"{PREFIX}.xsd#role_{ROLES[role]}") for role in roles]


def extended_link(tag: str, role: str, content: Iterable[_Element]) -> _Element:
    """Return an extended link."""
    return on_lines(element(tag, {"xlink:type": "extended", "xlink:role": role}, *content), 2)


def simple_link(href: str) -> dict[str, str]:
    """Return the attributes of a simple link."""
    return {"xlink:type": "simple", "xlink:href": href}


def resource(label: str) -> dict[str, str]:
    """Return the attributes of a resource."""
    return {"xlink:type": "resource", "xlink:label": label}


def locators(names: Iterable[str]) -> list[_Element]:
    """Return a locator for each element of the schema, labelled with its name.

    One link may hold no two arcs from one label to another; `CarriedOver.end` is another label of `CarriedOver`.
    """
    addresses = {name: f"{PREFIX}.xsd#{PREFIX}_{name.split('.')[0]}" for name in names}
    return [
        element("link:loc", {"xlink:type": "locator", "xlink:href": address, "xlink:label": name})
        for name, address in addresses.items()
    ]


def arc(
    tag: str, arcrole: str, start: str, end: str, *, order: int | None = None, more: Mapping[str, str] = _NO_MORE
) -> _Element:
    """Return an arc from one label to another; `more` are attributes that arcs of its kind have besides."""
    ends = {"xlink:type": "arc", "xlink:arcrole": arcrole, "xlink:from": start, "xlink:to": end}
    ordered = {} if order is None else {"order": str(order)}
    return element(tag, {**ends, **ordered, **more})


def element(name: str, attributes: Mapping[str, str] = _NO_MORE, *content: _Element | str) -> _Element:
    """Return an element with its children, or its text; names carry a prefix of NAMESPACES (`link:loc`)."""
    made = etree.Element(qualified(name), {qualified(key): value for key, value in attributes.items()})
    for part in content:
        if isinstance(part, str):
            made.text = part
        else:
            made.append(part)
    return made


def root(
    name: str, prefixes: Iterable[str], attributes: Mapping[str, str], content: Iterable[_Element]
) -> _Element:
    """Return the outermost element; it declares these prefixes, and has each child on a line of its own."""
    # The catalogue is read without prefixes, so its namespace is the default one.
    spaces = {None if prefix == "cat" else prefix: NAMESPACES[prefix] for prefix in prefixes}
    named = {qualified(key): value for key, value in attributes.items()}
    made = etree.Element(qualified(name), named, nsmap=spaces)
    made.extend(content)
    return on_lines(made, 1)


def on_lines(parent: _Element, depth: int) -> _Element:
    """Put each child of an element on a line of its own, `depth` times two spaces from the margin."""
    margin = "\n" + "  " * depth
    parent.text = margin
    for child in parent:
        child.tail = margin
    parent[-1].tail = "\n" + "  " * (depth - 1)
    return parent


def document(outermost: _Element) -> bytes:
    """Return an XML file in UTF-8. The same elements give the same bytes."""
    content: bytes = etree.tostring(outermost, encoding="UTF-8", xml_declaration=False)
    return _DECLARATION + content + b"\n"
