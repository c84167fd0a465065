"""The packs of all boards, made by two processes where there are many."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from npo_pipeline.reports.board_pack.isolation import known_parties
from npo_pipeline.reports.board_pack.pack import PackOptions, PackResult, make_pack
from npo_pipeline.reports.report_data import ReportData, in_fixed_order, select_boards, split_by_board
from schemas.frames.accounts import Facts

ProgressCallback = Callable[[str, int], None]
"""Receives a message and the number of packs done so far."""

_BOARDS_PER_JOB = 25
_PROCESSES = 2
_FEW = 40
"""So many packs are made sooner than another process has started."""


@dataclass(frozen=True)
class PacksWritten:
    """Boards whose pack was written, and whose pack was up to date; and those of either that have no filing."""

    written: tuple[str, ...]
    up_to_date: tuple[str, ...]
    without_filing: tuple[str, ...]


def write_packs(
    folder: Path,
    report: ReportData,
    facts: Facts,
    version: str,
    *,
    force: bool = False,
    unfilable: Collection[str] = (),
    progress: ProgressCallback | None = None,
) -> PacksWritten:
    """Write a folder per board: `folder/BOARD/npo-YEAR-BOARD.{xbrl,xhtml,xlsx,csv}` and SHA256SUMS.

    A pack that is up to date and unchanged is left as it is. A board with findings that are errors gets no .xbrl
    and .xhtml, but an .html that says so, unless `force`.

    Args:
        folder: of the year; it is made if need be.
        report: of all boards: only boards in it are recognised in the pack of another.
        facts: of the boards to write packs of.
        version: of the program; packs of another one are made again.
        force: file with errors too.
        unfilable: boards of which no filing can be made, forced or not.
        progress: is called as packs are done.

    Raises:
        NpoError: there would be data of another board in a pack, or a fact would not be on a page. A fault of
            ours; that pack is not written.
        OSError: a pack cannot be written.
    """
    options = PackOptions(
        folder=folder,
        force=force,
        version=version,
        parties=known_parties(report),
        unfilable=frozenset(unfilable),
    )
    folder.mkdir(parents=True, exist_ok=True)
    results: list[PackResult] = []
    for done in _results(in_fixed_order(report), facts, options):
        results += done
        if progress:
            progress("making packs", len(results))
    results.sort(key=lambda one: one.board)
    return PacksWritten(
        written=tuple(one.board for one in results if one.written),
        up_to_date=tuple(one.board for one in results if not one.written),
        without_filing=tuple(one.board for one in results if not one.filing),
    )


def _results(report: ReportData, facts: Facts, options: PackOptions) -> Iterator[list[PackResult]]:
    boards = sorted(set(facts["board"].to_list()))
    jobs = (
        _job(report, facts, boards[start : start + _BOARDS_PER_JOB])
        for start in range(0, len(boards), _BOARDS_PER_JOB)
    )
    if len(boards) <= _FEW:
        for job in jobs:
            yield make_some(*job, options)
        return
    # Polars has threads, and a forked process would wait for them for ever: processes are started afresh.
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(make_some, *job, options) for job in jobs]
        try:
            for one in as_completed(running):
                yield one.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _job(report: ReportData, facts: Facts, boards: Sequence[str]) -> tuple[ReportData, Facts]:
    return select_boards(report, boards), Facts(facts.filter(pl.col("board").is_in(list(boards))))


def make_some(report: ReportData, facts: Facts, options: PackOptions) -> list[PackResult]:
    """Make the packs of some boards, in this process."""
    return [make_pack(board, own, own_facts, options) for board, own, own_facts in split_by_board(report, facts)]
