"""Reader of the workbooks of a delivery: the scores of CBS, and what the forms of boards share with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from npo_pipeline.delivery.sanitize import plain_value
from npo_pipeline.delivery.table_file import ROWS_ABOVE, OpenWorkbook, header_above, names_of
from npo_pipeline.errors import Refused
from schemas import files as models
from schemas.frames.intake import FileRows, SheetCells

SHEET, SHEET_WITHOUT_THRESHOLD = "Tabel 1", "Tabel 2"
_NO_SCORES = dict.fromkeys(("line", models.SCHOOL, models.SCORE_WITHOUT_THRESHOLD), pl.String)
_DATE = re.compile(r"\b1 oktober (20\d\d)\b")
_VESTIGING = r"^\s*[0-9A-Za-z]{6}\s*$"


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


def is_of_cbs(book: OpenWorkbook) -> bool:
    """Return whether a workbook has the sheet of CBS with scores."""
    if SHEET not in book.sheets:
        return False
    return header_above(book.cells(SHEET), lambda columns: models.SCHOOL in columns) is not None


def read_workbook(book: OpenWorkbook) -> Workbook:
    """Read a CBS workbook with calamine (its styles make openpyxl fail; domain notes, section 2).

    Raises:
        Refused: it has no readable `Tabel 1`.
    """
    cells = book.cells(SHEET)
    counted = (models.SCHOOL, models.SCORED_PUPILS, models.SCORE)
    title, rows = _scores_table(f"{book.name}, sheet {SHEET!r}", cells, counted)
    found = Workbook(sha256=book.sha256, rows=rows)
    if stated := _DATE.search(title):
        found = replace(found, reference_date=date(int(stated[1]), 10, 1))
    if SHEET_WITHOUT_THRESHOLD not in book.sheets:
        return found
    cells = book.cells(SHEET_WITHOUT_THRESHOLD)
    wanted = (models.SCHOOL, models.SCORE_WITHOUT_THRESHOLD)
    _, without = _scores_table(f"{book.name}, sheet {SHEET_WITHOUT_THRESHOLD!r}", cells, wanted)
    return replace(found, without_threshold=without)


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
