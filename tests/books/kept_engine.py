"""DuckDB started once for all commands of a test process: to start it takes as long as five of their queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from npo_pipeline.books import duckdb

_start = duckdb.engine
_idle: list[tuple[duckdb.Engine, ExitStack]] = []


@contextmanager
def kept_engine() -> Iterator[duckdb.Engine]:
    """Yield an engine that nobody uses, which is kept for the next where nothing was left behind in it."""
    duck, closing = _idle.pop() if _idle else _started()
    with closing:
        yield duck
        if duck.execute("select count(*) from duckdb_tables()").fetchall() == [(0,)]:
            _idle.append((duck, closing.pop_all()))


def _started() -> tuple[duckdb.Engine, ExitStack]:
    closing = ExitStack()
    return closing.enter_context(_start()), closing
