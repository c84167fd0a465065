"""Declared corrections of one file, ready to be applied; needs no library that reads YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Source:
    """Name an entry of a file of corrections: name and sha256 of the file, and the line of the entry."""

    name: str
    sha256: str
    line: int

    def __str__(self) -> str:
        return f"{self.name}, line {self.line}"


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """Represent a correction that was applied to a row.

    `vestigingen`: those of the row before and after the correction. In a pupil register `expected` and `value` are
    null: the values are of a pupil.
    """

    line: int
    vestigingen: tuple[str, ...]
    column: str
    action: str
    expected: str | None
    value: str | None
    reason: str
    reported_by: str
    reported_on: date
    expires: date
    source: Source


@dataclass(frozen=True, kw_only=True)
class Resubmission:
    """Represent rejected lines of an earlier delivery that the rows of a file resolve."""

    delivery_id: str
    lines: tuple[int, ...]
    reason: str
    reported_by: str
    source: Source


@dataclass(frozen=True)
class Edits:
    """Hold the changes in the rows of a file. `values`: column -> line -> the new value; `dropped`: lines."""

    values: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    dropped: tuple[int, ...] = ()

    def apply(self, block: pl.DataFrame) -> pl.DataFrame:
        """Apply the changes to a block of rows (`line` and text columns)."""
        if not self.values and not self.dropped:
            return block
        import polars as pl

        line = pl.col("line")
        changed = block.with_columns(
            line.replace_strict(
                list(lines), list(lines.values()), default=pl.col(column), return_dtype=pl.String
            ).alias(column)
            for column, lines in self.values.items()
        )
        return changed.filter(~line.is_in(list(self.dropped))) if self.dropped else changed


@dataclass(frozen=True)
class FileCorrections:
    """Hold all that was declared of a file: its edits, the corrections they come from, and its resubmissions."""

    edits: Edits = Edits()
    applied: tuple[Corrected, ...] = ()
    resubmissions: tuple[Resubmission, ...] = ()


NOTHING_DECLARED = FileCorrections()
