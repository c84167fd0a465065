"""Publishing: what a run adds becomes part of the books by one rename, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.home import manifest as manifests
from npo_pipeline.home.connection import first_line, reading, writing
from npo_pipeline.home.folder import Home
from npo_pipeline.home.tables import create
from schemas import tables
from schemas.tables import checked


@dataclass(frozen=True)
class Addition:
    """What a run adds: new rows per table, derived tables that are replaced, deliveries it supersedes."""

    run_id: str
    command: str
    month: date | None
    facts: Mapping[str, Any]
    added: Mapping[str, pl.DataFrame]
    derived: Mapping[str, pl.DataFrame]
    superseded: Mapping[str, str]


def publish(
    home: Home, addition: Addition, *, previous: str, started: datetime, clock: Callable[[], datetime]
) -> None:
    """Write in a private copy of the books, prove it, and rename it over the published file.

    Until the rename nothing has changed for anyone; after it everything has.

    Raises:
        Refused: the copy could not be written (a full disk, a lost right); nothing was changed.
    """
    folder = home.work / addition.run_id
    copy, kept = folder / "npo.duckdb", folder / "manifest.json"
    try:
        folder.mkdir(mode=0o700, parents=True)
        if home.database.exists():
            shutil.copyfile(home.database, copy)
        row, text = _sealed_row(addition, previous, started, clock())
        _write(copy, addition, row)
        _prove(copy, {**addition.added, "runs": row})
        kept.write_text(text, encoding="utf-8")
        _sync(copy)
        _replace(home, copy, previous)
        _keep(home, addition.run_id, kept)
    except (OSError, duckdb.Error) as error:
        reason = first_line(error) if isinstance(error, duckdb.Error) else error.strerror
        raise Refused(f"{home.path}: the books could not be written ({reason}); nothing was changed") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _replace(home: Home, copy: Path, previous: str) -> None:
    """Put the new books in place of the ones they were made from.

    The old ones are held open meanwhile: a program that opened them for writing now would leave its WAL
    beside the new ones, and nobody could open those.

    Raises:
        Refused: the books are no longer the ones this run began with.
    """
    if home.database.exists():
        shutil.copymode(home.database, copy)
        with reading(home.database) as connection:
            refuse_unsafe(home)
            last = connection.sql("select arg_max(manifest_sha256, run_id) from runs").fetchall()[0][0]
            _refuse_others(home, last or manifests.BEFORE_ALL, previous)
            os.replace(copy, home.database)
    else:
        _refuse_others(home, manifests.BEFORE_ALL, previous)
        os.replace(copy, home.database)
    # From here on the run is done, whatever happens: some file systems cannot sync a folder.
    with suppress(OSError):
        _sync(home.path)


def _refuse_others(home: Home, last: str, previous: str) -> None:
    if last != previous:
        raise Refused(
            f"{home.path}: the books were changed while this run was busy; nothing was changed, try again"
        )


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


def _keep(home: Home, run_id: str, manifest: Path) -> None:
    # The manifest of record stands in the database; the copy beside it is a second witness and may fail.
    # One that is there already is of books that were put back since: it stays, and `npo verify` tells.
    with suppress(OSError):
        home.manifests.mkdir(exist_ok=True)
        target = home.manifests / f"{run_id}.json"
        if not target.exists():
            os.replace(manifest, target)


def _sealed_row(run: Addition, previous: str, started: datetime, finished: datetime) -> tuple[pl.DataFrame, str]:
    payments = run.added.get(
        "payments", pl.DataFrame(schema={"board": pl.String, "amount": tables.MONEY, "currency": pl.String})
    )
    total, dollars = (payments.filter(pl.col("currency") == one)["amount"].sum() for one in ("EUR", "USD"))
    body = {
        "run_id": run.run_id,
        "command": run.command,
        "month": str(run.month) if run.month else None,
        "started_at": str(started),
        "finished_at": str(finished),
        "code": manifests.code_version(),
        "tables": manifests.tables_part(run.added),
        "payments": payments.height,
        "boards": payments["board"].n_unique(),
        "sum_cents": int(total * 100),
        "sum_usd_cents": int(dollars * 100),
        "previous": previous,
        **run.facts,
    }
    text, sha256 = manifests.sealed(body)
    row = {
        "run_id": run.run_id,
        "command": run.command,
        "month": run.month,
        "status": "done",
        "started_at": started,
        "finished_at": finished,
        "payments": payments.height,
        "total": total,
        "total_usd": dollars,
        "manifest": text,
        "manifest_sha256": sha256,
    }
    schema = {name: column.dtype.type for name, column in tables.RUNS.columns.items()}
    return checked(pl.DataFrame([row], schema=schema), tables.RUNS), text


def _write(copy: Path, run: Addition, row: pl.DataFrame) -> None:
    fresh = not copy.exists()
    with writing(copy) as connection:
        if fresh:
            create(connection)
        connection.execute("begin")
        for name in run.derived:
            connection.execute(f"delete from {name}")
        for name, frame in {**run.added, **run.derived}.items():
            _insert(connection, name, frame)
        _insert(connection, "runs", row)
        for older, newer in run.superseded.items():
            connection.execute("update deliveries set superseded_by = ? where delivery_id = ?", [newer, older])
        connection.execute("commit")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    connection.register("arriving", frame.to_arrow())
    connection.execute(f"insert into {table} by name select * from arriving")
    connection.unregister("arriving")


def _prove(copy: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    """Count and add up again what was written, in the closed file (a control total per table)."""
    if copy.with_suffix(".duckdb.wal").exists():
        raise OSError(0, "the new database was not closed cleanly")
    with reading(copy) as connection:
        for name, frame in frames.items():
            money = "coalesce(sum(amount), 0)" if "amount" in frame.columns else "0"
            key = next(c for c in ("run_id", "decision_id", "delivery_id", "sha256") if c in frame.columns)
            query = f"select count(*), {money} from {name} where {key} in (select unnest(?))"
            found = connection.execute(query, [frame[key].unique().to_list()]).fetchall()[0]
            expected = (frame.height, frame["amount"].sum() if "amount" in frame.columns else 0)
            if found != expected:
                raise OSError(0, f"control total of {name}: wrote {expected}, found {found}")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
