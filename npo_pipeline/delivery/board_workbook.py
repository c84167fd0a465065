"""The workbook of a board that accounts for a year: two sheets, each read as a file of its own kind."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.delivery.xlsx_reader import (
    SheetMarks,
    Workbook,
    names_of,
    sheet_cells,
    sheet_marks,
    sheet_names,
    workbook_bytes,
)
from npo_pipeline.errors import Refused
from schemas.frames.intake import FileRows

SPENDING, CONSENTS = "Besteding", "Instemming"
"""The names of the two sheets."""

_KINDS = {SPENDING: kinds.SPENDING, CONSENTS: kinds.CONSENTS}
PREFILLED = ("BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER", "JAAR", "SCHOOLJAAR")
"""Columns that the blank workbook fills in; a row with nothing else in it was left open."""

_DATES = ("DATUM_MR", "DATUM_GMR")
_ROWS_ABOVE = 50
"""Rows that are searched for the header."""


@dataclass(frozen=True)
class Form:
    """Represent a sheet that was filled in: a file of its own kind, with the rows of that sheet."""

    file: SourceFile
    kind: FileKind
    workbook: Workbook


def read_forms(file: SourceFile) -> list[Form] | None:
    """Read the filled sheets of a workbook of a board; null where it is another workbook.

    Raises:
        Refused: a sheet or column is missing, a cell has a formula, or nothing is filled in.
    """
    data = workbook_bytes(file)
    sheets = {name.strip().casefold(): name for name in sheet_names(file.name, data)}
    present = [sheet for sheet in _KINDS if sheet.casefold() in sheets]
    if not present:
        return None
    for sheet in _KINDS:
        if sheet not in present:
            raise Refused(
                f"{file.name}: has a sheet {present[0]!r} and no sheet {sheet!r}; begin with the template again"
            )
    forms = [_read_form(file, data, sheet, written=sheets[sheet.casefold()]) for sheet in _KINDS]
    if filled := [form for form in forms if form.workbook.rows.height]:
        return filled
    raise Refused(
        f"{file.name}: nothing is filled in on {SPENDING!r} or {CONSENTS!r}; fill it in and send it again"
    )


def _read_form(file: SourceFile, data: bytes, sheet: str, *, written: str) -> Form:
    """Read a sheet; `written` is its name as the workbook writes it."""
    kind, shown = _KINDS[sheet], f"{file.name}, {sheet}"
    frame = sheet_cells(file.name, data, written)
    assert frame is not None
    header = _find_header(shown, frame, kind)
    _refuse_unread(shown, sheet_marks(file.name, data, written), header)
    wanted = {f"column_{position}": column for column, position in header.positions.items()}
    rows = frame.filter(pl.col("line") > header.row).select("line", *wanted).rename(wanted)
    book = Workbook(hashlib.sha256(data).hexdigest(), FileRows(_filled(rows, kind)))
    return Form(SourceFile(shown, file.size, file.open), kind, book)


@dataclass(frozen=True)
class _Header:
    """Hold the row of a header (from 1), and the position of each column of the kind in it (from 0)."""

    row: int
    positions: Mapping[str, int]


def _find_header(shown: str, frame: pl.DataFrame, kind: FileKind) -> _Header:
    """Find the header of a sheet; titles may come before it."""
    cells = frame.drop("line").head(_ROWS_ABOVE)
    rows = [names_of(row) for row in cells.iter_rows()]
    shared = [len(set(kind.columns).intersection(row)) for row in rows]
    most = max(shared, default=0)
    if most < 2:
        raise Refused(f"{shown}: has no header with {kind.columns[0]}; put the header of the template back")
    head = shared.index(most)
    names = rows[head]
    if lacking := [column for column in kind.columns if column not in names]:
        raise Refused(f"{shown}, line {head + 1}: column {lacking[0]} is missing; put the header back")
    if twice := [column for column in kind.columns if names.count(column) > 1]:
        raise Refused(f"{shown}, line {head + 1}: column {twice[0]} stands twice; keep one of them")
    return _Header(head + 1, {column: names.index(column) for column in kind.columns})


def _refuse_unread(shown: str, marks: SheetMarks, header: _Header) -> None:
    """Refuse a formula or an error below the header; right of the table own sums are allowed."""
    last = marks.first + max(header.positions.values())
    faults = (
        (marks.formulas, "a formula; paste its value"),
        (marks.errors, "an error (as #N/A); type its value"),
    )
    for cells, what in faults:
        for row, column, address in cells:
            if row > header.row and column <= last:
                raise Refused(f"{shown}, cell {address}: holds {what}")


def _filled(rows: pl.DataFrame, kind: FileKind) -> pl.DataFrame:
    """Select the rows with more in them than the template wrote, as a text file would have them."""
    # A cell with a day shows midnight as well, and a line end would make two lines of one text.
    days = [pl.col(name).str.strip_suffix(" 00:00:00") for name in _DATES if name in kind.columns]
    text = rows.with_columns(pl.exclude("line").fill_null("").str.strip_chars()).with_columns(days)
    filled = pl.any_horizontal(pl.col(name) != "" for name in kind.columns if name not in PREFILLED)
    return text.filter(filled)
