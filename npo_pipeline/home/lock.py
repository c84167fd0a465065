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
    file = _taken(home, wait_seconds)
    try:
        _sign(file, command, now)
        yield
    finally:
        with suppress(OSError):
            os.ftruncate(file, 0)
        os.close(file)


def _taken(home: Home, wait_seconds: int) -> int:
    until = time.monotonic() + wait_seconds
    while True:
        file = _opened(home)
        if _is_taken(file, home):
            return file
        holder = _who(file)
        os.close(file)
        if time.monotonic() >= until:
            raise HomeLocked(f"{home.path}: is held by {holder}; wait until it has ended and try again")
        time.sleep(0.2)


def _is_taken(file: int, home: Home) -> bool:
    """Lock the file, if nobody else has, and if it is still the one that others would lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file), home.lock.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError as error:
        os.close(file)
        raise Refused(f"{home.lock}: cannot be locked ({error.strerror}); put the home on a local disk") from error


def _opened(home: Home) -> int:
    try:
        home.path.mkdir(parents=True, exist_ok=True)
        return os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except FileExistsError as error:
        raise Refused(f"{home.path}: is a file, and a home is a folder; name another --home") from error
    except OSError as error:
        raise Refused(f"{home.path}: the home cannot be written ({error.strerror}); check the folder") from error


def _sign(file: int, command: str, now: datetime) -> None:
    holder = {
        "command": command,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": f"{now:%Y-%m-%d %H:%M:%S}",
    }
    # The name of the holder is a courtesy; on a full disk the lock holds without it.
    with suppress(OSError):
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps(holder).encode(), 0)


def _who(file: int) -> str:
    try:
        held = json.loads(os.pread(file, 4096, 0))
        return f"{held['command']} (process {held['pid']} on {held['host']}, since {held['since']})"
    except (ValueError, KeyError, TypeError):
        return "another run, just begun or just ending"
