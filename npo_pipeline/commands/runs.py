"""`npo runs`: who did what: the names that were given, and beside them who ran it by the operating system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.runs import runs_with_names, user_of_manifest
from npo_pipeline.books.reader import read_books, require_books
from npo_pipeline.months import Month
from npo_pipeline.operating_system import OsUser


@dataclass(frozen=True, kw_only=True)
class RunDone:
    """Represent a run of the books. `user`: null where an older program wrote it."""

    run_id: str
    command: str
    month: Month | None
    finished_at: datetime
    payments: int
    prepared_by: str | None
    approved_by: str | None
    user: OsUser | None


def runs_done(home: Home, *, last: int | None = None) -> Sequence[RunDone]:
    """Return the runs of a home in order; `last`: no more than the last so many.

    Raises:
        Refused: there are no books, or they cannot be read.
    """
    require_books(home)
    with read_books(home) as books:
        rows = runs_with_names(books)
    shown = rows if last is None else rows.tail(last)
    return [
        RunDone(**row, user=user_of_manifest(manifest))
        for row, manifest in zip(shown.drop("manifest").iter_rows(named=True), shown["manifest"], strict=True)
    ]
