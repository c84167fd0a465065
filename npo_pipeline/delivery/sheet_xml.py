"""Reader of the XML of a workbook: the cells of a sheet with something in them, each as a person sees it.

Other readers give a sheet as a full rectangle of text. Of what boards fill in more must be known: whether a cell
is a number or text, a percentage or a day, has a formula or an error; and an empty row at the end is no content.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from functools import cached_property, reduce
from xml.parsers import expat

from npo_pipeline import dutch
from npo_pipeline.delivery.source_files import DAMAGE
from npo_pipeline.errors import Refused

MAX_CONTENT = 500_000
"""Cells of a sheet with something in them; a board with ten thousand bookings needs 100,000."""

MAX_WALKED = 64 * 2**20
"""Bytes of a part that are walked element by element."""

MAX_FOR_EMPTY_CELLS = 2**20
"""Bytes of a sheet above which its empty cells are taken out before it is walked."""

BOOK = "xl/workbook.xml"
_LINKS = "xl/_rels/workbook.xml.rels"
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_EMPTY_CELLS = re.compile(rb'<c r="[A-Z]{1,3}[0-9]{1,7}"[^<>]*?(?:/>|></c>)')
_ENDS = (b"</v>", b"</is>")
"""The ends of the value of a cell."""

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
"""The parts of a number format that only decorate."""

_DAYS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_PERCENTAGES = {9, 10}
"""The numbers of the built-in formats of days and percentages (ECMA-376, part 1, 18.8.30)."""

_DOUBLE = Context(prec=15)
"""A double has fifteen digits that mean something."""

_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
"""Day 0 of a workbook; true where it counts from 1904, as old ones of a Mac do."""


@dataclass(frozen=True)
class Cell:
    """Hold the text of a cell as it is seen; a number is written out, with a decimal point."""

    text: str
    is_number: bool = False


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Mark the cells that a formula fills, or one with an error: last row, columns, and the address of its own."""

    row: int
    first: int
    last: int
    address: str


@dataclass
class SheetContent:
    """Hold the cells of a sheet with something in them, row -> column -> cell (both from 1), and its marks.

    `errors`: cells with an error (`#N/A`), which are read as if they were empty.
    """

    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    formulas: list[Mark] = field(default_factory=list)
    errors: list[Mark] = field(default_factory=list)


def column_number(letters: str) -> int:
    """Return the number of a column: A is 1, AA is 27."""
    return reduce(lambda number, letter: number * 26 + ord(letter) - ord("@"), letters, 0)


