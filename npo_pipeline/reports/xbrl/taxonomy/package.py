"""The taxonomy package: its schema and other files, and the catalogue by which a reader finds them offline.

A report package (`.xbri`, Report Packages 1.0) is the same with a filing in it, so that it validates alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

from lxml.etree import _Element

from npo_pipeline.reports.xbrl.concepts import (
    ANSWERS,
    BASE,
    BRIN_DOMAIN,
    CONCEPTS,
    NAMESPACE,
    NAMESPACES,
    PREFIX,
    SCHEMA,
    VERSION,
    Concept,
)
from npo_pipeline.reports.xbrl.taxonomy.elements import Element, elements
from npo_pipeline.reports.xbrl.taxonomy.formula import formula
from npo_pipeline.reports.xbrl.taxonomy.linkbases import (
    ROLES,
    calculation,
    definition,
    document,
    element,
    labels,
    on_lines,
    presentation,
    references,
    root,
    simple_link,
)

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


FOLDER = f"npo-taxonomy-{VERSION}"
FILE_NAME = f"{FOLDER}.zip"
_REPORT_PACKAGE = b'{"documentInfo": {"documentType": "https://xbrl.org/report-package/2023/xbri"}}\n'
"""The kind of a report package with one inline report."""

_FIRST_OF_ZIP = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o644 << 16


@cache
def taxonomy_files() -> dict[str, bytes]:
    """Return every file of the package by its path in the folder of the package."""
    made = {
        ".xsd": schema(),
        "-lab-nl.xml": labels("nl"),
        "-lab-en.xml": labels("en"),
        "-ref.xml": references(),
        "-pre.xml": presentation(),
        "-cal.xml": calculation(),
        "-def.xml": definition(),
        "-for.xml": formula(),
    }
    parts = {f"xbrl/{PREFIX}{end}": content for end, content in made.items()}
    return {"META-INF/catalog.xml": _catalogue(), "META-INF/taxonomyPackage.xml": _description(), **parts}


def write_taxonomy(path: Path) -> None:
    """Write the taxonomy package. It is the same to the byte every time.

    Raises:
        OSError: the file cannot be written.
    """
    write_files(path, taxonomy_files())


def report_package(name: str, page: bytes) -> bytes:
    """Return the report package of a filing: its page in inline XBRL, and the taxonomy that it refers to.

    `name`: of the page, which ends in `.xhtml`; the folder in the package has it too.
    """
    written = BytesIO()
    files = {"META-INF/reportPackage.json": _REPORT_PACKAGE, **taxonomy_files(), f"reports/{name}": page}
    write_files(written, files, folder=name.removesuffix(".xhtml"))
    return written.getvalue()


def write_files(path: Path | BytesIO, files: Mapping[str, bytes], *, folder: str = FOLDER) -> None:
    """Write files as a package, by their path in its folder."""
    with zipfile.ZipFile(path, "w") as package:
        for name, content in files.items():
            # The date and system of a zip entry would be those of the machine that writes it.
            entry = zipfile.ZipInfo(f"{folder}/{name}", _FIRST_OF_ZIP)
            entry.create_system, entry.external_attr = 3, _PLAIN_FILE
            package.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)


def _catalogue() -> bytes:
    rewrite = element("cat:rewriteURI", {"uriStartString": BASE, "rewritePrefix": "../xbrl/"})
    return document(root("cat:catalog", ["cat"], {}, [rewrite]))


def _description() -> bytes:
    start = element(
        "tp:entryPoint",
        {},
        element("tp:name", {}, "Verantwoording NPO"),
        element("tp:entryPointDocument", {"href": SCHEMA}),
    )
    texts = {
        "identifier": BASE,
        "name": "Verantwoording NPO per bevoegd gezag",
        "description": "Samenvatting in een eigen taxonomie; geen aanlevering bij DUO.",
        "version": VERSION,
        "publicationDate": VERSION,
    }
    content = [element(f"tp:{name}", {}, text) for name, text in texts.items()]
    content.append(on_lines(element("tp:entryPoints", {}, on_lines(start, 3)), 2))
    return document(root("tp:taxonomyPackage", ["tp"], {"xml:lang": "nl"}, content))
