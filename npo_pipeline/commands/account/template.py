"""The report of a board on a year: the blank workbook that it fills in, and made-up reports of all boards."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from npo_pipeline.accounts.board_reports import BOVENSCHOOLS, agreed_until
from npo_pipeline.accounts.findings.spending import FACILITIES
from npo_pipeline.accounts.received import asked_about, last_day, paid_for, received_in, with_manners
from npo_pipeline.accounts.statement import AccountInputs, account_for
from npo_pipeline.atomic_file import write_whole
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.accounts import accountability_of, received_by_school, school_openings
from npo_pipeline.books.queries.payments import first_school_year_paid
from npo_pipeline.books.queries.runs import all_runs
from npo_pipeline.books.queries.schools import board_names, school_directory
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.commands.account.inputs import AccountingContext, load_inputs
from npo_pipeline.errors import Refused
from npo_pipeline.generate.spending import spending_files, write_spending
from npo_pipeline.money import MONEY, to_euro
from npo_pipeline.reports.board_form import write_board_form
from npo_pipeline.reports.board_form_balance import BoardForm, Menu
from npo_pipeline.rulebook.year_end import year_end_rules
from schemas.accounted import Consents
from schemas.frames.accounts import SchoolOpenings


def write_blank(home: Home, year: int, board: str, folder: Path, *, update: bool = False) -> Path:
    """Write the workbook that a board fills in for a year in a folder, whole or not at all.

    `update`: with what the board reported on the year before, so that it corrects that and hands it in again.

    Raises:
        Refused: there are no books, the board received and carried nothing, or the folder cannot be written in.
    """
    require_books(home)
    with read_books(home) as books:
        form = board_form(books, year, board, update=update)
    path = folder / f"npo-{year}-{board}-invullen.xlsx"
    if path.exists():
        raise Refused(f"{path}: is there already, and may be filled in; move it away, or name another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda beside: write_board_form(beside, form))
    except OSError as error:
        raise Refused(f"{path}: cannot be written ({error.strerror or error}); name another --out") from error
    return path


def board_form(books: Books, year: int, board: str, *, update: bool) -> BoardForm:
    """Return the form of a board and a year, blank or with what it reported before.

    Raises:
        Refused: the board received and carried nothing, or reported nothing that could be updated.
    """
    openings = school_openings(books, year, board)
    if openings.is_empty():
        raise Refused(f"board {board} received nothing in {year} and has nothing left over")
    school_years = school_years_in(books, year)
    inputs = load_inputs(books, _context(books, year))
    spending = inputs.spending.filter(board=board)
    consents = inputs.consents.filter(board=board)
    transfers = inputs.transfers.filter(board=board, year=year)
    told = spending.filter(year=year), consents.filter(pl.col("school_year").is_in(list(school_years))), transfers
    if update and all(one.is_empty() for one in told):
        raise Refused(f"board {board} reported nothing on {year} yet; leave --update out")
    deadline = inputs.rules.accountability.spend_until.known("the last day on which money may be spent")
    return BoardForm(
        year=year,
        board=board,
        name=dict(board_names(books).iter_rows()).get(board),
        schools=_school_facts(openings, inputs, board, school_years),
        menu=menu_at(year),
        complete=complete_categories(year),
        after_deadline=year > deadline.year,
        school_years=school_years,
        spending=told[0].sort("delivery_id", "line") if update else None,
        consents=told[1].sort("brin", "school_year", "line") if update else None,
        transfers=transfers.sort("delivery_id", "line") if update else None,
    )


def _context(books: Books, year: int) -> AccountingContext:
    """Return the context of an account that would be made now."""
    rules = year_end_rules()
    return AccountingContext(
        year=year,
        run_id=str(all_runs(books)["run_id"].max()),
        accounted_on=last_day(year),
        treatment=rules.accountability.treatment.known("the treatment of what is left over"),
        rules=rules,
        schools=school_directory(books),
        before=accountability_of(books, year - 1),
    )


def _school_facts(
    openings: SchoolOpenings, inputs: AccountInputs, board: str, school_years: tuple[str, ...]
) -> SchoolOpenings:
    """Add to each school what its checks need: the money that is asked about, and what was reported before."""
    year = inputs.year
    asked = asked_about(with_manners(inputs.payments, inputs.rules.accountability))
    money = ["brin", "currency"]
    received = received_in(asked, year).filter(board=board).select(*money, asked=to_euro(pl.col("received")))
    funded = paid_for(asked, year).filter(board=board).group_by(money).agg(funded="school_year")
    spends = inputs.currencies.added_to(openings.select("brin", board=pl.lit(board)).unique()).select(money)
    before = inputs.spending.filter((pl.col("board") == board) & (pl.col("year") < year))
    at_board_level = (
        before.filter(level=BOVENSCHOOLS).group_by("brin").agg(board_level_before=pl.col("amount").sum())
    )
    support = before.filter((pl.col("amount") > 0) & (pl.col("category") != FACILITIES))
    others = Consents(inputs.consents.filter(~pl.col("school_year").is_in(list(school_years))))
    agreed = agreed_until(others, year).filter(board=board).select("brin", agreed_before=to_euro(pl.col("agreed")))
    found = openings.join(spends.with_columns(spends=pl.lit(True)), on=money, how="left", maintain_order="left")
    for part, key in ((received, money), (funded, money), (at_board_level, ["brin"]), (agreed, ["brin"])):
        found = found.join(part, on=key, how="left", maintain_order="left")
    accounts = account_for(inputs).accountability.filter(board=board).select(*money, "corrections")
    found = found.join(accounts, on=money, how="left", maintain_order="left")
    nothing = pl.lit(0).cast(MONEY)
    return SchoolOpenings(
        found.with_columns(
            pl.col("asked", "corrections", "board_level_before", "agreed_before").cast(MONEY).fill_null(nothing),
            pl.col("funded").fill_null([]),
            pl.col("spends").fill_null(False),
            supported=pl.col("brin").is_in(support["brin"].implode()),
        )
    )


def school_years_in(books: Books, year: int) -> tuple[str, ...]:
    """Return the school years in a calendar year, without those before the first that was ever paid."""
    first = first_school_year_paid(books) or ""
    return tuple(one for one in (f"{year - 1}-{year}", f"{year}-{year + 1}") if one >= first)


def complete_categories(year: int) -> str:
    """Return the letters of the categories of which the whole menukaart is known at the end of a year."""
    snapshot = year_end_rules().menukaart.at(last_day(year))
    return "".join(letter for letter, one in snapshot.categories.items() if one.complete)


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
