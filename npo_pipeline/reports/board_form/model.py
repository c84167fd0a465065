"""What the workbook of a board is made of: its year, its schools, the menukaart, and what is filled in already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

import polars as pl

Menu: TypeAlias = Sequence[tuple[str, str, Sequence[str]]]
"""Of each category its letter, its official name and its interventions."""

SHEETS = ("Toelichting", "Besteding", "Instemming", "Scholen", "Menukaart")
ROWS_PER_SCHOOL, ROWS_MORE = 6, 200
"""Rows that wait to be filled in: for each school, and below those for whatever comes."""

FIRST_SCHOOL = 5
"""The row of the first school on sheet `Scholen` (1 is the top)."""


@dataclass(frozen=True)
class BoardForm:
    """A workbook to be filled in. `schools`: brin, name, received, carried_in, sorted by brin."""

    year: int
    board: str
    schools: pl.DataFrame
    menu: Menu
    school_years: tuple[str, ...]
    spending: pl.DataFrame | None
    consents: pl.DataFrame | None

    @property
    def brins(self) -> list[str]:
        """The schools, in order."""
        return self.schools["brin"].to_list()

    @property
    def brin_list(self) -> str:
        """Where sheet `Scholen` lists the schools, for a drop-down."""
        return f"=Scholen!$A${FIRST_SCHOOL}:$A${FIRST_SCHOOL + max(len(self.brins), 1) - 1}"


def number(amount: Decimal) -> float:
    """An amount as a workbook holds it: the double nearest to it, which its two decimals give back exactly."""
    return float(amount)
