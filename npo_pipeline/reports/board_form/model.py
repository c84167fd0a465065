"""The data of the workbook of a board: year, schools, the menukaart, and rows that are filled in already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

import polars as pl

from schemas.frames.accounts import SchoolOpenings

Menu: TypeAlias = Sequence[tuple[str, str, Sequence[str]]]
"""For each category its letter, its official name and its interventions."""

SHEETS = ("Toelichting", "Besteding", "Instemming", "Scholen", "Menukaart")
ROWS_PER_SCHOOL, ROWS_MORE = 6, 200
"""Empty rows to fill in: for each school, and below those for any other."""

FIRST_SCHOOL = 5
"""The row of the first school on sheet `Scholen` (1 is the top)."""


@dataclass(frozen=True, kw_only=True)
class BoardForm:
    """A workbook to be filled in.

    `school_years`: those of which consent is asked. `spending`: rows filled in already, brin, category,
    intervention, level, amount, external. `consents`: the same, the columns of `consents` from `brin` on.
    """

    year: int
    board: str
    schools: SchoolOpenings
    menu: Menu
    school_years: tuple[str, ...]
    spending: pl.DataFrame | None = None
    consents: pl.DataFrame | None = None

    @property
    def brins(self) -> list[str]:
        """Return the schools, in order."""
        return self.schools["brin"].to_list()

    @property
    def brin_list(self) -> str:
        """Return the cells of sheet `Scholen` that list the schools, for a drop-down."""
        return f"=Scholen!$A${FIRST_SCHOOL}:$A${FIRST_SCHOOL + max(len(self.brins), 1) - 1}"


def number(amount: Decimal) -> float:
    """Return an amount as a workbook holds it: the nearest double, which gives back its two decimals exactly."""
    return float(amount)
