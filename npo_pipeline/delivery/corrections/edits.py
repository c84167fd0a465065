"""What was declared of one file, ready to be applied: it needs no library that reads YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Source:
    """The file of corrections that declares something: its name and sha256, and the line of the entry."""

    name: str
    sha256: str
    line: int

    def __str__(self) -> str:
        return f"{self.name}, line {self.line}"


@dataclass(frozen=True)
class Corrected:
    """A correction that was applied to a row.

    `vestigingen`: those the row told of before and tells of now. In a pupil register `expected` and `value` are
    null: what stands there is of a pupil.
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


@dataclass(frozen=True)
class Resubmission:
    """Refused lines of an earlier delivery that the rows of a file take the place of."""

    delivery_id: str
    lines: tuple[int, ...]
    reason: str
    reported_by: str
    source: Source


@dataclass(frozen=True)
class Edits:
    """Changes in the rows of a file. `values`: column -> line -> the value that comes to stand there."""

    values: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    dropped: tuple[int, ...] = ()

    def of(self, block: pl.DataFrame) -> pl.DataFrame:
        """A block of rows (`line` and text columns) with the changes in it."""
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
    """All that was declared of a file."""

    edits: Edits = Edits()
    corrections: tuple[Corrected, ...] = ()
    replaces: tuple[Resubmission, ...] = ()


NOTHING_DECLARED = FileCorrections()
