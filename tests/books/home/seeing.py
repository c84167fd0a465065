"""What a home holds, for comparing homes: its bytes, and its tables without what differs from run to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from schemas.tables import TABLES

MOMENTS = {
    *("started_at", "finished_at", "ingested_at", "decided_at", "manifest", "manifest_sha256"),
    *("confirmed_at", "prepared_at", "created_at", "read_at"),
}


def published(home: Path) -> dict[str, bytes]:
    """All that is published: the books and the manifests, byte for byte."""
    files = [home / "npo.duckdb", *sorted((home / "manifests").glob("*"))]
    return {path.name: path.read_bytes() for path in files if path.exists()}


def everything(home: Path) -> dict[str, bytes]:
    """Every file in a home, byte for byte."""
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def select(home: Path, query: str) -> list[tuple]:
    """Ask the published books something, as a reader would."""
    with _reading(home) as connection:
        return connection.execute(query).fetchall()


def tables(home: Path) -> dict[str, list[tuple]]:
    """Every table without its moments, in order."""
    told = {}
    with _reading(home) as connection:
        for model in TABLES:
            columns = ", ".join(name for name in model.columns if name not in MOMENTS)
            told[model.name] = connection.execute(f"select {columns} from {model.name} order by all").fetchall()
    return told


def watched(real, point, see):
    """A function that shows a home before and after it does its work."""

    def wrapped(*arguments, **named):
        see(f"before {point}")
        result = real(*arguments, **named)
        see(f"after {point}")
        return result

    return wrapped


@contextmanager
def _reading(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    # Attached, because connecting to a path that this process has open gives the file that stood there first.
    connection = _reader()
    connection.execute(f"attach '{home / 'npo.duckdb'}' as books (read_only)")
    try:
        connection.execute("use books")
        yield connection
    finally:
        connection.execute("use memory")
        connection.execute("detach books")


@cache
def _reader() -> duckdb.DuckDBPyConnection:
    """One for all: to start DuckDB takes longer than most questions."""
    return duckdb.connect(config={"threads": 1})
