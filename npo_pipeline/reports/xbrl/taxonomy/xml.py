"""The XML that the files of the taxonomy share: names with prefixes, elements, and a fixed layout of lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from lxml import etree

from npo_pipeline.reports.xbrl.concepts import LINK, NAMESPACE, PREFIX, XBRLDT, XBRLI, XLINK

if TYPE_CHECKING:
    from lxml.etree import _Element

NAMESPACES = {
    "xml": "http://www.w3.org/XML/1998/namespace",
    "xs": "http://www.w3.org/2001/XMLSchema",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xbrli": XBRLI,
    "link": LINK,
    "xlink": XLINK,
    "xbrldt": XBRLDT,
    "generic": "http://xbrl.org/2008/generic",
    "variable": "http://xbrl.org/2008/variable",
    "va": "http://xbrl.org/2008/assertion/value",
    "cf": "http://xbrl.org/2008/filter/concept",
    "df": "http://xbrl.org/2008/filter/dimension",
    "pf": "http://xbrl.org/2008/filter/period",
    "acf": "http://xbrl.org/2010/filter/aspect-cover",
    "msg": "http://xbrl.org/2010/message",
    "xfi": "http://www.xbrl.org/2008/function/instance",
    "cat": "urn:oasis:names:tc:entity:xmlns:xml:catalog",
    "tp": "http://xbrl.org/2016/taxonomy-package",
    PREFIX: NAMESPACE,
}
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def element(name: str, attributes: Mapping[str, str] = MappingProxyType({}), *content: _Element | str) -> _Element:
    """Return an element with its children, or its text; names carry a prefix of NAMESPACES (`link:loc`)."""
    made = etree.Element(_qualified(name), {_qualified(key): value for key, value in attributes.items()})
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
    named = {_qualified(key): value for key, value in attributes.items()}
    made = etree.Element(_qualified(name), named, nsmap=spaces)
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


def _qualified(name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if prefix else local
