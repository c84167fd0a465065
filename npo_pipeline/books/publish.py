"""Publishing: what a run adds becomes part of the books by one rename, or not at all.

The draft of the next books: a private copy of the books with what a run adds, and the proof of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import duckdb
import polars as pl

from npo_pipeline.atomic_file import sync
from npo_pipeline.books.changeset import ChangeSet
from npo_pipeline.books.comments import add_comments
from npo_pipeline.books.duckdb import Engine, first_line, reading, writing
from npo_pipeline.books.manifest import build_manifest, publish_copy, stage_copy
from npo_pipeline.books.paths import Home
from npo_pipeline.books.tables import create
from npo_pipeline.errors import Refused
from npo_pipeline.startup import ArrowStream


class ControlTotalMismatch(Exception):
    """A draft does not hold what was written in it."""


def write_changeset(engine: Engine, draft: Path, changeset: ChangeSet, sealing: Future[pl.DataFrame]) -> None:
    """Write what a run adds, and its row of `runs`, in one transaction.

    Args:
        engine: DuckDB.
        draft: a copy of the books; it is made when there are no books yet.
        changeset: what the run adds.
        sealing: its row of `runs`, which is being made.
    """
    fresh = not draft.exists()
    with writing(engine, draft):
        if fresh:
            create(engine)
        add_comments(engine)
        for name in changeset.replaced:
            engine.execute(f"delete from {name}")
        for name, frame in {**changeset.appended, **changeset.replaced}.items():
            _insert(engine, name, frame)
        _insert(engine, "runs", sealing.result())
        for older, newer in changeset.superseded.items():
            engine.execute("update deliveries set superseded_by = ? where delivery_id = ?", [newer, older])


def check_control_totals(engine: Engine, draft: Path, changeset: ChangeSet, run: pl.DataFrame) -> None:
    """Count and add up again what was written, in the closed file: a control total per table.

    Raises:
        NotAsWritten: names the table.
    """
    if Path(f"{draft}.wal").exists():
        raise ControlTotalMismatch("it was not closed cleanly")
    with reading(engine, draft):
        for name, frame in {**changeset.appended, "runs": run}.items():
            key = next(
                c for c in ("run_id", "decision_id", "resolved_by", "delivery_id", "sha256") if c in frame.columns
            )
            names = frame[key].unique().to_list()
            _compare(engine, name, frame, f"from {name} where {key} in (select unnest(?))", [names])
        for name, frame in changeset.replaced.items():
            _compare(engine, name, frame, f"from {name}", [])


def _insert(engine: Engine, table: str, frame: pl.DataFrame) -> None:
    engine.register("arriving", ArrowStream(frame))
    engine.execute(f"insert into {table} by name select * from arriving")
    engine.unregister("arriving")


def _compare(engine: Engine, table: str, frame: pl.DataFrame, rows: str, parameters: list[list[str]]) -> None:
    money = "amount" in frame.columns
    total = "coalesce(sum(amount), 0)" if money else "0"
    found = engine.execute(f"select count(*), {total} {rows}", parameters).fetchall()[0]
    expected = (frame.height, frame["amount"].sum() if money else 0)
    if found != expected:
        raise ControlTotalMismatch(f"control total of {table}: wrote {expected}, found {found}")


Clock = Callable[[], datetime]

FileIdentity: TypeAlias = tuple[int, int, int] | None
"""Which file the books are and when it was last written; nothing where there are no books yet."""


def file_identity(home: Home) -> FileIdentity:
    """The books as they stand now."""
    try:
        found = home.database.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def publish(
    engine: Engine,
    home: Home,
    changeset: ChangeSet,
    *,
    began: FileIdentity,
    previous: str,
    started: datetime,
    clock: Clock,
) -> None:
    """Write in a private copy of the books, prove it, and rename it over the published file.

    Until the rename nothing has changed for anyone; after it everything has.

    Args:
        engine: DuckDB.
        home: the home, which the caller has locked.
        changeset: what the run adds.
        began: the books that the run rests on.
        previous: the sha256 of their last manifest.
        started: when the run began.
        clock: tells the time.

    Raises:
        Refused: the copy could not be written (a full disk, a lost right), or the books are no longer the
            ones that the run began with; nothing was changed.
        pandera.errors.SchemaErrors: a row is not what its table holds; nothing was changed.
    """
    folder = home.work / changeset.run_id
    copy = folder / home.database.name
    try:
        folder.mkdir(mode=0o700, parents=True)
        if began is not None:
            shutil.copyfile(home.database, copy)
            shutil.copymode(home.database, copy)
        # Hashing the rows takes as long as writing them, so they go side by side.
        with ThreadPoolExecutor(1) as aside:
            sealing = aside.submit(build_manifest, changeset, previous, started, clock())
            write_changeset(engine, copy, changeset, sealing)
        run = sealing.result()
        check_control_totals(engine, copy, changeset, run)
        changeset.wait_for_checks()
        laid = stage_copy(folder, run["manifest"].item())
        sync(copy)
        _replace(engine, home, copy, began)
        publish_copy(home, changeset.run_id, laid)
    except (OSError, duckdb.Error, ControlTotalMismatch) as error:
        changeset.wait_for_checks()  # A row that its table may not hold is that error, whatever DuckDB said.
        raise Refused(
            f"{home.path}: the books could not be written ({_reason(error)}); nothing was changed"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(home: Home) -> None:
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


def _replace(engine: Engine, home: Home, copy: Path, began: FileIdentity) -> None:
    """Put the new books in place of the ones they were made from.

    The old ones are held open meanwhile: a program that opened them for writing now would leave its WAL
    beside the new ones, and nobody could open those.
    """
    with reading(engine, home.database) if began is not None else nullcontext():
        refuse_unsafe(home)
        if file_identity(home) != began:
            raise Refused(
                f"{home.path}: the books were changed while this run was busy; nothing was changed, try again"
            )
        os.replace(copy, home.database)
    # From here on the run is done, whatever happens: some file systems cannot sync a folder.
    with suppress(OSError):
        sync(home.path)


def _reason(error: Exception) -> str:
    if isinstance(error, duckdb.Error):
        return first_line(error)
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
