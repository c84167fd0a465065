"""The packs of all boards, made by two processes where there are many.

What is told of many boards, board by board.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from npo_pipeline.reports.board_pack.isolation import country_of
from npo_pipeline.reports.board_pack.pack import PackOptions, PackResult, make_pack
from npo_pipeline.reports.xbrl.facts import ReportData
from schemas.accounted import SEVERITIES

FRAMES = ("accountability", "interventions", "findings", "schools", "consents")
_ORDER = {
    "accountability": ["brin"],
    "interventions": ["brin", "category", "intervention", "level"],
    "findings": ["severity", "brin", "rule", "file", "line", "message"],
    "schools": ["brin"],
    "consents": ["brin"],
}
_GRAVEST = {severity: place for place, severity in enumerate(SEVERITIES)}


def in_order(told: ReportData) -> ReportData:
    """The same rows in one order, whatever order they were read in; findings the gravest first."""
    made = {}
    for name, order in _ORDER.items():
        keys = [_grave() if key == "severity" else pl.col(key) for key in order]
        made[name] = getattr(told, name).sort("board", *keys, maintain_order=True)
    return replace(told, **made)


def select_boards(told: ReportData, boards: Collection[str]) -> ReportData:
    """What is told of some boards."""
    mine = pl.col("board").is_in(sorted(boards))
    return replace(told, **{name: getattr(told, name).filter(mine) for name in FRAMES})


def split_by_board(told: ReportData, facts: pl.DataFrame) -> Iterator[tuple[str, ReportData, pl.DataFrame]]:
    """Board by board: its number, what is told of it, and its facts."""
    parts = {name: _by_board(getattr(told, name)) for name in FRAMES}
    for board, mine in _by_board(facts).items():
        frames = {name: parts[name].get(board, getattr(told, name).clear()) for name in FRAMES}
        yield board, replace(told, **frames), mine


def _by_board(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {str(key[0]): part for key, part in frame.partition_by("board", as_dict=True).items()}


def _grave() -> pl.Expr:
    return pl.col("severity").replace_strict(_GRAVEST, return_dtype=pl.Int8)


Progress = Callable[[str, int], None]
"""Told what is being done; how far it is stands in the words."""

_TOGETHER = 25
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
    told: ReportData,
    facts: pl.DataFrame,
    version: str,
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> PacksWritten:
    """Write a folder per board: `folder/BOARD/npo-YEAR-BOARD.{xbrl,xhtml,xlsx,csv}` and SHA256SUMS.

    A pack that is up to date and unchanged is left as it is. A board with findings that are errors gets no .xbrl
    and .xhtml, but an .html that says so, unless `force`.

    Args:
        folder: of the year; it is made if need be.
        told: of all boards: only who is in it is known as a stranger to another.
        facts: of the boards to write of (FACTS).
        version: of the program; packs of another one are made again.
        force: file with errors too.
        progress: told how far it is.

    Raises:
        NpoError: something of another board would be in a pack, or a fact would not be on a page. A fault of
            ours; that pack is not written.
        OSError: a pack cannot be written.
    """
    wanted = PackOptions(folder, force, version, country_of(told))
    folder.mkdir(parents=True, exist_ok=True)
    boards = sorted(set(facts["board"].to_list()))
    made: list[PackResult] = []
    for some in _made(in_order(told), facts, boards, wanted):
        made += some
        if progress:
            progress("making packs", len(made))
    return _written(sorted(made, key=lambda one: one.board))


def make_some(told: ReportData, facts: pl.DataFrame, wanted: PackOptions) -> list[PackResult]:
    """Make the packs of some boards, in this process."""
    return [make_pack(board, mine, its_facts, wanted) for board, mine, its_facts in split_by_board(told, facts)]


def _written(made: Sequence[PackResult]) -> PacksWritten:
    return PacksWritten(
        tuple(one.board for one in made if one.written),
        tuple(one.board for one in made if not one.written),
        tuple(one.board for one in made if not one.filing),
    )


def _made(
    told: ReportData, facts: pl.DataFrame, boards: Sequence[str], wanted: PackOptions
) -> Iterator[list[PackResult]]:
    jobs = (_job(told, facts, boards[start : start + _TOGETHER]) for start in range(0, len(boards), _TOGETHER))
    if len(boards) <= _FEW:
        for job in jobs:
            yield make_some(*job, wanted)
        return
    # Polars has threads, and a forked process would wait for them for ever: processes are started afresh.
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(make_some, *job, wanted) for job in jobs]
        try:
            for one in as_completed(running):
                yield one.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _job(told: ReportData, facts: pl.DataFrame, boards: Sequence[str]) -> tuple[ReportData, pl.DataFrame]:
    return select_boards(told, boards), facts.filter(pl.col("board").is_in(list(boards)))
