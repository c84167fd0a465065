"""The XML that the files of the taxonomy share: names with prefixes, elements, and a fixed layout of lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from lxml import etree
from lxml.etree import _Element

from npo_pipeline.reports.xbrl.concepts import NAMESPACES, qualified

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def element(name: str, attributes: Mapping[str, str] = MappingProxyType({}), *content: _Element | str) -> _Element:
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
