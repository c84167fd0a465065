"""The elements of the taxonomy besides concepts: tables, axes, members and their heads, with labels."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import cache
from typing import Literal, TypeAlias

from npo_pipeline.reports.xbrl import concepts
from npo_pipeline.reports.xbrl.concepts import CONCEPTS, Concept
from npo_pipeline.rulebook.year_end import year_end_rules

Nature: TypeAlias = Literal["head", "table", "axis", "typed axis", "member"]


@dataclass(frozen=True)
class Element:
    """An abstract element. `under`: the element it hangs under as a member of an axis."""

    name: str
    nature: Nature
    nl: str
    en: str
    _: KW_ONLY
    under: str | None = None


@dataclass(frozen=True)
class Part:
    """One of the two parts of a filing: of the board, and of each of its schools."""

    name: str
    role: str
    axes: tuple[str, ...]
    concepts: tuple[Concept, ...]

    @property
    def head(self) -> str:
        """Return the element under which the part is shown."""
        return f"{self.name}Abstract"

    @property
    def table(self) -> str:
        """Return the hypercube."""
        return f"{self.name}Table"

    @property
    def lines(self) -> str:
        """Return the head of the concepts that have the hypercube."""
        return f"{self.name}LineItems"


_SPLIT = (concepts.INTERVENTION_AXIS, concepts.LEVEL_AXIS)
BOARD_PART = Part("Board", concepts.BOARD_ROLE, _SPLIT, tuple(one for one in CONCEPTS if one.board))
SCHOOL_PART = Part(
    "School", concepts.SCHOOL_ROLE, (concepts.SCHOOL_AXIS, *_SPLIT), tuple(one for one in CONCEPTS if one.school)
)

_HEADS = (
    Element(
        BOARD_PART.head, "head", "Verantwoording NPO van het bevoegd gezag", "NPO accountability of the board"
    ),
    Element(BOARD_PART.table, "table", "Bevoegd gezag: interventie en niveau", "Board: intervention and level"),
    Element(BOARD_PART.lines, "head", "Cijfers en antwoorden", "Figures and answers"),
    Element(SCHOOL_PART.head, "head", "Verantwoording NPO per school", "NPO accountability per school"),
    Element(SCHOOL_PART.table, "table", "School: interventie en niveau", "School: intervention and level"),
    Element(SCHOOL_PART.lines, "head", "Cijfers en antwoorden per school", "Figures and answers per school"),
)
_AXES = (
    Element(concepts.SCHOOL_AXIS, "typed axis", "School (BRIN)", "School (BRIN)"),
    Element(concepts.INTERVENTION_AXIS, "axis", "Interventie", "Intervention"),
    Element(concepts.LEVEL_AXIS, "axis", "Niveau", "Level"),
)
_LEVELS = (
    Element(concepts.ALL_LEVELS, "member", "Alle niveaus", "All levels", under=concepts.LEVEL_AXIS),
    Element("LevelSchool", "member", "Door de school", "By the school", under=concepts.ALL_LEVELS),
    Element("LevelBovenschools", "member", "Bovenschools", "By the board for schools", under=concepts.ALL_LEVELS),
)


@cache
def elements() -> tuple[Element, ...]:
    """Return every element that is not a concept, in order."""
    return (*_HEADS, *_AXES, *_interventions(), *_LEVELS)


@cache
def intervention_keys() -> tuple[str, ...]:
    """Return the keys of all interventions that were ever on the menukaart."""
    menu = year_end_rules().menukaart.all_categories()
    return tuple(key for category in menu.values() for key in category.interventions)


def _interventions() -> tuple[Element, ...]:
    whole = concepts.ALL_INTERVENTIONS
    found = [Element(whole, "member", "Alle interventies", "All interventions", under=concepts.INTERVENTION_AXIS)]
    for letter, category in year_end_rules().menukaart.all_categories().items():
        head = concepts.element_of(letter)
        found.append(
            Element(head, "member", f"{letter}. {category.name}", f"{letter}. {category.name}", under=whole)
        )
        for key, name in category.interventions.items():
            found.append(Element(concepts.element_of(key), "member", name, name, under=head))
    off = concepts.element_of(concepts.NOT_ON_MENU)
    return (*found, Element(off, "member", "Niet op de menukaart", "Not on the menukaart", under=whole))
