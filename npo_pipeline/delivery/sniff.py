"""Sniffing of files: hash, encoding, line end and damage of the bytes of a text file, and its header."""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

from npo_pipeline.delivery.sanitize import harmless_name
from npo_pipeline.delivery.source_files import SourceFile, source_files
from npo_pipeline.errors import Attempt, Refused, at_once

CHUNK = 2**20
"""One mebibyte; no line of any layout comes near it, so a chunk without a line end is no table."""

_BOM16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
OLD_EXCEL = bytes.fromhex("D0CF11E0A1B11AE1")
"""The first bytes of an Excel file of before 2007, or one locked with a password."""

_NO_TABLES = {
    b"%PDF-": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"\x1f\x8b": "packed with gzip",
    b"7z\xbc\xaf": "packed with 7-Zip",
    b"Rar!": "packed with RAR",
}
"""The first bytes of what is no table, and what it is."""

_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
"""The beginning of a web page, as a download that failed often is."""

_ZIP = b"PK\x03\x04"
"""The first bytes of a zip, and so of every `.xlsx`."""


@dataclass(frozen=True)
class TextEncoding:
    """Hold the properties of the bytes of a file: sha256 in hex, `utf-8` or `cp1252`, and the line end."""

    sha256: str
    codec: str
    line_end: bytes


@dataclass(frozen=True)
class ScannedFile:
    """Hold a file and the encoding of its text; null for a workbook, which is read by a library."""

    file: SourceFile
    encoding: TextEncoding | None


def scan(paths: Sequence[Path], attempt: Attempt = at_once) -> list[ScannedFile]:
    """Sniff every file of a delivery.

    `attempt`: how each is tried.

    Raises:
        Refused: a path cannot be read, a zip is unsafe, or a file is empty or no text.
    """
    scanned = []
    for file in source_files(paths, attempt):
        with attempt(file.name):
            scanned.append(ScannedFile(file, None if is_workbook(file) else sniff(file)))
    return scanned


def is_workbook(file: SourceFile) -> bool:
    """Return whether a file begins as a workbook does: a zip (.xlsx, .ods) or an old Excel file (.xls)."""
    with file.open() as stream:
        start = stream.read(len(OLD_EXCEL))
    return start.startswith((_ZIP, OLD_EXCEL))


def sniff(file: SourceFile) -> TextEncoding:
    """Read a text file once, in constant memory.

    A file is UTF-8 when all of it is, else windows-1252, as DUO delivers (domain notes, section 4).

    Raises:
        Refused: the file is empty or binary, or has a line longer than a mebibyte.
    """
    digest, utf8, line_end, size, has_bom = hashlib.sha256(), _Utf8(), b"", 0, False
    with file.open() as stream:
        while chunk := stream.read(CHUNK):
            has_bom = has_bom or (not size and chunk.startswith(codecs.BOM_UTF8))
            # CRLF counts as LF: the reader takes the CR off. Bare CR occurs in two of DUO's files.
            line_end = line_end or next((end for end in (b"\n", b"\r") if end in chunk), b"")
            _refuse_binary(file, chunk, size, line_end)
            digest.update(chunk)
            utf8.feed(chunk)
            size += len(chunk)
    if not size:
        raise Refused(f"{file.name}: is empty; have it sent again")
    line_end = line_end or b"\n"
    utf8.feed(b"", final=True)
    wrong_at = utf8.wrong_at
    if has_bom and wrong_at is not None:
        line = _line_at(file, wrong_at, line_end)
        raise Refused(
            f"{file.name}, line {line}: is not UTF-8, though the file says it is; save it again as UTF-8"
        )
    if wrong_at is not None:
        _refuse_mixed(file, line_end)
    return TextEncoding(digest.hexdigest(), "utf-8" if wrong_at is None else "cp1252", line_end)


def _refuse_mixed(file: SourceFile, line_end: bytes) -> None:
    """Refuse a file with lines of both encodings: read as windows-1252, the others would show other letters."""
    first: dict[str, int] = {}
    number, rest = 1, b""
    with file.open() as stream:
        while chunk := stream.read(CHUNK):
            *lines, rest = (rest + chunk).split(line_end)
            for line in lines:
                if not line.isascii():
                    first.setdefault(_codec_of(line), number)
                number += 1
    if not rest.isascii():
        first.setdefault(_codec_of(rest), number)
    if len(first) > 1:
        raise Refused(
            f"{file.name}, line {first['cp1252']}: is windows-1252, and line {first['utf-8']} is UTF-8; save the "
            "file again in one of them"
        )


def _codec_of(line: bytes) -> str:
    try:
        line.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


