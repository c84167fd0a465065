"""A workbook (.xlsx, .xls, .ods): opened safely, the cells of its sheets and their headers; and the one of CBS."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.sanitize import plain_value
from npo_pipeline.delivery.sheet_xml import BOOK, column_number
from npo_pipeline.delivery.sniff import (
    OLD_EXCEL,
    normal_name,
)
from npo_pipeline.delivery.source_files import DAMAGE, SourceFile, check_members
from npo_pipeline.errors import Refused
from schemas import files as models
from schemas.frames.intake import FileRows, SheetCells

MAX_SIZE = 64 * 2**20
MAX_UNPACKED = 256 * 2**20
MAX_CELLS = 5_000_000
"""Cells of a sheet as a full rectangle: one cell in a far corner would take all memory. CBS needs 40,000."""

ROWS_ABOVE = 50
"""Rows that are searched for the header."""

IsHeader = Callable[[frozenset[str]], bool]
"""Returns whether the cells of a row, as names of columns, are a header that is looked for."""


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


def names_of(row: tuple[object, ...]) -> list[str]:
    """Return the cells of a row as names of columns."""
    return [normal_name(str(cell)) if cell is not None else "" for cell in row]


def header_above(cells: SheetCells, is_header: IsHeader) -> int | None:
    """Return how many rows come before the first that is a header; null where none is."""
    rows = cells.drop("line").head(ROWS_ABOVE).iter_rows()
    return next((above for above, row in enumerate(rows) if is_header(frozenset(names_of(row)))), None)


CBS_SHEET, CBS_SHEET_WITHOUT_THRESHOLD = "Tabel 1", "Tabel 2"
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
    if CBS_SHEET not in book.sheets:
        return False
    return header_above(book.cells(CBS_SHEET), lambda columns: models.SCHOOL in columns) is not None


def read_workbook(book: OpenWorkbook) -> Workbook:
    """Read a CBS workbook with calamine (its styles make openpyxl fail; domain notes, section 2).

    Raises:
        Refused: it has no readable `Tabel 1`.
    """
    cells = book.cells(CBS_SHEET)
    counted = (models.SCHOOL, models.SCORED_PUPILS, models.SCORE)
    title, rows = _scores_table(f"{book.name}, sheet {CBS_SHEET!r}", cells, counted)
    found = Workbook(sha256=book.sha256, rows=rows)
    if stated := _DATE.search(title):
        found = replace(found, reference_date=date(int(stated[1]), 10, 1))
    if CBS_SHEET_WITHOUT_THRESHOLD not in book.sheets:
        return found
    cells = book.cells(CBS_SHEET_WITHOUT_THRESHOLD)
    wanted = (models.SCHOOL, models.SCORE_WITHOUT_THRESHOLD)
    _, without = _scores_table(f"{book.name}, sheet {CBS_SHEET_WITHOUT_THRESHOLD!r}", cells, wanted)
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
