"""The report of a board on a year: the blank workbook that it fills in, and made-up reports of all boards."""

from __future__ import annotations

from pathlib import Path

from npo_pipeline.accounts.received import last_day
from npo_pipeline.atomic_file import write_whole
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.accounts import received_by_school, school_openings
from npo_pipeline.books.queries.payments import first_school_year_paid
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.errors import Refused
from npo_pipeline.generate.spending import spending_files, write_spending
from npo_pipeline.reports.board_form import BoardForm, Menu, write_board_form
from npo_pipeline.rulebook.year_end import year_end_rules


def write_blank(home: Home, year: int, board: str, folder: Path) -> Path:
    """Write the workbook that a board fills in for a year in a folder, whole or not at all.

    Raises:
        Refused: there are no books, the board received and carried nothing, or the folder cannot be written in.
    """
    require_books(home)
    with read_books(home) as books:
        schools, school_years = school_openings(books, year, board), school_years_in(books, year)
    if schools.is_empty():
        raise Refused(f"board {board} received nothing in {year} and has nothing left over")
    form = BoardForm(year=year, board=board, schools=schools, menu=menu_at(year), school_years=school_years)
    path = folder / f"npo-{year}-{board}-invullen.xlsx"
    if path.exists():
        raise Refused(f"{path}: is there already, and may be filled in; move it away, or name another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda beside: write_board_form(beside, form))
    except OSError as error:
        raise Refused(f"{path}: cannot be written ({error.strerror or error}); name another --out") from error
    return path


def school_years_in(books: Books, year: int) -> tuple[str, ...]:
    """Return the school years in a calendar year, without those before the first that was ever paid."""
    first = first_school_year_paid(books) or ""
    return tuple(one for one in (f"{year - 1}-{year}", f"{year}-{year + 1}") if one >= first)


def menu_at(year: int) -> Menu:
    """Return the menukaart at the end of a year: letter, official name, interventions."""
    snapshot = year_end_rules().menukaart.at(last_day(year))
    return [(letter, one.name, list(one.interventions.values())) for letter, one in snapshot.categories.items()]


def write_made_up_reports(home: Home, out: Path, year: int, *, seed: int, mistakes: int) -> list[Path]:
    """Make up what boards spent in a year of what they were paid, and who consented; return the files.

    `mistakes`: the number of boards with a mistake in their report.

    Raises:
        Refused: nothing was paid to boards in the year, or one of the files is there already.
    """
    require_books(home)
    with read_books(home) as books:
        received = received_by_school(books, year)
    if received.is_empty():
        raise Refused(f"{home.path}: no board was paid in {year}; pay its months first")
    for path in spending_files(out, year):
        if path.exists():
            raise Refused(f"{path}: is there already; name a new folder")
    return write_spending(out, received, year, seed=seed, menu=menu_at(year), faults=mistakes)
