"""The filing as XBRL 2.1, one file per board, as the Dutch filing rules want it; and read back.

It is read as any reader of XBRL would: first the schema, compiled once, which takes a millisecond per file; then
contexts, units and facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from lxml import etree
from lxml.etree import _Element

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.xbrl import concepts
from npo_pipeline.reports.xbrl.arelle import standard_schema
from npo_pipeline.reports.xbrl.concepts import ENTITY_SCHEME, NAMESPACE, NAMESPACES, PREFIX, SCHEMA, qualified
from npo_pipeline.reports.xbrl.taxonomy.elements import intervention_keys
from npo_pipeline.reports.xbrl.taxonomy.package import taxonomy_files
from schemas.frames.accounts import Facts

MEASURES = {"EUR": "iso4217:EUR", "USD": "iso4217:USD", "pure": "xbrli:pure"}

_COLUMNS = ("concept", "unit", "value", "period", "brin", "member", "level")
_Row: TypeAlias = tuple[Any, ...]
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class Context(NamedTuple):
    """The context of facts of one board and one year; the fields are those of a fact."""

    period: str
    brin: str | None
    member: str | None
    level: str | None


def instance(facts: Facts, year: int) -> bytes:
    """Return the facts of one board and calendar year as an XBRL instance. The same facts give the same bytes.

    Raises:
        NpoError: the facts are of no board, or of several. A fault of ours.
    """
    boards = facts["board"].unique().to_list()
    if len(boards) != 1:
        raise NpoError(f"one filing is of one board, not of {len(boards)}; this is a fault of the program")
    rows: list[_Row] = facts.select(_COLUMNS).rows()
    names = {place: context_id(place, year) for place in {Context._make(row[3:]) for row in rows}}
    contexts = sorted(names, key=names.__getitem__)
    units = sorted({row[1] for row in rows if row[1]})
    lines = [
        _start(contexts, units),
        *[context_xml(context, boards[0], year) for context in contexts],
        *map(unit_xml, units),
        *[_fact_line(row, names[Context._make(row[3:])]) for row in rows],
        "</xbrli:xbrl>\n",
    ]
    return "\n".join(lines).encode("utf-8")


def _fact_line(row: _Row, context: str) -> str:
    concept, unit, value, *_ = row
    measured = f' unitRef="{unit}" decimals="INF"' if unit else ""
    # No ids here, by the Dutch filing rules (FG-NL-09); the facts on the page have them.
    return f'<{PREFIX}:{concept} contextRef="{context}"{measured}>{value.translate(_ESCAPED)}</{PREFIX}:{concept}>'


def _start(contexts: list[Context], units: list[str]) -> str:
    used = ["xbrli", "link", "xlink", PREFIX]
    if any(context[1:] != (None, None, None) for context in contexts):
        used.append("xbrldi")
    if any(MEASURES[unit].startswith("iso4217:") for unit in units):
        used.append("iso4217")
    spaces = "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in used)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<xbrli:xbrl{spaces} xml:lang="nl">\n'
        f'<link:schemaRef xlink:type="simple" xlink:href="{concepts.SCHEMA}"/>'
    )


def context_id(context: Context, year: int) -> str:
    """Return a readable name that is the same every time: `D2021`, `I2020`, `D2021_S01AB_A1`, `D2021_LSchool`."""
    when = {"duration": f"D{year}", "start": f"I{year - 1}", "end": f"I{year}"}[context.period]
    school = f"_S{context.brin}" if context.brin else ""
    member = f"_{context.member.upper()}" if context.member else ""
    level = f"_L{context.level.capitalize()}" if context.level else ""
    return f"{when}{school}{member}{level}"


def context_xml(context: Context, board: str, year: int) -> str:
    """Return the element `xbrli:context`; its axes are in the scenario, in a fixed order."""
    return (
        f'<xbrli:context id="{context_id(context, year)}">'
        f'<xbrli:entity><xbrli:identifier scheme="{concepts.ENTITY_SCHEME}">{board}</xbrli:identifier>'
        "</xbrli:entity>"
        f"<xbrli:period>{_period(context.period, year)}</xbrli:period>{_scenario(context)}</xbrli:context>"
    )


def unit_xml(unit: str) -> str:
    """Return the element `xbrli:unit` of `EUR`, `USD` or `pure`."""
    return f'<xbrli:unit id="{unit}"><xbrli:measure>{MEASURES[unit]}</xbrli:measure></xbrli:unit>'


def _period(period: str, year: int) -> str:
    if period == "duration":
        return f"<xbrli:startDate>{year}-01-01</xbrli:startDate><xbrli:endDate>{year}-12-31</xbrli:endDate>"
    return f"<xbrli:instant>{year - (period == 'start')}-12-31</xbrli:instant>"


def _scenario(context: Context) -> str:
    parts = []
    if context.member:
        parts.append(_explicit(concepts.INTERVENTION_AXIS, concepts.element_of(context.member)))
    if context.level:
        parts.append(_explicit(concepts.LEVEL_AXIS, concepts.LEVEL_ELEMENTS[context.level]))
    if context.brin:
        domain = f"{PREFIX}:{concepts.BRIN_DOMAIN}"
        parts.append(
            f'<xbrldi:typedMember dimension="{PREFIX}:{concepts.SCHOOL_AXIS}">'
            f"<{domain}>{context.brin}</{domain}></xbrldi:typedMember>"
        )
    return f"<xbrli:scenario>{''.join(parts)}</xbrli:scenario>" if parts else ""


def _explicit(axis: str, element: str) -> str:
    return f'<xbrldi:explicitMember dimension="{PREFIX}:{axis}">{PREFIX}:{element}</xbrldi:explicitMember>'


_SCHEMA_REFERENCE, _CONTEXT, _UNIT = map(qualified, ("link:schemaRef", "xbrli:context", "xbrli:unit"))
_EXPLICIT, _TYPED = qualified("xbrldi:explicitMember"), qualified("xbrldi:typedMember")
_BRIN = qualified(f"{PREFIX}:{concepts.BRIN_DOMAIN}")
_UNITS = {qualified(measure): unit for unit, measure in MEASURES.items()}
_OWN = f"{{{NAMESPACE}}}"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa1-\xff\u20a0-\u20cf]")
"""The Dutch filing rules (FR-NL-1.02) allow Latin-1 and signs of currencies."""

_ENTRY = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="{NAMESPACE}" schemaLocation="{SCHEMA}"/>
<xs:import namespace="{NAMESPACES["xbrldi"]}" schemaLocation="http://www.xbrl.org/2006/xbrldi-2006.xsd"/>
</xs:schema>"""

