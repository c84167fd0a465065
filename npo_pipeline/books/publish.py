"""Publishing: the changeset of a run becomes part of the books by one rename, or not at all.

The next books are drafted in a private copy, checked by control totals, and renamed over the published file.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import duckdb
import polars as pl

from npo_pipeline.atomic_file import sync
from npo_pipeline.books.catalogue import add_comments
from npo_pipeline.books.duckdb import MEMORY, Engine, first_line, reading, writing
from npo_pipeline.books.formats import STEPS
from npo_pipeline.books.manifest import ChangeSet, build_manifest, copy_names, publish_copy, stage_copy
from npo_pipeline.books.migrations import copy_migrated
from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import Books
from npo_pipeline.books.tables import create
from npo_pipeline.errors import Refused
from npo_pipeline.operating_system import os_user
from npo_pipeline.startup import ArrowStream
from schemas.decided import Runs

Clock = Callable[[], datetime]
"""Returns the time, in UTC."""

Verification = Callable[[Books], None]
"""Looks at the draft of the next books."""

FileIdentity: TypeAlias = tuple[int, int, int] | None
"""Inode, size and time of modification of the published file; None when there is none yet."""


@dataclass(frozen=True)
class Base:
    """Represent the published books that a run goes on from: the file, and the sha256 of its last manifest.

    `is_migrated`: it is of an older format, and the engine holds it in memory in this one.
    """

    identity: FileIdentity
    previous: str
    is_migrated: bool = False


class ControlTotalMismatch(Exception):
    """Report that a draft does not hold what was written in it."""


def file_identity(home: Home) -> FileIdentity:
    """Return the identity (inode, size, mtime) of the published file; None when there is none."""
    try:
        found = home.database.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def remove_leftovers(home: Home) -> None:
    """Remove what a run that died left in the work folder. Only the holder of the lock may do so."""
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


def publish(
    engine: Engine,
    home: Home,
    changeset: ChangeSet,
    *,
    base: Base,
    started: datetime,
    clock: Clock,
    verification: Verification | None = None,
) -> str:
    """Write a changeset in a private copy of the books, check it, and rename it over the published file.

    Returns the sha256 of its manifest. The caller has locked the home. `started`: when the run began.
    `verification`: looks at the draft before it is published, and raises where it may not be.

    Raises:
        Refused: the copy could not be written (a full disk, a lost right), or the published file is no longer the
            one that the run read; nothing was changed.
        pandera.errors.SchemaErrors: a row is not what its table holds; nothing was changed.
    """
    folder = home.work / changeset.run_id
    draft = folder / home.database.name
    try:
        folder.mkdir(mode=0o700, parents=True)
        if base.identity is not None and not base.is_migrated:
            shutil.copyfile(home.database, draft)
        # Hashing the rows takes as long as writing them, so both are done at once.
        with ThreadPoolExecutor(1) as executor:
            run = executor.submit(
                build_manifest,
                changeset,
                previous=base.previous,
                started=started,
                finished=clock(),
                user=os_user(),
            )
            write_changeset(engine, draft, changeset, run, migrated=base.is_migrated)
        if base.identity is not None:
            shutil.copymode(home.database, draft)
        check_control_totals(engine, draft, changeset, run.result())
        changeset.wait_for_checks()
        if verification:
            with reading(engine, draft):
                verification(Books(engine, str(home.database), copy_names(home)))
        staged = stage_copy(folder, run.result()["manifest"].item())
        sync(draft)
        _replace_published(engine, home, draft, base.identity)
        publish_copy(home, changeset.run_id, staged)
        return str(run.result()["manifest_sha256"].item())
    except (OSError, duckdb.Error, ControlTotalMismatch) as error:
        changeset.wait_for_checks()  # A row that its table may not hold is that error, whatever DuckDB said.
        reason = of_disk(error) if isinstance(error, duckdb.Error) else getattr(error, "strerror", None) or error
        raise Refused(f"{home.path}: the books could not be written ({reason}); nothing was changed") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_DISK = "|".join(
    re.escape(os.strerror(one))
    for one in (*(errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS), *(errno.EIO, errno.EFBIG))
)


def of_disk(error: duckdb.Error) -> str:
    """Return what the disk said through DuckDB.

    What DuckDB adds, as that a commit is durable or a database invalidated, is of the draft, not of the books.
    """
    found = re.search(_DISK, str(error))
    return found[0] if found else f"DuckDB: {first_line(error).partition('. ')[0]}"


def write_changeset(
    engine: Engine, draft: Path, changeset: ChangeSet, run: Future[Runs], *, migrated: bool = False
) -> None:
    """Write a changeset and its row of `runs`, which is being made, in one transaction.

    `draft`: a copy of the books; it is created when there are no books yet, or only `migrated` ones in memory.
    """
    is_new = not draft.exists()
    with writing(engine, draft):
        if is_new:
            create(engine)
        if migrated:
            copy_migrated(engine, MEMORY)
        add_comments(engine)
        for name in changeset.replaced:
            engine.execute(f"delete from {name}")
        for name, frame in {**changeset.appended, **changeset.replaced}.items():
            insert(engine, name, frame)
        insert(engine, "runs", run.result())
        for older, newer in changeset.superseded.items():
            engine.execute("update deliveries set superseded_by = ? where delivery_id = ?", [newer, older])


def insert(engine: Engine, table: str, frame: pl.DataFrame) -> None:
    """Append the rows of a frame to a table of the current database."""
    engine.register("arriving", ArrowStream(frame))
    engine.execute(f"insert into {table} by name select * from arriving")
    engine.unregister("arriving")


_ROW_KEYS = ("run_id", "decision_id", "resolved_by", "delivery_id", "sha256")
"""The first of these columns that a table has distinguishes the rows that a run appended."""


def check_control_totals(engine: Engine, draft: Path, changeset: ChangeSet, run: Runs) -> None:
    """Count and sum what was written again, in the closed file: a control total per table.

    Raises:
        ControlTotalMismatch: names the table.
    """
    if Path(f"{draft}.wal").exists():
        raise ControlTotalMismatch("it was not closed cleanly")
    with reading(engine, draft):
        for name, frame in {**changeset.appended, "runs": run}.items():
            key = next(column for column in _ROW_KEYS if column in frame.columns)
            _compare(engine, name, frame, key)
        for name, frame in changeset.replaced.items():
            _compare(engine, name, frame)


def _compare(engine: Engine, table: str, frame: pl.DataFrame, key: str | None = None) -> None:
    """Compare rows and sum of a frame with those of its table, or of the rows with the same values of a key."""
    rows = f"from {table}" if key is None else f"from {table} where {key} in (select unnest(?))"
    parameters = [] if key is None else [frame[key].unique().to_list()]
    has_amount = "amount" in frame.columns
    total = "coalesce(sum(amount), 0)" if has_amount else "0"
    found = engine.execute(f"select count(*), {total} {rows}", parameters).fetchall()[0]
    expected = (frame.height, frame["amount"].sum() if has_amount else 0)
    if found != expected:
        raise ControlTotalMismatch(f"control total of {table}: wrote {expected}, found {found}")


def _replace_published(engine: Engine, home: Home, draft: Path, base: FileIdentity) -> None:
    """Rename the draft over the published file that it was made from.

    That file is held open meanwhile: a program that opened it for writing now would leave its WAL beside the new
    one, and nobody could open that.
    """
    with reading(engine, home.database, STEPS[0].format) if base is not None else nullcontext():
        refuse_unsafe(home)
        if file_identity(home) != base:
            raise Refused(
                f"{home.path}: the books were changed while this run was busy; nothing was changed, try again"
            )
        os.replace(draft, home.database)
    # From here on the run is done, whatever happens: some file systems cannot sync a folder.
    with suppress(OSError):
        sync(home.path)
