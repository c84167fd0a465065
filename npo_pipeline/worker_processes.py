"""Processes of this machine that do jobs, each over a pipe of its own: one that is killed loses its job alone.

A `ProcessPoolExecutor` has one pipe for all results. A process that is killed while it writes there leaves half a
result and the lock on the pipe, and all wait for ever. Of a pipe of its own the other end is closed by that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Lock, local
from time import monotonic
from typing import Any, TypeVar, cast

from npo_pipeline.errors import NpoError, fault_words

R = TypeVar("R")


class WorkerProcess:
    """A process that does one job after the other."""

    def __init__(self, begin: Callable[[str], None], threads: str) -> None:
        """Start it. `begin`: what it does first, with the number of threads it may have."""
        # Polars has threads, and a forked process would wait for them for ever: processes are started afresh.
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, begin, threads), daemon=True)
        self._process.start()
        theirs.close()

    def do(self, function: Callable[..., R], *arguments: object) -> R:
        """Have it call a function.

        Raises:
            BrokenExecutor: the process is gone.
        """
        try:
            self._connection.send((function, arguments))
            is_done, answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise BrokenExecutor("the process is gone") from error
        if not is_done:
            raise answer
        return cast(R, answer)

    def terminate(self) -> None:
        """Have it leave its job and clear away what that has on the disk."""
        self._process.terminate()

    def kill(self, after: float) -> None:
        """End it where it is, unless it has ended within so many seconds."""
        self._process.join(after)
        self._process.kill()

    def end(self) -> None:
        """Let it end by itself, as it does when nobody has work for it."""
        self._connection.close()
        self._process.join()


class WorkerProcesses:
    """So many processes, each started when there is work for it, and again when it was killed."""

    def __init__(self, count: int, begin: Callable[[str], None], threads: str, *, grace_seconds: float) -> None:
        """Start none yet. `begin`, `threads`: as of a `WorkerProcess`.

        `grace_seconds`: that they have in all to clear away a job that is cut off.
        """
        self._grace_seconds = grace_seconds
        self._begin, self._threads = begin, threads
        self._givers, self._own = ThreadPoolExecutor(count), local()
        self._all, self._lock, self._is_over = list[WorkerProcess](), Lock(), False

    def submit(self, function: Callable[..., R], *arguments: object) -> Future[R]:
        """Have a function called when a process is free; the future raises `BrokenExecutor` where that is lost."""
        return self._givers.submit(self._do, function, *arguments)

    def _do(self, function: Callable[..., R], *arguments: object) -> R:
        """Hand a job to the process of this thread, and wait for it."""
        if getattr(self._own, "process", None) is None:
            self._own.process = self._started()
        try:
            return cast(WorkerProcess, self._own.process).do(function, *arguments)
        except BrokenExecutor:
            self._own.process = None
            raise

    def _started(self) -> WorkerProcess:
        with self._lock:
            if self._is_over:
                raise BrokenExecutor("nobody waits for it any more")
            self._all.append(WorkerProcess(self._begin, self._threads))
            return self._all[-1]

    def end(self, *, at_once: bool) -> None:
        """End all processes: when their jobs are done, or `at_once`."""
        if at_once:
            with self._lock:
                self._is_over = True
            until = monotonic() + self._grace_seconds
            for one in self._all:
                one.terminate()
            for one in self._all:
                one.kill(after=max(0, until - monotonic()))
        self._givers.shutdown(wait=True, cancel_futures=True)
        for one in self._all:
            one.end()


def _serve(connection: Connection, begin: Callable[[str], None], threads: str) -> None:
    """Do what comes in, and send back what comes of it, until nobody asks any more."""
    begin(threads)
    while True:
        try:
            answer = _answer(*connection.recv())
        except EOFError:
            return
        except Exception as error:
            # The job cannot come from another process.
            answer = (False, NpoError(fault_words(error)))
        try:
            connection.send(answer)
        except OSError:
            return
        except Exception as error:
            # The result cannot go to another process.
            connection.send((False, NpoError(fault_words(error))))


def _answer(function: Callable[..., R], arguments: Sequence[Any]) -> tuple[bool, R | NpoError]:
    try:
        return True, function(*arguments)
    except Exception as error:
        return False, NpoError(fault_words(error))
