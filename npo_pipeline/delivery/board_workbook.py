"""The workbook of a board that accounts for a year: its sheets, each read as a file of its own kind.

Its refusals are in Dutch: the board reads them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery import workbook as xlsx
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.delivery.sheet_xml import SheetContent, WorkbookXml, column_letters
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.delivery.workbook import ROWS_ABOVE, OpenWorkbook, names_of
from npo_pipeline.errors import Refused
from npo_pipeline.translation import translated
from schemas.frames.intake import FileRows, SheetCells

SPENDING, CONSENTS, TRANSFERS = "Besteding", "Instemming", "Overdracht saldo"
"""The names of the sheets; the last is on no form of before reserves could move."""

_KINDS = {SPENDING: kinds.SPENDING, CONSENTS: kinds.CONSENTS, TRANSFERS: kinds.RESERVE_TRANSFERS}
_REQUIRED = (SPENDING, CONSENTS)
_HEADER = xlsx.HeaderWords(
    missing="rij {line}: de kolom {column} ontbreekt; zet de kopregel terug",
    twice="rij {line}: de kolom {column} staat er twee keer; houd er een",
)
PREFILLED = ("BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER", "JAAR", "SCHOOLJAAR")
"""Columns that the blank workbook fills in; a row with nothing else in it was left open."""

EXPLANATION = "Toelichting"
MARKS = ("Bestuur", "Jaar", "Valuta", "Formulier")
"""The sheet on which a blank workbook says what it was made for, and the words before its board, year, currency
and version there."""

_MARKED_ROWS = 20
_FIRST_FORMS = (re.compile(r"Verantwoording .*[, ](20[0-9]{2})"), re.compile(r"Bestuur ([0-9]{5})"))
"""The titles on that sheet of the first forms, which had no marks: with the year, and with the board."""

MAX_RECTANGLE = 5_000_000
"""Cells of the rectangle from the first to the last filled cell of a table."""


def read_forms(file: SourceFile, book: OpenWorkbook) -> list[DeliveredFile]:
    """Read the filled sheets of a workbook of a board, each as a file of its kind; none of another workbook.

    Raises:
        Refused: a sheet or column is missing, a cell has a formula, or nothing is filled in.
    """
    if book.form != "xlsx":
        _refuse_form(book)
        return []
    form = _Form(file, book.data)
    present = [sheet for sheet in _KINDS if sheet.casefold() in form.sheets]
    if not present:
        return []
    for sheet in _REQUIRED:
        if sheet not in present:
            raise Refused(
                f"{file.name}: heeft een blad {present[0]!r} en geen blad {sheet!r}; begin met een leeg formulier"
            )
    try:
        form.refuse_unread_sheets()
        made_for = form.made_for()
        read = [one for sheet in present if (one := form.read(sheet, made_for)) is not None]
    except Refused as refusal:
        raise Refused(translated(str(refusal))) from refusal
    if read:
        return read
    raise Refused(
        f"{file.name}: er is niets ingevuld op {SPENDING!r} of {CONSENTS!r}; vul het in en stuur het opnieuw"
    )


def _refuse_form(book: OpenWorkbook) -> None:
    """Refuse a form that was saved as something else than a workbook (.xlsx): it lost what a cell is."""
    if SPENDING.casefold() in (one.strip().casefold() for one in book.sheets):
        words = {"ods": "an OpenDocument file (.ods)", "xls": "an old Excel file (.xls)"}[book.form]
        raise Refused(translated(f"{book.name}: is {words}; save it as a workbook (.xlsx), and hand that in"))


def refuse_other_form(file: DeliveredFile, board: str | None, year: int | None, closed: Sequence[int]) -> None:
    """Refuse a form of ours that was made for another board or year than it is handed in for; null: any.

    `closed`: closed years, of which a form would be a correction.
    """
    form = file.workbook.made_for if file.workbook else None
    if form is None:
        return
    name = f"{file.name.rpartition(',')[0]}: is het formulier van bestuur {form.board} over {form.year}"
    if board is not None and form.board != board:
        raise Refused(
            f"{name}, en dit is de verantwoording van bestuur {board}; lever het in bij bestuur {form.board}, of "
            f"vraag het formulier van bestuur {board}"
        )
    if year is not None and form.year != year:
        would_be = f"; {form.year} is afgesloten, en wat erin staat wordt een correctie in {year}"
        raise Refused(
            f"{name}, en dit is de verantwoording over {year}{would_be if form.year in closed else ''}; vul het "
            f"formulier van {year} in (was dit de bedoeling: --other-years)"
        )


@dataclass(frozen=True)
class _Table:
    """Hold the filled cells of a sheet as rows, and the number of the column (A is 1) of each of theirs."""

    cells: SheetCells
    columns: tuple[int, ...]


class _Form:
    """A workbook that may be of a board; `sheets`: its sheets by name, in small letters."""

    def __init__(self, file: SourceFile, data: bytes) -> None:
        self.file = file
        self._sha256 = hashlib.sha256(data).hexdigest()
        self._xml = WorkbookXml(file.name, data)
        self.sheets = {name.strip().casefold(): name for name in self._xml.sheets}

    def refuse_unread_sheets(self) -> None:
        """Refuse a copy of a sheet to fill in, because what is on it would not be read."""
        for folded, name in self.sheets.items():
            if folded in {one.casefold() for one in _KINDS}:
                continue
            shown = f"{self.file.name}, {name}"
            cells = _table_of(shown, self._xml.sheet(name)).cells
            for sheet, kind in _KINDS.items():
                rows = [set(names_of(row)) for row in cells.drop("line").head(ROWS_ABOVE).iter_rows()]
                if any(kind.signature_columns <= row for row in rows):
                    raise Refused(
                        f"{shown}: heeft de kopregel van {sheet} en wordt niet gelezen; zet de regels op blad "
                        f"{sheet}, of haal dit blad weg"
                    )

    def made_for(self) -> xlsx.FormMarks | None:
        """Return what the form says that it was made for."""
        if (written := self.sheets.get(EXPLANATION.casefold())) is None:
            return None
        rows = sorted(self._xml.sheet(written).cells.items())
        lines = [
            [cell.text.strip() for _, cell in sorted(cells.items())] for row, cells in rows if row <= _MARKED_ROWS
        ]
        # The first of two rows counts: further down columns are explained, one of them JAAR.
        said = {line[0].casefold(): line[1] for line in reversed(lines) if len(line) > 1}
        board, year, _, form = (said.get(mark.casefold(), "") for mark in MARKS)
        if not form:
            titles = [
                next(filter(None, map(title.fullmatch, (one[0] for one in lines))), None) for title in _FIRST_FORMS
            ]
            year, board = (found[1] if found else "" for found in titles)
        if re.fullmatch(r"[0-9]{1,5}", board) and re.fullmatch(r"20[0-9]{2}", year):
            return xlsx.FormMarks(board.zfill(5), int(year))
        return None

    def read(self, sheet: str, made_for: xlsx.FormMarks | None) -> DeliveredFile | None:
        """Read a sheet as a file of its kind; null where nothing is filled in."""
        kind, written, shown = _KINDS[sheet], self.sheets[sheet.casefold()], f"{self.file.name}, {sheet}"
        content = self._xml.sheet(written)
        if not content.cells and sheet not in _REQUIRED:
            return None
        table = _table_of(shown, content)
        header = _find_header(shown, table.cells, kind)
        places = {name: table.columns[at] for name, at in header.positions.items()}
        _refuse_unread(shown, content, header.row, places)
        rows = _filled(xlsx.rows_below(table.cells, header))
        if rows.is_empty():
            return None
        book = xlsx.Workbook(
            sha256=self._sha256,
            rows=_of_its_board(rows, kind, made_for),
            sheet=written,
            letters={name: column_letters(place) for name, place in places.items()},
            numbers=_numbers(content, places),
            made_for=made_for,
        )
        return DeliveredFile.of_workbook(SourceFile(shown, self.file.size, self.file.open), kind, book)


def _table_of(shown: str, content: SheetContent) -> _Table:
    """Return the filled cells as a rectangle without empty rows and columns."""
    columns = tuple(sorted({column for row in content.cells.values() for column in row}))
    if len(columns) * len(content.cells) > MAX_RECTANGLE:
        raise Refused(f"{shown}: er staan te veel cellen buiten de tabel; maak ze leeg")
    rows = [
        [line, *(row[column].text if column in row else None for column in columns)]
        for line, row in sorted(content.cells.items())
    ]
    schema = {"line": pl.Int64, **{f"column_{at}": pl.String for at in range(len(columns))}}
    return _Table(SheetCells(pl.DataFrame(rows, schema=schema, orient="row")), columns)


def _find_header(shown: str, cells: SheetCells, kind: FileKind) -> xlsx.Header:
    """Find the header of a sheet; titles may come before it."""
    rows = (set(names_of(row)) for row in cells.drop("line").head(ROWS_ABOVE).iter_rows())
    shared = [len(row.intersection(kind.columns)) for row in rows]
    most = max(shared, default=0)
    if most < 2:
        raise Refused(
            f"{shown}: heeft geen kopregel met {kind.columns[0]}; zet de kopregel van het lege formulier terug"
        )
    optional = [name for name in kind.columns if name not in kind.required_columns]
    above = shared.index(most)
    return xlsx.header_of(shown, cells, above, kind.required_columns, words=_HEADER, optional=optional)


def _refuse_unread(shown: str, content: SheetContent, header: int, places: Mapping[str, int]) -> None:
    """Refuse a formula or an error below the header in a column that is read; in others they are allowed."""
    for marks, what in (
        (content.formulas, "een formule; plak de waarde ervan"),
        (content.errors, "een fout (zoals #N/B); typ de waarde"),
    ):
        for mark in marks:
            if mark.row > header and any(mark.first <= place <= mark.last for place in places.values()):
                raise Refused(f"{shown}, cel {mark.address}: bevat {what}")


def _numbers(content: SheetContent, places: Mapping[str, int]) -> dict[str, frozenset[int]]:
    """Return the rows in which the cell of a column is a number."""
    return {
        name: frozenset(row for row, cells in content.cells.items() if place in cells and cells[place].is_number)
        for name, place in places.items()
    }


def _of_its_board(rows: FileRows, kind: FileKind, made_for: xlsx.FormMarks | None) -> FileRows:
    """Return the rows, those on reserves that moved as reported by the board of the form."""
    if kind is not kinds.RESERVE_TRANSFERS or made_for is None:
        return rows
    told = pl.col("BEVOEGD_GEZAG_NUMMER") if "BEVOEGD_GEZAG_NUMMER" in rows.columns else pl.lit("")
    board = pl.when(told == "").then(pl.lit(made_for.board)).otherwise(told)
    return FileRows(rows.with_columns(BEVOEGD_GEZAG_NUMMER=board))


def _filled(rows: FileRows) -> FileRows:
    """Select the rows with more in them than the template wrote."""
    return FileRows(rows.filter(pl.any_horizontal(pl.exclude("line", *PREFILLED) != "")))
