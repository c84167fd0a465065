"""The chapter of `npo demo` on the accounts: boards report what they spent, and one of them has things to mend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.demo import first_board_with_error, received_by_school
from npo_pipeline.books.reader import read_books
from npo_pipeline.cli.demo.second_year import Step

REPORTED = "verantwoording-2021"
YEAR = 2021
FAULTS = 10
"""Boards with a mistake: one of each sort that can be planted."""


def steps(home: Home) -> Iterator[Step]:
    """Yield the command; the files of the boards are made up just before."""
    _write_board_reports(home)
    yield (
        "In March every board says what it spent on which intervention of the menukaart, and who consented",
        ["account", "--year", str(YEAR), "--home", str(home.path), "--spending", str(home.path / REPORTED)],
    )


def accounts_of_one_board(home: Home) -> Iterator[Step]:
    """Yield the accounts of one board that has something to mend."""
    yield (
        "The finance team of one board looks at its own accounts: what must it mend?",
        ["account", "--year", str(YEAR), "--home", str(home.path), "--board", _board(home)],
    )


def page_of(home: Home) -> Path:
    """Return the page of that board; with errors it is no filing, and ends in .html."""
    board = _board(home)
    folder = home.path / "reports" / str(YEAR) / board
    pages = (folder / f"npo-{YEAR}-{board}.{kind}" for kind in ("xhtml", "html"))
    return next((page for page in pages if page.exists()), folder)


def _board(home: Home) -> str:
    with read_books(home) as books:
        return first_board_with_error(books, YEAR)


def _write_board_reports(home: Home) -> None:
    """Make up the reports of boards on the year, from what they received."""
    from npo_pipeline.commands.account.template import menu_at
    from npo_pipeline.generate.spending import write_spending

    with read_books(home) as books:
        received = received_by_school(books, YEAR)
    write_spending(home.path / REPORTED, received, YEAR, seed=2021, menu=menu_at(YEAR), faults=FAULTS)
