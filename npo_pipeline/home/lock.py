"""One run at a time: an exclusive lock on the home that dies with the process that holds it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import IO

from npo_pipeline.errors import HomeLocked, Refused
from npo_pipeline.home.folder import Home


@contextmanager
def locked(home: Home, command: str, *, now: datetime, wait_seconds: int = 0) -> Iterator[None]:
    """Hold the home for one run.

    The kernel drops the lock when the process ends, however it ends, so no stale lock can remain.

    Args:
        home: the home; its folder is made when it is not there.
        command: what the holder is doing, shown to whoever finds the door closed.
        now: when it began.
        wait_seconds: how long to wait for another run to end (a scheduled run waits, a person does not).

    Raises:
        HomeLocked: another run holds it; says which.
        Refused: the folder cannot be made or written.
    """
    with _opened(home) as file:
        _take(file, home, wait_seconds)
        _sign(file, command, now)
        try:
            yield
        finally:
            file.truncate(0)


def _opened(home: Home) -> IO[str]:
    try:
        home.path.mkdir(parents=True, exist_ok=True)
        return home.lock.open("a+", encoding="utf-8")
    except OSError as error:
        raise Refused(f"{home.path}: the home cannot be written ({error.strerror}); check the folder") from error


def _take(file: IO[str], home: Home, wait_seconds: int) -> None:
    until = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() >= until:
                raise HomeLocked(_who(file, home)) from error
            time.sleep(0.2)
        else:
            return


def _sign(file: IO[str], command: str, now: datetime) -> None:
    holder = {
        "command": command,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": f"{now:%Y-%m-%d %H:%M:%S}",
    }
    file.seek(0)
    file.truncate()
    # The name of the holder is a courtesy; on a full disk the lock holds without it.
    with suppress(OSError):
        file.write(json.dumps(holder))
        file.flush()


def _who(file: IO[str], home: Home) -> str:
    file.seek(0)
    try:
        held = json.loads(file.read())
        by = f"{held['command']} (process {held['pid']} on {held['host']}, since {held['since']})"
    except (ValueError, KeyError):
        by = "another run, just begun or just ending"
    return f"{home.path}: is held by {by}; wait until it has ended and try again"
