"""Workers: every job ends with its result or its error, and a board that has a fault costs no other anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from typing import Any

import pytest

from npo_pipeline import workers
from npo_pipeline.errors import NpoError, Refused
from npo_pipeline.workers import (
    Boards,
    Done,
    Here,
    NoWorkers,
    Pooled,
    Processes,
    Submit,
    attempt,
    cores,
    local,
    map_boards,
)


def half(number: int) -> int:
    if number % 2:
        raise Refused(f"{number} is odd")
    return number // 2


def test_each_job_has_its_result_or_its_refusal():
    done = list(Here().map(half, [4, 5, 6], name="halves"))
    assert [(one.job, one.result) for one in done] == [(4, 2), (5, None), (6, 3)]
    assert done[0].value() == 2
    with pytest.raises(Refused, match="5 is odd"):
        done[1].value()


def test_a_fault_of_a_library_says_its_kind_and_place_and_nothing_of_the_rows():
    def broken(job: str) -> str:
        raise KeyError(f"the row of {job}")

    [done] = Here().map(broken, ["Basisschool De Toren"], name="names")
    assert type(done.error) is NpoError
    assert "KeyError in broken (test_workers.py, line " in str(done.error)
    assert "Toren" not in str(done.error)


def test_a_disk_that_fails_twice_is_tried_a_third_time(monkeypatch):
    monkeypatch.setattr(workers, "_PAUSE", 0)
    tries = []

    def read(path: str) -> str:
        tries.append(path)
        if len(tries) < 3:
            raise OSError(5, "Input/output error")
        return "read"

    [done] = Here().map(read, ["a.csv"], name="files")
    assert done.value() == "read"


def test_a_disk_that_goes_on_failing_is_a_fault_in_words(monkeypatch):
    monkeypatch.setattr(workers, "_PAUSE", 0)

    def read(path: str) -> str:
        raise OSError(5, "Input/output error", path)

    [done] = Here().map(read, ["a.csv"], name="files")
    assert str(done.error) == "a.csv: Input/output error"


def test_one_worker_is_this_process():
    assert local(1) == Here()
    assert local(3) == Processes(3)
    assert (local(1).count, local(3).count) == (1, 3)


def test_the_cores_are_those_that_this_process_may_use(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 3, 5})
    monkeypatch.setattr(workers, "_quota", lambda limit: None)
    assert cores() == 3
    monkeypatch.setattr(workers, "_quota", lambda limit: 2)
    assert cores() == 2


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [("max 100000\n", None), ("200000 100000\n", 2), ("150000 100000\n", 2), ("5000 100000\n", 1)],
)
def test_the_limit_of_a_container_counts_part_of_a_core_as_one(tmp_path, limit, allowed):
    (tmp_path / "cpu.max").write_text(limit)
    assert workers._quota(tmp_path / "cpu.max") == allowed


def test_a_machine_without_control_groups_has_no_such_limit(tmp_path):
    assert workers._quota(tmp_path / "cpu.max") is None


class Watched:
    """Do the work here, and keep the boards of each job; a job that holds the board `lethal` is lost."""

    count = 1

    def __init__(self, lethal: str = "") -> None:
        self.jobs: list[tuple[str, str]] = []
        self.lethal = lethal

    def map(self, work: Callable[[Any], Any], jobs: Iterable[Any], *, name: str) -> Iterator[Done[Any, Any]]:
        for job in jobs:
            self.jobs.append((name, str(job)))
            if self.lethal in job.boards:
                yield Done(job=job, error=NpoError("its worker was killed"))
            else:
                yield from Here().map(work, [job], name=name)


def doubled(data: Sequence[str]) -> list[Done[str, str]]:
    return [
        Done(job=one, error=NpoError("no")) if one == "40003" else Done(job=one, result=one * 2) for one in data
    ]


def mapped(watched: Watched, boards: Sequence[str]) -> dict[str, str]:
    done = map_boards(watched, doubled, boards, list, at_once=2, name="packs")
    return {one.job: str(one.error or one.result) for one in done}


def test_boards_go_in_jobs_of_some_and_a_fault_is_tried_again_alone():
    watched = Watched()
    assert mapped(watched, ["40001", "40002", "40003", "40004", "40005"]) == {
        "40001": "4000140001",
        "40002": "4000240002",
        "40003": "no",
        "40004": "4000440004",
        "40005": "4000540005",
    }
    assert watched.jobs == [
        ("packs", "40001 to 40002"),
        ("packs", "40003 to 40004"),
        ("packs", "40005"),
        ("packs again", "40003"),
    ]


def test_of_a_job_that_was_lost_only_the_board_that_loses_it_alone_has_a_fault():
    watched = Watched(lethal="40002")
    assert mapped(watched, ["40001", "40002", "40004"]) == {
        "40001": "4000140001",
        "40002": "its worker was killed",
        "40004": "4000440004",
    }


def test_a_job_of_boards_is_called_after_the_first_and_the_last():
    assert str(Boards(("40001", "40002", "40007"), None)) == "40001 to 40007"
    assert str(Boards(("40001",), None)) == "40001"


def test_jobs_are_made_when_a_worker_takes_them():
    made: list[int] = []

    def jobs() -> Iterator[int]:
        for number in (2, 4, 6):
            made.append(number)
            yield number

    begun = iter(Here().map(half, jobs(), name="halves"))
    next(begun)
    assert made == [2]


class Remote(Pooled):
    """Two workers elsewhere, played by this process: of job 3 nothing but an error comes back, or nothing ever."""

    count = 2

    def __init__(self, of_three: BaseException | None) -> None:
        self.of_three, self.pools, self.cut_off = of_three, list[str](), list[int]()

    @contextmanager
    def pool(self, name: str, running: Mapping[Any, Any]) -> Iterator[Submit]:
        self.pools.append(name)
        try:
            yield self.submit
        finally:
            self.cut_off = sorted(running.values())

    def submit(self, work: Callable[[Any], Any], job: Any) -> Future[Done[None, Any]]:
        future: Future[Done[None, Any]] = Future()
        if job != 3:
            future.set_result(attempt(work, job))
        elif self.of_three is not None:
            future.set_exception(self.of_three)
        return future

    def look(self) -> None:
        raise NoWorkers("the cluster has no worker left")


def double(number: int) -> int:
    return number * 2


def test_a_job_that_is_lost_twice_is_named_and_all_others_are_done():
    remote = Remote(BrokenExecutor())
    done = {one.job: one for one in remote.map(double, range(8), name="doubles")}
    assert {job: one.result for job, one in done.items() if job != 3} == {
        job: 2 * job for job in range(8) if job != 3
    }
    assert str(done[3].error).startswith("doubles: the process that worked on it was killed twice; look whether")
    assert remote.pools == ["doubles", "doubles once more", "doubles"]


def test_an_error_of_the_way_there_and_back_is_of_its_job_alone():
    done = {one.job: one for one in Remote(TypeError("a row")).map(double, range(8), name="doubles")}
    assert str(done[3].error) == "TypeError"
    assert all(done[job].result == 2 * job for job in range(8) if job != 3)


@pytest.mark.parametrize("of_three", [NoWorkers("the cluster has no worker left"), None])
def test_where_no_worker_is_left_all_of_it_ends(monkeypatch, of_three):
    monkeypatch.setattr(workers, "_LOOK_SECONDS", 0)
    with pytest.raises(NoWorkers, match="no worker left"):
        list(Remote(of_three).map(double, range(8), name="doubles"))


def test_a_fault_in_the_data_of_a_job_cuts_off_those_before_it():
    def jobs() -> Iterator[int]:
        yield 3
        raise OSError(5, "Input/output error")

    remote = Remote(None)
    with pytest.raises(OSError, match="Input/output"):
        list(remote.map(double, jobs(), name="doubles"))
    assert remote.cut_off == [3]
