"""The chapter of `npo demo` on the accounts: boards say what they spent on, and one of them has things to mend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from npo_pipeline.books.paths import Home

TOLD = "verantwoording-2021"
YEAR = 2021
FAULTS = 10
"""Boards with a mistake: one of each sort that can be planted."""

Step = tuple[str, list[str]]


def accounts_of_2021(home: Path) -> Iterator[Step]:
    """The commands one by one; the files of the boards are made up just before."""
    where = ["--home", str(home)]
    write_told(home)
    yield (
        "In March every board says what it spent on which intervention of the menukaart, and who consented",
        ["account", "--year", str(YEAR), *where, "--spending", str(home / TOLD)],
    )


def the_page(home: Path) -> Iterator[Step]:
    """The accounts of one board that has something to mend."""
    yield (
        "The finance team of one board looks at its own accounts: what must it mend?",
        ["account", "--year", str(YEAR), "--home", str(home), "--board", a_board(Home(home))],
    )


def page_of(home: Path) -> Path:
    """The page of that board; one with errors is no filing, and ends in .html."""
    board = a_board(Home(home))
    folder = home / "reports" / str(YEAR) / board
    return next(
        (path for kind in ("xhtml", "html") if (path := folder / f"npo-{YEAR}-{board}.{kind}").exists()), folder
    )


def a_board(home: Home) -> str:
    """The first board with an error, and more than one school."""
    from npo_pipeline.books.reader import read_books

    with read_books(home) as books:
        query = """
            select min(board) from findings where year = ? and severity = 'error' and board in (
                select board from accountability group by board having count(*) > 2)"""
        return str(books.value(query, [YEAR]))


def write_told(home: Path) -> None:
    """Make up what boards tell of the year, from what they received."""
    from npo_pipeline.books.reader import read_books
    from npo_pipeline.commands.account.template import menu_at
    from npo_pipeline.generate.spending import write_spending

    with read_books(Home(home)) as books:
        schools = books.frame(
            """
            select board, brin, sum(amount)::decimal(18, 2) as available from payments
            where year(paid_month) = ? group by all order by all""",
            [YEAR],
        )
    write_spending(home / TOLD, schools, YEAR, 2021, menu_at(YEAR), FAULTS)
