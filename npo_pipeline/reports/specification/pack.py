"""The files of specifications: made per board, searched for data of others before anything is written.

Two processes make them where there are many. The files of a board are written all or not at all, with SHA256SUMS.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from npo_pipeline.atomic_file import CHECKSUMS, checksums, made_from_hash, replace_files
from npo_pipeline.errors import NpoError, fault_words
from npo_pipeline.months import Month, month_text
from npo_pipeline.reports.board_pack.isolation import KnownParties, assert_names_no_other
from npo_pipeline.reports.report_data import text_by_board
from npo_pipeline.reports.specification.model import (
    BoardRows,
    Made,
    Row,
    SpecificationData,
    in_fixed_order,
    rows_by_board,
    select_boards,
)
from npo_pipeline.reports.specification.page import fault_page, page
from npo_pipeline.reports.specification.workbook import table, workbook

FORMATS: Mapping[str, Callable[[BoardRows, Made], bytes]] = {
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
_PROCESSES = 2
_FEW = 60
"""So many are made sooner than another process has started."""


@dataclass(frozen=True, kw_only=True)
class SpecificationsWritten:
    """Boards whose files were written, and whose files were up to date; and board -> why there are none."""

    written: tuple[str, ...] = ()
    up_to_date: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)


def month_folder(home: Path, month: Month) -> Path:
    """Return the folder of the specifications of a month."""
    return home / "specifications" / month_text(month)


def file_name(month: Month, board: str, end: str) -> str:
    """Return the name of a file of a board."""
    return f"betaalspecificatie-{month_text(month)}-{board}{end}"


def write_specifications(
    folder: Path, data: SpecificationData, version: str, parties: KnownParties, progress: Progress | None = None
) -> SpecificationsWritten:
    """Write `folder/BOARD/betaalspecificatie-YYYY-MM-BOARD.{html,xlsx,csv}` and SHA256SUMS for all boards.

    Files that are unchanged, and made from the same rows by the same `version` of the program, are left as they
    are. Whatever goes wrong with one board keeps no other from its own: that board gets a page that says so.

    `folder`: of the month; made if need be. `parties`: everyone whose name may not be in the files of another.

    Raises:
        OSError: the folder cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done: list[tuple[str, bool, str | None]] = []
    for some in _results(folder, in_fixed_order(data), version, parties):
        done += some
        if progress:
            progress("writing specifications", len(done))
    return SpecificationsWritten(
        written=tuple(sorted(board for board, is_new, fault in done if is_new and fault is None)),
        up_to_date=tuple(sorted(board for board, is_new, fault in done if not is_new and fault is None)),
        faults={board: fault for board, _, fault in sorted(done) if fault is not None},
    )


def stale_boards(folder: Path, data: SpecificationData, version: str) -> Iterator[tuple[str, str]]:
    """Yield each board whose files are not those that would be written now, and why."""
    prints = fingerprints(in_fixed_order(data), version)
    for board in sorted(prints):
        found = made_from_hash(folder / board, OWN_FILE) if (folder / board).is_dir() else ""
        if found == "":
            yield board, "is not there"
        elif found is None:
            yield board, "was changed or is not complete"
        elif found == NOTHING:
            yield board, "could not be made"
        elif found != prints[board]:
            yield board, "was made from other rows"


_Made = list[tuple[str, bool, str | None]]
"""Board, whether its files were written, and why there are none."""


def _results(folder: Path, data: SpecificationData, version: str, parties: KnownParties) -> Iterator[_Made]:
    boards = data.boards()
    chunks = (boards[start : start + _BOARDS_PER_JOB] for start in range(0, len(boards), _BOARDS_PER_JOB))
    jobs: Iterable[tuple[Path, SpecificationData, str, KnownParties]] = (
        (folder, select_boards(data, some), version, parties) for some in chunks
    )
    if len(boards) <= _FEW:
        yield from itertools.starmap(make_some, jobs)
        return
    # Polars has threads, and a forked process would wait for them for ever: processes are started afresh.
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(make_some, *job) for job in jobs]
        try:
            for one in as_completed(running):
                yield one.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def make_some(folder: Path, data: SpecificationData, version: str, parties: KnownParties) -> _Made:
    """Make the files of some boards, in this process."""
    prints = fingerprints(data, version)
    return [make_one(folder, rows, data.made, (prints[rows.board], parties)) for rows in rows_by_board(data)]


def make_one(
    folder: Path, rows: BoardRows, made: Made, known: tuple[str, KnownParties]
) -> tuple[str, bool, str | None]:
    """Write the files of one board, unless they are there already and up to date; of a fault make a page.

    `known`: the fingerprint of its rows, and everyone whose name may not be in its files.
    """
    try:
        return rows.board, _make(folder, rows, made, known), None
    except Exception as error:
        # Whatever it is, it is of this board: the others get their specification, and it is named at the end.
        return rows.board, True, _fault(folder / rows.board, rows.board, made.month, fault_words(error))


def _make(folder: Path, rows: BoardRows, made: Made, known: tuple[str, KnownParties]) -> bool:
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
    names = {file_name(made.month, rows.board, end): make for end, make in FORMATS.items()}
    place = folder / rows.board
    if made_from_hash(place, OWN_FILE, names) == made_from:
        return False
    files = {name: make(rows, made) for name, make in names.items()}
    schools = [*rows.paid, *rows.to_come]
    own_names = {text for row in schools for text in (row["name"], row["place"], rows.name) if text}
    own_codes = {rows.board, *(row["brin"] for row in schools if row["brin"])}
    assert_names_no_other(rows.board, files, parties, own_names=own_names, own_codes=own_codes)
    replace_files(place, {**files, CHECKSUMS: checksums(files, made_from)}, OWN_FILE)
    return True


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


def fingerprints(data: SpecificationData, version: str) -> dict[str, str]:
    """Return the SHA-256 of everything that the files of each board are made from: board -> hexadecimals."""
    begun = hashlib.sha256()
    for part in (version, f"{data.made.month}", f"{data.made.paid_on}", data.made.style.sha256):
        begun.update(part.encode() + b"\0")
    digests = {board: begun.copy() for board in data.boards()}
    for frame in data.tables().values():
        texts = text_by_board(frame)
        for board, digest in digests.items():
            digest.update(texts.get(board, "").encode() + b"\0")
    return {board: digest.hexdigest() for board, digest in digests.items()}
