"""Packs that workers make: the same bytes from any number of them, and a run that is cut off goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.board_pack import pack
from npo_pipeline.reports.board_pack.pack import PackRecord, PacksWritten, write_packs
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.workers import HERE, Boards, Done, Processes, Workers
from tests.books.packs.big import many
from tests.books.packs.conftest import content

BOARDS = ("40001", "40002", "40003", "40004")


@pytest.fixture(scope="module")
def story() -> ReportData:
    return many(len(BOARDS))


@pytest.fixture(scope="module")
def by_one(tmp_path_factory, story) -> dict[str, bytes]:
    """The packs that this process makes, all at once."""
    folder = tmp_path_factory.mktemp("one")
    write_packs(folder, story, facts_of(story), "1")
    return content(folder)


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch) -> None:
    monkeypatch.setattr(pack, "_FEW", 1)
    monkeypatch.setattr(pack, "_BOARDS_PER_JOB", 2)


def packed(folder: Path, story: ReportData, workers: Workers = HERE, **more: Any) -> PacksWritten:
    return write_packs(folder, story, facts_of(story), "1", workers=workers, **more)


class KilledOnce:
    """Two processes, of which the first that takes board 40003 is killed. `mark`: a file that says that it was."""

    count = 2

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def map(self, work: Callable[[Any], Any], jobs: Iterable[Any], *, name: str) -> Iterator[Done[Any, Any]]:
        yield from Processes(2).map(partial(killed_once, work, self.mark), jobs, name=name)


def killed_once(work: Callable[[Boards[Any]], Any], mark: Path, job: Boards[Any]) -> Any:
    if "40003" in job.boards and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return work(job)


class KilledEachTime:
    """Two workers, played by this process, that never come back with board 40003."""

    count = 2

    def map(self, work: Callable[[Any], Any], jobs: Iterable[Any], *, name: str) -> Iterator[Done[Any, Any]]:
        for job in jobs:
            lost = Done(job=job, error=NpoError("its process was killed twice"))
            yield from [lost] if "40003" in job.boards else HERE.map(work, [job], name=name)


def test_a_process_that_is_killed_changes_no_byte(tmp_path, story, by_one):
    said: list[int] = []
    workers = KilledOnce(tmp_path / "killed")
    made = packed(tmp_path / "two", story, workers, progress=lambda _, done: said.append(done))
    assert made.written == BOARDS
    assert said == [1, 2, 3, 4]
    assert content(tmp_path / "two") == by_one


def test_only_a_board_that_kills_its_process_each_time_has_a_page_that_says_so(tmp_path, story, by_one):
    made = packed(tmp_path, story, KilledEachTime())
    assert made.written == ("40001", "40002", "40004")
    assert made.faults == {"40003": "its process was killed twice"}
    others = {name: one for name, one in content(tmp_path).items() if not name.startswith("40003/")}
    assert others == {name: one for name, one in by_one.items() if not name.startswith("40003/")}


def test_a_run_that_was_cut_off_makes_only_what_lacks(tmp_path, story, by_one):
    some = facts_of(story).filter(pl.col("board").is_in(BOARDS[:3]))
    write_packs(tmp_path, story, some, "1")
    again = packed(tmp_path, story, recorded={})
    assert (again.up_to_date, again.written) == (BOARDS[:3], BOARDS[3:])
    assert content(tmp_path) == by_one
    assert {one.outcome for one in again.records.values()} == {"filed"}
    assert set(again.records) == set(BOARDS), "the books know all of them then"


def test_a_pack_that_the_books_know_otherwise_is_made_again(tmp_path, story, by_one):
    made = packed(tmp_path, story)
    known = made.records["40001"]
    forged = PackRecord(
        made_from=known.made_from, outcome=known.outcome, files={**known.files, "SHA256SUMS": "0" * 64}
    )
    again = packed(tmp_path, story, recorded={**made.records, "40001": forged})
    assert (again.written, again.up_to_date) == (("40001",), BOARDS[1:])
    assert content(tmp_path) == by_one
