"""Reading the books: tables as frames, also of a home in which nothing was ever published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.home.connection import first_line, reading
from npo_pipeline.home.folder import Home
from npo_pipeline.home.tables import create


class Books:
    """The tables of one database, as it stood when it was opened.

    `witnesses`: the manifests that lay beside it just before, so each of a run that these books hold.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        shown: str = "the books",
        witnesses: frozenset[str] = frozenset(),
    ) -> None:
        self._connection, self._shown, self.witnesses = connection, shown, witnesses

    def frame(self, query: str, parameters: Sequence[Any] = ()) -> pl.DataFrame:
        """Run a query; its rows come in no particular order unless the query says so.

        Raises:
            Refused: the database is damaged.
        """
        try:
            found: pl.DataFrame = self._rows(query, parameters).pl()
        except duckdb.Error as error:
            raise Refused(
                f"{self._shown}: is damaged ({first_line(error)}); put a back-up in its place"
            ) from error
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
        Refused: the home is no folder, or the database cannot be read or is of a newer program.
    """
    if not _published(home):
        with duckdb.connect() as connection:
            create(connection)
            yield Books(connection)
        return
    witnesses = kept_manifests(home)
    with reading(home.database) as connection:
        yield Books(connection, str(home.database), witnesses)


def need_books(home: Home) -> None:
    """Refuse a home in which nothing was ever published.

    Raises:
        Refused: says where it looked.
    """
    if not _published(home):
        raise Refused(f"{home.path}: holds no books yet; begin with `npo ingest`, or name another --home")


def kept_manifests(home: Home) -> frozenset[str]:
    """The names of the manifests that lie beside the books."""
    return frozenset(path.name for path in home.manifests.glob("*.json"))


def _published(home: Home) -> bool:
    try:
        if home.path.exists() and not home.path.is_dir():
            raise Refused(f"{home.path}: is a file, and a home is a folder; name another --home")
        home.database.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Refused(
            f"{home.path}: cannot be read ({error.strerror}); check the folder and its rights"
        ) from error
    return True
