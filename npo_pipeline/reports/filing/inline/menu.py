"""Members of the axes by the names that the taxonomy gives them, so that page and taxonomy say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from npo_pipeline.regulations.accountability.load import year_end_rules
from npo_pipeline.reports.filing.members import LEVEL_ELEMENTS, TOP, element_of
from npo_pipeline.reports.filing.taxonomy.elements import elements, keys


@dataclass(frozen=True)
class Menu:
    """`names`: of categories, behind their letter, and of interventions. `category`: of an intervention.

    `levels`: the names of levels.
    """

    names: Mapping[str, str]
    category: Mapping[str, str]
    levels: Mapping[str, str]


@cache
def menu() -> Menu:
    """All that ever stood on the menukaart, what is not on it, and the levels."""
    called = {one.name: one.nl for one in elements()}
    categories = year_end_rules().menukaart.all_categories()
    return Menu(
        {member: called[element_of(member)] for member in (*TOP, *keys())},
        {key: str(letter) for letter, one in categories.items() for key in one.interventions},
        {level: called[name] for level, name in LEVEL_ELEMENTS.items()},
    )
