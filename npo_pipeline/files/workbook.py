"""Workbooks, safely opened; and that of CBS: sheet `Tabel 1` as rows of text, as if it were a text file."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.files.header import normal_name
from npo_pipeline.files.plain import SourceFile
from npo_pipeline.files.zipped import DAMAGE, check_members
from schemas import files as models

MAX_SIZE = 64 * 2**20
MAX_UNPACKED = 256 * 2**20
MAX_CELLS = 5_000_000
"""A sheet is held as a full rectangle, so one cell in a far corner would take all memory. CBS needs 40,000."""

_CELL = re.compile(rb"""\br=["']([A-Za-z]*)([0-9]+)["']""")
_BOOK, _SHEETS = "xl/workbook.xml", "xl/worksheets/"
SHEET, SHEET_WITHOUT_THRESHOLD = "Tabel 1", "Tabel 2"

_DATE = re.compile(r"\b1 oktober (20\d\d)\b")
_VESTIGING = r"^\s*[0-9A-Za-z]{6}\s*$"


@dataclass(frozen=True)
class Workbook:
    """What is read of a workbook: of CBS, or a sheet of one that a board filled in (`forms`).

    `rows`: line (the row of the sheet), and the columns of a file of its kind as text. `without_threshold`:
    the school and its score without threshold, where `Tabel 2` is there. `reference_date`: the 1 October
    in the title.
    """

    sha256: str
    rows: pl.DataFrame
    without_threshold: pl.DataFrame
    reference_date: date | None


def read_workbook(file: SourceFile) -> Workbook:
    """Read a CBS workbook with calamine (its styles make openpyxl fail; domain notes, section 2).

    Raises:
        Refused: it is no workbook, is too large, or has no readable `Tabel 1`.
    """
    data = workbook_bytes(file)
    title, rows = _table(file.name, data, SHEET, (models.SCHOOL, models.SCORED_PUPILS, models.SCORE))
    return Workbook(hashlib.sha256(data).hexdigest(), rows, _without_threshold(file.name, data), _said(title))


def workbook_bytes(file: SourceFile) -> bytes:
    """The bytes of a workbook that can do no harm.

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
            if _BOOK not in archive.namelist():
                raise Refused(f"{file.name}: is a zip and no workbook; give the zip by itself, or unpack it")
            for sheet in (name for name in archive.namelist() if name.startswith(_SHEETS)):
                refuse_wide(file.name, sheet, archive.read(sheet))
    except DAMAGE as error:
        raise Refused(f"{file.name}: is no readable workbook ({error}); have it sent again") from error
    return data


def refuse_wide(name: str, sheet: str, xml: bytes) -> None:
    """Refuse a sheet whose last row times its last column is beyond all measure."""
    rows = columns = 1
    for letters, digits in _CELL.findall(xml):
        rows = max(rows, int(digits[:8]))
        columns = max(columns, _column_number(letters[:4]))
    if rows * columns > MAX_CELLS:
        raise Refused(
            f"{name}: {sheet} reaches to row {rows:,}, column {columns:,}; clear the cells outside the table"
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("@")
    return number


def sheet_names(name: str, data: bytes) -> list[str]:
    """The sheets of a workbook, in their order.

    Raises:
        Refused: it cannot be read.
    """
    import fastexcel

    try:
        return list(fastexcel.read_excel(data).sheet_names)
    except Exception as error:  # as below
        raise Refused(f"{name}: is no readable workbook ({error}); have the workbook sent again") from error


def sheet_cells(name: str, data: bytes, sheet: str) -> pl.DataFrame | None:
    """The cells of a sheet as text, with `line`, the row; nothing where there is no such sheet.

    Raises:
        Refused: it cannot be read.
    """
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
    return frame.with_row_index("line", offset=1).with_columns(pl.col("line").cast(pl.Int64))


def _table(name: str, data: bytes, sheet: str, wanted: Sequence[str]) -> tuple[str, pl.DataFrame]:
    """The text above the header, and the rows below it that hold a school."""
    frame = sheet_cells(name, data, sheet)
    if frame is None:
        raise Refused(f"{name}: has no sheet {sheet!r}; this is not the workbook of CBS")
    cells = frame.drop("line")
    head = next((n for n, row in enumerate(cells.head(50).iter_rows()) if names_of(row)[:1] == [wanted[0]]), None)
    if head is None:
        raise Refused(f"{name}, sheet {sheet!r}: has no header {wanted[0]}; this is not the workbook of CBS")
    names = names_of(cells.row(head))
    if lacking := [column for column in wanted if column not in names]:
        raise Refused(
            f"{name}, sheet {sheet!r}, line {head + 1}: column {lacking[0]} is missing; have it sent again"
        )
    if twice := [column for column in wanted if names.count(column) > 1]:
        raise Refused(
            f"{name}, sheet {sheet!r}, line {head + 1}: column {twice[0]} stands twice; keep one of them"
        )
    title = " ".join(str(cell) for row in cells.head(head).iter_rows() for cell in row if cell)
    return title, _rows(frame.slice(head + 1), [f"column_{names.index(column)}" for column in wanted], wanted)


def names_of(row: tuple[object, ...]) -> list[str]:
    """The cells of a row as names of columns."""
    return [normal_name(str(cell)) if cell is not None else "" for cell in row]


def _rows(frame: pl.DataFrame, positions: list[str], wanted: Sequence[str]) -> pl.DataFrame:
    # Below the table stand a blank row, "Bron: CBS" and footnotes: text in the first column alone.
    columns = dict(zip(positions, wanted, strict=True))
    others = pl.any_horizontal(pl.col(*positions[1:]).fill_null("") != "")
    school = pl.col(positions[0]).fill_null("")
    table = frame.filter(others | school.str.contains(_VESTIGING)).select("line", *positions).rename(columns)
    return table.with_columns(pl.col(*wanted).fill_null("").str.strip_chars())


def _without_threshold(name: str, data: bytes) -> pl.DataFrame:
    wanted = (models.SCHOOL, models.SCORE_WITHOUT_THRESHOLD)
    if sheet_cells(name, data, SHEET_WITHOUT_THRESHOLD) is None:
        return pl.DataFrame(schema=dict.fromkeys(("line", *wanted), pl.String))
    return _table(name, data, SHEET_WITHOUT_THRESHOLD, wanted)[1]


def _said(title: str) -> date | None:
    found = _DATE.search(title)
    return date(int(found[1]), 10, 1) if found else None