FactRow: TypeAlias = tuple[str | None, ...]
"""The columns of FACTS."""

Fault: TypeAlias = tuple[str, str]
"""The rule that is broken, and the line or the name where."""


class FaultFound(Exception):
    """A fault, as its two arguments, because of which a file or a context is not read any further."""


@dataclass
class ReadInstance:
    """The rows of FACTS of a file, and its faults."""

    facts: list[FactRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_back(board: str, content: bytes, year: int) -> ReadInstance:
    """Read one file.

    A file that is no valid XML by the schema is not read any further. A fact of a context or unit with a fault
    is left out, since nobody can say what it is of. `board`, `year`: those that the file must be of.
    """
    try:
        text = _decode(content)
        root = _parse(text)
    except FaultFound as fault:
        return ReadInstance(faults=[fault.args])
    instance = ReadInstance()
    if odd := _FORBIDDEN.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        instance.faults.append(("forbidden_letter", f"line {line}: U+{ord(odd.group()):04X}"))
    contexts = _contexts(root, board, year, instance.faults)
    units = _units(root, instance.faults)
    used = set(_read_facts(root, board, contexts, units=units, into=instance))
    instance.faults += [("unused_context", name) for name in contexts if name not in used]
    instance.faults += [("unused_unit", name) for name in units if name not in used]
    return instance


def _decode(content: bytes) -> str:
    if content.startswith(b"\xef\xbb\xbf"):
        raise FaultFound("byte_order_mark", "line 1")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FaultFound("not_utf_8", f"byte {error.start}") from error
    if "<!DOCTYPE" in text:
        raise FaultFound("document_type", "line 1")
    return text


def _parse(text: str) -> _Element:
    try:
        root = etree.fromstring(text.encode("utf-8"), _safe_parser())
    except etree.XMLSyntaxError as error:
        raise FaultFound("not_xml", f"line {error.lineno}: {error.msg}") from error
    schema = _compiled_schema()
    if not schema.validate(root):
        first = schema.error_log[0]
        raise FaultFound("schema", f"line {first.line}: {first.message}")
    return root


def _contexts(root: _Element, board: str, year: int, faults: list[Fault]) -> dict[str, Context | None]:
    """Return the contexts by id; None where one has a fault."""
    if [one.get(qualified("xlink:href")) for one in root.iterfind(_SCHEMA_REFERENCE)] != [SCHEMA]:
        faults.append(("schema_reference", "line 1"))
    contexts: dict[str, Context | None] = {}
    unique: set[Context] = set()
    for element in root.iterfind(_CONTEXT):
        name = element.get("id", "")
        contexts[name] = None
        try:
            context = _read_context(element, board, year)
            if context in unique:
                raise FaultFound("duplicate_context", "")
        except FaultFound as fault:
            rule, what = fault.args
            faults.append((rule, f"line {element.sourceline}: {name} {what}".rstrip()))
        else:
            contexts[name] = context
            unique.add(context)
    return contexts


def _read_context(element: _Element, board: str, year: int) -> Context:
    """Read a context that is valid by the schema, of a board and a year."""
    entity, period, *scenario = element
    if entity[0].get("scheme") != ENTITY_SCHEME:
        raise FaultFound("entity_scheme", "")
    if len(entity) > 1:
        raise FaultFound("unknown_axis", "segment")
    when = _periods(year).get(tuple((day.text or "").strip() for day in period))
    if when is None:
        raise FaultFound("wrong_year", "")
    members: dict[str, str] = {}
    for part in scenario[0] if scenario else ():
        axis, member = _read_member(part)
        if axis in members:
            raise FaultFound("unknown_axis", str(part.get("dimension")))
        members[axis] = member
    number = (entity[0].text or "").strip()
    if number != board:
        raise FaultFound("other_entity", number)
    axes = (concepts.SCHOOL_AXIS, concepts.INTERVENTION_AXIS, concepts.LEVEL_AXIS)
    return Context(when, *map(members.get, axes))


@cache
def _periods(year: int) -> dict[tuple[str, ...], str]:
    return {
        (f"{year}-01-01", f"{year}-12-31"): "duration",
        (f"{year - 1}-12-31",): "start",
        (f"{year}-12-31",): "end",
    }


def _read_member(part: _Element) -> tuple[str, str]:
    """Return the axis of one part of a scenario, and the member on it."""
    axis = _expanded(part, part.get("dimension")).removeprefix(_OWN)
    codes = _member_codes().get(axis)
    if axis == concepts.SCHOOL_AXIS and part.tag == _TYPED and [one.tag for one in part] == [_BRIN]:
        return axis, part[0].text or ""
    if codes is None or part.tag != _EXPLICIT:
        raise FaultFound("unknown_axis", str(part.get("dimension")))
    code = codes.get(_expanded(part, part.text).removeprefix(_OWN))
    if code is None:
        raise FaultFound("unknown_member", str(part.text))
    return axis, code


@cache
def _member_codes() -> dict[str, dict[str, str]]:
    """Return the codes of members by axis and element, without the default members: they may not be named."""
    interventions = concepts.ordered_members(intervention_keys())
    return {
        concepts.INTERVENTION_AXIS: {concepts.element_of(one): one for one in interventions},
        concepts.LEVEL_AXIS: {element: level for level, element in concepts.LEVEL_ELEMENTS.items()},
    }


def _units(root: _Element, faults: list[Fault]) -> dict[str, str | None]:
    """Return the units by id; None where one has a fault."""
    units: dict[str, str | None] = {}
    for element in root.iterfind(_UNIT):
        measures = [_expanded(one, one.text) for one in element.iter(qualified("xbrli:measure"))]
        name = element.get("id", "")
        unit = _UNITS.get(measures[0]) if len(measures) == 1 else None
        if unit is None or unit in units.values():
            fault = "unknown_unit" if unit is None else "duplicate_unit"
            faults.append((fault, f"line {element.sourceline}: {name}"))
            unit = None
        units[name] = unit
    return units


def _expanded(element: _Element, name: str | None) -> str:
    """Return a name that an element writes with a prefix, as lxml writes it."""
    prefix, _, local = (name or "").strip().rpartition(":")
    return f"{{{element.nsmap.get(prefix or None)}}}{local}"


def _read_facts(
    root: _Element,
    board: str,
    contexts: Mapping[str, Context | None],
    *,
    units: Mapping[str, str | None],
    into: ReadInstance,
) -> Iterator[str]:
    """Read the facts; yields the ids of contexts and units that they use."""
    for element in root:
        if element.tag in (_SCHEMA_REFERENCE, _CONTEXT, _UNIT):
            continue
        where = f"line {element.sourceline}"
        context_id, unit = element.get("contextRef", ""), element.get("unitRef")
        yield from (context_id, unit or "")
        if not element.tag.startswith(_OWN):
            into.faults.append(("foreign_element", f"{where}: {element.tag}"))
        elif context_id not in contexts:
            into.faults.append(("missing_context", f"{where}: {context_id}"))
        elif unit is not None and unit not in units:
            into.faults.append(("missing_unit", f"{where}: {unit}"))
        elif element.get("decimals") != (None if unit is None else "INF"):
            into.faults.append(("not_exact", f"{where}: decimals"))
        elif (context := contexts[context_id]) and (unit is None or units[unit]):
            period, *split = context
            measure = units[unit] if unit else None
            into.facts.append((board, element.tag.removeprefix(_OWN), *split, period, measure, element.text))


def _safe_parser() -> etree.XMLParser:
    """Return a parser that fetches nothing, expands nothing, and passes over comments."""
    safe = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    return etree.XMLParser(**safe, remove_comments=True, remove_pis=True)


class _StoredSchemas(etree.Resolver):  # type: ignore[misc]
    """Hands over the text of a schema by its address, so that none is fetched."""

    def resolve(self, system_url: str, public_id: str, context: object) -> object:
        own = system_url == SCHEMA
        content = taxonomy_files()[f"xbrl/{PREFIX}.xsd"] if own else standard_schema(system_url)
        return self.resolve_string(content, context, base_url=system_url)


@cache
def _compiled_schema() -> etree.XMLSchema:
    """Return the schema of the taxonomy with those of XBRL that it refers to.

    Raises:
        OSError: a schema of XBRL is not there.
    """
    parser = _safe_parser()
    parser.resolvers.add(_StoredSchemas())
    return etree.XMLSchema(etree.fromstring(_ENTRY.encode(), parser))
