"""Reader of workbooks: opened safely, cells of a sheet as text, and the scores of CBS."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.kinds import KINDS, SCORES
from npo_pipeline.delivery.sanitize import plain_value
from npo_pipeline.delivery.sheet_xml import BOOK, column_number
from npo_pipeline.delivery.sniff import normal_name
from npo_pipeline.delivery.source_files import DAMAGE, SourceFile, check_members
from npo_pipeline.errors import Refused
from npo_pipeline.translation import translated
from schemas import files as models
from schemas.frames.intake import FileRows, SheetCells

MAX_SIZE = 64 * 2**20
MAX_UNPACKED = 256 * 2**20
MAX_CELLS = 5_000_000
"""Cells of a sheet as a full rectangle: one cell in a far corner would take all memory. CBS needs 40,000."""

_CELL = re.compile(rb"""\br=["']([A-Za-z]*)([0-9]+)["']""")
_SHEETS = "xl/worksheets/"

SHEET, SHEET_WITHOUT_THRESHOLD = "Tabel 1", "Tabel 2"
_NO_SCORES = dict.fromkeys(("line", models.SCHOOL, models.SCORE_WITHOUT_THRESHOLD), pl.String)
_DATE = re.compile(r"\b1 oktober (20\d\d)\b")
_VESTIGING = r"^\s*[0-9A-Za-z]{6}\s*$"
ROWS_ABOVE = 50
"""Rows that are searched for the header."""


@dataclass(frozen=True)
class FormMarks:
    """Hold the board and the year that a workbook was made for, as it says itself."""

    board: str
    year: int


@dataclass(frozen=True, kw_only=True)
class Workbook:
    """Hold the content of a workbook of CBS, or of one sheet of a workbook of a board.

    `rows`: as of a text file, where `line` is the row of the sheet. Of CBS: `without_threshold`, the school and
    its score without threshold as text, where there is a `Tabel 2`; `reference_date`, the 1 October in the title.
    Of a board: `sheet`, its name as the workbook writes it; `letters`, column -> its letters in that sheet;
    `numbers`, column -> the lines in which its cell is a number and no text; and `made_for`, of a form of ours.
    """

    sha256: str
    rows: FileRows
    without_threshold: FileRows = field(default_factory=lambda: FileRows(pl.DataFrame(schema=_NO_SCORES)))
    reference_date: date | None = None
    sheet: str | None = None
    letters: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, frozenset[int]] = field(default_factory=dict)
    made_for: FormMarks | None = None


def read_workbook(file: SourceFile) -> Workbook:
    """Read a CBS workbook with calamine (its styles make openpyxl fail; domain notes, section 2).

    Raises:
        Refused: it is no workbook, is too large, or has no readable `Tabel 1`.
    """
    data = workbook_bytes(file)
    _refuse_wide_sheets(file.name, data)
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
                if b'table:name="Besteding"' in archive.read("content.xml"):
                    words = "is an OpenDocument file (.ods); save it as a workbook (.xlsx), and hand that in"
                    raise Refused(translated(f"{file.name}: {words}"))
                raise Refused(f"{file.name}: is an OpenDocument file (.ods); save its table as CSV (UTF-8)")
            if BOOK not in archive.namelist():
                raise Refused(f"{file.name}: is a zip and no workbook; give the zip by itself, or unpack it")
    except DAMAGE as error:
        raise Refused(f"{file.name}: is no readable workbook ({error}); have it sent again") from error
    return data


def _refuse_wide_sheets(name: str, data: bytes) -> None:
    """Refuse a workbook of which a sheet is too wide to be read as a rectangle."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for sheet in (one for one in archive.namelist() if one.startswith(_SHEETS)):
                _refuse_wide(name, sheet, archive.read(sheet))
    except DAMAGE as error:
        raise Refused(f"{name}: is no readable workbook ({error}); have it sent again") from error


def _refuse_wide(name: str, sheet: str, xml: bytes) -> None:
    """Refuse a sheet with more than `MAX_CELLS` cells up to its last row and column."""
    rows = columns = 1
    for letters, digits in _CELL.findall(xml):
        rows = max(rows, int(digits[:8]))
        columns = max(columns, column_number(letters[:4].decode().upper()))
    if rows * columns > MAX_CELLS:
        raise Refused(
            f"{name}: {sheet} reaches to row {dutch.number(rows)}, column {dutch.number(columns)}; "
            "clear the cells outside the table"
        )


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
    """Hold the row of a header (from 1), and the position of each wanted column among those of the cells."""

    row: int
    positions: Mapping[str, int]


@dataclass(frozen=True)
class HeaderWords:
    """Hold the refusals of a header, with `{line}` and `{column}`."""

    missing: str
    twice: str


def header_of(
    shown: str,
    cells: SheetCells,
    above: int,
    wanted: Sequence[str],
    *,
    words: HeaderWords,
    optional: Sequence[str] = (),
) -> Header:
    """Find the wanted columns in the header of a sheet, which has so many rows above it; refuse other headers."""
    names, line = names_of(cells.drop("line").row(above)), int(cells["line"][above])
    if lacking := [column for column in wanted if column not in names]:
        raise Refused(f"{shown}, {words.missing.format(line=line, column=lacking[0])}")
    found = [column for column in (*wanted, *optional) if column in names]
    if twice := [column for column in found if names.count(column) > 1]:
        raise Refused(f"{shown}, {words.twice.format(line=line, column=twice[0])}")
    return Header(line, {column: names.index(column) for column in found})


def rows_below(cells: SheetCells, header: Header) -> FileRows:
    """Return the wanted columns below a header, as the rows of a text file."""
    wanted = {column: plain_value(pl.col(f"column_{at}").fill_null("")) for column, at in header.positions.items()}
    return FileRows(cells.filter(pl.col("line") > header.row).select("line", **wanted))


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
