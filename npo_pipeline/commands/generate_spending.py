"""`npo generate --spending`: made-up reports of boards on what they spent of what a home paid them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.demo import received_by_school
from npo_pipeline.books.reader import read_books, require_books
from npo_pipeline.commands.account.template import menu_at
from npo_pipeline.errors import Refused
from npo_pipeline.generate.spending import spending_files, write_spending


@dataclass(frozen=True, kw_only=True)
class SpendingRequest:
    """Represent the year to report on, and where. `mistakes`: the number of boards with a mistake."""

    home: Home
    out: Path
    year: int
    seed: int
    mistakes: int = 0


def generate_spending(request: SpendingRequest) -> list[Path]:
    """Write `besteding-YEAR.csv` and `instemming-YEAR.csv`; return their paths.

    Raises:
        Refused: nothing was paid to boards in the year, or one of the files is there already.
    """
    require_books(request.home)
    with read_books(request.home) as books:
        received = received_by_school(books, request.year)
    if received.is_empty():
        raise Refused(f"{request.home.path}: no board was paid in {request.year}; pay its months first")
    for path in spending_files(request.out, request.year):
        if path.exists():
            raise Refused(f"{path}: is there already; name a new folder")
    return write_spending(
        request.out,
        received,
        request.year,
        seed=request.seed,
        menu=menu_at(request.year),
        faults=request.mistakes,
    )
