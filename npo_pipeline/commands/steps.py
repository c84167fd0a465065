"""The steps of a command: how each is run, and the progress that is reported.

A command is an ordinary function that calls its steps through a `Call`. The command line calls them
directly; a Prefect flow hands in a `Call` that makes each step a task. So the sequence is written once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Call(Protocol):
    """Represent the way to run one step of a command."""

    def __call__(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the step and return its result."""
        ...


class StepWatcher(Protocol):
    """Represent an observer of each step of a command: how long it took, and figures of its result."""

    def __call__(self, name: str, run: Callable[[], T]) -> T:
        """Run a step and return its result, or let its error pass."""
        ...


WATCHING: list[StepWatcher] = []
"""The watcher of the command that runs (`watch.spans`), if there is any; the list is hardly ever not empty."""


def directly(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a step here and now; a flow runs it so within its task."""
    if not WATCHING:
        return step(*args, **kwargs)
    return WATCHING[-1](step.__name__, lambda: step(*args, **kwargs))


Progress = Callable[[str, int], None]
"""Progress callback: (message, rows done so far)."""


def silently(what: str, rows: int) -> None:
    """Report nothing."""


def now() -> datetime:
    """Return the time in UTC without a zone, to the second, as the books write it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
