"""Where a sheet of a workbook holds formulas and errors, by its XML: what reads the cells does not tell them."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from npo_pipeline.errors import Refused
from npo_pipeline.files.workbook import refuse_wide
from npo_pipeline.files.zipped import DAMAGE

_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass
class SheetMarks:
    """What the XML of a sheet says that its values do not.

    `first`: the first column that holds something (1 is A). `formulas`: per formula the last row and the first
    column of the cells it fills, and the address of its own cell. `errors`: the same of cells that hold an error
    (`#N/A`), which are read as if they were empty.
    """

    first: int = 0
    formulas: list[tuple[int, int, str]] = field(default_factory=list)
    errors: list[tuple[int, int, str]] = field(default_factory=list)


def sheet_marks(name: str, data: bytes, sheet: str) -> SheetMarks:
    """Look through the XML of a sheet.

    Args:
        name: of the workbook.
        data: its bytes.
        sheet: the name of the sheet as the workbook writes it.

    Raises:
        Refused: the workbook is not put together as one.
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
    looking = _Looking()
    _walk(name, xml, looking)
    return looking.marks


def _part(name: str, archive: zipfile.ZipFile, sheet: str) -> str:
    """Where the XML of a sheet lies: the workbook gives each an id, and a list beside it the place of each id."""
    ids: dict[str, str] = {}
    places: dict[str, str] = {}

    def sheets(tag: str, given: dict[str, str]) -> None:
        if tag == "sheet":
            ids[given.get("name", "")] = next((v for k, v in given.items() if k.endswith("}id")), "")

    def links(tag: str, given: dict[str, str]) -> None:
        if tag == "Relationship":
            places[given.get("Id", "")] = given.get("Target", "")

    _walk(name, archive.read(_BOOK), _Starting(sheets))
    _walk(name, archive.read(_LINKS), _Starting(links))
    place = places[ids[sheet]]
    return place[1:] if place.startswith("/") else f"xl/{place}"


class _Starting:
    """Hears of the beginning of each element."""

    def __init__(self, told: Any) -> None:
        self._told = told

    def start(self, tag: str, given: dict[str, str]) -> None:
        self._told(tag, given)


class _Looking:
    """Goes along the cells of a sheet. A row or cell that does not say where it is comes after the one before."""

    def __init__(self) -> None:
        self.marks = SheetMarks()
        self._row = self._column = 0

    def start(self, tag: str, given: dict[str, str]) -> None:
        if tag == "row":
            self._row, self._column = int(given.get("r", self._row + 1)), 0
        elif tag == "c":
            self._column += 1
            if found := _ADDRESS.fullmatch(given.get("r", "")):
                self._column, self._row = _number(found[1]), int(found[2])
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
            row, column = int(ends[-1][1]), _number(ends[0][0])
        self.marks.formulas.append((row, column, self._address))

    @property
    def _address(self) -> str:
        return f"{_letters(self._column)}{self._row}"


def _walk(name: str, xml: bytes, looking: _Starting | _Looking) -> None:
    """Tell of each element, its name without its space. A document that declares entities is refused unread."""
    parser = expat.ParserCreate(namespace_separator="}")

    def refuse(*_: Any) -> None:
        raise Refused(f"{name}: holds a document type, which no workbook has; save it again as .xlsx")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, given: looking.start(tag.rpartition("}")[2], given)
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError) as error:
        raise Refused(f"{name}: is no readable workbook ({error}); have it sent again") from error


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("@")
    return number


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
