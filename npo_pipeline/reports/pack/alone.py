"""One board sees one board: what is written for it names no other board, no school of another, by code or name."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html import unescape

import polars as pl

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.filing.letters import plain
from npo_pipeline.reports.filing.told import Told

_CODE = r"\b(?:[0-9]{5}|[0-9]{2}[A-Z]{2}(?:[0-9]{2})?)\b"
_PICTURE = re.compile(r'base64,[^"]*"')
_BETWEEN = re.compile(r">([^<]+)<")
_CELL = re.compile(r'[;\r\n"]+')
_TEXT_OF_WORKBOOK = ("xl/sharedStrings.xml", "xl/workbook.xml", "docProps/core.xml")
"""Where a workbook holds text. Its sheets hold numbers, and places in the first of these."""


@dataclass(frozen=True)
class Country:
    """Every board and school that is reported on: codes, and the names of schools."""

    boards: frozenset[str]
    brins: frozenset[str]
    names: frozenset[str]


def country_of(told: Told) -> Country:
    """Everyone who may be a stranger to someone else.

    Args:
        told: what is told of all boards.
    """
    names = told.schools["name"].drop_nulls().unique().to_list()
    brins = {*told.accountability["brin"].to_list(), *told.schools["brin"].to_list()}
    boards = frozenset(told.accountability["board"].to_list())
    return Country(boards, frozenset(brins), frozenset({*names, *map(plain, names)}))


def refuse_strangers(board: str, files: Mapping[str, bytes], told: Told, country: Country) -> None:
    """Look through what is about to be written for a board.

    Codes are found wherever they stand by themselves (the amount 10001,00 is no board 10001), names where they
    are all that stands in a place. What the board itself wrote is its own: codes in its texts, and the schools it
    told of.

    Args:
        board: the board.
        files: by name, as they will be written.
        told: what is told of this board.
        country: everyone.

    Raises:
        NpoError: a file names somebody else. A fault of ours.
    """
    names = told.schools["name"].drop_nulls().to_list()
    texts = _own_texts(told)
    known = {*names, *map(plain, names), *texts, *map(plain, texts)}
    codes = {board, *_brins(told), *_codes(" \n".join(texts))}
    for name, content in files.items():
        text, values = _read(name, content)
        found = next(_strange_codes(text, codes, country), None) or _strange_name(values, known, country)
        if found:
            raise NpoError(
                f"{name} of board {board} was not written: it names {found}, which is another board's; "
                "this is a fault of the program, and nothing of this pack has changed"
            )


def refuse_mixed(board: str, facts: pl.DataFrame, told: Told) -> None:
    """Make sure that every row that goes into a pack is of its board.

    Raises:
        NpoError: one is not. A fault of ours.
    """
    for frame in (facts, told.accountability, told.interventions, told.findings, told.schools, told.consents):
        if set(frame["board"].to_list()) - {board}:
            raise NpoError(f"rows of another board among those of board {board}; this is a fault of the program")


def _own_texts(told: Told) -> list[str]:
    """What the board wrote in its own words."""
    columns = [told.consents["parents_involved"], told.consents["result"], told.interventions["intervention"]]
    return [text for column in columns for text in column.drop_nulls().to_list()]


def _brins(told: Told) -> set[str]:
    frames = (told.accountability, told.consents, told.findings)
    return {brin for frame in frames for brin in frame["brin"].to_list() if brin}


def _codes(text: str) -> set[str]:
    found: set[str] = set(pl.Series([text]).str.extract_all(_CODE).item().to_list())
    return found


def _strange_codes(text: str, own: Collection[str], country: Country) -> Iterator[str]:
    for code in sorted(_codes(text)):
        # A vestiging is of the school that its first four letters name.
        strange = code in country.boards or code[:4] in country.brins
        if strange and code not in own and code[:4] not in own and _stands_alone(code, text):
            yield code


def _stands_alone(code: str, text: str) -> bool:
    return re.search(rf"(?<![0-9A-Za-z])(?<![0-9][.,]){code}(?![0-9A-Za-z]|[.,][0-9])", text) is not None


def _strange_name(values: Collection[str], own: Collection[str], country: Country) -> str | None:
    return next((value for value in sorted(values) if value in country.names and value not in own), None)


def _read(name: str, content: bytes) -> tuple[str, set[str]]:
    """The text of a file, and what stands in its cells or between its tags."""
    if name.endswith(".csv"):
        text = content.decode("utf-8-sig")
        return text, set(_CELL.split(text))
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            there = set(book.namelist())
            text = "".join([book.read(part).decode("utf-8") for part in _TEXT_OF_WORKBOOK if part in there])
    else:
        # A picture is letters without meaning here; the text that goes with it stays.
        text = _PICTURE.sub('"', content.decode("utf-8"))
    values = {unescape(value) if "&" in value else value for value in _BETWEEN.findall(text)}
    return text, values
