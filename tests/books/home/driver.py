"""Runs `npo` in a process of its own that dies, or halts, at a chosen point.

The process is forked from a server that has the heavy libraries loaded, so that a command takes a third of a
second. It does not load `schemas.rules` or anything above it: that starts the threads of polars, and threads
do not survive a fork.
"""

from __future__ import annotations

import errno
import importlib
import itertools
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb  # noqa: F401
import fastexcel  # noqa: F401
import pyarrow  # noqa: F401
import pydantic  # noqa: F401
import rich.table  # noqa: F401
import yaml  # noqa: F401

import npo_pipeline.cli.main
import schemas  # noqa: F401  (before pandera: it keeps hypothesis out)

Effect = Mapping[str, str]
"""What happens where:
`npo_pipeline.books.publish.write_changeset` -> `die before`, `halt after`, `fail before 3` (the third
time that it is called)."""


def command(arguments: list[str], out: Path, effects: Effect) -> None:
    """The body of the process: `npo` with its output in `out.stdout` and `out.stderr`."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(out.with_suffix(f".{name}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.argv = ["npo", *arguments]
    for place, effect in effects.items():
        _inject(place, effect, out)
    npo_pipeline.cli.main.main()


def _inject(place: str, effect: str, out: Path) -> None:
    module_name, name = place.rsplit(".", 1)
    module: Any = importlib.import_module(module_name)
    real: Callable[..., Any] = getattr(module, name)
    what, when, *which = effect.split()
    act = {"die": _die, "halt": lambda: _halt(out), "fail": fail}[what]
    setattr(module, name, struck(real, act, when, int(*which or "1")))


def struck(real: Callable[..., Any], act: Callable[[], None], when: str, which: int = 1) -> Callable[..., Any]:
    """A function to which something happens before or after the call with number `which`."""
    calls = itertools.count(1)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        now = next(calls) == which
        if now and when == "before":
            act()
        result = real(*args, **kwargs)
        if now and when == "after":
            act()
        return result

    return wrapped


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _halt(out: Path) -> None:
    """Say that it is here, and wait until the test lets it go on."""
    out.with_suffix(".here").touch()
    while not out.with_suffix(".go").exists():
        time.sleep(0.005)
