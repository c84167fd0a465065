"""Workers: map work over jobs in this process, in others of this machine, or (`flows.workers`) on a cluster.

A worker gets data and gives data back. It never writes in a home: only the process that gave out the work does.
So a worker may be killed at any moment, may be anywhere, and its number changes no byte of what is written.

Every command imports this module for its options: what it needs to start processes is imported when it does.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import chain, islice
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from npo_pipeline.errors import NpoError, fault_words
from npo_pipeline.startup import hide_unused_libraries

if TYPE_CHECKING:
    from concurrent.futures import Future

    from npo_pipeline.worker_processes import WorkerProcesses

J = TypeVar("J")
R = TypeVar("R")

TRIES = 3
"""So often a job is tried in which a disk or a network fails, a second apart."""

GRACE_SECONDS = 3
"""So long a process that is cut off may take to clear away what it has on the disk."""

_PAUSE = 1.0
_LOOK_SECONDS = 20
_UNDER_WAY = 2
"""Jobs per process that are under way: one at work, one waiting for it. So results do not pile up in memory."""


@dataclass(frozen=True, kw_only=True)
class Done(Generic[J, R]):
    """A job that has ended: with its result, or with the error why it has none."""

    job: J
    result: R | None = None
    error: NpoError | None = None

    def value(self) -> R:
        """Return the result.

        Raises:
            NpoError: the job has none; its refusal, or its fault in words.
        """
        if self.error is not None:
            raise self.error
        return cast(R, self.result)


class Workers(Protocol):
    """Represent those who do the work."""

    @property
    def count(self) -> int:
        """Return how many jobs run at once."""
        ...

    def map(self, work: Callable[[J], R], jobs: Iterable[J], *, name: str) -> Iterator[Done[J, R]]:
        """Do the work for each job, and yield each as it ends, in any order. No job keeps another from its end.

        A `NoWorkers` ends all of it.

        `work`: a function of a module. `jobs`: data that can go to another process; a generator makes each when a
        worker comes free. `name`: of the work, for people who look on.
        """
        ...


def attempt(work: Callable[[J], R], job: J) -> Done[None, R]:
    """Do one job, and return its result or its error. A fault of a disk or a network is tried again.

    An error of a library can hold the rows it is about: of it only its kind and its place go on.
    """
    for left in reversed(range(TRIES)):
        try:
            return Done(job=None, result=work(job))
        except NpoError as error:
            return Done(job=None, error=error)
        except OSError as error:
            if not left:
                return Done(job=None, error=NpoError(fault_words(error)))
            time.sleep(_PAUSE)
        except Exception as error:
            return Done(job=None, error=NpoError(fault_words(error)))
    raise AssertionError("the last try returns")


@dataclass(frozen=True)
class Here:
    """Do the work in this process, one job after the other."""

    count: int = field(default=1, init=False)

    def map(self, work: Callable[[J], R], jobs: Iterable[J], *, name: str) -> Iterator[Done[J, R]]:
        """Do the work for each job, in their order."""
        for job in jobs:
            yield _ended(job, attempt(work, job))


HERE = Here()


class NoWorkers(NpoError):
    """Report that no worker is left, or none that makes the same bytes: the work ends, not by a fault of a job."""


class Submit(Protocol):
    """Represent the way to have a job done elsewhere."""

    def __call__(self, work: Callable[[J], R], job: J) -> Future[Done[None, R]]:
        """Have a job done; the future raises `BrokenExecutor` where the job was lost with its worker."""
        ...


class Pooled(ABC):
    """Do the work in processes that may be lost. The jobs of one are tried once more, each by itself."""

    count: int

    @abstractmethod
    def pool(self, name: str, running: Mapping[Any, Any]) -> AbstractContextManager[Submit]:
        """Start the processes and end them; where work is `running` by then, nobody waits for it any more."""

    def look(self) -> None:  # noqa: B027
        """Look whether there is any worker left, now and then while nothing ends.

        Raises:
            NoWorkers: there is none.
        """

    def map(self, work: Callable[[J], R], jobs: Iterable[J], *, name: str) -> Iterator[Done[J, R]]:
        """Do the work for each job, taken in their order.

        Raises:
            NoWorkers: none is left.
        """
        waiting = iter(jobs)
        while first := list(islice(waiting, 1)):
            lost = yield from self._until_lost(work, chain(first, waiting), name)
            for job in lost:
                if (yield from self._until_lost(work, iter([job]), f"{name} once more")):
                    why = f"{name}: the process that worked on it was killed twice; look whether memory ran out"
                    yield Done(job=job, error=NpoError(why))

    def _until_lost(
        self, work: Callable[[J], R], jobs: Iterator[J], name: str
    ) -> Generator[Done[J, R], None, Sequence[J]]:
        """Yield jobs as they end, until all have or one is lost; return those that were lost by then."""
        from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait

        running: dict[Future[Done[None, R]], J] = {}
        lost: list[J] = []
        with self.pool(name, running) as submit:
            while True:
                room = 0 if lost else _UNDER_WAY * self.count - len(running)
                for job in islice(jobs, room):
                    # One by one: of a fault in the data of the next, those before are `running`.
                    running[submit(work, job)] = job
                if not running:
                    return lost
                ended = wait(running, _LOOK_SECONDS, return_when=FIRST_COMPLETED).done
                for one in ended:
                    job = running.pop(one)
                    if isinstance(error := one.exception(), BrokenExecutor):
                        lost.append(job)
                    elif isinstance(error, NoWorkers):
                        raise error
                    elif error is not None:
                        # The job or its result cannot go from one process to another.
                        yield Done(job=job, error=_in_words(error))
                    else:
                        yield _ended(job, one.result())
                if not ended:
                    self.look()


@dataclass(frozen=True)
class Processes(Pooled):
    """Do the work in so many other processes of this machine; they end with the last job, or with this process."""

    count: int

    @contextmanager
    def pool(self, name: str, running: Mapping[Any, Any]) -> Iterator[Submit]:
        """Start processes as jobs come."""
        with started_processes(self.count, running) as processes:

            def submit(work: Callable[[J], R], job: J) -> Future[Done[None, R]]:
                return processes.submit(attempt, work, job)

            yield submit


@contextmanager
def started_processes(count: int, running: Mapping[Any, Any]) -> Iterator[WorkerProcesses]:
    """Give processes that are started as jobs come, and end them; what is `running` by then is cut off."""
    # It loads for a while, and few commands have work for more than one process.
    from npo_pipeline.worker_processes import WorkerProcesses

    threads = str(max(1, cores() // count))
    processes = WorkerProcesses(count, begin_worker, threads, grace_seconds=GRACE_SECONDS)
    try:
        yield processes
    finally:
        processes.end(at_once=bool(running))


def local(count: int) -> Workers:
    """Return so many workers on this machine: where it is one, this process does the work."""
    return HERE if count == 1 else Processes(count)


def cores() -> int:
    """Return the number of cores this process may use: by its affinity, and by the limit of its container."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _quota(Path("/sys/fs/cgroup/cpu.max")) or allowed))


