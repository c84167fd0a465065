"""The schema: every concept, head, table, axis and member, and the types of their values."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element

from npo_pipeline.reports.xbrl.concepts import (
    ANSWERS,
    BRIN_DOMAIN,
    CONCEPTS,
    NAMESPACE,
    NAMESPACES,
    PREFIX,
    Concept,
)
from npo_pipeline.reports.xbrl.taxonomy.elements import Element, elements
from npo_pipeline.reports.xbrl.taxonomy.linkbases import ROLES, document, element, on_lines, root, simple_link

LINKBASES = {
    "lab-nl": "labelLinkbaseRef",
    "lab-en": "labelLinkbaseRef",
    "ref": "referenceLinkbaseRef",
    "pre": "presentationLinkbaseRef",
    "cal": "calculationLinkbaseRef",
    "def": "definitionLinkbaseRef",
    "for": "",
}
"""The linkbases by the end of their names, and their role where they have one."""

_IMPORTS = {
    "xbrli": "http://www.xbrl.org/2003/xbrl-instance-2003-12-31.xsd",
    "link": "http://www.xbrl.org/2003/xbrl-linkbase-2003-12-31.xsd",
    "xbrldt": "http://www.xbrl.org/2005/xbrldt-2005.xsd",
    "ref": "http://www.xbrl.org/2006/ref-2006-02-27.xsd",
}
_ROLE_TITLES = {
    "board": "Verantwoording NPO van het bevoegd gezag",
    "school": "Verantwoording NPO per school",
    "axes": "Assen",
    "calculation": "Sommen",
}
_USED_ON = {
    "board": ("presentationLink", "definitionLink"),
    "school": ("presentationLink", "definitionLink"),
    "axes": ("definitionLink",),
    "calculation": ("calculationLink",),
}
_GROUPS = {"head": "xbrli:item", "table": "xbrldt:hypercubeItem", "member": "xbrli:item"}
_TYPES = {
    "money": f"{PREFIX}:moneyItemType",
    "share": f"{PREFIX}:shareItemType",
    "count": "xbrli:nonNegativeIntegerItemType",
    "text": f"{PREFIX}:textItemType",
    "date": "xbrli:dateItemType",
}


def schema() -> bytes:
    """Return the file `npo.xsd`."""
    declared = element("xs:appinfo", {}, *_linkbase_references(), *_role_types())
    content = [
        element("xs:annotation", {}, on_lines(declared, 2)),
        *[
            element("xs:import", {"namespace": NAMESPACES[prefix], "schemaLocation": address})
            for prefix, address in _IMPORTS.items()
        ],
        *_types(),
        *map(_concept, CONCEPTS),
        *map(_abstract, elements()),
        _brin_domain(),
    ]
    forms = {"elementFormDefault": "qualified", "attributeFormDefault": "unqualified"}
    prefixes = ["xs", "xbrli", "link", "xlink", "xbrldt", PREFIX]
    return document(root("xs:schema", prefixes, {"targetNamespace": NAMESPACE, **forms}, content))


def _linkbase_references() -> Iterator[_Element]:
    for end, role in LINKBASES.items():
        named = {"xlink:role": f"http://www.xbrl.org/2003/role/{role}"} if role else {}
        arcrole = {"xlink:arcrole": "http://www.w3.org/1999/xlink/properties/linkbase"}
        yield element("link:linkbaseRef", {**simple_link(f"{PREFIX}-{end}.xml"), **named, **arcrole})


def _role_types() -> Iterator[_Element]:
    for uri, name in ROLES.items():
        title = element("link:definition", {}, _ROLE_TITLES[name])
        used = [element("link:usedOn", {}, f"link:{tag}") for tag in _USED_ON[name]]
        yield element("link:roleType", {"roleURI": uri, "id": f"role_{name}"}, title, *used)


def _types() -> Iterator[_Element]:
    yield _type("moneyItemType", "monetaryItemType", ("fractionDigits", "2"))
    between = (("minInclusive", "0"), ("maxInclusive", "1"), ("fractionDigits", "4"))
    yield _type("shareItemType", "pureItemType", *between)
    yield _type("textItemType", "stringItemType", ("minLength", "1"))
    for name, choices in {_choice_type(one): one.choices for one in CONCEPTS if one.choices}.items():
        yield _type(name, "stringItemType", *[("enumeration", word) for word in choices])


def _type(name: str, base: str, *facets: tuple[str, str]) -> _Element:
    limits = [element(f"xs:{facet}", {"value": value}) for facet, value in facets]
    restriction = element("xs:restriction", {"base": f"xbrli:{base}"}, *limits)
    return element("xs:complexType", {"name": name}, element("xs:simpleContent", {}, restriction))


def _choice_type(concept: Concept) -> str:
    if concept.choices == ANSWERS:
        return "answerItemType"
    return f"{concept.name[0].lower()}{concept.name[1:]}ItemType"


def _concept(concept: Concept) -> _Element:
    value = f"{PREFIX}:{_choice_type(concept)}" if concept.choices else _TYPES[concept.kind]
    item = {"type": value, "substitutionGroup": "xbrli:item", "nillable": "false"}
    side = {"xbrli:balance": concept.balance} if concept.balance else {}
    return element("xs:element", {**_named(concept.name), **item, "xbrli:periodType": concept.period, **side})


def _abstract(one: Element) -> _Element:
    group = _GROUPS.get(one.nature, "xbrldt:dimensionItem")
    item = {"type": "xbrli:stringItemType", "substitutionGroup": group, "abstract": "true", "nillable": "false"}
    typed = {"xbrldt:typedDomainRef": f"#{PREFIX}_{BRIN_DOMAIN}"} if one.nature == "typed axis" else {}
    return element("xs:element", {**_named(one.name), **item, "xbrli:periodType": "duration", **typed})


def _brin_domain() -> _Element:
    pattern = element("xs:pattern", {"value": "[0-9]{2}[A-Z]{2}"})
    kind = element("xs:simpleType", {}, element("xs:restriction", {"base": "xs:string"}, pattern))
    return element("xs:element", {**_named(BRIN_DOMAIN), "nillable": "false"}, kind)


def _named(name: str) -> dict[str, str]:
    return {"id": f"{PREFIX}_{name}", "name": name}
