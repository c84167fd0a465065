"""The schema: every concept, head, table, axis and member, and the types of their values."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from npo_pipeline.reports.xbrl.concepts import (
    ANSWERS,
    BRIN_DOMAIN,
    CONCEPTS,
    LINK,
    NAMESPACE,
    PREFIX,
    XBRLI,
    XLINK,
    Concept,
)
from npo_pipeline.reports.xbrl.taxonomy.elements import Element, elements
from npo_pipeline.reports.xbrl.taxonomy.linkbases import ROLES, file, simple

LINKBASES = {
    "lab-nl": "labelLinkbaseRef",
    "lab-en": "labelLinkbaseRef",
    "pre": "presentationLinkbaseRef",
    "cal": "calculationLinkbaseRef",
    "def": "definitionLinkbaseRef",
    "for": "",
}
"""The linkbases by the end of their names, and their role where they have one."""

_IMPORTS = {
    XBRLI: "http://www.xbrl.org/2003/xbrl-instance-2003-12-31.xsd",
    LINK: "http://www.xbrl.org/2003/xbrl-linkbase-2003-12-31.xsd",
    "http://xbrl.org/2005/xbrldt": "http://www.xbrl.org/2005/xbrldt-2005.xsd",
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
    """The file `npo.xsd`."""
    spaces = {"xbrli": XBRLI, "link": LINK, "xlink": XLINK, "xbrldt": "http://xbrl.org/2005/xbrldt"}
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in {**spaces, PREFIX: NAMESPACE}.items())
    return file(
        [
            f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"{declared} targetNamespace="{NAMESPACE}"'
            ' elementFormDefault="qualified" attributeFormDefault="unqualified">',
            "  <xs:annotation><xs:appinfo>",
            *_linkbase_refs(),
            *_role_types(),
            "  </xs:appinfo></xs:annotation>",
            *[f'  <xs:import namespace="{uri}" schemaLocation="{at}"/>' for uri, at in _IMPORTS.items()],
            *_types(),
            *map(_concept, CONCEPTS),
            *map(_abstract, elements()),
            f'  <xs:element id="{PREFIX}_{BRIN_DOMAIN}" name="{BRIN_DOMAIN}" nillable="false"><xs:simpleType>'
            '<xs:restriction base="xs:string"><xs:pattern value="[0-9]{2}[A-Z]{2}"/></xs:restriction>'
            "</xs:simpleType></xs:element>",
            "</xs:schema>",
        ]
    )


def _linkbase_refs() -> Iterator[str]:
    for end, role in LINKBASES.items():
        named = f' xlink:role="http://www.xbrl.org/2003/role/{role}"' if role else ""
        arcrole = ' xlink:arcrole="http://www.w3.org/1999/xlink/properties/linkbase"'
        yield f"    <link:linkbaseRef{simple(f'{PREFIX}-{end}.xml')}{named}{arcrole}/>"


def _role_types() -> Iterator[str]:
    for uri, name in ROLES.items():
        used = "".join(f"<link:usedOn>link:{tag}</link:usedOn>" for tag in _USED_ON[name])
        title = f"<link:definition>{_ROLE_TITLES[name]}</link:definition>"
        yield f'    <link:roleType roleURI="{uri}" id="role_{name}">{title}{used}</link:roleType>'


def _types() -> Iterator[str]:
    yield _type("moneyItemType", "xbrli:monetaryItemType", '<xs:fractionDigits value="2"/>')
    between = '<xs:minInclusive value="0"/><xs:maxInclusive value="1"/><xs:fractionDigits value="4"/>'
    yield _type("shareItemType", "xbrli:pureItemType", between)
    yield _type("textItemType", "xbrli:stringItemType", '<xs:minLength value="1"/>')
    for name, choices in {_choice_type(one): one.choices for one in CONCEPTS if one.choices}.items():
        words = "".join(f"<xs:enumeration value={quoteattr(word)}/>" for word in choices)
        yield _type(name, "xbrli:stringItemType", words)


def _type(name: str, base: str, facets: str) -> str:
    return (
        f'  <xs:complexType name="{name}"><xs:simpleContent><xs:restriction base="{base}">{facets}'
        "</xs:restriction></xs:simpleContent></xs:complexType>"
    )


def _choice_type(concept: Concept) -> str:
    if concept.choices == ANSWERS:
        return "answerItemType"
    return f"{concept.name[0].lower()}{concept.name[1:]}ItemType"


def _concept(concept: Concept) -> str:
    value = f"{PREFIX}:{_choice_type(concept)}" if concept.choices else _TYPES[concept.kind]
    return (
        f'  <xs:element id="{PREFIX}_{concept.name}" name="{concept.name}" type="{value}"'
        f' substitutionGroup="xbrli:item" nillable="false" xbrli:periodType="{concept.period}"/>'
    )


def _abstract(element: Element) -> str:
    group = _GROUPS.get(element.nature, "xbrldt:dimensionItem")
    typed = f' xbrldt:typedDomainRef="#{PREFIX}_{BRIN_DOMAIN}"' if element.nature == "typed axis" else ""
    return (
        f'  <xs:element id="{PREFIX}_{element.name}" name="{element.name}" type="xbrli:stringItemType"'
        f' substitutionGroup="{group}" abstract="true" nillable="false" xbrli:periodType="duration"{typed}/>'
    )
