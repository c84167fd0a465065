"""What can be done while something else is: one core is idle while Python loads, and Python while polars works.

Progress on stderr, for a person who watches: what is being done, and how many rows it has seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from npo_pipeline.commands.steps import Progress, silently
from npo_pipeline.errors import printable

P = ParamSpec("P")
T = TypeVar("T")


def in_background(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """Begin something now; the result is a function that waits for what it gives, or raises what it raised."""
    aside = ThreadPoolExecutor(1)
    begun = aside.submit(do, *args, **kwargs)
    aside.shutdown(wait=False)
    return begun.result


def preload_rendering() -> Callable[[], Any]:
    """Begin to load what shows the results, which is needed last."""
    return in_background(import_module, "npo_pipeline.cli.render")


def preload_duckdb() -> None:
    """Begin to start DuckDB, for the run that the command is going to make."""
    from npo_pipeline.books import duckdb

    duckdb.preload(in_background(duckdb.connect))


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress where a person is watching; elsewhere nothing, and no library is loaded for it."""
    if not sys.stderr.isatty():
        yield silently
        return
    from rich.console import Console
    from rich.text import Text

    from npo_pipeline.cli.output import number

    with Console(stderr=True, highlight=False).status("starting") as status:

        def tell(what: str, rows: int) -> None:
            status.update(Text(f"{printable(what)}: {number(rows)} rows" if rows else printable(what)))

        yield tell
