"""The story of `npo demo`, and its first chapter: 2021-2022, run as an operator would run it."""

from __future__ import annotations

import io
import json
import shlex
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout

import click

from npo_pipeline.books.lock import locked
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.demo import first_school_with
from npo_pipeline.books.reader import read_books
from npo_pipeline.cli import output
from npo_pipeline.cli.demo import second_year, year_end
from npo_pipeline.cli.demo.second_year import Step
from npo_pipeline.commands.steps import now
from npo_pipeline.errors import Refused

MARK = "made-by-npo-demo"
"""A file in each home that a demo made; only such a home is replaced."""

DELIVERY = "delivery"


def run_demo(npo: click.Command, home: Home, as_json: bool) -> None:
    """Run the story in a home of its own.

    Raises:
        Refused: the home holds something that no demo made.
    """
    _clear(home)
    results = []
    for words, arguments in _story(home):
        if as_json:
            results.append({"command": " ".join(["npo", *arguments]), "result": _run_as_json(npo, arguments)})
        else:
            output.line(f"\n# {words}\n$ {shlex.join(['npo', *arguments])}\n")
            npo.main(arguments, standalone_mode=False)
    page, later = year_end.page_of(home), home.path / second_year.LATER
    if as_json:
        output.document(
            {"home": str(home.path), "database": str(home.database), "page": str(page), "steps": results}
        )
        return
    output.line(
        f"""
Where to look:
  {home.database}   the published books; open them read-only with DuckDB at any moment, for example
      select board, component, currency, sum(amount) from board_payments group by all order by all
      select cause, paid_month, sum(amount) from ledger where school_year = '2022-2023' group by all order by all
  {page}
      the page of one board: its accounts of {year_end.YEAR} and what it must mend; open it in a browser
  {home.path / "reports" / str(year_end.YEAR)}   the same for every board, and for the country
  {home.path / "reports" / "tool"}   a page with the amounts of every school, and the same as a workbook
  {home.path / DELIVERY}   what was delivered; planted.csv lists the faults that were planted in it
  {home.path / second_year.DELIVERY}, {later}   the same a year later, and what came in after it
  {home.manifests}   one manifest per run, each with the hash of the one before
Run it again: the same delivery, the same books."""
    )


def _story(home: Home) -> Iterator[Step]:
    """Yield the commands one by one; each is made when the one before it is done, and can read the books."""
    where, delivery = ["--home", str(home.path)], str(home.path / DELIVERY)
    country = ["--boards", "40", "--pupils", "60000", "--seed", "2021", "--reference-date", "2020-10-01"]
    pay = ["pay", *where, "--month"]
    yield from [
        (
            "DUO and CBS deliver: a pupil register, address lists and scores, with some rows that are wrong",
            ["generate", delivery, *country, "--faults", "0.001"],
        ),
        (
            "The delivery is checked, counted and registered",
            ["ingest", delivery, *where, "--reference-date", "2020-10-01"],
        ),
        ("Every school gets its entitlement for 2021-2022", ["decide", *where, "--school-year", "2021-2022"]),
        ("September pays August too; first a look at what it would pay", [*pay, "2021-09", "--dry-run"]),
        ("Then the payment run itself", [*pay, "2021-09"]),
        ("A month that is paid again pays nothing", [*pay, "2021-09"]),
        ("October and November were missed; December catches up, in order", [*pay, "2021-12", "--catch-up"]),
    ]
    school = _school_with_a_score(home)
    yield from [
        (f"The board of {school} asks why it gets what it gets", ["explain", school, *where, "--lang", "en"]),
        (
            "One page for all schools, to open in a browser",
            ["tool", *where, "--school-year", "2021-2022"],
        ),
    ]
    yield from year_end.steps(home)
    yield from second_year.steps(home)
    yield from second_year.last_steps(home)
    yield from [
        ("Everything published is derived again from what was received and decided", ["verify", *where]),
        ("The state of the home", ["status", *where]),
    ]
    yield from year_end.accounts_of_one_board(home)


def _school_with_a_score(home: Home) -> str:
    with read_books(home) as books:
        return first_school_with(books, "achterstandsscore")


def _clear(home: Home) -> None:
    """Remove what an earlier demo made.

    Raises:
        Refused: the home holds something that no demo made.
    """
    try:
        foreign = home.path.exists() and any(home.path.iterdir()) and not (home.path / MARK).exists()
    except OSError as error:
        raise Refused(f"{home.path}: cannot be a home ({error.strerror}); name another --home") from error
    if foreign:
        raise Refused(f"{home.path}: holds books that no demo made; give the demo a --home of its own")
    with locked(home, "demo", now=now()):
        folders = (
            DELIVERY,
            second_year.DELIVERY,
            second_year.LATER,
            year_end.REPORTED,
            f"reports/{year_end.YEAR}",
        )
        for made in (home.work, home.manifests, *(home.path / one for one in folders)):
            shutil.rmtree(made, ignore_errors=True)
        home.database.unlink(missing_ok=True)
        (home.path / MARK).touch()


def _run_as_json(npo: click.Command, arguments: list[str]) -> object:
    with redirect_stdout(io.StringIO()) as out:
        npo.main([*arguments, "--json"], standalone_mode=False)
    return json.loads(out.getvalue())
