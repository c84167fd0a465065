"""`npo forecast`: the months to come by the decisions in force, of the country or of one board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.atomic_file import require_new, write_new
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.bank import kept_back_by_month, open_withheld
from npo_pipeline.books.queries.decisions import all_decisions, granted_amounts
from npo_pipeline.books.queries.ledger import AFTER_ALL_RUNS, decisions_in_force, ledger_to_come
from npo_pipeline.books.queries.payments import hold_in_force, paid_so_far
from npo_pipeline.books.queries.schools import board_names, known_schools, school_directory
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock
from npo_pipeline.commands.explain import resolve_code
from npo_pipeline.commands.hold import hold_words
from npo_pipeline.commands.steps import now
from npo_pipeline.commands.undecided import older_books, undecided
from npo_pipeline.errors import Refused
from npo_pipeline.months import Month, day_of, is_school_year
from npo_pipeline.payments.forecast import Outlook, forecast, of_beneficiaries, paid_and_sent
from npo_pipeline.reports.forecast.page import page
from npo_pipeline.reports.house_style import load_house_style
from npo_pipeline.rulebook.load import shipped_periods, shipped_school_years
from schemas.columns import BESTUUR
from schemas.decided import Decisions
from schemas.frames.money import Forecast, PaidMonths
from schemas.received import Schools


@dataclass(frozen=True, kw_only=True)
class ForecastRequest:
    """Ask for the forecast of the country or of one board; `school_year`: of what it brings for one alone.

    `page`: a new file for the page, too.
    """

    home: Home
    board: str | None = None
    school_year: str | None = None
    page: Path | None = None


def make_forecast(request: ForecastRequest, *, clock: Clock = now) -> Outlook:
    """Work out the forecast, and write its page where one is asked. The books stay as they are.

    Raises:
        Refused: nothing was decided, the board or the school year is not known, or the page cannot be written.
    """
    require_books(request.home)
    if request.page is not None:
        require_new(request.page, ".html")
        style = load_house_style(request.home.path)
    with read_books(request.home) as books:
        outlook = load_outlook(books, request)
    if request.page is not None:
        write_new(request.page, page(outlook, style, made=day_of(clock())))
    return outlook


def load_outlook(books: Books, request: ForecastRequest) -> Outlook:
    """Step: work out the forecast from the books.

    Raises:
        Refused: nothing was decided, or the board or the school year is not known; suggests near ones.
    """
    decided, board = all_decisions(books), request.board
    if decided.is_empty():
        raise Refused(f"{request.home.path}: nothing was decided yet; begin with `npo decide`")
    _refuse_undecided(request.school_year, decided)
    if board is not None:
        resolve_code(board, known_schools(books))
    schools = school_directory(books)
    to_come, months = _to_come(books, board, schools)
    paid = paid_and_sent(paid_so_far(books, board), kept_back_by_month(books, board))
    of_year = pl.lit(True) if request.school_year is None else pl.col("school_year") == request.school_year
    in_force = decisions_in_force(books, AFTER_ALL_RUNS)
    # A decision on a period is on municipalities, which no board has a share in.
    whose = pl.lit(True) if board is None else pl.col("school_year").is_in(_school_years(decided))
    return Outlook(
        board=board,
        board_name=dict(board_names(books).iter_rows()).get(board),
        school_year=request.school_year,
        decisions=tuple(in_force.filter(of_year, whose)["decision_id"].sort()),
        paid=PaidMonths(paid.filter(of_year)),
        to_come=Forecast(to_come.filter(of_year)),
        left_out=tuple(_left_out(books, request, decided, (schools, months))),
        remarks=tuple(_remarks(books)),
    )


def _school_years(decided: Decisions) -> list[str]:
    return [one for one in decided["school_year"].unique() if is_school_year(one)]


def _refuse_undecided(school_year: str | None, decided: Decisions) -> None:
    there = decided["school_year"].unique().sort()
    if school_year is not None and school_year not in there:
        raise Refused(f"{school_year} was not decided; decided: {', '.join(there)}")


def _to_come(books: Books, board: str | None, schools: Schools) -> tuple[Forecast, list[Month]]:
    state, months = ledger_to_come(books, schools)
    if board is not None:
        state = of_beneficiaries(state, schools.filter(board=board)["vestiging"].unique())
    found = forecast(months, state, open_withheld(books), run_id=AFTER_ALL_RUNS)
    if board is not None:
        found = Forecast(found.filter(recipient_kind=BESTUUR, recipient=board))
    return found, months


def _left_out(
    books: Books, request: ForecastRequest, decided: Decisions, known: tuple[Schools, Sequence[Month]]
) -> Iterator[str]:
    """Say what the forecast does not hold, a sentence each; on the page of a board it names no other."""
    board, school_year = request.board, request.school_year
    first = decided["school_year"].min()
    every = [*shipped_school_years(), *(shipped_periods() if board is None else ())]
    missing = [one for one in every if one > str(first) and one not in decided["school_year"]]
    if school_year is None and missing:
        yield f"{', '.join(missing)}: not decided yet, so nothing of it is in the forecast"
    if school_year is not None:
        yield f"other school years than {school_year}, and what was withheld, which is of no school year"
    for scheme, amount in granted_amounts(books, board):
        granted = dutch.number(amount, 2)
        yield f"subsidy {scheme}: {granted} is granted (table grants), which `npo pay` does not pay"
    if board is not None:
        yield from _moves(board, *known)


def _moves(board: str, schools: Schools, months: Sequence[Month]) -> Iterator[str]:
    """Describe the schools that come to a board or leave it in the months to come."""
    if not months:
        return
    before = pl.col("board").shift(1).over("vestiging", order_by="valid_from")
    moved = schools.with_columns(before=before).filter(
        pl.col("board") != pl.col("before"), pl.col("valid_from").is_between(months[0], months[-1], closed="both")
    )
    mine = moved.filter((pl.col("board") == board) | (pl.col("before") == board)).sort("valid_from", "vestiging")
    for vestiging, holder, day in mine.select("vestiging", "board", "valid_from").iter_rows():
        yield _move(vestiging, day, comes=holder == board)


def _move(vestiging: str, day: date, *, comes: bool) -> str:
    if comes:
        return f"{vestiging} comes from another board on {day}; what it brings before that is not in the forecast"
    return f"{vestiging} goes to another board on {day}; what it brings from then on is not in the forecast"


def _remarks(books: Books) -> Iterator[str]:
    if held := hold_in_force(books):
        yield f"{hold_words(held)}; no month is paid before `npo unhold`"
    yield from older_books(books)
    yield from undecided(books)
