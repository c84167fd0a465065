"""The files of specifications: made per board, searched for data of others before anything is written.

Two processes make them where there are many. The files of a board are written all or not at all, with SHA256SUMS.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from npo_pipeline.atomic_file import (
    CHECKSUMS,
    checksums,
    file_hashes,
    made_from_as_named,
    made_from_hash,
    replace_files,
)
from npo_pipeline.errors import NpoError, fault_words
from npo_pipeline.months import Month, month_text
from npo_pipeline.reports.board_pack.isolation import KnownParties, assert_names_no_other
from npo_pipeline.reports.report_data import by_some_boards, text_by_board
from npo_pipeline.reports.specification.model import (
    BoardRows,
    Row,
    SpecificationData,
    SpecificationHeader,
    in_fixed_order,
    rows_by_board,
    select_boards,
)
from npo_pipeline.reports.specification.page import fault_page, page
from npo_pipeline.reports.specification.workbook import table, workbook

FORMATS: Mapping[str, Callable[[BoardRows, SpecificationHeader], bytes]] = {
    ".html": page,
    ".xlsx": workbook,
    ".csv": table,
}
OWN_FILE = re.compile(rf"betaalspecificatie-[0-9]{{4}}-[0-9]{{2}}-[0-9]{{5}}\.(html|xlsx|csv)|{CHECKSUMS}")
"""The names of our files; any other file in a folder is somebody's own, and stays."""

NOTHING = "0" * 64
"""The fingerprint of a page that says that there is no specification: it never is up to date."""

Progress = Callable[[str, int], None]

_BOARD = re.compile(r"[0-9]{5}")
_BOARDS_PER_JOB = 50
_FEW = 60


@dataclass(frozen=True, kw_only=True)
class SpecificationsWritten:
    """Boards whose files were written, and whose files were the same already; and board -> why there are none.

    `mended`: of those written, the boards whose files were made from the same rows, and had been changed since.
    """

    written: tuple[str, ...] = ()
    up_to_date: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """Hold the outcome for a board. `state`: written, up_to_date or mended; null where there is a fault."""

    board: str
    state: str | None = None
    fault: str | None = None


def file_name(month: Month, board: str, end: str) -> str:
    """Return the name of a file of a board."""
    return f"betaalspecificatie-{month_text(month)}-{board}{end}"


def write_specifications(
    folder: Path, data: SpecificationData, parties: KnownParties, *, progress: Progress | None = None
) -> SpecificationsWritten:
    """Write `folder/BOARD/betaalspecificatie-YYYY-MM-BOARD.{html,xlsx,csv}` and SHA256SUMS for all boards.

    All are made, and written where they are not the same: so what somebody changed is put right. Whatever goes
    wrong with one board keeps no other from its own: that board gets a page that says so.

    `folder`: of the month; made if need be. `parties`: everyone whose name may not be in the files of another.

    Raises:
        OSError: the folder cannot be made.
    """
    if not data.boards():
        return SpecificationsWritten()
    folder.mkdir(parents=True, exist_ok=True)
    done: list[_Outcome] = []
    for some in _results(folder, in_fixed_order(data), parties):
        done += some
        if progress:
            progress("writing specifications", len(done))
    return SpecificationsWritten(
        written=tuple(sorted(one.board for one in done if one.state in ("written", "mended"))),
        up_to_date=tuple(sorted(one.board for one in done if one.state == "up_to_date")),
        mended=tuple(sorted(one.board for one in done if one.state == "mended")),
        faults={one.board: one.fault for one in sorted(done, key=lambda one: one.board) if one.fault is not None},
    )


