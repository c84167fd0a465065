"""The filing as XBRL 2.1, one file per board, as the Dutch filing rules want it."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.xbrl import concepts
from npo_pipeline.reports.xbrl.concepts import NAMESPACES, PREFIX
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
