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

from npo_pipeline.books.paths import Home
from npo_pipeline.errors import HomeLocked, Refused

_PAUSE = 0.2
"""Seconds between two attempts at a locked home."""

WAITING = "npo.waiting"
"""The logger that says once per run that it waits, and for whom."""


@contextmanager
def locked(home: Home, command: str, *, now: datetime, wait_seconds: int = 0) -> Iterator[None]:
    """Lock the home for one run.

    The folder itself is locked: a lock file could be removed, and then two would hold it. The kernel drops
    the lock when the process ends, however it ends, so no stale lock can remain.

    The folder is created when it is not there. `command`, `now`: what runs and since when (UTC), shown to another
    run that finds the home locked. `wait_seconds`: for that to end (a scheduled run waits, a person does not).

    Raises:
        HomeLocked: another run holds it; says which.
        Refused: the folder cannot be made or written.
    """
    folder = _lock(home, wait_seconds)
    try:
        _write_holder(home, command, now)
        yield
    finally:
        with suppress(OSError):
            home.lock.unlink()
        os.close(folder)


def _lock(home: Home, wait_seconds: int) -> int:
    until, is_said = time.monotonic() + wait_seconds, False
    while True:
        folder = _open(home)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(folder), home.path.stat()):
                return folder
        except (BlockingIOError, FileNotFoundError):
            if time.monotonic() >= until:
                os.close(folder)
                message = f"{home.path}: is held by {_holder(home)}; wait until it has ended and try again"
                raise HomeLocked(message) from None
            if not is_said:
                is_said = _say_waiting(home, wait_seconds)
            time.sleep(_PAUSE)
        except OSError as error:
            os.close(folder)
            raise Refused(
                f"{home.path}: cannot be locked ({error.strerror}); put the home on a local disk"
            ) from error
        os.close(folder)


def _say_waiting(home: Home, seconds: int) -> bool:
    import logging  # Hardly ever needed, and every command would wait for it.

    logging.getLogger(WAITING).info(
        "%s: is held by %s; waits for that to end, for at most %d seconds", home.path, _holder(home), seconds
    )
    return True


def _open(home: Home) -> int:
    try:
        home.path.mkdir(parents=True, exist_ok=True)
        return os.open(home.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileExistsError, NotADirectoryError) as error:
        raise Refused(f"{home.path}: is a file, and a home is a folder; name another --home") from error
    except OSError as error:
        raise _not_writable(home, error) from error


def _write_holder(home: Home, command: str, now: datetime) -> None:
    process = {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{now:%Y-%m-%d %H:%M:%S} UTC"}
    try:
        home.lock.write_text(json.dumps({"command": command, **process}), encoding="utf-8")
    except OSError as error:
        raise _not_writable(home, error) from error


def _holder(home: Home) -> str:
    try:
        holder = json.loads(home.lock.read_bytes())
        return f"{holder['command']} (process {holder['pid']} on {holder['host']}, since {holder['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run, just begun or just ending"


def _not_writable(home: Home, error: OSError) -> Refused:
    return Refused(f"{home.path}: the home cannot be written ({error.strerror}); check the folder and its disk")
