"""What can be done while something else is: one core is idle while Python loads, and Python while polars works."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def meanwhile(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """Begin something now; the result is a function that waits for what it gives, or raises what it raised."""
    aside = ThreadPoolExecutor(1)
    begun = aside.submit(do, *args, **kwargs)
    aside.shutdown(wait=False)
    return begun.result


def summaries() -> Callable[[], Any]:
    """Begin to load what shows the results, which is needed last."""
    return meanwhile(import_module, "npo_pipeline.cli.summaries")


def database() -> None:
    """Begin to start DuckDB, for the run that the command is going to make."""
    from npo_pipeline.home import engine

    engine.hand_over(meanwhile(engine.start))
