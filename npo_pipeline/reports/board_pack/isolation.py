"""One board sees one board: a pack names no other board, no school of another, by code or name."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from html import unescape

import polars as pl

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.report_data import NUMBER, ReportData
from npo_pipeline.reports.xbrl.facts import to_latin1
from schemas.accounted import Findings
from schemas.frames.accounts import Facts

_CODE = r"\b(?:[0-9]{5}|[0-9]{2}[A-Z]{2}(?:[0-9]{2})?)\b"
_WORD = "(?<![0-9A-Za-z])(?<![0-9][.,]){}(?![0-9A-Za-z]|[.,][0-9])"
_PICTURE = re.compile(r'base64,[^"]*"')
_BETWEEN_TAGS = re.compile(r">([^<]+)<")
_CELL_BORDER = re.compile(r'[;\r\n"]+')
REFUSED_ROW = "refused_row"
"""The rule whose findings quote a row of the board."""

OF_TWO_BOARDS = ("transfer_differs", "transfer_unconfirmed", "transfer_without_move")
"""The rules whose findings name the board that a school moved from or to: what it reports counts for both."""

FILE_OF_MANY = "een bestand van meer besturen"
"""Replaces the name of a file that names other boards or schools."""

_TEXT_OF_WORKBOOK = ("xl/sharedStrings.xml", "xl/workbook.xml", "docProps/core.xml")
"""The parts of a workbook that hold text. Its sheets hold numbers, and places in the first of these."""


@dataclass(frozen=True)
class KnownParties:
    """Every board and school that is reported on: codes, and the names of boards and schools."""

    boards: frozenset[str]
    brins: frozenset[str]
    names: frozenset[str]


def known_parties(report: ReportData) -> KnownParties:
    """Return everyone whose data may not be seen by another, from the report of all boards."""
    named = (report.schools["name"], report.board_names["name"])
    names = {name for column in named for name in column.drop_nulls()}
    brins = {*report.accountability["brin"].to_list(), *report.schools["brin"].to_list()}
    boards = frozenset(report.accountability["board"].str.head(NUMBER).to_list())
    return KnownParties(boards, frozenset(brins), frozenset({*names, *map(to_latin1, names)}))


def assert_only_own_data(
    board: str, files: Mapping[str, bytes], report: ReportData, parties: KnownParties
) -> None:
    """Search what is about to be written for a board.

    Codes are found wherever they are a word of their own (the amount 10001,00 is no board 10001), names where they
    are the whole text of a place. Everything that the board itself wrote is its own: codes in its texts and in its
    rejected rows, and the schools it reported on. So is the municipality of a school, and the number of a line.
    The other board of a claim or debt is named on purpose.

    Raises:
        NpoError: a file names somebody else. A fault of ours.
    """
    columns = (report.schools["name"], report.schools["municipality"], report.board_names["name"])
    places = [text for column in columns for text in column.drop_nulls()]
    texts = _own_texts(report)
    texts += report.claims["other_name"].drop_nulls().unique().to_list()
    own_names = {*places, *map(to_latin1, places), *texts, *map(to_latin1, texts)}
    # The number of a Staatscourant may be the number of a board as well.
    own_codes = _own_codes(board, report) | _cited_codes(report)
    assert_names_no_other(board, files, parties, own_names=own_names, own_codes=own_codes)


def assert_names_no_other(
    board: str,
    files: Mapping[str, bytes],
    parties: KnownParties,
    *,
    own_names: Collection[str],
    own_codes: Collection[str],
) -> None:
    """Search files of a board for the code or the name of anyone else.

    Raises:
        NpoError: a file names somebody else. A fault of ours.
    """
    for name, content in files.items():
        text, values = _read(name, content)
        other = _other_code(text, own_codes, parties) or min(
            (values & parties.names).difference(own_names), default=None
        )
        if other:
            raise NpoError(
                f"{name} of board {board} was not written: it names {other}, which is another board's; "
                "this is a fault of the program, and nothing of this pack has changed"
            )


def assert_one_board(board: str, facts: Facts, report: ReportData) -> None:
    """Make sure that every row that goes into a pack is of its board.

    Raises:
        NpoError: one is not. A fault of ours.
    """
    for frame in (facts, *report.tables().values()):
        if set(frame["board"].to_list()) - {board}:
            raise NpoError(f"rows of another board among those of board {board}; this is a fault of the program")


def mask_shared_files(board: str, report: ReportData, parties: KnownParties) -> ReportData:
    """Return the report of a board without the names of files that name others."""
    files = report.findings["file"].drop_nulls().unique()
    own = _own_codes(board, report) if files.len() else set()
    shared = [name for name in files if _other_code(name, own, parties)]
    file = pl.when(pl.col("file").is_in(shared)).then(pl.lit(FILE_OF_MANY)).otherwise("file").alias("file")
    return replace(report, findings=Findings(report.findings.with_columns(file))) if shared else report


def _own_codes(board: str, report: ReportData) -> set[str]:
    refused = report.findings.filter(pl.col("rule") == REFUSED_ROW)["message"]
    lines = {str(line) for line in report.findings["line"].drop_nulls()}
    frames = (report.accountability, report.consents, report.findings)
    told = report.findings.filter(pl.col("rule").is_in(OF_TWO_BOARDS))["message"]
    partners = {one for end in ("from_board", "to_board") for one in report.transfers[end]}
    brins = {brin for frame in frames for brin in frame["brin"].drop_nulls()}
    others = report.claims["other_board"].drop_nulls()
    own = _codes(" \n".join([*_own_texts(report), *refused, *told]))
    return {board, *brins, *lines, *others, *partners, *own}


def _cited_codes(report: ReportData) -> set[str]:
    articles = [text for frame in (report.findings, report.receipts) for text in frame["article"].drop_nulls()]
    return _codes(" \n".join([*articles, *report.basis["words"]]))


def _own_texts(report: ReportData) -> list[str]:
    consents = report.consents
    columns = (consents["parents_involved"], consents["result"], report.interventions["intervention"])
    return [text for column in columns for text in column.drop_nulls()]


def _codes(text: str) -> set[str]:
    # Polars searches a long text many times faster than `re`.
    return set(pl.Series([text]).str.extract_all(_CODE).item())


def _other_code(text: str, own: Collection[str], parties: KnownParties) -> str | None:
    """Return the first code of somebody else; a vestiging is of the school that its first four letters name."""
    for code in sorted(_codes(text)):
        others = code in parties.boards or code[:4] in parties.brins
        if others and code not in own and code[:4] not in own and re.search(_WORD.format(code), text):
            return code
    return None


def _read(name: str, content: bytes) -> tuple[str, set[str]]:
    """Return the text of a file, and the texts of its cells or between its tags."""
    if name.endswith(".csv"):
        text = content.decode("utf-8-sig")
        return text, set(_CELL_BORDER.split(text))
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            text = "".join(book.read(part).decode() for part in _TEXT_OF_WORKBOOK if part in book.namelist())
    else:
        # A picture is letters without meaning here; the text that goes with it stays.
        text = _PICTURE.sub('"', content.decode("utf-8"))
    values = {unescape(value) if "&" in value else value for value in _BETWEEN_TAGS.findall(text)}
    return text, values
