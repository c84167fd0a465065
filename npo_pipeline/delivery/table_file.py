"""Reader of any table: of a text file, or of a sheet of a workbook (.xlsx, .xls, .ods), as rows of text.

Numbers of a sheet become the text that a CSV would have: 1 and not 1.0, 701.16, and a day as 20201001. Codes of
which a sheet lost the leading zeros stay as they are; who reads them knows their length.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from npo_pipeline.delivery.csv_reader import text_blocks
from npo_pipeline.delivery.sanitize import harmless_name, plain_value
from npo_pipeline.delivery.sniff import (
    CHUNK,
    SHOWN,
    TextEncoding,
    is_workbook,
    normal_name,
    read_header,
    sniff,
)
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.delivery.workbook import (
    ROWS_ABOVE,
    IsHeader,
    OpenWorkbook,
    header_above,
    names_of,
    open_workbook,
)
from npo_pipeline.errors import Refused
from schemas.frames.intake import FileRows, SheetCells

SEPARATORS = ";,\t"

_MIDNIGHT = r"^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]00:00:00)?$"
"""A day, as the library of workbooks writes it."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Hold the rows of a table in a file, as text.

    `form`: `csv`, `xlsx`, `xls` or `ods`. `sheet`: its name in a workbook; null for text. `header_row`: the line
    of the header, from 1. `headings`: the names of the columns as the file writes them. `columns`: the same
    normalised (`BRIN_NUMMER`); one without a name is `(COLUMN_3)`. `rows`: `line`, and all columns.
    `sheets`: the names of all sheets of a workbook.
    """

    name: str
    sha256: str
    form: str
    sheet: str | None = None
    header_row: int
    headings: tuple[str, ...]
    columns: tuple[str, ...]
    rows: FileRows
    sheets: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The file, and the sheet where it is one of a workbook, as messages name it."""
        return f"{self.name}, sheet {self.sheet!r}" if self.sheet is not None else self.name


def read_table(
    file: SourceFile,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    is_header: IsHeader | None = None,
) -> Table:
    """Read a table of any layout, whatever it is saved as.

    Args:
        file: a text file or a workbook.
        sheet: of a workbook, the sheet (capitals do not matter); without it the first with a header.
        header_row: the line of the header. Without it the first that `is_header` takes, or else the first of
            which half of the columns is filled; of a text file of which no header is looked for, the first.
        is_header: the header that is looked for.

    Raises:
        Refused: the file is damaged, too large or no table; it has no such sheet, no header or no rows; or a
            column stands twice in its header.
    """
    if is_workbook(file):
        table = _table_of_workbook(file, sheet, header_row, is_header)
    elif sheet is not None:
        raise Refused(f"{file.name}: is a text file and has no sheet {sheet!r}; leave out the sheet")
    else:
        table = _table_of_text(file, header_row, is_header)
    if table.rows.is_empty():
        raise Refused(f"{table.shown}: holds a header and no rows; have it sent again")
    return table


def _table_of_text(file: SourceFile, header_row: int | None, is_header: IsHeader | None) -> Table:
    encoding = sniff(file)
    if header_row is None and is_header is not None:
        header_row = _header_line(file, encoding, is_header)
    header = read_header(file, encoding, header_row or 1)
    blocks = list(text_blocks(file, encoding, header))
    schema = {"line": pl.Int64, **dict.fromkeys(header.columns, pl.String)}
    return Table(
        name=file.name,
        sha256=encoding.sha256,
        form="csv",
        header_row=header.lines,
        headings=header.headings,
        columns=header.columns,
        rows=FileRows(pl.concat([pl.DataFrame(schema=schema), *blocks])),
    )


