"""Start `npo` in a process of its own that is killed: after a time, or at the n-th file that it makes or renames.

Nothing of the program is changed for it. Python itself reports each file that is opened to write, renamed or
removed (`sys.addaudithook`), and there the process may kill itself. DuckDB does not report: there only time hits.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.books.home import driver

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
PATIENCE = 300.0
"""Seconds that a command may take."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, what it said and how long it took."""

    status: int
    said: str
    seconds: float


@dataclass(frozen=True)
class Kill:
    """When to kill: after `seconds`, or at the n-th change of a file (`point`).

    `alone`: the process alone, as when memory runs out; else all that it started as well.
    """

    seconds: float | None
    point: int | None
    alone: bool


class Launcher:
    """Starts commands in processes forked from one that has the libraries loaded."""

    def __init__(self, folder: Path) -> None:
        self._out = folder / "said"
        self._out.mkdir(parents=True, exist_ok=True)
        self._left: int | None = None
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload([driver.__name__, __name__])

    def run(self, words: list[str], within: Path, kill: Kill | None = None) -> Ended:
        """Run a command and wait for it; what it leaves running is ended too.

        Where it is killed alone its workers live on, until `end_workers`.
        """
        process, started = self._started(words, within, kill.point if kill else None), time.monotonic()
        if kill and kill.seconds is not None:
            process.join(kill.seconds)
            _kill(process.pid, alone=kill.alone)
        process.join(PATIENCE)
        seconds = time.monotonic() - started
        if process.exitcode is None:
            _kill(process.pid, alone=False)
            process.join()
            return Ended(-signal.SIGALRM, f"it hangs: {' '.join(words)}", seconds)
        if kill and kill.alone:
            self._left = process.pid
        else:
            _kill(process.pid, alone=False)
        said = (self._out / "stderr").read_text("utf-8", errors="replace")
        return Ended(process.exitcode, said[-2000:], seconds)

    def end_workers(self) -> None:
        """End what a process that was killed alone left running."""
        if self._left:
            _kill(self._left, alone=False)
        self._left = None

    def points(self) -> int:
        """Return how many changes of files the last command made."""
        counted = self._out / "points"
        return counted.stat().st_size if counted.exists() else 0

    def _started(self, words: list[str], within: Path, point: int | None) -> Any:
        (self._out / "points").unlink(missing_ok=True)
        process = self._processes.Process(target=_command, args=(words, self._out, str(within), point))
        process.start()
        return process


def _kill(pid: int, *, alone: bool) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL) if alone else os.killpg(pid, signal.SIGKILL)


def _command(words: list[str], out: Path, within: str, point: int | None) -> None:
    os.setsid()
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(out / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(within)
    counted = os.open(out / "points", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    passed = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal passed
        if not _changes_a_file(event, arguments, within):
            return
        passed += 1
        os.write(counted, b".")
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    sys.argv = ["npo", *words]
    driver.npo_pipeline.cli.main.main()


def _changes_a_file(event: str, arguments: tuple[Any, ...], within: str) -> bool:
    if event == "open":
        path, _, flags = arguments
        return isinstance(flags, int) and bool(flags & WRITING) and str(path).startswith(within)
    return event in CHANGES and (str(arguments[0]).startswith(within) or event == "os.remove")
