"""The second chapter of `npo demo`: 2022-2023, decided early, recalibrated, corrected and settled."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from npo_pipeline.books.paths import Home
from npo_pipeline.errors import Refused

DELIVERY, WHAT_IF, LATER = "delivery-2022", "what-if.yaml", "later"
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


def second_year(home: Path) -> Iterator[Step]:
    """The commands one by one; the files they need are written just before."""
    where, delivery = ["--home", str(home)], str(home / DELIVERY)
    country = ["--boards", "40", "--pupils", "60000", "--seed", "2021", "--reference-date", "2021-10-01"]
    decide, pay = ["decide", *where, "--school-year", "2022-2023"], ["pay", *where, "--month"]
    yield "A year later: the counts of 1 October 2021", ["generate", delivery, *country, "--faults", "0.001"]
    yield "They are taken in", ["ingest", delivery, *where, "--reference-date", "2021-10-01"]
    yield (
        "2022-2023 by what was known at the end of 2021: an amount per pupil, and no rate for the score yet",
        [*decide, "--as-of", "2021-12-31", "--reason", "provisional: at least 500 per pupil"],
    )
    (home / WHAT_IF).write_text(_WHAT_IF_TEXT, encoding="utf-8")
    yield (
        "Early 2022 an analyst looks what a rate of 175 for the score would do; nothing is written",
        [*decide, "--as-of", "2022-03-01", "--regulation", str(home / WHAT_IF), "--dry-run"],
    )
    yield (
        "In summer the definitive amounts are there: the plan says whom they touch, and is written",
        [*decide, "--as-of", "2022-08-31", "--reason", "definitive amounts of 22 April 2022"],
    )
    yield "The months of the first year that were left are paid", [*pay, "2022-07", "--catch-up"]
    yield "September to November 2022", [*pay, "2022-11", "--catch-up"]
    yield from _what_came_later(home, where, decide)
    yield "December settles it: paid months stay, the difference is paid or taken back", [*pay, "2022-12"]


def _what_came_later(home: Path, where: list[str], decide: list[str]) -> Iterator[Step]:
    merged, successor = _two_schools(Home(home))
    _write_changes(home / LATER / "changes", merged, successor)
    _write_replay(home / LATER / "replay", home / DELIVERY, Home(home))
    yield (
        f"In December it is told that {merged} merged into {successor} on 1 November",
        ["ingest", str(home / LATER / "changes"), *where],
    )
    yield (
        "A refused row of the register comes right; the small delivery says which line it stands for",
        ["ingest", str(home / LATER / "replay"), *where, "--reference-date", "2021-10-01"],
    )
    yield (
        "The analyst decides again: every cent that moves has its cause",
        [*decide, "--reason", "merger of November, a row of the register that came right"],
    )


def last_steps(home: Path) -> Iterator[Step]:
    """How the school that merged was paid more than it is due, and how the year ends."""
    where = ["--home", str(home)]
    merged, _ = _two_schools(Home(home))
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
    """The first two bao schools: one merges into the other."""
    from npo_pipeline.books.reader import read_books

    with read_books(home) as books:
        found = books.frame(
            """
            select distinct vestiging from entitlements
            where decision_id = '2022-2023-001' and school_type = 'bao' order by 1 limit 2"""
        )["vestiging"]
    return found[0], found[1]


def _write_changes(folder: Path, merged: str, successor: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    header = "INGANGSDATUM;SOORT;VESTIGING;BEVOEGD_GEZAG_NUMMER;OPVOLGER"
    (folder / "changes.csv").write_text(f"{header}\n20221101;fusie;{merged};;{successor}\n", encoding="utf-8")


def _write_replay(folder: Path, delivery: Path, home: Home) -> None:
    """The row of a refused line, right now, and the file that says which line it stands for."""
    from npo_pipeline.books.reader import read_books

    with read_books(home) as books:
        named, line = books.frame(
            """
            select delivery_id, min(line) from quarantine join deliveries using (delivery_id, file)
            where file = ? and reference_date = '2021-10-01' and rule = 'not_a_date' group by 1""",
            [_REGISTER],
        ).row(0)
    row = _line_of(delivery / _REGISTER, int(line))
    right = {**row, "PSEUDONIEM": "demo-right", "DATUM_IN": "20190801", "DATUM_UIT": "", "BEKOSTIGD": "J"}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "right.csv").write_text(f"{';'.join(right)}\n{';'.join(right.values())}\n", encoding="utf-8")
    (folder / "corrections.yaml").write_text(
        f"replaces:\n  - delivery: {named}\n    lines: [{line}]\n    file: right.csv\n"
        "    reason: the date was typed wrongly\n    reported_by: the school\n",
        encoding="utf-8",
    )


def _line_of(path: Path, line: int) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter=";"), 2):
            if number == line:
                return row
    raise Refused(f"{path}: has no line {line}; run the demo again in a new home")