def column_letters(number: int) -> str:
    """Return the letters of a column: 1 is A, 27 is AA."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(number - 1))


@dataclass(frozen=True)
class WorkbookXml:
    """Read the parts of a workbook, each when it is first asked for.

    Raises:
        Refused: a part is missing, is too large, or is no XML.
    """

    name: str
    data: bytes

    @cached_property
    def _parts(self) -> tuple[dict[str, str], dict[str, str], bool]:
        """The path of each sheet by its name, those of other parts by their type, and the system of days."""
        ids: dict[str, str] = {}
        links: dict[str, str] = {}
        others: dict[str, str] = {}
        systems: list[str] = []

        def start(tag: str, given: Mapping[str, str]) -> None:
            if tag == "sheet":
                ids[given.get("name", "")] = next((v for k, v in given.items() if k.endswith("}id")), "")
            elif tag == "Relationship":
                path = given.get("Target", "")
                path = path[1:] if path.startswith("/") else f"xl/{path}"
                links[given.get("Id", "")] = path
                others[given.get("Type", "").rpartition("/")[2]] = path
            elif tag == "workbookPr":
                systems.append(given.get("date1904", ""))

        for part in (BOOK, _LINKS):
            self._walk(self._read(part), start)
        paths = {sheet: links.get(one, "") for sheet, one in ids.items()}
        return paths, others, any(one in ("1", "true") for one in systems)

    @property
    def sheets(self) -> list[str]:
        """The names of the sheets, in their order."""
        return list(self._parts[0])

    def sheet(self, name: str) -> SheetContent:
        """Read the cells of a sheet, which is named as the workbook writes it."""
        xml = self._read(self._parts[0][name])
        content = sum(map(xml.count, _ENDS))
        if content > MAX_CONTENT:
            raise Refused(
                f"{self.name}: sheet {name!r} has {dutch.number(content)} cells with something in them, and at "
                f"most {dutch.number(MAX_CONTENT)} are read; clear the cells outside the table"
            )
        # A sheet that was formatted down to its last row has millions of empty cells.
        if len(xml) > MAX_FOR_EMPTY_CELLS and xml.count(b"<c ") == xml.count(b'<c r="'):
            xml = _without_empty_cells(xml)
        visitor = _CellVisitor(self._show)
        self._walk(xml, visitor.start, visitor.end, visitor.text)
        return visitor.content

    def _read(self, part: str) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
                return archive.read(part)
        except (*DAMAGE, KeyError) as error:
            raise Refused(
                f"{self.name}: its part {part!r} cannot be read ({error}); save it again as .xlsx"
            ) from error

    def _walk(
        self,
        xml: bytes,
        start: Callable[[str, Mapping[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        """Call functions at the start and end of each element, its name without its space, and with its text.

        A document that declares entities is refused unread.
        """
        if len(xml) > MAX_WALKED:
            raise Refused(f"{self.name}: is too large to be read; clear the cells outside the table")
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True

        def refuse(*_: object) -> None:
            raise Refused(f"{self.name}: holds a document type, which no workbook has; save it again as .xlsx")

        parser.StartDoctypeDeclHandler = refuse
        parser.StartElementHandler = lambda tag, given: start(tag.rpartition("}")[2], given)
        if end is not None:
            ended = end
            parser.EndElementHandler = lambda tag: ended(tag.rpartition("}")[2])
        parser.CharacterDataHandler = text
        try:
            parser.Parse(xml, True)
        except (expat.ExpatError, ValueError, OverflowError) as error:
            raise Refused(f"{self.name}: is no readable workbook ({error}); have it sent again") from error

    @cached_property
    def _shared(self) -> list[str]:
        """The texts that cells point at."""
        path = self._parts[1].get("sharedStrings")
        if path is None:
            return []
        texts = _TextVisitor()
        self._walk(self._read(path), texts.start, texts.end, texts.text)
        return texts.texts

    @cached_property
    def _styles(self) -> list[str]:
        """`percent`, `day` or nothing for each style of a cell."""
        path = self._parts[1].get("styles")
        codes: dict[int, str] = {}
        numbers: list[int] = []
        inside: list[str] = []

        def start(tag: str, given: Mapping[str, str]) -> None:
            inside.append(tag)
            if tag == "numFmt":
                codes[int(given.get("numFmtId", "-1"))] = given.get("formatCode", "")
            elif tag == "xf" and "cellXfs" in inside:
                numbers.append(int(given.get("numFmtId", "0")))

        def end(tag: str) -> None:
            inside.pop()

        if path is not None:
            self._walk(self._read(path), start, end)
        return [_form_of(number, codes.get(number)) for number in numbers]

    def _show(self, kind: str, style: int, value: str) -> Cell:
        """Return a cell as it is seen: its kind, the number of its style, and its value in the XML."""
        if kind == "s":
            at = int(value)
            return Cell(_unescaped(self._shared[at] if 0 <= at < len(self._shared) else ""))
        if kind in ("str", "inlineStr"):
            return Cell(_unescaped(value))
        if kind == "b":
            return Cell("WAAR" if value.strip() == "1" else "ONWAAR")
        if kind == "d":
            return Cell(value.strip().replace("T", " "))
        form = self._styles[style] if 0 <= style < len(self._styles) else ""
        return _number(value.strip(), form, from_1904=self._parts[2])


def _without_empty_cells(xml: bytes) -> bytes:
    """Return the XML of a sheet without rows and cells that are only formatted."""
    rows, end, below = xml.partition(b"</sheetData>")
    above, *numbered = rows.split(b'<row r="')
    filled = (row for row in numbered if b"</v>" in row or b"</is>" in row or b"<f" in row)
    return b"".join((above, *(b'<row r="' + _EMPTY_CELLS.sub(b"", row) for row in filled), end, below))


def _number(value: str, form: str, *, from_1904: bool) -> Cell:
    """Return a number as its format shows it."""
    if not value:
        return Cell("")
    try:
        number = _DOUBLE.create_decimal(value)
        if form == "day" and 0 <= number < 2_958_466:
            moment = _EPOCHS[from_1904] + timedelta(seconds=round(number * 86_400))
            return Cell(f"{moment:%Y-%m-%d %H:%M:%S}".removesuffix(" 00:00:00"), is_number=True)
    except (ValueError, InvalidOperation, OverflowError):
        return Cell(value)
    if form == "percent":
        return Cell(f"{_plain(number.scaleb(2))}%", is_number=True)
    return Cell(_plain(number), is_number=True)


def _plain(number: Decimal) -> str:
    """Write a number out, without zeros behind its last decimal."""
    if not number.is_finite():
        return str(number)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _form_of(number: int, code: str | None) -> str:
    if code is None:
        return "day" if number in _DAYS else "percent" if number in _PERCENTAGES else ""
    shown = _LITERAL.sub("", code).partition(";")[0].lower()
    if "%" in shown:
        return "percent"
    return "day" if re.search("[dmyhs]", shown) and "general" not in shown else ""


def _unescaped(text: str) -> str:
    """Return a text with the characters that XML has no place for, such as `_x000D_`."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _TextVisitor:
    """Collect the shared texts: of each item its runs, without how they are to be spoken."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._is_text = self._is_spoken = False

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "si":
            self._parts = []
        elif tag == "rPh":
            self._is_spoken = True
        self._is_text = tag == "t"

    def text(self, text: str) -> None:
        if self._is_text and not self._is_spoken:
            self._parts.append(text)

    def end(self, tag: str) -> None:
        self._is_text = False
        if tag == "rPh":
            self._is_spoken = False
        elif tag == "si":
            self.texts.append("".join(self._parts))


class _CellVisitor:
    """Collect the cells and marks of a sheet; a row or cell without an address comes after the one before."""

    def __init__(self, show: Callable[[str, int, str], Cell]) -> None:
        self.content = SheetContent()
        self._show = show
        self._row = self._column = self._style = 0
        self._kind = ""
        self._value: list[str] = []
        self._is_value = self._is_spoken = False

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        self._is_value = tag in ("v", "t")
        if tag == "row":
            self._row, self._column = int(given.get("r", self._row + 1)), 0
        elif tag == "c":
            self._column += 1
            if found := _ADDRESS.fullmatch(given.get("r", "")):
                self._column, self._row = column_number(found[1]), int(found[2])
            self._kind, self._style, self._value = given.get("t", "n"), int(given.get("s", "0")), []
            if self._kind == "e":
                self.content.errors.append(self._mark(self._row, self._column, self._column))
        elif tag == "rPh":
            self._is_spoken = True
        elif tag == "f":
            self._formula(given)

    def text(self, text: str) -> None:
        if self._is_value and not self._is_spoken:
            self._value.append(text)

    def end(self, tag: str) -> None:
        self._is_value = False
        if tag == "rPh":
            self._is_spoken = False
        elif tag == "c" and self._kind != "e" and self._value:
            cell = self._show(self._kind, self._style, "".join(self._value))
            if is_seen(cell.text):
                self.content.cells.setdefault(self._row, {})[self._column] = cell

    def _formula(self, given: Mapping[str, str]) -> None:
        row, first, last = self._row, self._column, self._column
        # An array formula fills cells that have no formula of their own.
        if given.get("t") in ("array", "dataTable") and (ends := _ADDRESS.findall(given.get("ref", ""))):
            row, first, last = int(ends[-1][1]), column_number(ends[0][0]), column_number(ends[-1][0])
        self.content.formulas.append(self._mark(row, first, last))

    def _mark(self, row: int, first: int, last: int) -> Mark:
        return Mark(row=row, first=first, last=last, address=f"{column_letters(self._column)}{self._row}")


_SEEN = re.compile(r"[^\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x1f\x7f-\x9f]")


def is_seen(text: str) -> bool:
    """Return whether a text has a character that is seen; spaces are none."""
    return _SEEN.search(text) is not None
