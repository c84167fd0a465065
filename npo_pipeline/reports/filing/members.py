"""The members of the axes: categories, what is not on the menukaart, interventions, and levels."""

from __future__ import annotations

import re
from collections.abc import Iterable

CATEGORIES = ("A", "B", "C", "D", "E", "F")
NOT_ON_MENU = "X"
"""What a board spent that is not on the menukaart: neither a category nor an intervention can have it."""

TOP = (*CATEGORIES, NOT_ON_MENU)
"""These add up to all that was spent; so do the interventions and `X`."""

INTERVENTION_AXIS, ALL_INTERVENTIONS = "InterventionAxis", "AllInterventions"
LEVEL_AXIS, ALL_LEVELS = "LevelAxis", "AllLevels"
SCHOOL_AXIS, BRIN_DOMAIN = "SchoolAxis", "Brin"

LEVEL_ELEMENTS = {"school": "LevelSchool", "bovenschools": "LevelBovenschools"}

_KEY = re.compile(r"^([a-z]+)([0-9]*)$")


def in_order(keys: Iterable[str]) -> tuple[str, ...]:
    """All members in the order of the menukaart: `A` to `F`, `X`, then the interventions (`b2` before `b10`)."""
    return (*TOP, *sorted(set(keys), key=_place))


def element_of(member: str) -> str:
    """The element of a member of the axis of interventions: `CategoryA`, `NotOnMenu`, `InterventionA1`."""
    if member == NOT_ON_MENU:
        return "NotOnMenu"
    return f"Category{member}" if member in CATEGORIES else f"Intervention{member.upper()}"


def _place(key: str) -> tuple[str, int, str]:
    found = _KEY.match(key)
    return (found[1], int(found[2] or 0), key) if found else (key, 0, key)
