"""A run: it writes in a private copy of the books, and one rename makes that copy the published books.

Until the rename nothing has changed for anyone; after it everything has. There is no moment between.

One run at a time: an exclusive lock on the home dies with the process that holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

import pandera.polars as pa
import polars as pl

from npo_pipeline.books.duckdb import ATTACHED, Engine, engine
from npo_pipeline.books.formats import READABLE_FORMAT
from npo_pipeline.books.manifest import GENESIS_HASH, ChangeSet, restore_copy, text_sha256
from npo_pipeline.books.migrations import refuse_foreign
from npo_pipeline.books.paths import Home
from npo_pipeline.books.publish import (
    Base,
    Clock,
    Verification,
    file_identity,
    insert,
    publish,
    refuse_unsafe,
    remove_leftovers,
)
from npo_pipeline.books.reader import Books, open_in_engine
from npo_pipeline.books.tables import FORMAT
from npo_pipeline.books.witness import MARK, SealedRuns, ask_witness, sealed_runs, tell_witness
from npo_pipeline.errors import HomeLocked, Refused
from schemas.tables import validated

_PAUSE = 0.2
"""Seconds between two attempts at a locked home."""

_UNKNOWN = "another run, just begun or just ending"

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
                holder = holder_of(home) or _UNKNOWN
                message = f"{home.path}: is held by {holder}; wait until it has ended and try again"
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
        "%s: is held by %s; waits for that to end, for at most %d seconds",
        home.path,
        holder_of(home) or _UNKNOWN,
        seconds,
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


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Represent the run that says it holds a home: its command and process, and since when (UTC).

    `is_alive`: the process is there; of another machine that cannot be known, and is taken to be so.
    """

    command: str
    pid: int
    host: str
    since: datetime
    is_alive: bool

    def __str__(self) -> str:
        """Return it for a message."""
        return f"{self.command} (process {self.pid} on {self.host}, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


def holder_of(home: Home) -> Holder | None:
    """Return the run that says it holds the home; None where there is none. The lock itself is not touched."""
    try:
        found = json.loads(home.lock.read_bytes())
        host, pid = str(found["host"]), int(found["pid"])
        return Holder(
            command=str(found["command"]),
            pid=pid,
            host=host,
            since=datetime.fromisoformat(str(found["since"]).removesuffix(" UTC")),
            is_alive=host != socket.gethostname() or _is_there(pid),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _not_writable(home: Home, error: OSError) -> Refused:
    return Refused(f"{home.path}: the home cannot be written ({error.strerror}); check the folder and its disk")


__all__ = ["Clock", "Holder", "Run", "holder_of", "open_run"]

_MOST_RUNS = 999_999
"""Run ids sort as text, so their numbers have six digits and no more."""


@dataclass(kw_only=True)
class Run(ChangeSet):
    """Represent a run that is busy: the changeset it makes, and the books as they were when it began.

    `verification`: looks at the next books before they are published.
    """

    books: Books
    engine: Engine
    verification: Verification | None = None

    def complete(self, model: pa.DataFrameSchema, rows: pl.DataFrame) -> None:
        """Add rows that an older program did not write to the migrated copy that is published with this run."""
        insert(self.engine, model.name, validated(rows, model))


@dataclass
class RunsHere:
    """Hold the runs of this process, for logs and telemetry: the last that was opened, and those it published."""

    last: str | None = None
    published: list[str] = field(default_factory=list)


RUNS_HERE = RunsHere()


@contextmanager
def open_run(
    home: Home,
    command: str,
    clock: Clock,
    *,
    subject: str = "",
    wait_seconds: int = 0,
    oldest: int = READABLE_FORMAT,
) -> Iterator[Run]:
    """Take the lock, and publish the changeset of the run when it ends well.

    A run that appends nothing publishes nothing, unless it asks for a verification. A run that fails, or is
    killed, leaves the books as they were; what it left in the work folder is removed by the next.

    `command`, `subject`: what the run does and about what, for its run_id (`000007-pay-2021-09`). `clock`: the
    only clock there is. `wait_seconds`: how long to wait for another run to end. `oldest`: the oldest
    format of the books that is good enough.

    Raises:
        HomeLocked: another run is busy.
        Refused: the disk is full, the home is of a newer program, or it cannot be written.
    """
    started = clock()
    with locked(home, command, now=started, wait_seconds=wait_seconds), engine() as duck:
        refuse_unsafe(home)
        remove_leftovers(home)
        identity = file_identity(home)
        with open_in_engine(duck, home, oldest) as books:
            sealed = sealed_runs(books)
            if books.published_format < FORMAT:
                refuse_foreign(duck, ATTACHED, str(home.database))
            number, previous = _next(home, books, sealed)
            ask_witness(home, books, command)
            run_id = "-".join(filter(None, (f"{number:06d}", command, subject)))
            run = Run(run_id=run_id, command=command, books=books, engine=duck)
            RUNS_HERE.last = run_id
            yield run
        if run.appended or run.verification:
            base = Base(identity, previous, is_migrated=books.published_format < FORMAT)
            if home.witness is not None:
                run.manifest_entries[MARK] = True
            sha256 = publish(
                duck, home, run, base=base, started=started, clock=clock, verification=run.verification
            )
            RUNS_HERE.published.append(run_id)
            tell_witness(home, sealed[0][1] if sealed else sha256, run_id, sha256)


def _next(home: Home, books: Books, runs: SealedRuns) -> tuple[int, str]:
    """Return the number of the next run, and the hash of the last manifest.

    Raises:
        Refused: the books are not the newest ones, so that a run might pay again what was paid.
    """
    unknown = sorted(books.manifest_copies - {f"{run_id}.json" for run_id, _ in runs})
    if unknown:
        raise Refused(
            f"{home.path}: manifests/{unknown[-1]} tells of a run that is not in the books; put the newest books "
            "back, or move that manifest away to go on from these"
        )
    number = len(runs) + 1
    if runs and not runs[-1][0].startswith(f"{len(runs):06d}-"):
        raise Refused(f"{home.path}: holds {len(runs)} runs, and the last is {runs[-1][0]}; see `npo verify`")
    if number > _MOST_RUNS:
        raise Refused(f"{home.path}: holds {len(runs):,} runs, as many as one home can; begin a new home")
    if not runs:
        return number, GENESIS_HASH
    _restore_last_copy(home, books, *runs[-1])
    return number, runs[-1][1]


def _restore_last_copy(home: Home, books: Books, run_id: str, sha256: str) -> None:
    """Complete the last run, where it died between its rename and the copy of its manifest."""
    text = books.value("select manifest from runs where run_id = ?", [run_id])
    if text_sha256(text) == sha256:
        restore_copy(home, run_id, text)
