"""Reader of text files: frames of text, block by block, strict about encoding, quotes and fields."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, TypeAlias

import polars as pl

from npo_pipeline.delivery.sanitize import has_unseen, plain_value
from npo_pipeline.delivery.sniff import Header, TextEncoding
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.errors import Refused
from schemas.frames.intake import BlockTexts, FileRows

BLOCK = 16 * 2**20
"""Bytes read at a time: enough for polars to use all cores, little enough for any memory."""

LINES_OF_A_FIELD = 100
"""Lines that a quoted field may take over the end of a block."""

_UNIT = "\x1f"
"""A separator that no text has, to read whole lines."""


Trim: TypeAlias = Callable[[pl.Expr], pl.Expr]
"""Cleans a value of a file."""


@dataclass(frozen=True, kw_only=True)
class TextBlock:
    """Hold whole lines of a file, in UTF-8 and with LF; `line` is the number of the first of them.

    `had_quotes`: around every field; they were taken off.
    """

    name: str
    text: bytes
    header: Header
    line: int
    had_quotes: bool = False

    @cached_property
    def trim(self) -> Trim | None:
        """The cleaning that a value of these lines needs; null: none, there are no spaces and no quotes."""
        return plain_value if self.had_quotes else _trim_of(self.text)

    @cached_property
    def height(self) -> int:
        """The number of its lines."""
        return self.text.count(b"\n")

    def holds(self, lines: pl.Series) -> pl.Series:
        """Return for each number of a line whether it is one of these."""
        return lines.is_between(self.line, self.line + self.height - 1)

    def rows(self) -> FileRows:
        """Parse all lines.

        Raises:
            Refused: names the line that is cut off, has a field too many, or cannot be read.
        """
        return self._cleaned(self._parsed(self.text, self.line), self.text, self.trim)

    def lines(self) -> BlockTexts | None:
        """Return its lines as they are written; null where that takes more than cutting at line ends."""
        whole = frame_by_polars(self.text, Header(("text",), _UNIT, 0), self.line, quote=None)
        return BlockTexts(whole) if whole is not None and whole.height == self.height else None

    def rows_of(self, lines: BlockTexts) -> FileRows | None:
        """Parse some of its lines alone; null where one of them is no row by itself: `rows` says why."""
        text = "".join(f"{line}\n" for line in lines["text"]).encode()
        if b'"' in text and not lines["text"].str.contains(_whole_fields(self.header.separator)).all():
            return None
        try:
            frame = self._parsed(text, 0)
        except Refused:
            return None
        numbers = lines["line"].gather(frame["line"])
        # Where these lines are plain, those around them do not matter.
        return self._cleaned(FileRows(frame.with_columns(numbers)), text, self.trim if _trim_of(text) else None)

    def rows_at(self, numbers: pl.Series) -> FileRows:
        """Parse the rows that begin at some lines of the file."""
        wanted = pl.col("line").is_in(numbers.implode())
        lines = self.lines()
        rows = self.rows_of(BlockTexts(lines.filter(wanted))) if lines is not None else None
        return FileRows(self.rows().filter(wanted)) if rows is None else rows

    def _parsed(self, text: bytes, line: int) -> FileRows:
        frame = frame_by_polars(text, self.header, line, quote='"' if b'"' in text else None)
        if frame is None or not is_square(frame, text, self.header, text.count(b"\n")):
            return _frame_by_csv(self.name, text.decode(), self.header, line)
        return frame

    def _cleaned(self, rows: FileRows, text: bytes, trim: Trim | None) -> FileRows:
        """Clean the values, and drop the rows without any, as Excel leaves them below a table."""
        if trim is not None:
            rows = FileRows(rows.with_columns(trim(pl.exclude("line"))))
        elif _empty_row(self.header) not in text:
            return rows
        return FileRows(rows.filter(pl.any_horizontal(pl.col(*self.header.columns) != "")))


def text_blocks(file: SourceFile, encoding: TextEncoding, header: Header) -> Iterator[FileRows]:
    """Read the rows of a file below its header.

    Yields:
        Frames of `line` (Int64, 1 is the header) and all columns of the file by their normalised names
        (String, without the spaces around them, "" where there is no value). Blank lines are passed over.

    Raises:
        Refused: names the line that is cut off, has a field too many, or cannot be decoded.
    """
    for block in read_blocks(file, encoding, header):
        yield block.rows()


def read_blocks(file: SourceFile, encoding: TextEncoding, header: Header) -> Iterator[TextBlock]:
    """Read the lines of a file below its header, a block at a time, without parsing them.

    Raises:
        Refused: names the line that cannot be decoded, or ends otherwise than the others.
    """
    line = header.lines + 1
    with file.open() as stream:
        for block in blocks_of_lines(stream, encoding, header):
            text = _with_lf(file.name, _utf8(file.name, block, encoding, line), line)
            plain = _without_quotes(text, header)
            had_quotes = plain is not text
            yield TextBlock(name=file.name, text=plain, header=header, line=line, had_quotes=had_quotes)
            line += text.count(b"\n")


def blocks_of_lines(stream: BinaryIO, encoding: TextEncoding, header: Header) -> Iterator[bytes]:
    """Cut the stream into blocks of whole lines that end in LF."""
    stream.read(header.bytes_long)
    if encoding.line_end == b"\n":
        yield from _blocks_of_lf(stream)
        return
    rest = b""
    while chunk := stream.read(BLOCK):
        chunk = rest + chunk
        end = chunk.rfind(encoding.line_end) + 1
        rest = chunk[end:]
        if end:
            yield chunk[:end].replace(b"\r", b"\n")
    if rest.strip():
        yield rest.replace(b"\r", b"\n") + b"\n"


def _blocks_of_lf(stream: BinaryIO) -> Iterator[bytes]:
    # The rest of the line is read after the block, so that the block is copied once.
    while chunk := stream.read(BLOCK):
        block = chunk if chunk.endswith(b"\n") else chunk + stream.readline()
        block = _with_open_quote(block, stream)
        if not block.endswith(b"\n"):
            end = block.rfind(b"\n") + 1
            block = block + b"\n" if block[end:].strip() else block[:end]
        if block:
            yield block


def _with_open_quote(block: bytes, stream: BinaryIO) -> bytes:
    """Add the lines up to the end of a quoted field in which a block ends."""
    for _ in range(LINES_OF_A_FIELD):
        if block.count(b'"') % 2 == 0 or not (more := stream.readline()):
            break
        block += more
    return block


def _with_lf(name: str, block: bytes, line: int) -> bytes:
    text = block.replace(b"\r\n", b"\n") if b"\r" in block else block
    if b"\r" in text:
        stray = re.search(rb"\r(?!\n)", block)
        at = line + block.count(b"\n", 0, stray.start() if stray else 0)
        raise Refused(
            f"{name}, line {at}: holds a line end of another kind (CR) than the file; have it saved again"
        )
    return text


def _without_quotes(text: bytes, header: Header) -> bytes:
    """Take the quotes off lines of which each field has them, and no field holds a quote or a separator."""
    if not text.startswith(b'"') or not text.endswith(b'"\n'):
        return text
    separator, lines = header.separator.encode(), text.count(b"\n")
    between, fields = lines * (len(header.columns) - 1), lines * len(header.columns)
    quoted = b'"' + separator + b'"'
    found = (text.count(separator), text.count(quoted), text.count(b'"\n"'), text.count(b'"'))
    return text.replace(b'"', b"") if found == (between, between, lines - 1, 2 * fields) else text


def _trim_of(text: bytes) -> Trim | None:
    if b'"' in text or has_unseen(text):
        return plain_value
    return _stripped if b" " in text or b"\t" in text else None


def _stripped(value: pl.Expr) -> pl.Expr:
    return value.str.strip_chars(" \t")


def _empty_row(header: Header) -> bytes:
    return header.separator.encode() * (len(header.columns) - 1)


def _whole_fields(separator: str) -> str:
    """Return the pattern of a line in which each quote that opens a field closes it."""
    field = rf'([^"{separator}]*|"([^"]|"")*")'
    return rf"^{field}({separator}{field})*$"


def is_square(frame: FileRows, block: bytes, header: Header, lines: int) -> bool:
    """Return whether every line has exactly the fields of the header.

    Polars fills up a short row with empty fields silently. It refuses a long one, so when all
    separators of the block are between fields and their number is right, no row is short. Otherwise the
    slower csv module reads the block and says which line it is.
    """
    separators = block.count(header.separator.encode())
    if frame.height != lines or separators != lines * (len(header.columns) - 1):
        return False
    inside = pl.any_horizontal(pl.col(*header.columns).str.contains(header.separator, literal=True).any())
    return b'"' not in block or not frame.select(inside).item()


def _utf8(name: str, block: bytes, encoding: TextEncoding, line: int) -> bytes:
    if encoding.codec == "utf-8" or block.isascii():
        return block
    try:
        return block.decode("cp1252").encode()
    except UnicodeDecodeError as error:
        at = line + block.count(b"\n", 0, error.start)
        byte = block[error.start]
        raise Refused(
            f"{name}, line {at}: byte 0x{byte:02X} is neither UTF-8 nor windows-1252; save the file in one of them"
        ) from error


def frame_by_polars(block: bytes, header: Header, line: int, *, quote: str | None) -> FileRows | None:
    """Parse one block, quickly and not strictly; null where polars refuses it."""
    try:
        frame = pl.read_csv(
            block,
            separator=header.separator,
            has_header=False,
            schema={column: pl.String for column in header.columns},
            empty_string_is_null=False,
            quote_char=quote,
            row_index_name="line",
            row_index_offset=line,
        )
    except pl.exceptions.PolarsError:
        return None
    return FileRows(frame.with_columns(pl.col("line").cast(pl.Int64)))


def _frame_by_csv(name: str, text: str, header: Header, line: int) -> FileRows:
    rows: list[list[str | int]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=header.separator, strict=True)
    at, wide = line, len(header.columns)
    try:
        for row in reader:
            last, has_value = line + reader.line_num - 1, bool("".join(row).strip())
            if last > at and (len(row) != wide or _swallows(row, header)):
                raise Refused(f"{name}, line {at}: a quoted field runs on to line {last}; close the quote")
            if has_value and len(row) != wide:
                cause = "a separator too many, or a value that wants quotes"
                cause = "the file is cut off" if len(row) < wide else cause
                has = f"has {len(row)} fields where the header has {wide}"
                raise Refused(f"{name}, line {at}: {has}: {cause}; have it sent again")
            if has_value:
                rows.append([at, *row])
            at = last + 1
    except csv.Error as error:
        raise Refused(f"{name}, line {at}: cannot be read ({error}); check its quotes") from error
    schema = {"line": pl.Int64, **dict.fromkeys(header.columns, pl.String)}
    return FileRows(pl.DataFrame(rows, schema=schema, orient="row"))


def _swallows(row: Sequence[str], header: Header) -> bool:
    """Return whether a field over several lines holds separators: a quote that is not closed takes in rows."""
    return any("\n" in field and header.separator in field for field in row)
