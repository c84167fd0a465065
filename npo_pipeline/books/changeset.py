"""The changeset of a run: everything that it will write in the books."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl

from schemas.tables import select_columns, validated

if TYPE_CHECKING:
    from npo_pipeline.intake.plan import IntakePlan

_VALIDATION = ThreadPoolExecutor(1)


@dataclass(kw_only=True)
class ChangeSet:
    """Hold the rows to append per table, the tables to replace, and the deliveries to mark as superseded.

    `month`: of a payment run. `appended`, `replaced`: table -> rows. `superseded`: delivery_id -> the delivery_id
    that supersedes it. `manifest_entries`: go into the manifest as they are.
    """

    run_id: str
    command: str
    month: date | None = None
    manifest_entries: dict[str, Any] = field(default_factory=dict)
    appended: dict[str, pl.DataFrame] = field(default_factory=dict)
    replaced: dict[str, pl.DataFrame] = field(default_factory=dict)
    superseded: dict[str, str] = field(default_factory=dict)
    _checks: list[Future[pl.DataFrame]] = field(default_factory=list)

    def apply(self, plan: IntakePlan) -> None:
        """Apply a plan: append its rows, replace its derived tables, mark what it supersedes."""
        for model, frame in plan.appended.values():
            self.append(model, frame)
        for model, frame in plan.replaced.values():
            self.replace(model, frame)
        for older, newer in plan.superseded.items():
            self.supersede(older, newer)
        self.manifest_entries.update(plan.manifest_entries)

    def append(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> None:
        """Append rows to a table. Rows that are in the books already are never changed."""
        self.appended[model.name] = self._start_check(model, frame)

    def replace(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> None:
        """Replace all rows of a table that is derived from others, such as the directory of schools."""
        self.replaced[model.name] = self._start_check(model, frame)

    def supersede(self, delivery_id: str, by: str) -> None:
        """Mark a delivery as superseded by a later one."""
        self.superseded[delivery_id] = by

    def wait_for_checks(self) -> None:
        """Wait until all rows are validated against the models of their tables; nothing is published before.

        Raises:
            pandera.errors.SchemaErrors: a row is not what its table holds: a fault of ours.
        """
        for check in self._checks:
            check.result()

    def _start_check(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> pl.DataFrame:
        # Rows are validated while they are hashed and written in the private copy of the books.
        rows = select_columns(frame, model)
        self._checks.append(_VALIDATION.submit(validated, rows, model))
        return rows
