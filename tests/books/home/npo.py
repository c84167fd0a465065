"""`npo` as a test runs it: its exit status, what it said, and ways to kill or halt it half-way."""

from __future__ import annotations

import io
import itertools
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from npo_pipeline.cli import main
from npo_pipeline.commands.verify.command import CHECKS
from tests.books.blank import begun
from tests.books.home import driver

PATIENCE = 30


@dataclass(frozen=True)
class Ended:
    """How a command ended. `status` is negative when a signal ended it."""

    status: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        return json.loads(self.stdout)


class Busy:
    """A command that is running."""

    def __init__(self, process: Any, out: Path) -> None:
        self._process, self._out = process, out

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def until_halted(self) -> Busy:
        until = time.monotonic() + PATIENCE
        while not self._out.with_suffix(".here").exists():
            assert self._process.is_alive(), self.ended().stderr
            assert time.monotonic() < until
            time.sleep(0.005)
        return self

    def go_on(self) -> Ended:
        self._out.with_suffix(".go").touch()
        return self.ended()

    def kill(self) -> Ended:
        os.kill(self.pid, signal.SIGKILL)
        return self.ended()

    def ended(self) -> Ended:
        self._process.join(PATIENCE)
        assert self._process.exitcode is not None, "it hangs"
        said = [self._out.with_suffix(f".{name}").read_text(errors="replace") for name in ("stdout", "stderr")]
        return Ended(self._process.exitcode, *said)


class Npo:
    """Runs commands. `effects`: see `driver.Effect`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, itertools.count()
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["__main__", driver.__name__])

    def start(self, *arguments: object, effects: driver.Effect | None = None) -> Busy:
        out = self._folder / f"{next(self._numbers):05d}"
        words = [str(argument) for argument in arguments]
        given = (words, out, dict(effects or {}))
        # Daemonic: one that was halted and never let go must not keep the tests from ending.
        process = self._processes.Process(target=driver.command, args=given, daemon=True)
        process.start()
        return Busy(process, out)

    def __call__(self, *arguments: object, effects: driver.Effect | None = None) -> Ended:
        return self.start(*arguments, effects=effects).ended()


def here(*arguments: object) -> Ended:
    """Run `npo` in this process: a tenth of the time, for tests that only ask what it does.

    Books that the first delivery of a home would begin are there already, empty. To make and comment their tables
    takes as long as the delivery itself; `Npo` starts a process that makes them.
    """
    out, err = io.StringIO(), io.StringIO()
    with ExitStack() as stack:
        stack.enter_context(begun(arguments))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        stack.enter_context(patch.object(sys, "argv", ["npo", *map(str, arguments)]))
        stack.enter_context(patch.object(main, "end_process", sys.exit))
        end = stack.enter_context(pytest.raises(SystemExit))
        main.main()
    return Ended(int(end.value.code or 0), out.getvalue(), err.getvalue())


@contextmanager
def checking(*names: str) -> Iterator[None]:
    """Have `npo verify` do some of its checks, and make its remarks: all of them take long."""
    with patch.dict(CHECKS, {name: CHECKS[name] for name in names}, clear=True):
        yield


MONEY = ("decisions", "payments", "totals")
"""The checks that derive all that is due and paid again; those of runs and tables are not about money."""