def _header_line(file: SourceFile, encoding: TextEncoding, is_header: IsHeader) -> int:
    """Return the line of a text file that is a header that is looked for, or else the first well filled."""
    with file.open() as stream:
        start = stream.read(CHUNK).removeprefix(codecs.BOM_UTF8)
    rows = [
        _fields(line.decode(encoding.codec, "replace")) for line in start.split(encoding.line_end)[:ROWS_ABOVE]
    ]
    for number, found in enumerate(rows, 1):
        if any(is_header(frozenset(names_of(row))) for row in found):
            return number
    filled = [max(sum(1 for cell in row if cell.strip()) for row in found) for found in rows]
    wanted = max(2, max(filled) // 2)
    return next((number for number, cells in enumerate(filled, 1) if cells >= wanted), 1)


def _fields(line: str) -> list[tuple[str, ...]]:
    """Return the fields of a line by each separator that a file may have."""
    try:
        return [tuple(next(csv.reader([line.strip("\r")], delimiter=one), [])) for one in SEPARATORS]
    except csv.Error:
        return [()]


def _table_of_workbook(
    file: SourceFile, sheet: str | None, header_row: int | None, is_header: IsHeader | None
) -> Table:
    book = open_workbook(file)
    names = [_sheet_named(book, sheet)] if sheet is not None else list(book.sheets)
    sheets = [(name, book.cells(name)) for name in names]
    filled = [(name, cells) for name, cells in sheets if cells.width > 1 and cells.height]
    if not filled:
        shown = ", ".join(map(repr, names)) or "any"
        raise Refused(f"{file.name}: has nothing on sheet {shown}; have the workbook sent again")
    place = _wanted_header(filled, header_row, is_header) or _filled_header(file.name, filled, header_row)
    if place is None:
        raise Refused(f"{file.name}: has no sheet with the header of a table; name the sheet and its header's row")
    name, cells, above = place
    return sheet_table(book, name, cells, above)


def sheet_table(book: OpenWorkbook, name: str, cells: SheetCells, above: int) -> Table:
    """Return the table on a sheet of which the header has so many rows above it.

    Raises:
        Refused: a column stands twice in the header.
    """
    headings, header_row = _headings(cells, above), int(cells["line"][above])
    columns = tuple(normal_name(one) or f"(COLUMN_{number})" for number, one in enumerate(headings, 1))
    for column, times in Counter(columns).items():
        if times > 1:
            where = f"{book.name}, sheet {name!r}, line {header_row}"
            raise Refused(f"{where}: column {harmless_name(column[:SHOWN])} stands twice; keep one of them")
    return Table(
        name=book.name,
        sha256=book.sha256,
        form=book.form,
        sheet=name,
        header_row=header_row,
        headings=headings,
        columns=columns,
        rows=_rows_below(cells, header_row, columns),
        sheets=book.sheets,
    )


def _sheet_named(book: OpenWorkbook, sheet: str) -> str:
    wanted = sheet.strip().casefold()
    if (found := next((one for one in book.sheets if one.strip().casefold() == wanted), None)) is None:
        shown = ", ".join(map(repr, book.sheets))
        raise Refused(f"{book.name}: has no sheet {sheet!r}; its sheets are {shown}")
    return found


def _wanted_header(
    sheets: Sequence[tuple[str, SheetCells]], header_row: int | None, is_header: IsHeader | None
) -> tuple[str, SheetCells, int] | None:
    """Return the sheet with the header that is looked for, and the rows above it; null where none has it."""
    if is_header is None or header_row is not None:
        return None
    for name, cells in sheets:
        if (above := header_above(cells, is_header)) is not None:
            return name, cells, above
    return None


def _filled_header(
    file: str, sheets: Sequence[tuple[str, SheetCells]], header_row: int | None
) -> tuple[str, SheetCells, int] | None:
    """Return the sheet and the rows above its header: at the row that was asked for, or else well filled."""
    for name, cells in sheets:
        if header_row is not None:
            if header_row > cells.height:
                raise Refused(
                    f"{file}, sheet {name!r}: has {cells.height} rows, and no header on line {header_row}"
                )
            return name, cells, header_row - 1
        wanted = max(2, cells.width // 2)
        for above, row in enumerate(cells.drop("line").head(ROWS_ABOVE).iter_rows()):
            if sum(1 for cell in row if cell and cell.strip()) >= wanted:
                return name, cells, above
    return None


def _headings(cells: SheetCells, above: int) -> tuple[str, ...]:
    """Return the cells of a header as they are written, without the empty ones behind the last."""
    row = ["" if cell is None else " ".join(cell.split()) for cell in cells.drop("line").row(above)]
    named = max((number for number, one in enumerate(row, 1) if one), default=0)
    beyond = cells.drop("line").slice(above + 1)
    filled = [number for number, one in enumerate(beyond.iter_columns(), 1) if (one.fill_null("") != "").any()]
    return tuple(row[: max([named, *filled])])


def _rows_below(cells: SheetCells, header_row: int, columns: Sequence[str]) -> FileRows:
    """Return the rows below a header that have a value; the notes below the table are none of its rows."""
    named = {column: cell_text(pl.col(f"column_{at}")) for at, column in enumerate(columns)}
    rows = cells.filter(pl.col("line") > header_row).select("line", **named)
    filled = pl.sum_horizontal(pl.col(*columns) != "")
    rows = rows.with_columns(filled=filled)
    last = rows.filter(pl.col("filled") > min(1, len(columns) - 1))["line"].max()
    in_table = pl.col("line") <= (last if isinstance(last, int) else header_row)
    return FileRows(rows.filter(in_table & (pl.col("filled") > 0)).drop("filled"))


def cell_text(cell: pl.Expr) -> pl.Expr:
    """Return the text of a cell as a CSV would have it, "" where it is empty."""
    return plain_value(cell.fill_null("")).str.replace(_MIDNIGHT, "$1$2$3")
