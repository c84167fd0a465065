"""Reader of any table: of a text file, or of a sheet of a workbook (.xlsx, .xls, .ods), as rows of text.

Numbers of a sheet become the text that a CSV would have: 1 and not 1.0, 701.16, and a day as 20201001. Codes of
which a sheet lost the leading zeros stay as they are; who reads them knows their length.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.csv_reader import text_blocks
from npo_pipeline.delivery.sanitize import harmless_name, plain_value
from npo_pipeline.delivery.sheet_xml import BOOK, column_number
from npo_pipeline.delivery.sniff import (
    CHUNK,
    OLD_EXCEL,
    SHOWN,
    TextEncoding,
    is_workbook,
    normal_name,
    read_header,
    sniff,
)
from npo_pipeline.delivery.source_files import DAMAGE, SourceFile, check_members
from npo_pipeline.errors import Refused
from schemas.frames.intake import FileRows, SheetCells

MAX_SIZE = 64 * 2**20
MAX_UNPACKED = 256 * 2**20
MAX_CELLS = 5_000_000
"""Cells of a sheet as a full rectangle: one cell in a far corner would take all memory. CBS needs 40,000."""

SEPARATORS = ";,\t"

ROWS_ABOVE = 50
"""Rows that are searched for the header."""

IsHeader = Callable[[frozenset[str]], bool]
"""Returns whether the cells of a row, as names of columns, are a header that is looked for."""

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


def header_above(cells: SheetCells, is_header: IsHeader) -> int | None:
    """Return how many rows come before the first that is a header; null where none is."""
    rows = cells.drop("line").head(ROWS_ABOVE).iter_rows()
    return next((above for above, row in enumerate(rows) if is_header(frozenset(names_of(row)))), None)


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


def names_of(row: tuple[object, ...]) -> list[str]:
    """Return the cells of a row as names of columns."""
    return [normal_name(str(cell)) if cell is not None else "" for cell in row]


@dataclass(frozen=True)
class OpenWorkbook:
    """Hold the bytes of a workbook that can do no harm; `form` is `xlsx`, `xls` or `ods`."""

    name: str
    form: str
    data: bytes

    @cached_property
    def sha256(self) -> str:
        """The hash of its bytes, in hex."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def sheets(self) -> tuple[str, ...]:
        """The names of its sheets, in their order.

        Raises:
            Refused: the library of workbooks cannot read it.
        """
        if self.form in ISOLATED:
            return tuple(self._isolated_sheets)
        import fastexcel

        try:
            return tuple(fastexcel.read_excel(self.data).sheet_names)
        except BaseException as error:
            cause = _cause(error)
            raise Refused(f"{self.name}: is no readable workbook ({cause}); have it sent again") from error

    def _load(self, sheet: str) -> pl.DataFrame:
        import fastexcel

        _ = self._safe
        try:
            book = fastexcel.read_excel(self.data)
            return book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
        except BaseException as error:
            cause = f"sheet {sheet!r} cannot be read ({_cause(error)}); have the workbook sent again"
            raise Refused(f"{self.name}: {cause}") from error

    @cached_property
    def _isolated_sheets(self) -> Mapping[str, pl.DataFrame]:
        """Read the sheets in a process of its own, which damage can end, or halt, without ending this."""
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", _ISOLATED_READER, str(MAX_MEMORY), str(MAX_SECONDS)],
                input=self.data,
                env=os.environ | _ONE_THREAD,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            raise Refused(f"{self.name}: is no readable workbook (it is damaged); have it sent again") from error
        answer = io.BytesIO(done.stdout)
        return {
            name: pl.read_ipc_stream(io.BytesIO(answer.read(length)))
            for name, length in (json.loads(line) for line in iter(answer.readline, b""))
        }

    @cached_property
    def _safe(self) -> bool:
        """Refuse a workbook of which a sheet is too wide to be read as a rectangle."""
        if self.form == "xlsx":
            try:
                with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
                    for sheet in (one for one in archive.namelist() if one.startswith(_SHEETS)):
                        _refuse_wide(self.name, sheet, archive.read(sheet))
            except DAMAGE as error:
                raise Refused(f"{self.name}: is no readable workbook ({error}); have it sent again") from error
        return True

    def cells(self, sheet: str) -> SheetCells:
        """Read the cells of a sheet; `column_0` is the first column with something in it.

        Raises:
            Refused: the sheet cannot be read.
        """
        frame = self._isolated_sheets[sheet].clone() if self.form in ISOLATED else self._load(sheet)
        frame.columns = [f"column_{number}" for number in range(frame.width)]
        return SheetCells(frame.with_row_index("line", offset=1).with_columns(pl.col("line").cast(pl.Int64)))


