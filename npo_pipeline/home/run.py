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

from npo_pipeline.home.books import Books, read_books
from npo_pipeline.home.folder import Home
from npo_pipeline.home.lock import locked
from npo_pipeline.home.manifest import BEFORE_ALL
from npo_pipeline.home.publish import Addition, clear_work, publish, refuse_open_writer
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
        refuse_open_writer(home)
        clear_work(home)
        with read_books(home) as books:
            number = int(books.value("select count(*) from runs")) + 1
            before = books.value("select arg_max(manifest_sha256, run_id) from runs") or BEFORE_ALL
            run = Run("-".join(filter(None, (f"{number:06d}", command, subject))), command, books)
            yield run
        if run.added:
            addition = Addition(run.run_id, command, run.month, run.facts, run.added, run.derived, run.superseded)
            publish(home, addition, previous=before, started=started, clock=clock)
