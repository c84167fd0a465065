"""Publishing: what a run adds becomes part of the books by one rename, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import duckdb

from npo_pipeline.errors import Refused
from npo_pipeline.home import draft
from npo_pipeline.home.addition import Addition
from npo_pipeline.home.connection import first_line, reading
from npo_pipeline.home.engine import Engine
from npo_pipeline.home.folder import Home
from npo_pipeline.home.manifest import seal
from npo_pipeline.home.witnesses import lay_down, put_up

Clock = Callable[[], datetime]

Stand: TypeAlias = tuple[int, int, int] | None
"""Which file the books are and when it was last written; nothing where there are no books yet."""


def stand(home: Home) -> Stand:
    """The books as they stand now."""
    try:
        found = home.database.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def publish(
    engine: Engine, home: Home, addition: Addition, *, began: Stand, previous: str, started: datetime, clock: Clock
) -> None:
    """Write in a private copy of the books, prove it, and rename it over the published file.

    Until the rename nothing has changed for anyone; after it everything has.

    Args:
        engine: DuckDB.
        home: the home, which the caller has locked.
        addition: what the run adds.
        began: the books that the run rests on.
        previous: the sha256 of their last manifest.
        started: when the run began.
        clock: tells the time.

    Raises:
        Refused: the copy could not be written (a full disk, a lost right), or the books are no longer the
            ones that the run began with; nothing was changed.
        pandera.errors.SchemaErrors: a row is not what its table holds; nothing was changed.
    """
    folder = home.work / addition.run_id
    copy = folder / home.database.name
    try:
        folder.mkdir(mode=0o700, parents=True)
        if began is not None:
            shutil.copyfile(home.database, copy)
            shutil.copymode(home.database, copy)
        # Hashing the rows takes as long as writing them, so they go side by side.
        with ThreadPoolExecutor(1) as aside:
            sealing = aside.submit(seal, addition, previous, started, clock())
            draft.write(engine, copy, addition, sealing)
        run = sealing.result()
        draft.prove(engine, copy, addition, run)
        addition.settle()
        laid = lay_down(folder, run["manifest"].item())
        _sync(copy)
        _replace(engine, home, copy, began)
        put_up(home, addition.run_id, laid)
    except (OSError, duckdb.Error, draft.NotAsWritten) as error:
        addition.settle()  # Rows that no table may hold are told as such, also when DuckDB would not take them.
        raise Refused(
            f"{home.path}: the books could not be written ({_reason(error)}); nothing was changed"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_work(home: Home) -> None:
    """Remove what a run that died has left behind. Only the holder of the lock may do so."""
    shutil.rmtree(home.work, ignore_errors=True)


def refuse_unsafe(home: Home) -> None:
    """Refuse when the published database cannot be replaced as a whole.

    Renaming over a database with a WAL beside it would make the new one unreadable; renaming over a link
    would leave the books it points to behind.

    Raises:
        Refused: names the WAL or the link.
    """
    wal = Path(f"{home.database}.wal")
    if wal.exists():
        raise Refused(
            f"{wal}: a program has the books open for writing; close it and open them read-only (if none has, it "
            "died: remove this file, it holds nothing that was published)"
        )
    if home.database.is_symlink():
        raise Refused(f"{home.database}: is a link, and books are a file of their own; name its folder as --home")


def _replace(engine: Engine, home: Home, copy: Path, began: Stand) -> None:
    """Put the new books in place of the ones they were made from.

    The old ones are held open meanwhile: a program that opened them for writing now would leave its WAL
    beside the new ones, and nobody could open those.
    """
    with reading(engine, home.database) if began is not None else nullcontext():
        refuse_unsafe(home)
        if stand(home) != began:
            raise Refused(
                f"{home.path}: the books were changed while this run was busy; nothing was changed, try again"
            )
        os.replace(copy, home.database)
    # From here on the run is done, whatever happens: some file systems cannot sync a folder.
    with suppress(OSError):
        _sync(home.path)


def _reason(error: Exception) -> str:
    if isinstance(error, duckdb.Error):
        return first_line(error)
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
