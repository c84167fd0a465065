"""What each table is: pandera models of files in and tables out."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import Any

import polars


class _Hide(MetaPathFinder):
    """Says of some libraries that they are not installed."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        """Refuse a hidden library as Python does one that is not there; leave the others to whom it concerns."""
        if fullname in self._names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def _load_pandera_alone() -> None:
    """Load pandera without hypothesis and numpy, where those are installed.

    Pandera loads the one for making test data and the other for frames of pandas; each takes a tenth of a second
    that every command would pay, and nothing here uses them. What is loaded already (in tests) stays.
    """
    hiding = _Hide("hypothesis", "numpy")
    sys.meta_path.insert(0, hiding)
    try:
        import pandera.polars
        import pandera.strategies.base_strategies  # noqa: F401
    finally:
        sys.meta_path.remove(hiding)


_load_pandera_alone()

# Pandera asks polars some small questions of every column. Left to itself polars answers each with the engine that
# is made for large ones, in ten times the time.
polars.Config.set_engine_affinity("in-memory")
