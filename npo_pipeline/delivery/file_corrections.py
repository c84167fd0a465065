"""Declared corrections: the files that declare them, and those of one file, ready to be applied.

Reading them takes a library that reads YAML (`corrections`); this module does not load it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from npo_pipeline.delivery.sniff import ScannedFile

if TYPE_CHECKING:
    import polars as pl

    from schemas.frames.intake import FileRows


_ENDINGS = (".yaml", ".yml")
_BEGINS = re.compile(rb"""^[{ ]*["']?(corrections|replaces)["']?[ \t]*:""", re.MULTILINE)
"""One of the two keys that such a file has at its top."""

MAX_SIZE = 2**20
"""Bytes that a file of corrections may have; no more are searched."""


def split_correction_files(files: Sequence[ScannedFile]) -> tuple[list[ScannedFile], list[ScannedFile]]:
    """Split a delivery into files of corrections, known by their ending and a key, and all others."""
    found = [one for one in files if _is_correction_file(one)]
    return found, [one for one in files if one not in found]


def _is_correction_file(one: ScannedFile) -> bool:
    if not one.file.name.lower().endswith(_ENDINGS) or one.encoding is None:
        return False
    with one.file.open() as stream:
        return _BEGINS.search(stream.read(MAX_SIZE).removeprefix(codecs.BOM_UTF8)) is not None


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
    column_name: str
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

    @property
    def lines(self) -> pl.Series:
        """The lines that are changed or dropped."""
        import polars as pl

        changed = {line for lines in self.values.values() for line in lines}
        return pl.Series("line", sorted(changed.union(self.dropped)), pl.Int64)

    def apply(self, block: FileRows) -> FileRows:
        """Apply the changes to a block of rows."""
        if not self.values and not self.dropped:
            return block
        import polars as pl

        from schemas.frames.intake import FileRows

        line = pl.col("line")
        changed = block.with_columns(
            line.replace_strict(
                list(lines), list(lines.values()), default=pl.col(column), return_dtype=pl.String
            ).alias(column)
            for column, lines in self.values.items()
        )
        return FileRows(changed.filter(~line.is_in(list(self.dropped))))


@dataclass(frozen=True)
class FileCorrections:
    """Hold all that was declared of a file: its edits, the corrections they come from, and its resubmissions."""

    edits: Edits = Edits()
    applied: tuple[Corrected, ...] = ()
    resubmissions: tuple[Resubmission, ...] = ()


NOTHING_DECLARED = FileCorrections()
