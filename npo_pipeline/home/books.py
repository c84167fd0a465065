"""Reading the books: tables as frames, also of a home in which nothing was ever published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.home.connection import reading
from npo_pipeline.home.folder import Home
from npo_pipeline.home.tables import create


class Books:
    """The tables of one database, as it stood when it was opened."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def frame(self, query: str, parameters: Sequence[Any] = ()) -> pl.DataFrame:
        """Run a query; its rows come in no particular order unless the query says so."""
        found: pl.DataFrame = self._rows(query, parameters).pl()
        return found

    def _rows(self, query: str, parameters: Sequence[Any]) -> Any:
        # A relation of its own per query: `execute` would replace the result of the query before it.
        return self._connection.sql(query, params=list(parameters))

    def table(self, name: str) -> pl.DataFrame:
        """A whole table."""
        return self.frame(f"from {name}")

    def value(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        """The one value of a query that gives one."""
        row = self.frame(query, parameters).row(0)
        return row[0]


@contextmanager
def read_books(home: Home) -> Iterator[Books]:
    """Open the published books read-only; a run that is busy is never waited for.

    Raises:
        Refused: the database cannot be read, or is of a newer program.
    """
    if not home.database.exists():
        with duckdb.connect() as connection:
            create(connection)
            yield Books(connection)
        return
    with reading(home.database) as connection:
        yield Books(connection)


def need_books(home: Home) -> None:
    """Refuse a home in which nothing was ever published.

    Raises:
        Refused: says where it looked.
    """
    if not home.database.exists():
        raise Refused(f"{home.path}: holds no books yet; begin with `npo ingest`, or name another --home")
