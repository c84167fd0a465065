"""Contexts and units: of whom, when and of what part a fact is told, and what it is counted in."""

from __future__ import annotations

from typing import NamedTuple

from npo_pipeline.reports.filing.members import (
    BRIN_DOMAIN,
    INTERVENTION_AXIS,
    LEVEL_AXIS,
    LEVEL_ELEMENTS,
    SCHOOL_AXIS,
    element_of,
)
from npo_pipeline.reports.filing.uris import ENTITY_SCHEME, PREFIX

MEASURES = {"EUR": "iso4217:EUR", "USD": "iso4217:USD", "pure": "xbrli:pure"}


class Context(NamedTuple):
    """The context of facts of one board and one year; the fields are those of a fact."""

    period: str
    brin: str | None
    member: str | None
    level: str | None


def context_id(context: Context, year: int) -> str:
    """A readable name that is the same every time: `D2021`, `I2020`, `D2021_S01AB_A1`, `D2021_LSchool`."""
    when = {"duration": f"D{year}", "start": f"I{year - 1}", "end": f"I{year}"}[context.period]
    school = f"_S{context.brin}" if context.brin else ""
    member = f"_{context.member.upper()}" if context.member else ""
    level = f"_L{context.level.capitalize()}" if context.level else ""
    return f"{when}{school}{member}{level}"


def context_xml(context: Context, board: str, year: int) -> str:
    """The element `xbrli:context`; its axes stand in the scenario, in a fixed order."""
    return (
        f'<xbrli:context id="{context_id(context, year)}">'
        f'<xbrli:entity><xbrli:identifier scheme="{ENTITY_SCHEME}">{board}</xbrli:identifier></xbrli:entity>'
        f"<xbrli:period>{_period(context.period, year)}</xbrli:period>{_scenario(context)}</xbrli:context>"
    )


def unit_xml(unit: str) -> str:
    """The element `xbrli:unit` of `EUR`, `USD` or `pure`."""
    return f'<xbrli:unit id="{unit}"><xbrli:measure>{MEASURES[unit]}</xbrli:measure></xbrli:unit>'


def _period(period: str, year: int) -> str:
    if period == "duration":
        return f"<xbrli:startDate>{year}-01-01</xbrli:startDate><xbrli:endDate>{year}-12-31</xbrli:endDate>"
    return f"<xbrli:instant>{year - (period == 'start')}-12-31</xbrli:instant>"


def _scenario(context: Context) -> str:
    parts = []
    if context.member:
        parts.append(_explicit(INTERVENTION_AXIS, element_of(context.member)))
    if context.level:
        parts.append(_explicit(LEVEL_AXIS, LEVEL_ELEMENTS[context.level]))
    if context.brin:
        domain = f"{PREFIX}:{BRIN_DOMAIN}"
        parts.append(
            f'<xbrldi:typedMember dimension="{PREFIX}:{SCHOOL_AXIS}">'
            f"<{domain}>{context.brin}</{domain}></xbrldi:typedMember>"
        )
    return f"<xbrli:scenario>{''.join(parts)}</xbrli:scenario>" if parts else ""


def _explicit(axis: str, element: str) -> str:
    return f'<xbrldi:explicitMember dimension="{PREFIX}:{axis}">{PREFIX}:{element}</xbrldi:explicitMember>'
