"""The workbook of a board that accounts for a year: two sheets, each read as a file of its own kind.

Its refusals are in Dutch: the board reads them.
"""

from __future__ import annotations

import hashlib

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery import xlsx_reader as xlsx
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.errors import Refused
from schemas.frames.intake import FileRows, SheetCells

SPENDING, CONSENTS = "Besteding", "Instemming"
"""The names of the two sheets."""

_KINDS = {SPENDING: kinds.SPENDING, CONSENTS: kinds.CONSENTS}
_HEADER = xlsx.HeaderWords(
    missing="rij {line}: de kolom {column} ontbreekt; zet de kopregel terug",
    twice="rij {line}: de kolom {column} staat er twee keer; houd er een",
)
PREFILLED = ("BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER", "JAAR", "SCHOOLJAAR")
"""Columns that the blank workbook fills in; a row with nothing else in it was left open."""

_DATES = ("DATUM_MR", "DATUM_GMR")


def read_forms(file: SourceFile) -> list[DeliveredFile]:
    """Read the filled sheets of a workbook of a board, each as a file of its kind; none of another workbook.

    Raises:
        Refused: a sheet or column is missing, a cell has a formula, or nothing is filled in.
    """
    data = xlsx.workbook_bytes(file)
    sheets = {name.strip().casefold(): name for name in xlsx.sheet_names(file.name, data)}
    present = [sheet for sheet in _KINDS if sheet.casefold() in sheets]
    if not present:
        return []
    for sheet in _KINDS:
        if sheet not in present:
            raise Refused(
                f"{file.name}: heeft een blad {present[0]!r} en geen blad {sheet!r}; begin met een leeg formulier"
            )
    forms = [_read_form(file, data, sheet, written=sheets[sheet.casefold()]) for sheet in _KINDS]
    if filled := [form for form in forms if form.workbook and form.workbook.rows.height]:
        return filled
    raise Refused(
        f"{file.name}: er is niets ingevuld op {SPENDING!r} of {CONSENTS!r}; vul het in en stuur het opnieuw"
    )


def _read_form(file: SourceFile, data: bytes, sheet: str, *, written: str) -> DeliveredFile:
    """Read a sheet; `written` is its name as the workbook writes it."""
    kind, shown = _KINDS[sheet], f"{file.name}, {sheet}"
    cells = xlsx.sheet_cells(file.name, data, written)
    assert cells is not None
    header = _find_header(shown, cells, kind)
    marks = xlsx.sheet_marks(file.name, data, written)
    _refuse_unread(shown, marks, header)
    book = xlsx.Workbook(
        sha256=hashlib.sha256(data).hexdigest(),
        rows=_filled(xlsx.rows_below(cells, header), kind),
        sheet=written,
        letters={name: xlsx.column_letters(marks.first + at) for name, at in header.positions.items()},
    )
    return DeliveredFile.of_workbook(SourceFile(shown, file.size, file.open), kind, book)


def _find_header(shown: str, cells: SheetCells, kind: FileKind) -> xlsx.Header:
    """Find the header of a sheet; titles may come before it."""
    rows = (set(xlsx.names_of(row)) for row in cells.drop("line").head(xlsx.ROWS_ABOVE).iter_rows())
    shared = [len(row.intersection(kind.columns)) for row in rows]
    most = max(shared, default=0)
    if most < 2:
        raise Refused(
            f"{shown}: heeft geen kopregel met {kind.columns[0]}; zet de kopregel van het lege formulier terug"
        )
    return xlsx.header_of(shown, cells, shared.index(most), kind.columns, words=_HEADER)


def _refuse_unread(shown: str, marks: xlsx.SheetMarks, header: xlsx.Header) -> None:
    """Refuse a formula or an error below the header; right of the table own sums are allowed."""
    last = marks.first + max(header.positions.values())
    for cells, what in (
        (marks.formulas, "een formule; plak de waarde ervan"),
        (marks.errors, "een fout (zoals #N/B); typ de waarde"),
    ):
        for row, column, address in cells:
            if row > header.row and column <= last:
                raise Refused(f"{shown}, cel {address}: bevat {what}")


def _filled(rows: FileRows, kind: FileKind) -> FileRows:
    """Select the rows with more in them than the template wrote, as a text file would have them."""
    # A cell with a day shows midnight as well, and a line end would make two lines of one text.
    days = [pl.col(name).str.strip_suffix(" 00:00:00") for name in _DATES if name in kind.columns]
    filled = pl.any_horizontal(pl.col(name) != "" for name in kind.columns if name not in PREFILLED)
    text = rows.with_columns(pl.exclude("line").str.strip_chars()).with_columns(days)
    return FileRows(text.filter(filled))
