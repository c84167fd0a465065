"""A sheet of a workbook: columns, and rows of values with amounts in whole cents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Row = tuple[str, Sequence[Any]]
"""The currency of the row (empty where it has no amounts) and its values."""


@dataclass(frozen=True)
class Column:
    """A column. `kind`: text, wrapped, whole, quantity, money, rate, share, or day (counted as Excel does)."""

    title: str
    kind: str = "text"
    width: int = 12

    @property
    def places(self) -> int:
        """How many decimals the whole numbers of the column stand for."""
        return {"quantity": 2, "money": 2, "share": 4, "rate": 8}.get(self.kind, 0)


@dataclass(frozen=True)
class Sheet:
    """A sheet. `frozen`: columns that stay in sight."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    frozen: int = 0
