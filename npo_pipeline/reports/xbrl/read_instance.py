"""XBRL read back: the facts as a reader finds them, and what is wrong with the file that holds them.

Where and when the facts of a context are, read from its XML.

The schema of a filing, compiled: what any validator would hold against it, in a millisecond per file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from npo_pipeline.reports.xbrl import concepts
from npo_pipeline.reports.xbrl.arelle import standard_schema
from npo_pipeline.reports.xbrl.concepts import ENTITY_SCHEME, LINK, NAMESPACE, PREFIX, SCHEMA, XBRLDI, XBRLI, XLINK
from npo_pipeline.reports.xbrl.taxonomy.elements import intervention_keys
from npo_pipeline.reports.xbrl.taxonomy.package import taxonomy_files

if TYPE_CHECKING:
    from lxml import etree
    from lxml.etree import _Element


_EXPLICIT, _TYPED = f"{{{XBRLDI}}}explicitMember", f"{{{XBRLDI}}}typedMember"
_BRIN = f"{{{NAMESPACE}}}{concepts.BRIN_DOMAIN}"

Trouble = tuple[str, str]


class Place(NamedTuple):
    """The columns of a fact that its context tells."""

    board: str
    period: str
    brin: str | None
    member: str | None
    level: str | None


def read_context(context: _Element, year: int) -> Place | Trouble:
    """The place of a context that is valid by the schema, or which rule it breaks and with what."""
    entity, period, *scenario = context
    if entity[0].get("scheme") != ENTITY_SCHEME:
        return "entity_scheme", ""
    if len(entity) > 1:
        return "unknown_axis", "segment"
    when = _periods(year).get(tuple((day.text or "").strip() for day in period))
    if when is None:
        return "wrong_year", ""
    found: dict[str, str] = {}
    for part in scenario[0] if scenario else ():
        if trouble := _add(part, found):
            return trouble
    values = (found.get(axis) for axis in (concepts.SCHOOL_AXIS, concepts.INTERVENTION_AXIS, concepts.LEVEL_AXIS))
    return Place((entity[0].text or "").strip(), when, *values)


@cache
def _periods(year: int) -> dict[tuple[str, ...], str]:
    return {
        (f"{year}-01-01", f"{year}-12-31"): "duration",
        (f"{year - 1}-12-31",): "start",
        (f"{year}-12-31",): "end",
    }


def _add(part: _Element, found: dict[str, str]) -> Trouble | None:
    """Read one part of a scenario into what was found."""
    spaces = part.nsmap
    axis = _local(spaces, part.get("dimension"))
    codes = _codes().get(axis or "")
    if axis is None or axis in found:
        return "unknown_axis", str(part.get("dimension"))
    if part.tag == _TYPED and axis == concepts.SCHOOL_AXIS and len(part) == 1 and part[0].tag == _BRIN:
        found[axis] = part[0].text or ""
    elif part.tag == _EXPLICIT and codes is not None:
        code = codes.get(_local(spaces, part.text) or "")
        if code is None:
            return "unknown_member", str(part.text)
        found[axis] = code
    else:
        return "unknown_axis", str(part.get("dimension"))
    return None


@cache
def _codes() -> dict[str, dict[str, str]]:
    """The codes of members by axis and element; the default members are not there: they may not be named."""
    return {
        concepts.INTERVENTION_AXIS: {
            concepts.element_of(one): one for one in concepts.in_order(intervention_keys())
        },
        concepts.LEVEL_AXIS: {element: level for level, element in concepts.LEVEL_ELEMENTS.items()},
    }


def _local(spaces: Mapping[str | None, str], qname: str | None) -> str | None:
    """The name of one of our elements; None when it is of another namespace."""
    prefix, _, name = (qname or "").strip().rpartition(":")
    return name if spaces.get(prefix or None) == NAMESPACE else None


_ENTRY = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="{NAMESPACE}" schemaLocation="{SCHEMA}"/>
<xs:import namespace="{XBRLDI}" schemaLocation="http://www.xbrl.org/2006/xbrldi-2006.xsd"/>
</xs:schema>"""


def safe_parser() -> etree.XMLParser:
    """A parser that fetches nothing, expands nothing, and passes over comments."""
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


@cache
def compiled() -> etree.XMLSchema:
    """The schema of the taxonomy with those of XBRL that it stands on; none is fetched.

    Raises:
        OSError: a schema of XBRL is not there.
    """
    from lxml import etree

    class Kept(etree.Resolver):  # type: ignore[misc]
        """Hands over the text of a schema by its address."""

        def resolve(self, system_url: str, public_id: str, context: object) -> object:
            if system_url == SCHEMA:
                content = taxonomy_files()[f"xbrl/{PREFIX}.xsd"]
            else:
                content = standard_schema(system_url)
            return self.resolve_string(content, context, base_url=system_url)

    parser = safe_parser()
    parser.resolvers.add(Kept())
    return etree.XMLSchema(etree.fromstring(_ENTRY.encode(), parser))


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
        place = read_context(element, year)
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
