"""Reader of workbooks: opened safely, cells of a sheet as text, its formulas and errors, and the scores of CBS."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from typing import Any
from xml.parsers import expat

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.kinds import KINDS, SCORES
from npo_pipeline.delivery.sanitize import plain_value
from npo_pipeline.delivery.sniff import normal_name
from npo_pipeline.delivery.source_files import DAMAGE, SourceFile, check_members
from npo_pipeline.errors import Refused
from schemas import files as models
from schemas.frames.intake import FileRows, SheetCells

MAX_SIZE = 64 * 2**20
MAX_UNPACKED = 256 * 2**20
MAX_CELLS = 5_000_000
"""Cells of a sheet as a full rectangle: one cell in a far corner would take all memory. CBS needs 40,000."""

_CELL = re.compile(rb"""\br=["']([A-Za-z]*)([0-9]+)["']""")
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_BOOK, _LINKS, _SHEETS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/"

SHEET, SHEET_WITHOUT_THRESHOLD = "Tabel 1", "Tabel 2"
_NO_SCORES = dict.fromkeys(("line", models.SCHOOL, models.SCORE_WITHOUT_THRESHOLD), pl.String)
_DATE = re.compile(r"\b1 oktober (20\d\d)\b")
_VESTIGING = r"^\s*[0-9A-Za-z]{6}\s*$"
ROWS_ABOVE = 50
"""Rows that are searched for the header."""


@dataclass(frozen=True, kw_only=True)
class Workbook:
    """Hold the content of a workbook of CBS, or of one sheet of a workbook of a board.

    `rows`: as of a text file, where `line` is the row of the sheet. Of CBS: `without_threshold`, the school and
    its score without threshold as text, where there is a `Tabel 2`; `reference_date`, the 1 October in the title.
    Of a board: `sheet`, its name as the workbook writes it, and `letters`, column -> its letters in that sheet.
    """

    sha256: str
    rows: FileRows
    without_threshold: FileRows = field(default_factory=lambda: FileRows(pl.DataFrame(schema=_NO_SCORES)))
    reference_date: date | None = None
    sheet: str | None = None
    letters: Mapping[str, str] = field(default_factory=dict)


def read_workbook(file: SourceFile) -> Workbook:
    """Read a CBS workbook with calamine (its styles make openpyxl fail; domain notes, section 2).

    Raises:
        Refused: it is no workbook, is too large, or has no readable `Tabel 1`.
    """
    data = workbook_bytes(file)
    cells = sheet_cells(file.name, data, SHEET)
    if cells is None:
        raise Refused(_not_of_cbs(file.name, data))
    counted = (models.SCHOOL, models.SCORED_PUPILS, models.SCORE)
    title, rows = _scores_table(f"{file.name}, sheet {SHEET!r}", cells, counted)
    book = Workbook(sha256=hashlib.sha256(data).hexdigest(), rows=rows)
    if stated := _DATE.search(title):
        book = replace(book, reference_date=date(int(stated[1]), 10, 1))
    if (cells := sheet_cells(file.name, data, SHEET_WITHOUT_THRESHOLD)) is None:
        return book
    wanted = (models.SCHOOL, models.SCORE_WITHOUT_THRESHOLD)
    _, without = _scores_table(f"{file.name}, sheet {SHEET_WITHOUT_THRESHOLD!r}", cells, wanted)
    return replace(book, without_threshold=without)


_NOT_READ = tuple(kind for kind in KINDS if kind is not SCORES)


def _not_of_cbs(name: str, data: bytes) -> str:
    """Return what a workbook is that CBS did not make, by the header of its sheets."""
    for sheet in sheet_names(name, data):
        cells = sheet_cells(name, data, sheet)
        for row in cells.drop("line").head(ROWS_ABOVE).iter_rows() if cells is not None else ():
            found = frozenset(names_of(row))
            if kind := next((one for one in _NOT_READ if one.signature_columns <= found), None):
                shown = f"{name}: sheet {sheet!r} is of kind {kind.name} ({kind.label})"
                return f"{shown}, which is not read from a workbook; save the sheet as CSV (UTF-8)"
    return f"{name}: has no sheet {SHEET!r}; this is not the workbook of CBS"


def workbook_bytes(file: SourceFile) -> bytes:
    """Read the bytes of a workbook that can do no harm.

    Raises:
        Refused: it is no workbook, or too large.
    """
    if file.size > MAX_SIZE:
        raise Refused(f"{file.name}: is larger than {MAX_SIZE // 2**20} MiB; no workbook that is meant here is")
    with file.open() as stream:
        data = stream.read()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_members(file.name, archive.infolist(), MAX_UNPACKED)
            if "content.xml" in archive.namelist() and "mimetype" in archive.namelist():
                raise Refused(f"{file.name}: is an OpenDocument file (.ods); save its table as CSV (UTF-8)")
            if _BOOK not in archive.namelist():
                raise Refused(f"{file.name}: is a zip and no workbook; give the zip by itself, or unpack it")
            for sheet in (name for name in archive.namelist() if name.startswith(_SHEETS)):
                refuse_wide(file.name, sheet, archive.read(sheet))
    except DAMAGE as error:
        raise Refused(f"{file.name}: is no readable workbook ({error}); have it sent again") from error
    return data


def refuse_wide(name: str, sheet: str, xml: bytes) -> None:
    """Refuse a sheet with more than `MAX_CELLS` cells up to its last row and column."""
    rows = columns = 1
    for letters, digits in _CELL.findall(xml):
        rows = max(rows, int(digits[:8]))
        columns = max(columns, _column_number(letters[:4].decode().upper()))
    if rows * columns > MAX_CELLS:
        raise Refused(
            f"{name}: {sheet} reaches to row {dutch.number(rows)}, column {dutch.number(columns)}; "
            "clear the cells outside the table"
        )


def column_letters(number: int) -> str:
    """Return the letters of a column: 1 is A, 27 is AA."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(number - 1))


def _column_number(letters: str) -> int:
    return reduce(lambda number, letter: number * 26 + ord(letter) - ord("@"), letters, 0)


def sheet_names(name: str, data: bytes) -> list[str]:
    """Return the names of the sheets of a workbook, in their order; refuse one that cannot be read."""
    import fastexcel

    try:
        return list(fastexcel.read_excel(data).sheet_names)
    except Exception as error:  # as below
        raise Refused(f"{name}: is no readable workbook ({error}); have the workbook sent again") from error


def sheet_cells(name: str, data: bytes, sheet: str) -> SheetCells | None:
    """Read the cells of a sheet, null where there is no such sheet; refuse one that cannot be read."""
    import fastexcel

    try:
        book = fastexcel.read_excel(data)
        if sheet not in book.sheet_names:
            return None
        loaded = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
        frame = loaded.to_polars()
    except Exception as error:  # calamine and fastexcel raise many kinds; all say the file cannot be read
        raise Refused(f"{name}: sheet {sheet!r} cannot be read ({error}); have the workbook sent again") from error
    frame.columns = [f"column_{number}" for number in range(frame.width)]
    return SheetCells(frame.with_row_index("line", offset=1).with_columns(pl.col("line").cast(pl.Int64)))


def names_of(row: tuple[object, ...]) -> list[str]:
    """Return the cells of a row as names of columns."""
    return [normal_name(str(cell)) if cell is not None else "" for cell in row]


@dataclass(frozen=True)
class Header:
    """Hold the row of a header (from 1), and the position of each wanted column in it (from 0)."""

    row: int
    positions: Mapping[str, int]


@dataclass(frozen=True)
class HeaderWords:
    """Hold the refusals of a header, with `{line}` and `{column}`."""

    missing: str
    twice: str


def header_of(shown: str, cells: SheetCells, above: int, wanted: Sequence[str], *, words: HeaderWords) -> Header:
    """Find the wanted columns in the header of a sheet, which has so many rows above it; refuse other headers."""
    names = names_of(cells.drop("line").row(above))
    if lacking := [column for column in wanted if column not in names]:
        raise Refused(f"{shown}, {words.missing.format(line=above + 1, column=lacking[0])}")
    if twice := [column for column in wanted if names.count(column) > 1]:
        raise Refused(f"{shown}, {words.twice.format(line=above + 1, column=twice[0])}")
    return Header(above + 1, {column: names.index(column) for column in wanted})


def rows_below(cells: SheetCells, header: Header) -> FileRows:
    """Return the wanted columns below a header, as the rows of a text file."""
    wanted = {column: plain_value(pl.col(f"column_{at}").fill_null("")) for column, at in header.positions.items()}
    return FileRows(cells.slice(header.row).select("line", **wanted))


_HEADER = HeaderWords(
    missing="line {line}: column {column} is missing; have it sent again",
    twice="line {line}: column {column} stands twice; keep one of them",
)


def _scores_table(shown: str, cells: SheetCells, wanted: Sequence[str]) -> tuple[str, FileRows]:
    """Return the text above the header, and the rows below it with a school."""
    above = [names_of(row)[:1] for row in cells.drop("line").head(ROWS_ABOVE).iter_rows()]
    if [wanted[0]] not in above:
        raise Refused(f"{shown}: has no header {wanted[0]}; this is not the workbook of CBS")
    head = above.index([wanted[0]])
    rows = rows_below(cells, header_of(shown, cells, head, wanted, words=_HEADER))
    # Below the table come a blank row, "Bron: CBS" and footnotes: text in the first column alone.
    others = pl.any_horizontal(pl.col(*wanted[1:]) != "")
    title = " ".join(cell for row in cells.drop("line").head(head).iter_rows() for cell in row if cell)
    table = rows.filter(others | pl.col(wanted[0]).str.contains(_VESTIGING))
    return title, FileRows(table.with_columns(pl.exclude("line").str.strip_chars()))


@dataclass
class SheetMarks:
    """Hold the marks in the XML of a sheet that reading its cells does not show.

    `first`: the first column with a cell that is not empty (1 is A). `formulas`: per formula the last row and the
    first column of the cells it fills, and the address of its own cell. `errors`: the same of cells with an error
    (`#N/A`), which are read as if they were empty.
    """

    first: int = 0
    formulas: list[tuple[int, int, str]] = field(default_factory=list)
    errors: list[tuple[int, int, str]] = field(default_factory=list)


def sheet_marks(name: str, data: bytes, sheet: str) -> SheetMarks:
    """Find the formulas and errors in the XML of a sheet, which is named as the workbook writes it.

    Raises:
        Refused: the workbook has not the parts of one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            part = _part(name, archive, sheet)
            xml = archive.read(part)
    except (*DAMAGE, KeyError) as error:
        raise Refused(
            f"{name}: sheet {sheet!r} cannot be found in it ({error}); save it again as .xlsx"
        ) from error
    refuse_wide(name, part, xml)
    cells = _CellVisitor()
    _walk(name, xml, cells.start)
    return cells.marks


def _part(name: str, archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the path of the XML of a sheet: the workbook has its id, and a list beside it the path of each id."""
    ids: dict[str, str] = {}
    paths: dict[str, str] = {}

    def start(tag: str, given: dict[str, str]) -> None:
        if tag == "sheet":
            ids[given.get("name", "")] = next((v for k, v in given.items() if k.endswith("}id")), "")
        elif tag == "Relationship":
            paths[given.get("Id", "")] = given.get("Target", "")

    for part in (_BOOK, _LINKS):
        _walk(name, archive.read(part), start)
    path = paths[ids[sheet]]
    return path[1:] if path.startswith("/") else f"xl/{path}"


class _CellVisitor:
    """Collect marks along the cells of a sheet; a row or cell without an address comes after the one before."""

    def __init__(self) -> None:
        self.marks = SheetMarks()
        self._row = self._column = 0

    def start(self, tag: str, given: dict[str, str]) -> None:
        if tag == "row":
            self._row, self._column = int(given.get("r", self._row + 1)), 0
        elif tag == "c":
            self._column += 1
            if found := _ADDRESS.fullmatch(given.get("r", "")):
                self._column, self._row = _column_number(found[1]), int(found[2])
            if given.get("t") == "e":
                self.marks.errors.append((self._row, self._column, self._address))
        elif tag in ("v", "is", "f"):
            first = self.marks.first
            self.marks.first = min(first, self._column) if first else self._column
            if tag == "f":
                self._formula(given)

    def _formula(self, given: dict[str, str]) -> None:
        row, column = self._row, self._column
        # An array formula fills cells that have no formula of their own.
        if given.get("t") in ("array", "dataTable") and (ends := _ADDRESS.findall(given.get("ref", ""))):
            row, column = int(ends[-1][1]), _column_number(ends[0][0])
        self.marks.formulas.append((row, column, self._address))

    @property
    def _address(self) -> str:
        return f"{column_letters(self._column)}{self._row}"


def _walk(name: str, xml: bytes, start: Callable[[str, dict[str, str]], None]) -> None:
    """Call a function at the start of each element, its name without its space.

    A document that declares entities is refused unread.
    """
    parser = expat.ParserCreate(namespace_separator="}")

    def refuse(*_: Any) -> None:
        raise Refused(f"{name}: holds a document type, which no workbook has; save it again as .xlsx")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, given: start(tag.rpartition("}")[2], given)
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError) as error:
        raise Refused(f"{name}: is no readable workbook ({error}); have it sent again") from error
