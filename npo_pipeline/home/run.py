"""A run: it writes in a private copy of the books, and one rename makes that copy the published books.

Until the rename nothing has changed for anyone; after it everything has. There is no moment between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandera.polars as pa
import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.home.books import Books, kept_manifests, read_books
from npo_pipeline.home.folder import Home
from npo_pipeline.home.lock import locked
from npo_pipeline.home.manifest import BEFORE_ALL
from npo_pipeline.home.publish import Addition, clear_work, publish, refuse_unsafe
from schemas.tables import checked

Clock = Callable[[], datetime]


@dataclass
class Run:
    """A run that is busy: the books as they were, and what it will add to them.

    `month` is the month of a payment run. `facts` go into the manifest as they are.
    """

    run_id: str
    command: str
    books: Books
    month: date | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    added: dict[str, pl.DataFrame] = field(default_factory=dict)
    derived: dict[str, pl.DataFrame] = field(default_factory=dict)
    superseded: dict[str, str] = field(default_factory=dict)

    def add(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> None:
        """Add rows to a table, checked against its model. Rows of the books are never changed."""
        self.added[model.name] = checked(frame, model)

    def derive(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> None:
        """Put a table that follows from others (the directory of schools) in place of the one before."""
        self.derived[model.name] = checked(frame, model)

    def supersede(self, delivery_id: str, by: str) -> None:
        """Say of an older delivery which one came in its place."""
        self.superseded[delivery_id] = by


@contextmanager
def open_run(home: Home, command: str, clock: Clock, *, subject: str = "", wait_seconds: int = 0) -> Iterator[Run]:
    """Take the lock, and publish what the run added when it ends well.

    A run that adds nothing publishes nothing. A run that fails, or is killed, leaves the books as they
    were; what it left in the work folder is cleared away by the next.

    Args:
        home: the home.
        command: the command, as in the table `runs`.
        clock: tells the time; the only clock there is.
        subject: what the run is about, for its run_id (`000007-pay-2021-09`).
        wait_seconds: how long to wait for another run to end.

    Raises:
        HomeLocked: another run is busy.
        Refused: the disk is full, the home is of a newer program, or it cannot be written.
    """
    started = clock()
    with locked(home, command, now=started, wait_seconds=wait_seconds):
        refuse_unsafe(home)
        clear_work(home)
        with read_books(home) as books:
            number, before = _next(home, books)
            run = Run("-".join(filter(None, (f"{number:06d}", command, subject))), command, books)
            yield run
        if run.added:
            addition = Addition(run.run_id, command, run.month, run.facts, run.added, run.derived, run.superseded)
            publish(home, addition, previous=before, started=started, clock=clock)


def _next(home: Home, books: Books) -> tuple[int, str]:
    """The number of the next run, and the hash of the manifest of the last one.

    Raises:
        Refused: the books are not the newest ones, so that a run might pay again what was paid.
    """
    runs = books.frame("select run_id, manifest_sha256 from runs order by run_id").rows()
    unknown = sorted(kept_manifests(home) - {f"{run_id}.json" for run_id, _ in runs})
    if unknown:
        raise Refused(
            f"{home.path}: manifests/{unknown[-1]} tells of a run that is not in the books; put the newest books "
            "back, or move that manifest away to go on from these"
        )
    number = len(runs) + 1
    if runs and not runs[-1][0].startswith(f"{len(runs):06d}-"):
        raise Refused(f"{home.path}: holds {len(runs)} runs, and the last is {runs[-1][0]}; see `npo verify`")
    if number > _MOST_RUNS:
        raise Refused(f"{home.path}: holds {len(runs):,} runs, as many as one home can; begin a new home")
    return number, runs[-1][1] if runs else BEFORE_ALL


_MOST_RUNS = 999_999
"""Run ids sort as text, so their numbers have six digits and no more."""
