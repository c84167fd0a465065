"""The rest of a made-up programme: newcomers, changes of schools, and participants who finished."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from npo_pipeline.generate.applications import TOO_LATE
from npo_pipeline.generate.country import Vestiging
from npo_pipeline.generate.lists import write_rows
from npo_pipeline.generate.secondary import SecondarySchool
from schemas.files import CHANGES as CHANGES_MODEL
from schemas.files import COMPLETIONS as COMPLETIONS_MODEL
from schemas.files import NEWCOMERS_VO, columns_of

NEWCOMERS, CHANGES, COMPLETIONS = "nieuwkomers-vo-{}.csv", "wijzigingen.csv", "afgerond.csv"

_QUARTERS = range(-2, 3)
"""Quarters around the reference date on whose first day newcomers are counted."""

_WITH_NEWCOMERS = 1 / 3

_SCHOOLS_OF_CHANGES = 5
"""Each change is of another vestiging; a merger has two."""

_MONTHS = (13, 14, 15, 16)
"""Months after the reference date in which the changes take effect: in the school year that it funds."""


def write_newcomers(
    out: Path, schools: Sequence[SecondarySchool], seed: int, reference_date: date
) -> Iterator[tuple[str, int]]:
    """Write the newcomers of a third of the vestigingen of secondary education, one at least, a file per day.

    Yields each file and its rows.
    """
    chance = random.Random(f"{seed} {reference_date} newcomers")
    drawn = [one.vestiging for one in schools if chance.random() < _WITH_NEWCOMERS]
    receiving = drawn or [one.vestiging for one in schools[:1]]
    for quarter in _QUARTERS if receiving else ():
        day = f"{_months_after(reference_date, 3 * quarter):%Y%m%d}"
        rows = [
            [day, one.brin, one.code[4:], category, str(chance.randint(1, 12))]
            for one in receiving
            for category in ("1", "2")
        ]
        write_rows(out / NEWCOMERS.format(day), ";".join(columns_of(NEWCOMERS_VO)), rows)
        yield NEWCOMERS.format(day), len(rows)


def _months_after(day: date, months: int) -> date:
    """Return the first day of the month that is so many months after that of a day."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def write_changes(
    out: Path, vestigingen: Sequence[Vestiging], seed: int, reference_date: date
) -> Iterator[tuple[str, int]]:
    """Write a merger, a closure, a transfer to another board and an opening in the school year that is funded.

    A country without enough schools has none. Yields the file and its rows.
    """
    chance = random.Random(f"{seed} {reference_date} changes")
    bao = [one for one in vestigingen if one.kind == "bo"]
    boards = sorted({one.board for one in vestigingen})
    if len(bao) < _SCHOOLS_OF_CHANGES:
        return
    merged, successor, closed, moved, opened = chance.sample(bao, _SCHOOLS_OF_CHANGES)
    other = next((board for board in boards if board != moved.board), moved.board)
    days = [f"{_months_after(reference_date, months):%Y%m%d}" for months in _MONTHS]
    rows = [
        [days[0], "fusie", merged.code, "", successor.code],
        [days[1], "sluiting", closed.code, "", ""],
        [days[2], "bestuursoverdracht", moved.code, other, ""],
        [days[3], "opening", f"{opened.brin}09", opened.board, ""],
    ]
    write_rows(out / CHANGES, ";".join(columns_of(CHANGES_MODEL)), rows)
    yield CHANGES, len(rows)


def write_completions(out: Path, applied: Sequence[dict[str, str]], seed: int) -> Iterator[tuple[str, int]]:
    """Write how many participants finished, per board and school that applied for catch-up programmes.

    Half of them reach 85%. Yields the file and its rows.
    """
    chance = random.Random(f"{seed} completions")
    pupils: dict[tuple[str, str], int] = {}
    for row in applied:
        if row["REGELING"] == "IOP" and row["DATUM_AANVRAAG"] != TOO_LATE:
            pupils[row["BEVOEGD_GEZAG_NUMMER"], row["BRIN_NUMMER"]] = int(row["AANTAL_LEERLINGEN"])
    rows = [
        [board, brin, "IOP", str(asked * chance.randint(70, 100) // 100)]
        for (board, brin), asked in sorted(pupils.items())
    ]
    if rows:
        write_rows(out / COMPLETIONS, ";".join(columns_of(COMPLETIONS_MODEL)), rows)
        yield COMPLETIONS, len(rows)
