"""A recognised file of a delivery, and its rows as frames of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import polars as pl

from npo_pipeline.delivery.csv_reader import read_blocks, text_blocks
from npo_pipeline.delivery.file_corrections import NOTHING_DECLARED, FileCorrections
from npo_pipeline.delivery.kinds import BOARD_REPORTS, FileKind
from npo_pipeline.delivery.register_blocks import RegisterBlock, encode, is_encodable, rows_alone
from npo_pipeline.delivery.sniff import Header, TextEncoding
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.delivery.workbook import Workbook
from npo_pipeline.errors import Refused
from npo_pipeline.translation import translated
from schemas.frames.intake import BlockEnrolments, FileRows
from schemas.rules import NOT_A_DATE


@dataclass(frozen=True, kw_only=True)
class DeliveredFile:
    """Represent a recognised file; either `text` or `workbook` holds what its rows are read from.

    `reference_date` is null for kinds that belong to no date. `remarks`: what the operator should know of it.
    `year`: of a file of several years, the one of which it is read.
    """

    source: SourceFile
    kind: FileKind
    sha256: str
    encoding: str
    text: tuple[TextEncoding, Header] | None = None
    workbook: Workbook | None = None
    reference_date: date | None = None
    corrections: FileCorrections = NOTHING_DECLARED
    remarks: tuple[str, ...] = ()
    year: str | None = None

    @classmethod
    def of_workbook(cls, source: SourceFile, kind: FileKind, book: Workbook, form: str = "xlsx") -> Self:
        """Return the file of a workbook, or of a sheet in it; `form` is `xlsx`, `xls` or `ods`."""
        return cls(source=source, kind=kind, sha256=book.sha256, encoding=form, workbook=book)

    @property
    def name(self) -> str:
        """The name of the file in its delivery."""
        return self.source.name

    @property
    def columns(self) -> list[str]:
        """Its columns."""
        if self.workbook is not None:
            return self.workbook.rows.drop("line").columns
        return list(self.text[1].columns) if self.text else []

    def original_blocks(self) -> Iterator[FileRows]:
        """Read its rows as they were delivered, with all columns of the file."""
        if self.workbook is not None:
            yield self.workbook.rows
        if self.text is not None:
            yield from self._read(text_blocks(self.source, *self.text))

    def _read(self, blocks: Iterator[FileRows]) -> Iterator[FileRows]:
        """Yield blocks; what is wrong with the file of a board is said in Dutch, which the board reads."""
        try:
            yield from blocks
        except Refused as refusal:
            if self.kind not in BOARD_REPORTS:
                raise
            raise Refused(translated(str(refusal))) from refusal

    def blocks(self) -> Iterator[FileRows]:
        """Read its rows with the declared corrections, dates without dashes, lacking columns as empty text."""
        return map(self._corrected, self.original_blocks())

    def register_blocks(self) -> Iterator[RegisterBlock]:
        """Read the same rows of a register, encoded but for those that are corrected or written otherwise."""
        if self.text is None or not is_encodable(self.text[1]):
            yield from map(rows_alone, self.blocks())
            return
        edited = self.corrections.edits.lines
        for block in read_blocks(self.source, *self.text):
            encoded = encode(block, edited.filter(block.holds(edited)))
            enrolments = BlockEnrolments(self._with_plain_dates(encoded.enrolments))
            yield replace(encoded, enrolments=enrolments, rows=self._corrected(encoded.rows))

    def rows_at(self, lines: pl.Series) -> FileRows:
        """Read the same rows that begin at some lines; the lines between them are not parsed."""
        if self.text is None:
            return FileRows(
                pl.concat(block.filter(pl.col("line").is_in(lines.implode())) for block in self.blocks())
            )
        found = []
        for block in read_blocks(self.source, *self.text):
            if (here := lines.filter(block.holds(lines))).len():
                found.append(self._corrected(block.rows_at(here)))
        return FileRows(pl.concat(found))

    def _corrected(self, rows: FileRows) -> FileRows:
        """Apply the declared corrections, and rewrite 2020-10-01 as 20201001, so that dates compare as text."""
        edited = self.corrections.edits.apply(rows)
        if self.year is not None:
            edited = FileRows(edited.filter(pl.col(str(self.kind.date_column)) == self.year))
        return FileRows(self._with_plain_dates(edited))

    def _with_plain_dates(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rewrite dates with dashes; columns of the kind that the file lacks become empty text."""
        held = {*rows.columns, *self.columns}
        whole = rows.with_columns(pl.lit("").alias(name) for name in self.kind.columns if name not in held)
        dashed = pl.col([name for name in self._dates if (whole[name].str.len_bytes() > 8).any()])
        return whole.with_columns(dashed.str.replace(r"^([0-9]{4})-([0-9]{2})-([0-9]{2})$", "$1$2$3"))

    @property
    def _dates(self) -> list[str]:
        columns = self.kind.model.columns.items()
        return [name for name, column in columns if NOT_A_DATE in [check.name for check in column.checks]]
