"""The made-up files beside counts: applications, participants who finished, newcomers, changes of schools."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from npo_pipeline.generate.country import Town, Vestiging
from npo_pipeline.generate.lists import write_rows
from npo_pipeline.generate.secondary import SecondarySchool
from schemas.files import APPLICATIONS as MODEL
from schemas.files import CHANGES as CHANGES_MODEL
from schemas.files import COMPLETIONS as COMPLETIONS_MODEL
from schemas.files import NEWCOMERS_VO, columns_of

APPLICATIONS = "aanvragen.csv"

_DAYS = {"a": ("20210415", "20210422", "20210502"), "b": ("20210601", "20210607", "20210613")}
"""Days of application in the two windows of catch-up programmes."""

_DAY_OF_REGIONS, TOO_LATE = "20210517", "20210614"
_ASKED = {"participant": 900, "po": 72, "vo": 62}
"""Euro per pupil that applicants ask; what they get is for the rules."""


@dataclass(frozen=True)
class Applicants:
    """Represent the vestigingen of a country, their towns, and the pupils of primary education."""

    vestigingen: Sequence[Vestiging]
    towns: Mapping[str, Town]
    pupils_po: int

    def pupils(self, one: Vestiging) -> int:
        """Return about as many pupils as a vestiging has; the size of one of secondary education is its pupils."""
        if one.kind == "vo":
            return one.size
        sizes = sum(other.size for other in self.vestigingen if other.kind != "vo")
        return max(1, self.pupils_po * one.size // sizes)


def make_applications(applicants: Applicants, seed: int) -> list[dict[str, str]]:
    """Make the applications of a country, the same for the same seed: column -> value."""
    chance = random.Random(f"{seed} applications")
    return [*_of_boards(applicants, chance), *_of_regions(applicants, chance)]


def write_applications(out: Path, rows: Sequence[dict[str, str]]) -> tuple[str, int]:
    """Write applications; return the file and its rows."""
    columns = columns_of(MODEL)
    write_rows(out / APPLICATIONS, ";".join(columns), [[row[name] for name in columns] for row in rows])
    return APPLICATIONS, len(rows)


def _of_boards(applicants: Applicants, chance: random.Random) -> Iterator[dict[str, str]]:
    """Yield catch-up programmes: most boards apply once or twice, for some of their schools; a few too late."""
    schools = Counter[tuple[str, str]]()
    for one in applicants.vestigingen:
        schools[one.board, one.brin] += applicants.pupils(one)
    for board, own in groupby(sorted(schools.items()), key=lambda item: item[0][0]):
        of_board = list(own)
        for window in chance.choice((("a",), ("a", "b"), ("b",), ("a",), ())):
            day = chance.choice((*_DAYS[window], *_DAYS[window], TOO_LATE))
            for (_, brin), pupils in of_board:
                asked = pupils * chance.randrange(3, 22) // 100
                if asked and chance.random() < 0.8:
                    before = chance.choice(("J", "N", "N"))
                    yield _row(board, brin, scheme="IOP", day=day, pupils=asked) | {
                        "BEDRAG": str(asked * _ASKED["participant"]),
                        "EERDER_VERLEEND": before,
                    }


def _of_regions(applicants: Applicants, chance: random.Random) -> Iterator[dict[str, str]]:
    """Yield extra help in the classroom: a province is a region, its largest board the penvoerder."""
    regions: dict[tuple[str, bool], list[Vestiging]] = {}
    for one in sorted(applicants.vestigingen, key=lambda one: one.code):
        regions.setdefault((applicants.towns[one.code].province, one.kind == "vo"), []).append(one)
    for (province, is_vo), vestigingen in sorted(regions.items()):
        boards = Counter(one.board for one in vestigingen)
        penvoerder = min(boards, key=lambda board: (-boards[board], board))
        is_new = province == "Limburg"
        for one in vestigingen:
            if one.board != penvoerder and chance.random() < 0.2:
                continue
            pupils = applicants.pupils(one)
            yield _row(penvoerder, one.brin, scheme="EHK", day=_DAY_OF_REGIONS, pupils=pupils) | {
                "BEDRAG": str(pupils * _ASKED["vo" if is_vo else "po"]),
                "VESTIGINGSNUMMER": one.code[4:],
                "REGIO": f"RAP {province}".replace("â", "a"),
                "NIEUWE_REGIO": "J" if is_new else "N",
            }


def _row(board: str, brin: str, *, scheme: str, day: str, pupils: int) -> dict[str, str]:
    given = {
        "BEVOEGD_GEZAG_NUMMER": board,
        "BRIN_NUMMER": brin,
        "REGELING": scheme,
        "DATUM_AANVRAAG": day,
        "AANTAL_LEERLINGEN": str(pupils),
    }
    return dict.fromkeys(columns_of(MODEL), "") | given


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