def _quota(limit: Path) -> int | None:
    """Return the cores that a control group allows, rounded up; null where it sets no limit."""
    try:
        quota, period = limit.read_text(encoding="ascii").split()
        return -(-int(quota) // int(period))
    except (OSError, ValueError):
        # There are no control groups, or `max` stands for no limit.
        return None


@dataclass(frozen=True)
class Boards(Generic[J]):
    """A job of some boards: their numbers, and the data that the work needs."""

    boards: tuple[str, ...]
    data: J

    def __str__(self) -> str:
        first, last = self.boards[0], self.boards[-1]
        return first if first == last else f"{first} to {last}"


def map_boards(
    workers: Workers,
    work: Callable[[J], Sequence[Done[str, R]]],
    boards: Sequence[str],
    data: Callable[[Sequence[str]], J],
    *,
    at_once: int,
    name: str,
) -> Iterator[Done[str, R]]:
    """Do work for boards, so many at once, and yield each board as it is done.

    A board that has a fault, and each board of a job that was lost, is tried once more in a job of its own: so a
    fault costs no other board its result.

    `work`: returns the outcome of each board of `data`, the data of some boards.
    """
    parts = (boards[start : start + at_once] for start in range(0, len(boards), at_once))
    again: list[str] = []
    for done in workers.map(partial(_on_data, work), _jobs(parts, data), name=name):
        good = [one for one in done.value() if one.error is None] if done.error is None else []
        again += sorted({*done.job.boards} - {one.job for one in good})
        yield from good
    alone = ([board] for board in sorted(again))
    for last in workers.map(partial(_on_one, work), _jobs(alone, data), name=f"{name} again"):
        yield Done(job=last.job.boards[0], result=last.result, error=last.error)


def _jobs(parts: Iterable[Sequence[str]], data: Callable[[Sequence[str]], J]) -> Iterator[Boards[J]]:
    return (Boards(tuple(some), data(some)) for some in parts)


def _on_data(work: Callable[[J], R], job: Boards[J]) -> R:
    return work(job.data)


def _on_one(work: Callable[[J], Sequence[Done[str, R]]], job: Boards[J]) -> R:
    found = [one for one in work(job.data) if one.job == job.boards[0]]
    if not found:
        raise NpoError(f"nothing was made of board {job.boards[0]}; this is a fault of the program")
    return found[0].value()


def _ended(job: J, done: Done[None, R]) -> Done[J, R]:
    return Done(job=job, result=done.result, error=done.error)


def _in_words(error: BaseException) -> NpoError:
    return error if isinstance(error, NpoError) else NpoError(fault_words(cast(Exception, error)))


def begin_worker(threads: str) -> None:
    """Begin a process of a pool, before polars is imported there: the pool shares the cores of the machine."""
    os.environ.setdefault("POLARS_MAX_THREADS", threads)
    # Ctrl-C goes to all processes of a terminal; the one that gave out the work ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    hide_unused_libraries()
    end_with_parent()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """End as by an error, so that temporary folders and processes of the job that is cut off go with it."""
    sys.exit(1)


@cache
def end_with_parent() -> None:
    """End this process when the one that started it is gone, however that ended; first by SIGTERM."""
    from multiprocessing import parent_process

    def watch() -> None:
        if (parent := parent_process()) is not None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(GRACE_SECONDS)
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