class _Utf8:
    """Find the offset at which bytes cease to be UTF-8; `wrong_at` is null where they all are."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._fed = 0
        self.wrong_at: int | None = None

    def feed(self, chunk: bytes, *, final: bool = False) -> None:
        pending = len(self._decoder.getstate()[0])
        # ASCII chunks, as nearly all are, need no decoding.
        if self.wrong_at is None and (pending or final or not chunk.isascii()):
            try:
                self._decoder.decode(chunk, final)
            except UnicodeDecodeError as error:
                self.wrong_at = self._fed - pending + error.start
        self._fed += len(chunk)


def _refuse_binary(file: SourceFile, chunk: bytes, offset: int, line_end: bytes) -> None:
    if not offset and chunk.startswith(_BOM16):
        raise Refused(f"{file.name}: is UTF-16; save it as UTF-8 or windows-1252")
    kind = next((kind for start, kind in _NO_TABLES.items() if not offset and chunk.startswith(start)), None)
    kind = "a web page" if not offset and _PAGE.match(chunk) else kind
    if kind is not None:
        raise Refused(f"{file.name}: is {kind}; hand in the workbook (.xlsx) or the CSV itself")
    if (at := chunk.find(b"\0")) >= 0:
        line = _line_at(file, offset + at, line_end or b"\n")
        raise Refused(f"{file.name}, line {line}: holds a NUL byte; the file is damaged or no text")
    if len(chunk) == CHUNK and (not line_end or line_end not in chunk):
        raise Refused(f"{file.name}: a line is longer than 1 MiB; this is no table of DUO or CBS")


def _line_at(file: SourceFile, offset: int, line_end: bytes) -> int:
    line = 1
    with file.open() as stream:
        while offset > 0 and (chunk := stream.read(min(offset, CHUNK))):
            line += chunk.count(line_end)
            offset -= len(chunk)
    return line


SHOWN = 40
"""Characters of a column name that a message repeats."""

_NEWER = {"INSTELLINGSCODE": "BRIN_NUMMER", "VESTIGINGSCODE": "VESTIGINGSNUMMER"}
"""Newer column names of DUO, and the older names of the same columns (contract, section 2)."""


_STATED_SEPARATOR = re.compile(rb"""^(?:\xef\xbb\xbf)?"?sep=([;,\t])"?(?:\r\n|\n|\r)""", re.IGNORECASE)
"""The line with which Excel states the separator of a file, above its header."""


@dataclass(frozen=True)
class Header:
    """Hold a header line: normalised column names, `;`, `,` or a tab, and its length in bytes.

    `bytes_long`: with BOM, line end and all above it. `lines`: two where Excel wrote `sep=;` above it.
    `headings`: the names as they are written.
    """

    columns: tuple[str, ...]
    separator: str
    bytes_long: int
    _: KW_ONLY
    lines: int = 1
    headings: tuple[str, ...] = ()


def read_header(file: SourceFile, encoding: TextEncoding, row: int = 1) -> Header:
    """Read the header line of a text file, on line `row`.

    Raises:
        Refused: a column occurs twice, or the line is not there, or cannot be decoded or read.
    """
    with file.open() as stream:
        start = stream.read(CHUNK)
    above = _STATED_SEPARATOR.match(start)
    begin, number = (above.end(), 2) if above else (0, 1)
    while number < row:
        if not (begin := start.find(encoding.line_end, begin) + 1) or begin == len(start):
            raise Refused(f"{file.name}: has {number} lines, and no header on line {row}")
        number += 1
    end = start.find(encoding.line_end, begin)
    raw = start if end < 0 else start[: end + 1]
    try:
        line = raw[begin:].decode("utf-8-sig" if encoding.codec == "utf-8" else "cp1252").strip("\r\n")
    except UnicodeDecodeError as error:
        cause = "is neither UTF-8 nor windows-1252; save it in one of them"
        raise Refused(f"{file.name}, line {number}: {cause}") from error
    plain = ";" if line.count(";") >= line.count(",") else ","
    separator = above[1].decode() if above else plain if plain in line or "\t" not in line else "\t"
    try:
        headings = tuple(next(csv.reader([line], delimiter=separator), []))
    except csv.Error as error:
        cause = f"is no header ({error}); take the file out of the delivery"
        raise Refused(f"{file.name}, line {number}: {cause}") from error
    columns = tuple(normal_name(name) for name in headings)
    for column, times in Counter(columns).items():
        if column and times > 1:
            shown = harmless_name(column[:SHOWN])
            raise Refused(f"{file.name}, line {number}: column {shown} stands twice; keep one of them")
    # CBS leaves the heading of its last column empty; a frame wants a name for it.
    distinct = tuple(column or f"(COLUMN_{number})" for number, column in enumerate(columns, 1))
    return Header(distinct, separator, len(raw), lines=number, headings=headings)


def normal_name(name: str) -> str:
    """Normalise the name of a column: capitals, underscores, the older word of DUO."""
    seen = name if name.isascii() else "".join(one for one in name if unicodedata.category(one) != "Cf")
    plain = "_".join(seen.strip().upper().split())
    return _NEWER.get(plain, plain)


@dataclass(frozen=True, kw_only=True)
class TextForm:
    """Hold how a text is written: UTF-8 or windows-1252, with a byte order mark, and its LF, CRLF or CR."""

    encoding: str
    byte_order_mark: bool
    line_ends: str


_ENCODINGS = {"utf-8": "UTF-8", "cp1252": "windows-1252"}


def form_of(file: SourceFile, encoding: TextEncoding) -> TextForm:
    """Return how the text of a file that was sniffed is written; its line ends are those of its beginning."""
    with file.open() as stream:
        start = stream.read(CHUNK)
    windows = "CRLF" if b"\r\n" in start else "LF"
    return TextForm(
        encoding=_ENCODINGS[encoding.codec],
        byte_order_mark=start.startswith(codecs.BOM_UTF8),
        line_ends="CR" if encoding.line_end == b"\r" else windows,
    )