def faults_on_disk(folder: Path, boards: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each board whose files are gone, changed or of nobody, and which; `boards`: those that have files."""
    there = {one.name for one in folder.iterdir() if not one.name.startswith(".")}
    for board in sorted({*boards, *there}):
        if board not in there:
            yield board, "is not there"
        elif board not in boards:
            yield board, "is of a board that this month does not pay; move it away"
        elif (made_from := made_from_hash(folder / board, OWN_FILE)) is None:
            yield board, "was changed, or is not complete"
        elif made_from == NOTHING:
            yield board, "could not be made"


def _results(folder: Path, data: SpecificationData, parties: KnownParties) -> Iterator[list[_Outcome]]:
    def parts(boards: Sequence[str]) -> tuple[Path, SpecificationData, KnownParties]:
        return folder, select_boards(data, boards), parties

    return by_some_boards(make_some, data.boards(), parts, at_once=_BOARDS_PER_JOB, few=_FEW)


def make_some(folder: Path, data: SpecificationData, parties: KnownParties) -> list[_Outcome]:
    """Make the files of some boards, in this process."""
    prints = fingerprints(data)
    return [make_one(folder, rows, data.header, (prints[rows.board], parties)) for rows in rows_by_board(data)]


def make_one(
    folder: Path, rows: BoardRows, header: SpecificationHeader, known: tuple[str, KnownParties]
) -> _Outcome:
    """Write the files of one board, unless they are the same already; of a fault make a page.

    `known`: the fingerprint of its rows, and everyone whose name may not be in its files.
    """
    try:
        return _Outcome(board=rows.board, state=_make(folder, rows, header, known))
    except Exception as error:
        # Whatever it is, it is of this board: the others get their specification, and it is named at the end.
        fault = _fault(folder / rows.board, rows.board, header.month, fault_words(error))
        return _Outcome(board=rows.board, fault=fault)


def _make(folder: Path, rows: BoardRows, header: SpecificationHeader, known: tuple[str, KnownParties]) -> str:
    made_from, parties = known
    tables = (
        rows.paid,
        rows.places,
        rows.totals,
        rows.causes,
        rows.transfers,
        rows.to_come,
        rows.months,
        rows.back,
    )
    _require_own(rows.board, tables)
    files = {file_name(header.month, rows.board, end): make(rows, header) for end, make in FORMATS.items()}
    schools = [*rows.paid, *rows.to_come]
    own_names = {text for row in schools for text in (row["name"], row["place"], rows.name) if text}
    own_codes = {rows.board, *(row["brin"] for row in schools if row["brin"])}
    assert_names_no_other(rows.board, files, parties, own_names=own_names, own_codes=own_codes)
    place, whole = folder / rows.board, {**files, CHECKSUMS: checksums(files, made_from)}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in whole.items()}
    if file_hashes(place, OWN_FILE) == hashes:
        return "up_to_date"
    was_changed = made_from_as_named(place) == made_from
    replace_files(place, whole, OWN_FILE)
    return "mended" if was_changed else "written"


def _require_own(board: str, tables: Iterable[Sequence[Row]]) -> None:
    if not _BOARD.fullmatch(board):
        raise NpoError(f"{board!r} is no number of a board, so no folder is made of it")
    if any(row["board"] != board for rows in tables for row in rows):
        raise NpoError(f"rows of another board among those of board {board}; this is a fault of the program")


def _fault(place: Path, board: str, month: date, why: str) -> str:
    """Put a page that says so in place of the files of a board, and return why; an older one holds no more."""
    try:
        files = {file_name(month, board, ".html"): fault_page(board, month)}
        replace_files(place, {**files, CHECKSUMS: checksums(files, NOTHING)}, OWN_FILE)
    except Exception as error:
        return f"{why}; nor could the page be written that says so ({fault_words(error)})"
    return why


def fingerprints(data: SpecificationData) -> dict[str, str]:
    """Return the SHA-256 of all that the files of each board are made from, and by: board -> hexadecimals."""
    begun, header = hashlib.sha256(), data.header
    for part in (f"{header.month}", f"{header.paid_on}", header.style.sha256, header.version):
        begun.update(part.encode() + b"\0")
    digests = {board: begun.copy() for board in data.boards()}
    for frame in data.tables().values():
        texts = text_by_board(frame)
        for board, digest in digests.items():
            digest.update(texts.get(board, "").encode() + b"\0")
    return {board: digest.hexdigest() for board, digest in digests.items()}
