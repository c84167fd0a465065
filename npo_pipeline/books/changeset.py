"""What a run adds to the books."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandera.polars as pa
import polars as pl

from schemas.tables import select_columns, validated

_CHECKING = ThreadPoolExecutor(1)


@dataclass(kw_only=True)
class ChangeSet:
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
    checks: list[Future[pl.DataFrame]] = field(default_factory=list)

    def add(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> None:
        """Add rows to a table. Rows of the books are never changed."""
        self.added[model.name] = self._under_check(model, frame)

    def derive(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> None:
        """Put a table that follows from others (the directory of schools) in place of the one before."""
        self.derived[model.name] = self._under_check(model, frame)

    def settle(self) -> None:
        """Wait until all rows are checked against the models of their tables; nothing is published before.

        Raises:
            pandera.errors.SchemaErrors: a row is not what its table holds: a fault of ours.
        """
        for check in self.checks:
            check.result()

    def _under_check(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> pl.DataFrame:
        # The checks go on while the rows are hashed and written in the private copy of the books.
        rows = select_columns(frame, model)
        self.checks.append(_CHECKING.submit(validated, rows, model))
        return rows

    def supersede(self, delivery_id: str, by: str) -> None:
        """Say of an older delivery which one came in its place."""
        self.superseded[delivery_id] = by
