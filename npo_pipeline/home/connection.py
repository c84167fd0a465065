"""Connections to DuckDB: never to the network, and the published file read-only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from npo_pipeline.errors import Refused
from npo_pipeline.home.tables import check_format

_CLOSED = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
STORAGE = "v1.5.0"
"""The storage form of the published file, so that DuckDB 1.5 clients can open it (contract, section 3)."""


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database file read-only.

    While it is open, no program can open the file for writing; others that read are not in the way.

    Raises:
        Refused: it cannot be read, is not ours, or is of a newer program.
    """
    connection = _connected(path)
    try:
        check_format(connection, str(path))
        yield connection
    finally:
        connection.close()


@contextmanager
def writing(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a private copy of the books to write in; on leaving it is one closed file without a WAL."""
    with duckdb.connect(config=dict(_CLOSED)) as connection:
        quoted = str(path).replace("'", "''")
        connection.execute(f"attach '{quoted}' as books (storage_version '{STORAGE}')")
        connection.execute("use books")
        yield connection
        connection.execute("checkpoint books")
        connection.execute("use memory")
        connection.execute("detach books")


def first_line(error: duckdb.Error) -> str:
    """What DuckDB says, without what it adds on the lines below."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _connected(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=True, config=dict(_CLOSED))
    except duckdb.Error as error:
        busy = "lock on file" in str(error)
        advice = "close the program that has it open for writing" if busy else "put a back-up in its place"
        raise Refused(f"{path}: cannot be opened ({first_line(error)}); {advice}") from error
