"""The files of specifications: made per board, searched for data of others before anything is written.

Workers make them where there are many, and give them back to be written. The files of a board are written all or
not at all, with SHA256SUMS.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from npo_pipeline.atomic_file import (
    CHECKSUMS,
    checksums,
    file_hashes,
    made_from_as_named,
    made_from_hash,
    put_right,
    replace_files,
)
from npo_pipeline.errors import NpoError, fault_words
from npo_pipeline.months import Month, month_text
from npo_pipeline.reports.board_pack.isolation import KnownParties, assert_names_no_other
from npo_pipeline.reports.report_data import text_by_board
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
from npo_pipeline.workers import HERE, Done, Workers, map_boards

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
    return _name(month_text(month), board, end)


def _name(month: str, board: str, end: str) -> str:
    return f"betaalspecificatie-{month}-{board}{end}"


@dataclass(frozen=True, kw_only=True)
class SpecificationJob:
    """The data of a worker that makes the files of some boards.

    `parties`: everyone whose name may not be in the files of another. `on_disk`: board -> the hashes of the files
    that are there.
    """

    data: SpecificationData
    parties: KnownParties
    on_disk: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class MadeFiles:
    """The files of a board, to be written; none where these are on the disk. `made_from`: hash of their rows."""

    made_from: str
    files: Mapping[str, bytes] | None


def write_specifications(
    folder: Path,
    data: SpecificationData,
    parties: KnownParties,
    *,
    progress: Progress | None = None,
    workers: Workers = HERE,
) -> SpecificationsWritten:
    """Write `folder/BOARD/betaalspecificatie-YYYY-MM-BOARD.{html,xlsx,csv}` and SHA256SUMS for all boards.

    All are made, and written where they are not the same: so what somebody changed is put right. Whatever goes
    wrong with one board keeps no other from its own: that board gets a page that says so.

    `folder`: of the month; made if need be. `parties`: everyone whose name may not be in the files of another.
    `workers`: make the files; this process writes them.

    Raises:
        OSError: the folder cannot be made.
        NoWorkers: none is left. What was written stands.
    """
    if not data.boards():
        return SpecificationsWritten()
    folder.mkdir(parents=True, exist_ok=True)
    put_right(folder, data.boards().__contains__)
    outcomes: list[_Outcome] = []
    for done in _made(workers, folder, in_fixed_order(data), parties):
        outcomes.append(_written(folder, data.header.month, done))
        if progress:
            progress("writing specifications", len(outcomes))
    outcomes.sort(key=lambda one: one.board)
    return SpecificationsWritten(
        written=tuple(one.board for one in outcomes if one.state in ("written", "mended")),
        up_to_date=tuple(one.board for one in outcomes if one.state == "up_to_date"),
        mended=tuple(one.board for one in outcomes if one.state == "mended"),
        faults={one.board: one.fault for one in outcomes if one.fault is not None},
    )


def faults_on_disk(folder: Path, month: str, boards: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each board whose files are changed or of another, and which; `boards`: those that were paid.

    Also where they agree with their sums: those of another board or month, with their signature, do so anywhere.
    That a board has none is no fault of a file (`boards_without`).
    """
    for board in _folders(folder):
        if board not in boards:
            yield board, "is of a board that this month does not pay; move it away"
        elif made_from_hash(folder / board, OWN_FILE, [_name(month, board, ".html")]) == NOTHING:
            yield board, "could not be made"
        elif made_from_hash(folder / board, OWN_FILE, [_name(month, board, end) for end in FORMATS]) is None:
            yield board, "was changed, or is not complete"


def boards_without(folder: Path, boards: Iterable[str]) -> list[str]:
    """Return the boards that have no specification in the folder of a month, in order."""
    return sorted(set(boards) - set(_folders(folder)))


def _folders(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if not one.name.startswith("."))


def _made(
    workers: Workers, folder: Path, data: SpecificationData, parties: KnownParties
) -> Iterator[Done[str, MadeFiles]]:
    def job(boards: Sequence[str]) -> SpecificationJob:
        there = {board: _hashes_on_disk(folder, board) for board in boards}
        return SpecificationJob(data=select_boards(data, boards), parties=parties, on_disk=there)

    who = workers if len(data.boards()) > _FEW else HERE
    return map_boards(who, make_some, data.boards(), job, at_once=_BOARDS_PER_JOB, name="specifications")


def _hashes_on_disk(folder: Path, board: str) -> dict[str, str]:
    try:
        return file_hashes(folder / board, OWN_FILE) if _BOARD.fullmatch(board) else {}
    except OSError:
        # What cannot be read is written again, and then it is said why it cannot be.
        return {}


def make_some(job: SpecificationJob) -> list[Done[str, MadeFiles]]:
    """Make the files of some boards: the work of a worker. Nothing is written."""
    prints = fingerprints(job.data)
    return [_tried(job, rows, prints[rows.board]) for rows in rows_by_board(job.data)]


def _tried(job: SpecificationJob, rows: BoardRows, made_from: str) -> Done[str, MadeFiles]:
    try:
        return Done(job=rows.board, result=make_files(job, rows, made_from))
    except Exception as error:
        # Whatever it is, it is of this board; of the error of a library its kind and place go on, and no rows.
        return Done(job=rows.board, error=NpoError(fault_words(error)))


def make_files(job: SpecificationJob, rows: BoardRows, made_from: str) -> MadeFiles:
    """Make the files of one board and search them for data of others; none where the same are on the disk.

    `made_from`: the fingerprint of its rows.

    Raises:
        NpoError: there is data of another board in it. A fault of ours.
    """
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
    header = job.data.header
    files = {file_name(header.month, rows.board, end): make(rows, header) for end, make in FORMATS.items()}
    schools = [*rows.paid, *rows.to_come]
    own_names = {text for row in schools for text in (row["name"], row["place"], rows.name) if text}
    own_codes = {rows.board, *(row["brin"] for row in schools if row["brin"])}
    assert_names_no_other(rows.board, files, job.parties, own_names=own_names, own_codes=own_codes)
    whole = {**files, CHECKSUMS: checksums(files, made_from)}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in whole.items()}
    is_there = job.on_disk[rows.board] == hashes
    return MadeFiles(made_from=made_from, files=None if is_there else whole)


def _written(folder: Path, month: date, done: Done[str, MadeFiles]) -> _Outcome:
    """Write the files that were made of a board, or a page that says that none could be."""
    board, place = done.job, folder / done.job
    try:
        made = done.value()
        if made.files is None:
            return _Outcome(board=board, state="up_to_date")
        was_changed = made_from_as_named(place) == made.made_from
        replace_files(place, made.files, OWN_FILE)
    except Exception as error:
        # Whatever it is, it is of this board: the others get their specification, and it is named at the end.
        return _Outcome(board=board, fault=_fault(place, board, month, fault_words(error)))
    return _Outcome(board=board, state="mended" if was_changed else "written")


def _require_number(board: str) -> None:
    if not _BOARD.fullmatch(board):
        raise NpoError(f"{board!r} is no number of a board, so no folder is made of it")


def _require_own(board: str, tables: Iterable[Sequence[Row]]) -> None:
    _require_number(board)
    if any(row["board"] != board for rows in tables for row in rows):
        raise NpoError(f"rows of another board among those of board {board}; this is a fault of the program")


def _fault(place: Path, board: str, month: date, why: str) -> str:
    """Put a page that says so in place of the files of a board, and return why; an older one holds no more."""
    try:
        _require_number(board)
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
