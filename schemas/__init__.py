"""What each table is: pandera models of files in and tables out."""

from __future__ import annotations

import sys


def _load_pandera_alone() -> None:
    """Load pandera without hypothesis, where that is installed.

    Pandera loads it for making test data, a tenth of a second that every command would pay; nothing here
    makes data from a model. Where hypothesis is loaded already (in tests) nothing is done.
    """
    if "hypothesis" in sys.modules:
        return
    sys.modules["hypothesis"] = None  # type: ignore[assignment]
    try:
        import pandera.strategies.base_strategies  # noqa: F401
    finally:
        del sys.modules["hypothesis"]


_load_pandera_alone()