ISOLATED = ("xls", "ods")
"""The forms that are read in a process of its own: a damaged one can make the library end it, or never return."""

MAX_MEMORY, MAX_SECONDS = 3 * 2**30, 60
"""Bytes and seconds of a processor that reading such a workbook may take."""

_ONE_THREAD = {"POLARS_MAX_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
"""Each thread and arena reserves memory, used or not: on a machine with many cores more than the limit."""

_REPEATED = re.compile(rb"""number-(?:rows|columns)-repeated=["']([0-9]+)["']""")
MAX_REPEATED = 2**20
"""Rows or columns that one of an OpenDocument may stand for: no sheet has more."""

_ISOLATED_READER = """
import io, json, resource, sys
memory, seconds = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
import fastexcel
book = fastexcel.read_excel(sys.stdin.buffer.read())
for name in book.sheet_names:
    sheet = io.BytesIO()
    book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars().write_ipc_stream(sheet)
    sys.stdout.buffer.write(json.dumps([name, sheet.tell()]).encode() + b"\\n" + sheet.getvalue())
"""
_CELL = re.compile(rb"""\br=["']([A-Za-z]*)([0-9]+)["']""")
_SHEETS = "xl/worksheets/"


def open_workbook(file: SourceFile) -> OpenWorkbook:
    """Read the bytes of a workbook that can do no harm.

    Raises:
        Refused: it is no workbook or damaged, is locked with a password, or is too large.
    """
    if file.size > MAX_SIZE:
        raise Refused(f"{file.name}: is larger than {MAX_SIZE // 2**20} MiB; no workbook that is meant here is")
    with file.open() as stream:
        data = stream.read()
    if data.startswith(OLD_EXCEL):
        return _old_workbook(file.name, data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_members(file.name, archive.infolist(), MAX_UNPACKED)
            names = archive.namelist()
            if "content.xml" in names and "mimetype" in names:
                _refuse_repeated(file.name, archive.read("content.xml"))
                return OpenWorkbook(file.name, "ods", data)
            if BOOK not in names:
                raise Refused(f"{file.name}: is a zip and no workbook; give the zip by itself, or unpack it")
    except DAMAGE as error:
        raise Refused(f"{file.name}: is no readable workbook ({error}); have it sent again") from error
    return OpenWorkbook(file.name, "xlsx", data)


def _refuse_repeated(name: str, xml: bytes) -> None:
    if any(len(times) > 9 or int(times) > MAX_REPEATED for times in _REPEATED.findall(xml)):
        raise Refused(f"{name}: is no readable workbook (it is damaged); have it sent again")


def _cause(error: BaseException) -> str:
    """Return what the library of workbooks says of a file that it cannot read, without where in the library.

    It raises many kinds, and a panic, which is no `Exception`.
    """
    if isinstance(error, KeyboardInterrupt | SystemExit):
        raise error
    return str(error).partition("\n")[0]


_PASSWORD = "EncryptedPackage".encode("utf-16-le")
"""The name of the part that holds a workbook with a password."""


def _old_workbook(name: str, data: bytes) -> OpenWorkbook:
    if _PASSWORD in data:
        raise Refused(f"{name}: is a workbook with a password; save it without one")
    try:
        sheets = _old_extents(_old_stream(data))
    except (struct.error, IndexError, ValueError) as error:
        raise Refused(f"{name}: is no readable workbook (it is cut off or damaged); have it sent again") from error
    for rows, columns in sheets:
        if rows * columns > MAX_CELLS:
            reaches = f"reaches to row {dutch.number(rows)}, column {dutch.number(columns)}"
            raise Refused(f"{name}: a sheet {reaches}; clear the cells outside the table")
    return OpenWorkbook(name, "xls", data)


_NO_SECTOR = 0xFFFFFFFA
"""The first number that is none of a sector."""

_SMALL_SECTOR = 64


def _old_stream(data: bytes) -> bytes:
    """Return the records of an old workbook out of its compound file ([MS-CFB]); a chain that runs off is damage.

    The library of workbooks trusts the file: it would follow a chain without an end.
    """
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    tables, directory, small, links_of_small, more = (
        struct.unpack_from("<I", data, at)[0] for at in (44, 48, 56, 60, 68)
    )
    if size not in (512, 4096) or tables > len(data) // size:
        raise ValueError("sectors of no known size")
    places = list(struct.unpack_from("<109I", data, 76))
    while more < _NO_SECTOR and len(places) < tables:
        *others, more = struct.unpack_from(f"<{size // 4}I", data, size * (more + 1))
        places += others
    links = [
        number
        for place in places[:tables]
        for number in struct.unpack_from(f"<{size // 4}I", data, size * (place + 1))
    ]
    sectors = data[size:]
    entries = _chain(sectors, size, links, directory)
    found = {
        entries[at : at + 64].decode("utf-16-le", "replace").partition("\0")[0]: at
        for at in range(0, len(entries) - 127, 128)
    }
    start, length = struct.unpack_from(
        "<II", entries, found.get("Workbook", found.get("Book", len(entries))) + 116
    )
    if length < small:
        # It is kept in small sectors, which together are a stream of the first entry.
        chained = _chain(sectors, size, links, links_of_small)
        sectors = _chain(sectors, size, links, struct.unpack_from("<I", entries, 116)[0])
        links, size = list(struct.unpack(f"<{len(chained) // 4}I", chained)), _SMALL_SECTOR
    stream = _chain(sectors, size, links, start)
    if len(stream) < length:
        raise ValueError("a stream that is cut off")
    return stream[:length]


def _chain(sectors: bytes, size: int, links: Sequence[int], number: int) -> bytes:
    """Return a chain of sectors from a number on; the last sector of a file may be short."""
    parts: list[bytes] = []
    while number < _NO_SECTOR:
        part = sectors[size * number : size * (number + 1)]
        if not part or len(parts) > len(links):
            raise ValueError("a chain of sectors that runs off")
        parts.append(part)
        number = links[number]
    return b"".join(parts)


_BEGIN, _SEVERAL = 0x0809, 0x00BD
_CELL_RECORDS = {0x0006, 0x0203, 0x0204, 0x0205, 0x00D6, 0x00FD, 0x027E, _SEVERAL}
"""Records of cells ([MS-XLS]): a formula, a number, texts, an error, and numbers in a row."""


def _old_extents(stream: bytes) -> list[tuple[int, int]]:
    """Return how far each sheet of an old workbook reaches, in rows and columns."""
    extents: list[tuple[int, int]] = []
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if at + 4 + length > len(stream):
            raise ValueError("a record that is cut off")
        if kind == _BEGIN:
            extents.append((1, 1))
        elif kind in _CELL_RECORDS and extents:
            row, column = struct.unpack_from("<HH", stream, at + 4)
            last = struct.unpack_from("<H", stream, at + 2 + length)[0] if kind == _SEVERAL else column
            extents[-1] = max(extents[-1][0], row + 1), max(extents[-1][1], last + 1)
        at += 4 + length
    return extents


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
