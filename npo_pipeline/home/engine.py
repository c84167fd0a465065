"""DuckDB without a file of its own: one engine serves a whole run, and can be started before it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import duckdb

Engine: TypeAlias = duckdb.DuckDBPyConnection
"""DuckDB without a file of its own."""

_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # What is committed goes into the file at once, not first into a WAL and from there into the file.
    "checkpoint_threshold": "1B",
}

_READY: list[Callable[[], Engine]] = []


def start() -> Engine:
    """Start DuckDB."""
    return duckdb.connect(config=dict(_SETTINGS))


def hand_over(ready: Callable[[], Engine]) -> None:
    """Let the next run have an engine that is being started."""
    _READY.append(ready)


@contextmanager
def engine() -> Iterator[Engine]:
    """DuckDB, to which files are attached one at a time.

    One engine serves a whole run: starting DuckDB takes ten times as long as attaching a file. And what is
    attached is the file that stands there now, where connecting to a path that this process has open
    already gives the file that stood there first.
    """
    with _READY.pop()() if _READY else start() as started:
        yield started
