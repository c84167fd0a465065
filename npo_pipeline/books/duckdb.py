"""DuckDB: one engine without a file of its own serves a whole run, and files are attached to it one at a time.

It never reaches for the network, and attaches the published file read-only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

import duckdb

from npo_pipeline.books.formats import READABLE_FORMAT
from npo_pipeline.books.tables import check_format
from npo_pipeline.errors import Refused

Engine: TypeAlias = duckdb.DuckDBPyConnection
"""DuckDB without a file of its own."""

_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # What is committed goes into the file at once, not first into a WAL and from there into the file.
    "checkpoint_threshold": "1B",
}


@contextmanager
def engine() -> Iterator[Engine]:
    """Yield the engine of a run.

    One engine serves a whole run: starting DuckDB takes ten times as long as attaching a file. And attaching
    reads the file that is there now, where connecting to a path that this process has open already gives the file
    that was there first.
    """
    with duckdb.connect(config=dict(_SETTINGS)) as started:
        yield started


MEMORY, ATTACHED = "memory", "books"
"""The names of the two databases of an engine: its own, and the file that is attached."""

STORAGE = "v1.5.0"
"""The storage form of the published file, so that DuckDB 1.5 clients can open it (contract, section 3)."""

_BEFORE_BLOCKS = 3 * 4096
"""Bytes of headers in a DuckDB file, before its first block."""


@contextmanager
def reading(engine: Engine, path: Path, oldest: int = READABLE_FORMAT) -> Iterator[int]:
    """Attach a database file read-only, use it, and yield its format.

    `oldest`: the oldest format that is good enough. Meanwhile no program can open the file for writing;
    others that read are not in the way.

    Raises:
        Refused: it cannot be read, is damaged, is not ours, or is of a newer program, or a much older one.
    """
    try:
        _attach(engine, path, "read_only")
    except duckdb.Error as error:
        advice = next((text for sign, text in _ADVICE.items() if sign in str(error)), "put a back-up in its place")
        raise Refused(f"{path}: cannot be opened ({first_line(error)}); {advice}") from error
    try:
        found = check_format(engine, str(path), oldest)
        _refuse_cut_off(engine, path)
        yield found
    finally:
        _detach(engine)


_ADVICE = {
    "lock on file": "close the program that has it open for writing",
    "Permission denied": "check its rights",
}


@contextmanager
def writing(engine: Engine, path: Path) -> Iterator[None]:
    """Attach a private copy of the books, and write in it in one transaction.

    On leaving it is one closed file without a WAL. After an error it is good for nothing.
    """
    _attach(engine, path, f"storage_version '{STORAGE}'")
    try:
        engine.execute("begin")
        yield
        engine.execute("commit")
        _checkpoint(engine)
    except BaseException:
        with suppress(duckdb.Error):
            engine.execute("rollback")
        with suppress(duckdb.Error):
            _detach(engine)
        raise
    _detach(engine)


def first_line(error: Exception) -> str:
    """Return the first line of a message of DuckDB, or of polars, which reads from it."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def use_memory(engine: Engine) -> None:
    """Use the database of the engine itself, in memory."""
    engine.execute(f"use {MEMORY}")


def _attach(engine: Engine, path: Path, how: str) -> None:
    quoted = str(path).replace("'", "''")
    engine.execute(f"attach '{quoted}' as {ATTACHED} (type duckdb, {how})")
    engine.execute(f"use {ATTACHED}")


def _detach(engine: Engine) -> None:
    use_memory(engine)
    engine.execute(f"detach {ATTACHED}")


def _checkpoint(engine: Engine) -> None:
    engine.execute(f"checkpoint {ATTACHED}")


def _refuse_cut_off(engine: Engine, path: Path) -> None:
    """Refuse a file that lacks its end: DuckDB opens one, and says so only when it reads what is lacking.

    Free blocks need not be in the file, so a file that lacks fewer than those is not detected.
    """
    query = "select used_blocks * block_size from pragma_database_size() where database_name = 'books'"
    used = engine.execute(query).fetchall()[0][0]
    if path.stat().st_size < _BEFORE_BLOCKS + used:
        raise Refused(f"{path}: is damaged (its end is missing); put a back-up in its place")
