"""The filters by which the variables of assertions choose their facts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from npo_pipeline.reports.filing import members
from npo_pipeline.reports.filing.taxonomy.elements import keys
from npo_pipeline.reports.filing.uris import PREFIX

COMPLEMENT = ("no-school",)
"""Filters that choose what they do not match. That works on a typed axis only: it has no default."""

COMPARED = ("of-school",)
"""Filters that leave what they look at to be compared: the facts of one evaluation are then of the same school."""


@cache
def filters() -> dict[str, str]:
    """The inside of the element of each filter, by name: tag and contents."""
    top = [members.element_of(one) for one in members.TOP]
    single = [members.element_of(one) for one in (*keys(), members.NOT_ON_MENU)]
    axis, level = members.INTERVENTION_AXIS, members.LEVEL_AXIS
    return {
        "whole-intervention": _explicit(axis, [members.ALL_INTERVENTIONS]),
        "each-category": _explicit(axis, top),
        "each-intervention": _explicit(axis, single),
        "whole-level": _explicit(level, [members.ALL_LEVELS]),
        "each-level": _explicit(level, members.LEVEL_ELEMENTS.values()),
        "each-school": _typed(),
        "of-school": _typed(),
        "no-school": _typed(),
        "at-start": '<pf:instantDuration LABEL variable="received" boundary="start"/>',
        "at-end": '<pf:instantDuration LABEL variable="received" boundary="end"/>',
        "any-unit": "<acf:aspectCover LABEL><acf:aspect>unit</acf:aspect></acf:aspectCover>",
    }


def filter_xml(name: str) -> str:
    """A filter as a resource, labelled with its name."""
    return filters()[name].replace("LABEL", _label(name))


def concept_filter(concept: str) -> str:
    """A filter of one concept, labelled with the name of the concept."""
    inside = f"<cf:concept><cf:qname>{PREFIX}:{concept}</cf:qname></cf:concept>"
    return f"<cf:conceptName {_label(concept)}>{inside}</cf:conceptName>"


def _label(name: str) -> str:
    return f'xlink:type="resource" xlink:label="filter_{name}"'


def _explicit(axis: str, elements: Iterable[str]) -> str:
    qname = f"<df:dimension><df:qname>{PREFIX}:{axis}</df:qname></df:dimension>"
    each = "".join(f"<df:member><df:qname>{PREFIX}:{one}</df:qname></df:member>" for one in elements)
    return f"<df:explicitDimension LABEL>{qname}{each}</df:explicitDimension>"


def _typed() -> str:
    qname = f"<df:dimension><df:qname>{PREFIX}:{members.SCHOOL_AXIS}</df:qname></df:dimension>"
    return f"<df:typedDimension LABEL>{qname}</df:typedDimension>"
