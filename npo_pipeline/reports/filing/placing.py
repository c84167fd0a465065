"""Where and when the facts of a context are, read from its XML."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from npo_pipeline.reports.filing import members
from npo_pipeline.reports.filing.taxonomy.elements import keys
from npo_pipeline.reports.filing.uris import ENTITY_SCHEME, NAMESPACE, XBRLDI

if TYPE_CHECKING:
    from lxml.etree import _Element

_EXPLICIT, _TYPED = f"{{{XBRLDI}}}explicitMember", f"{{{XBRLDI}}}typedMember"
_BRIN = f"{{{NAMESPACE}}}{members.BRIN_DOMAIN}"

Trouble = tuple[str, str]


class Place(NamedTuple):
    """The columns of a fact that its context tells."""

    board: str
    period: str
    brin: str | None
    member: str | None
    level: str | None


def place_of(context: _Element, year: int) -> Place | Trouble:
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
    values = (found.get(axis) for axis in (members.SCHOOL_AXIS, members.INTERVENTION_AXIS, members.LEVEL_AXIS))
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
    if part.tag == _TYPED and axis == members.SCHOOL_AXIS and len(part) == 1 and part[0].tag == _BRIN:
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
        members.INTERVENTION_AXIS: {members.element_of(one): one for one in members.in_order(keys())},
        members.LEVEL_AXIS: {element: level for level, element in members.LEVEL_ELEMENTS.items()},
    }


def _local(spaces: Mapping[str | None, str], qname: str | None) -> str | None:
    """The name of one of our elements; None when it is of another namespace."""
    prefix, _, name = (qname or "").strip().rpartition(":")
    return name if spaces.get(prefix or None) == NAMESPACE else None
