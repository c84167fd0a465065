"""One board sees one board: what is written for it names no other board, no school of another, by code or name."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape

import polars as pl

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.xbrl.facts import ReportData
from npo_pipeline.reports.xbrl.latin1 import to_latin1

_CODE = r"\b(?:[0-9]{5}|[0-9]{2}[A-Z]{2}(?:[0-9]{2})?)\b"
_PICTURE = re.compile(r'base64,[^"]*"')
_BETWEEN = re.compile(r">([^<]+)<")
_CELL = re.compile(r'[;\r\n"]+')
REFUSED_ROW = "refused_row"
"""The rule whose findings repeat what stands in a row of the board."""

FILE_OF_MANY = "een bestand van meer besturen"
"""Stands for the name of a file that names other boards or schools."""

_TEXT_OF_WORKBOOK = ("xl/sharedStrings.xml", "xl/workbook.xml", "docProps/core.xml")
"""Where a workbook holds text. Its sheets hold numbers, and places in the first of these."""


@dataclass(frozen=True)
class KnownParties:
    """Every board and school that is reported on: codes, and the names of schools."""

    boards: frozenset[str]
    brins: frozenset[str]
    names: frozenset[str]


def country_of(told: ReportData) -> KnownParties:
    """Everyone who may be a stranger to someone else.

    Args:
        told: what is told of all boards.
    """
    names = told.schools["name"].drop_nulls().unique().to_list()
    brins = {*told.accountability["brin"].to_list(), *told.schools["brin"].to_list()}
    boards = frozenset(told.accountability["board"].to_list())
    return KnownParties(boards, frozenset(brins), frozenset({*names, *map(to_latin1, names)}))


def assert_only_own_data(board: str, files: Mapping[str, bytes], told: ReportData, country: KnownParties) -> None:
    """Look through what is about to be written for a board.

    Codes are found wherever they stand by themselves (the amount 10001,00 is no board 10001), names where they
    are all that stands in a place. What the board itself wrote is its own: codes in its texts and in its rows that
    were refused, and the schools it told of. So is the municipality of a school, and the number of a line.

    Args:
        board: the board.
        files: by name, as they will be written.
        told: what is told of this board.
        country: everyone.

    Raises:
        NpoError: a file names somebody else. A fault of ours.
    """
    places = [text for column in ("name", "municipality") for text in told.schools[column].drop_nulls()]
    texts = _own_texts(told)
    known = {*places, *map(to_latin1, places), *texts, *map(to_latin1, texts)}
    codes = _own_codes(board, told)
    for name, content in files.items():
        text, values = _read(name, content)
        found = next(_strange_codes(text, codes, country), None) or _strange_name(values, known, country)
        if found:
            raise NpoError(
                f"{name} of board {board} was not written: it names {found}, which is another board's; "
                "this is a fault of the program, and nothing of this pack has changed"
            )


def assert_one_board(board: str, facts: pl.DataFrame, told: ReportData) -> None:
    """Make sure that every row that goes into a pack is of its board.

    Raises:
        NpoError: one is not. A fault of ours.
    """
    for frame in (facts, told.accountability, told.interventions, told.findings, told.schools, told.consents):
        if set(frame["board"].to_list()) - {board}:
            raise NpoError(f"rows of another board among those of board {board}; this is a fault of the program")


def mask_shared_files(board: str, told: ReportData, country: KnownParties) -> ReportData:
    """What is told of a board, without the names of files that name others.

    Args:
        board: the board.
        told: what is told of it.
        country: everyone.
    """
    own = _own_codes(board, told)
    strange = [name for name in told.findings["file"].drop_nulls().unique() if _names_others(name, own, country)]
    file = pl.when(pl.col("file").is_in(strange)).then(pl.lit(FILE_OF_MANY)).otherwise("file").alias("file")
    return replace(told, findings=told.findings.with_columns(file)) if strange else told


def _names_others(text: str, own: Collection[str], country: KnownParties) -> bool:
    return next(_strange_codes(text, own, country), None) is not None


def _own_codes(board: str, told: ReportData) -> set[str]:
    refused = told.findings.filter(pl.col("rule") == REFUSED_ROW)["message"]
    lines = {str(line) for line in told.findings["line"].drop_nulls()}
    return {board, *_brins(told), *lines, *_codes(" \n".join([*_own_texts(told), *refused]))}


def _own_texts(told: ReportData) -> list[str]:
    """What the board wrote in its own words."""
    columns = [told.consents["parents_involved"], told.consents["result"], told.interventions["intervention"]]
    return [text for column in columns for text in column.drop_nulls().to_list()]


def _brins(told: ReportData) -> set[str]:
    frames = (told.accountability, told.consents, told.findings)
    return {brin for frame in frames for brin in frame["brin"].to_list() if brin}


def _codes(text: str) -> set[str]:
    found: set[str] = set(pl.Series([text]).str.extract_all(_CODE).item().to_list())
    return found


def _strange_codes(text: str, own: Collection[str], country: KnownParties) -> Iterator[str]:
    for code in sorted(_codes(text)):
        # A vestiging is of the school that its first four letters name.
        strange = code in country.boards or code[:4] in country.brins
        if strange and code not in own and code[:4] not in own and _stands_alone(code, text):
            yield code


def _stands_alone(code: str, text: str) -> bool:
    return re.search(rf"(?<![0-9A-Za-z])(?<![0-9][.,]){code}(?![0-9A-Za-z]|[.,][0-9])", text) is not None


def _strange_name(values: Collection[str], own: Collection[str], country: KnownParties) -> str | None:
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
