"""The chapter of `npo demo` on 2022-2023: decided early, recalibrated, corrected and settled."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.demo import first_refused_line, first_two_bao_schools
from npo_pipeline.books.reader import read_books
from npo_pipeline.errors import Refused

DELIVERY, WHAT_IF, LATER = "delivery-2022", "what-if.yaml", "later"
REFERENCE_DATE = date(2021, 10, 1)
_REGISTER = "leerlingen-po.csv"

_WHAT_IF_TEXT = """\
# A what-if of an analyst: the rate that a board reckoned with in its budget, before the definitive one was known.
overlay_of: 2022-2023-po-provisional
sources:
  guess:
    title: Made-up budget of a board
    url: https://www.example.nl/begroting
    publisher: A board
components:
  achterstandsscore:
    rates:
      - {school_types: [bao], value: 175.00, unit: EUR per unit of score, status: approximate, source: guess,
         where: "begroting 2022-2023", checked_on: 2022-02-25}
"""

Step = tuple[str, list[str]]
"""A command of the story: words for the reader, and its arguments."""


def steps(home: Home) -> Iterator[Step]:
    """Yield the commands one by one; the files they need are written just before."""
    where, delivery = ["--home", str(home.path)], str(home.path / DELIVERY)
    country = ["--boards", "40", "--pupils", "60000", "--seed", "2021", "--reference-date", str(REFERENCE_DATE)]
    decide, pay = ["decide", *where, "--school-year", "2022-2023"], ["pay", *where, "--month"]
    yield "A year later: the counts of 1 October 2021", ["generate", delivery, *country, "--faults", "0.001"]
    yield "They are taken in", ["ingest", delivery, *where, "--reference-date", str(REFERENCE_DATE)]
    yield (
        "2022-2023 by what was known at the end of 2021: an amount per pupil, and no rate for the score yet",
        [*decide, "--as-of", "2021-12-31", "--reason", "provisional: at least 500 per pupil"],
    )
    (home.path / WHAT_IF).write_text(_WHAT_IF_TEXT, encoding="utf-8")
    yield (
        "Early 2022 an analyst looks what a rate of 175 for the score would do; nothing is written",
        [*decide, "--as-of", "2022-03-01", "--regulation", str(home.path / WHAT_IF), "--dry-run"],
    )
    yield (
        "In summer the definitive amounts are there: the plan says whom they touch, and is written",
        [*decide, "--as-of", "2022-08-31", "--reason", "definitive amounts of 22 April 2022"],
    )
    yield "The months of the first year that were left are paid", [*pay, "2022-07", "--catch-up"]
    yield "September to November 2022", [*pay, "2022-11", "--catch-up"]
    yield from _later_news(home, where, decide)
    yield "December settles it: paid months stay, the difference is paid or taken back", [*pay, "2022-12"]


def _later_news(home: Home, where: list[str], decide: list[str]) -> Iterator[Step]:
    """Yield the commands of December: a merger, a row of the register that came right, and what follows."""
    later = home.path / LATER
    merged, successor = _two_schools(home)
    _write_changes(later / "changes", merged, successor)
    _write_resubmission(later / "replay", home)
    yield (
        f"In December it is told that {merged} merged into {successor} on 1 November",
        ["ingest", str(later / "changes"), *where],
    )
    yield (
        "A refused row of the register comes right; the small delivery says which line it stands for",
        ["ingest", str(later / "replay"), *where, "--reference-date", str(REFERENCE_DATE)],
    )
    yield (
        "The analyst decides again: every cent that moves has its cause",
        [*decide, "--reason", "merger of November, a row of the register that came right"],
    )


def last_steps(home: Home) -> Iterator[Step]:
    """Yield the end of the year: why the school that merged pays back, and the decisions compared."""
    where = ["--home", str(home.path)]
    merged, _ = _two_schools(home)
    yield (
        f"Why {merged} pays back what it got for November",
        ["explain", merged, *where, "--school-year", "2022-2023", "--lang", "en"],
    )
    yield "The rest of the year", ["pay", *where, "--month", "2023-07", "--catch-up"]
    yield (
        "What the last decision has more or less than the first of the year, and why",
        ["diff", "2022-2023-001", "2022-2023-003", *where],
    )


def _two_schools(home: Home) -> tuple[str, str]:
    """Return the first two bao schools: one merges into the other."""
    with read_books(home) as books:
        return first_two_bao_schools(books, "2022-2023-001")


def _write_changes(folder: Path, merged: str, successor: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    header = "INGANGSDATUM;SOORT;VESTIGING;BEVOEGD_GEZAG_NUMMER;OPVOLGER"
    (folder / "changes.csv").write_text(f"{header}\n20221101;fusie;{merged};;{successor}\n", encoding="utf-8")


def _write_resubmission(folder: Path, home: Home) -> None:
    """Write the row of a refused line as it is right, and the file that names the line it replaces."""
    with read_books(home) as books:
        delivery, line = first_refused_line(books, _REGISTER, REFERENCE_DATE, "not_a_date")
    row = _row_at(home.path / DELIVERY / _REGISTER, line)
    right = {**row, "PSEUDONIEM": "demo-right", "DATUM_IN": "20190801", "DATUM_UIT": "", "BEKOSTIGD": "J"}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "right.csv").write_text(f"{';'.join(right)}\n{';'.join(right.values())}\n", encoding="utf-8")
    (folder / "corrections.yaml").write_text(
        f"replaces:\n  - delivery: {delivery}\n    lines: [{line}]\n    file: right.csv\n"
        "    reason: the date was typed wrongly\n    reported_by: the school\n",
        encoding="utf-8",
    )


def _row_at(path: Path, line: int) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter=";"), 2):
            if number == line:
                return row
    raise Refused(f"{path}: has no line {line}; run the demo again in a new home")
