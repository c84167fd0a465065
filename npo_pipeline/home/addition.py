"""What a run adds to the books."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandera.polars as pa
import polars as pl

from schemas.tables import checked


@dataclass(kw_only=True)
class Addition:
    """New rows per table, derived tables that are replaced, deliveries that give way to new ones.

    `month` is the month of a payment run. `facts` go into the manifest as they are.
    """

    run_id: str
    command: str
    month: date | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    added: dict[str, pl.DataFrame] = field(default_factory=dict)
    derived: dict[str, pl.DataFrame] = field(default_factory=dict)
    superseded: dict[str, str] = field(default_factory=dict)

    def add(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> None:
        """Add rows to a table, checked against its model. Rows of the books are never changed."""
        self.added[model.name] = checked(frame, model)

    def derive(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> None:
        """Put a table that follows from others (the directory of schools) in place of the one before."""
        self.derived[model.name] = checked(frame, model)

    def supersede(self, delivery_id: str, by: str) -> None:
        """Say of an older delivery which one came in its place."""
        self.superseded[delivery_id] = by
