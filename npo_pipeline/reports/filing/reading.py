"""XBRL read back: the facts as a reader finds them, and what is wrong with the file that holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from npo_pipeline.reports.filing.placing import Place, place_of
from npo_pipeline.reports.filing.uris import LINK, NAMESPACE, SCHEMA, XBRLI, XLINK
from npo_pipeline.reports.filing.xsd import compiled, safe_parser

if TYPE_CHECKING:
    from lxml.etree import _Element

_MEASURES = {
    "{http://www.xbrl.org/2003/iso4217}EUR": "EUR",
    "{http://www.xbrl.org/2003/iso4217}USD": "USD",
    f"{{{XBRLI}}}pure": "pure",
}
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa1-\xff\u20a0-\u20cf]")
"""The Dutch filing rules (FR-NL-1.02) allow Latin-1 and signs of currencies."""

_ORDER = (f"{{{LINK}}}schemaRef", f"{{{XBRLI}}}context", f"{{{XBRLI}}}unit")

Row = tuple[str | None, ...]
Fault = tuple[str, str]


@dataclass
class Read:
    """What was found in a file: rows of FACTS, and faults with the place of each."""

    facts: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_back(board: str, content: bytes, year: int) -> Read:
    """Read one file.

    A file that is no valid XML by the schema is not read any further. A fact of a context or unit with a fault
    is left out, since nobody can say what it is of.

    Args:
        board: whose file it is.
        content: what stands in it.
        year: the calendar year it is of.
    """
    text, fault = _text_of(content)
    if fault:
        return Read(faults=[fault])
    root, fault = _root_of(text)
    if root is None:
        return Read(faults=[fault] if fault else [])
    read = Read(faults=list(_letter_faults(text)))
    contexts = _contexts(root, board, year, read.faults)
    units = _units(root, read.faults)
    used = set(_facts(root, contexts, units, read))
    read.faults += [("unused_context", name) for name in contexts if name not in used]
    read.faults += [("unused_unit", name) for name in units if name not in used]
    return read


def _text_of(content: bytes) -> tuple[str, Fault | None]:
    if content.startswith(b"\xef\xbb\xbf"):
        return "", ("byte_order_mark", "line 1")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return "", ("not_utf_8", f"byte {error.start}")
    return text, ("document_type", "line 1") if "<!DOCTYPE" in text else None


def _letter_faults(text: str) -> Iterator[Fault]:
    if odd := _FORBIDDEN.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        yield "forbidden_letter", f"line {line}: U+{ord(odd.group()):04X}"


def _root_of(text: str) -> tuple[_Element | None, Fault | None]:
    from lxml import etree

    try:
        root = etree.fromstring(text.encode("utf-8"), safe_parser())
    except etree.XMLSyntaxError as error:
        return None, ("not_xml", f"line {error.lineno}: {error.msg}")
    schema = compiled()
    if not schema.validate(root):
        first = schema.error_log[0]
        return None, ("schema", f"line {first.line}: {first.message}")
    return root, None


def _contexts(root: _Element, board: str, year: int, faults: list[Fault]) -> dict[str, Place | None]:
    """The contexts by id; None where one has a fault."""
    if [one.get(f"{{{XLINK}}}href") for one in root.iterfind(_ORDER[0])] != [SCHEMA]:
        faults.append(("schema_reference", "line 1"))
    found: dict[str, Place | None] = {}
    seen: set[Place] = set()
    for element in root.iterfind(_ORDER[1]):
        place = place_of(element, year)
        if isinstance(place, Place) and place.board != board:
            place = ("other_entity", place.board)
        if isinstance(place, Place) and place in seen:
            place = ("duplicate_context", "")
        name = element.get("id", "")
        if isinstance(place, Place):
            found[name] = place
            seen.add(place)
        else:
            found[name] = None
            fault, what = place
            faults.append((fault, f"line {element.sourceline}: {name} {what}".rstrip()))
    return found


def _units(root: _Element, faults: list[Fault]) -> dict[str, str | None]:
    """The units by id; None where one has a fault."""
    found: dict[str, str | None] = {}
    for element in root.iterfind(_ORDER[2]):
        measures = [_qname(one) for one in element.iter(f"{{{XBRLI}}}measure")]
        name = element.get("id", "")
        unit = _MEASURES.get(measures[0]) if len(measures) == 1 else None
        if unit is None or unit in found.values():
            fault = "unknown_unit" if unit is None else "duplicate_unit"
            faults.append((fault, f"line {element.sourceline}: {name}"))
            unit = None
        found[name] = unit
    return found


def _facts(
    root: _Element, contexts: dict[str, Place | None], units: dict[str, str | None], read: Read
) -> Iterator[str]:
    """Read the facts; yields the ids of contexts and units that they use."""
    ours = f"{{{NAMESPACE}}}"
    for element in root:
        if element.tag in _ORDER:
            continue
        where = f"line {element.sourceline}"
        context, unit = element.get("contextRef", ""), element.get("unitRef")
        yield from (context, unit or "")
        if not element.tag.startswith(ours):
            read.faults.append(("foreign_element", f"{where}: {element.tag}"))
        elif context not in contexts:
            read.faults.append(("missing_context", f"{where}: {context}"))
        elif unit is not None and unit not in units:
            read.faults.append(("missing_unit", f"{where}: {unit}"))
        elif element.get("decimals") != (None if unit is None else "INF"):
            read.faults.append(("not_exact", f"{where}: decimals"))
        elif (place := contexts[context]) and (unit is None or units[unit]):
            read.facts.append(_row(element, place, units[unit] if unit else None, len(ours)))


def _row(element: _Element, place: Place, unit: str | None, start: int) -> Row:
    told = (place.brin, place.member, place.level, place.period)
    return (place.board, element.tag[start:], *told, unit, element.text)


def _qname(element: _Element) -> str:
    prefix, _, name = (element.text or "").strip().rpartition(":")
    return f"{{{element.nsmap.get(prefix or None)}}}{name}"
