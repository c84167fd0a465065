"""Start and end of a process: what is checked first, and what makes it quick.

Each trick has its gain beside it, in processor time of a whole `npo pay`; one that gains less than 50 ms is not
worth its surprise. The measurements are in docs/explanation/start-up.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from npo_pipeline.errors import Refused

if TYPE_CHECKING:
    import polars as pl


OWN = Path(__file__).parents[1]
"""The folder in which npo_pipeline lies, and `schemas` and `flows` beside it."""


def check_own_packages(folder: Path = OWN) -> None:
    """Check that `schemas` and `flows` are those of npo: these names are common (a tenth of a millisecond).

    It comes before anything of theirs is imported.

    Raises:
        Refused: Python finds another project's package of that name first.
    """
    for name in ("schemas", "flows"):
        spec = PathFinder.find_spec(name)
        # None is for an installation by a hook of its own; what really lacks is named by the import.
        found = spec and (spec.origin or next(iter(spec.submodule_search_locations or ()), None))
        place = Path((found or "").removesuffix("/__init__.py"))
        if found and place != folder / name:
            raise Refused(
                f"{place}: Python finds this in place of {folder / name}, which is of npo; take {place.parent} "
                "off PYTHONPATH, or install npo in a virtual environment of its own"
            )


@contextmanager
def unused_libraries_hidden() -> Iterator[None]:
    """Hide numpy and hypothesis while a command runs: 71 ms, and 118 ms more where hypothesis is installed.

    Pandera and polars import numpy where it is installed, to look for data that is not ours; pandera imports
    hypothesis to make test data. What is loaded already, as in tests, stays.
    """
    hiding = hide_unused_libraries()
    try:
        yield
    finally:
        sys.meta_path.remove(hiding)


def hide_unused_libraries() -> MetaPathFinder:
    """Hide them as long as this process lives, which does nothing else; return what hides them."""
    hiding = _Hiding("numpy", "hypothesis")
    sys.meta_path.insert(0, hiding)
    return hiding


class ArrowStream:
    """Give a frame to DuckDB as an Arrow stream: 68 ms. For a frame of polars itself DuckDB loads pyarrow."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


def end_process(status: int) -> NoReturn:
    """End the process without tearing down its libraries: 199 ms, and DuckDB 2.0 could hang in it.

    Only for a command that is done: all files are closed, and what it published is on the disk.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


class _Hiding(MetaPathFinder):
    def __init__(self, *names: str) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        """Refuse a hidden library as Python refuses one that is not installed."""
        if fullname in self._names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
