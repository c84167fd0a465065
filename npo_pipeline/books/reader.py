"""Reading the books: tables as frames, also of a home in which nothing was ever published."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb
import polars as pl

from npo_pipeline.books.duckdb import ATTACHED, Engine, engine, first_line, reading, use_memory
from npo_pipeline.books.formats import READABLE_FORMAT
from npo_pipeline.books.manifest import copy_names
from npo_pipeline.books.migrations import migrate
from npo_pipeline.books.paths import Home
from npo_pipeline.books.tables import FORMAT, create
from npo_pipeline.errors import Refused

T = TypeVar("T")


@dataclass
class QueriesRun:
    """Keep the texts of queries that this process runs, where lineage asks; null: nobody asks."""

    texts: set[str] | None = None


QUERIES_RUN = QueriesRun()


class Books:
    """Read the tables of one database as it was when it was opened.

    `manifest_copies`: names of the copies beside it, listed before it was opened: each is of a run in these books.
    `published_format`: that of the file; where it is older, its tables are read as a migrated copy.
    """

    def __init__(
        self, engine: Engine, shown: str, manifest_copies: frozenset[str], published_format: int = FORMAT
    ) -> None:
        self._engine, self._shown, self.manifest_copies = engine, shown, manifest_copies
        self.published_format = published_format

    def frame(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pl.DataFrame:
        """Run a query; its rows come in no particular order unless the query says so.

        `parameters`: for `?` in order, or for `$name` by name.

        Raises:
            Refused: the database is damaged.
        """
        if QUERIES_RUN.texts is not None:
            QUERIES_RUN.texts.add(query)
        given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
        try:
            # A relation of its own per query: `execute` would replace the result of the query before it.
            # Not by its method `pl`: that loads pyarrow, which takes longer than the query.
            return pl.DataFrame(self._engine.sql(query, params=given))
        except (duckdb.Error, pl.exceptions.PolarsError) as error:
            raise Refused(
                f"{self._shown}: is damaged ({first_line(error)}); put a back-up in its place"
            ) from error

    def table(self, name: str) -> pl.DataFrame:
        """Return a whole table."""
        return self.once(("table", name), lambda: self.frame(f"from {name}"))

    def once(self, _key: Hashable, derive: Callable[[], T]) -> T:
        """Derive something from these books; under its key, books that are `read_once` keep it."""
        return derive()

    def read_once(self) -> Books:
        """Return the same books for a command that compares all of them, and reads each table several times."""
        return _BooksReadOnce(self._engine, self._shown, self.manifest_copies, self.published_format)

    def value(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        """Return the value of a query that gives one row with one column."""
        return self.frame(query, parameters).item()


_SMALL = 10_000
"""Rows: longer answers are not kept, which in the books of a country would fill the memory."""


class _BooksReadOnce(Books):
    """Keep answers, tables and what is derived from them: nothing may change in these books meanwhile."""

    def __init__(self, *books: Any) -> None:
        super().__init__(*books)
        self._kept: dict[Hashable, Any] = {}
        self._answers: dict[tuple[str, str], pl.DataFrame] = {}

    def frame(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pl.DataFrame:
        asked = (query, repr(parameters))
        if asked not in self._answers:
            answer = super().frame(query, parameters)
            if answer.height > _SMALL:
                return answer
            self._answers[asked] = answer
        return self._answers[asked]

    def once(self, key: Hashable, derive: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = derive()
        kept: T = self._kept[key]
        return kept


@contextmanager
def read_books(home: Home) -> Iterator[Books]:
    """Open the published books read-only; a run that is busy is never waited for.

    Raises:
        Refused: the home is no folder, or the database cannot be read or is of a newer program.
    """
    with engine() as started, open_in_engine(started, home) as books:
        yield books


@contextmanager
def open_in_engine(engine: Engine, home: Home, oldest: int = READABLE_FORMAT) -> Iterator[Books]:
    """Open the published books read-only in an engine that is running.

    `oldest`: the oldest format that is good enough.

    Raises:
        Refused: as `read_books`.
    """
    published, copies = _published(home), copy_names(home)
    if not published:
        create(engine)
        yield Books(engine, str(home.path), copies)
        return
    with reading(engine, home.database, oldest) as found:
        if found < FORMAT:
            use_memory(engine)
            migrate(engine, ATTACHED, found, str(home.database))
        yield Books(engine, str(home.database), copies, found)


def require_books(home: Home) -> None:
    """Refuse a home in which nothing was ever published.

    Raises:
        Refused: says where it looked.
    """
    if not _published(home):
        raise Refused(f"{home.path}: holds no books yet; begin with `npo ingest`, or name another --home")


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
