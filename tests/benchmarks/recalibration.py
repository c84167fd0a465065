"""How fast a recalibration is, and whether payment runs slow down as the ledger grows.

On the country of 2.4 million pupils (9,600 vestigingen): a decision after one changed rate, with its plan, against
the first decision; and the last month of two school years with four decisions each against the first month.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measure import Cost, median, run

MOST_SECONDS, MOST_TIMES_FIRST, MOST_TIMES_MONTH_ONE = 3, 3, 1.5

_OVERLAY = """\
overlay_of: {base}
sources:
  bench: {{title: Another rate, url: https://www.example.nl/rate, publisher: nobody}}
components:
  achterstandsscore:
    rates:
      - {{school_types: [bao], value: {rate}, unit: EUR per unit of score, status: published, source: bench,
         where: page 1, checked_on: 2026-11-25}}
"""


def recalibration(
    npo: str, work: Path, first_year: Path, second_year: Path, rounds: int
) -> Iterator[tuple[str, Cost]]:
    """Run two school years; yields the costs of four commands, by name, each the median of its rounds."""
    home = work / "recalibrated"
    shutil.rmtree(home, ignore_errors=True)
    years = (("2021-2022", first_year, "2020-10-01", "2021-09", "2022-03", "2022-07"),)
    years += (("2022-2023", second_year, "2021-10-01", "2022-09", "2023-03", "2023-06"),)
    for year, country, day, opening, middle, last in years:
        _run(npo, home, "ingest", str(country), "--reference-date", day)
        first = ("decide", "--school-year", year)
        if year == "2021-2022":
            yield "first decide", _timed(npo, home, work, rounds, *first)
        _run(npo, home, *first)
        if year == "2021-2022":
            yield "pay of month 1", _timed(npo, home, work, rounds, "pay", "--month", opening)
        _run(npo, home, "pay", "--month", opening, "--catch-up")
        for number, month in enumerate((opening, middle, last)):
            again = (*first, "--regulation", str(_overlay(work, year, number)))
            if (year, number) == ("2021-2022", 0):
                yield "decide after one changed rate", _timed(npo, home, work, rounds, *again)
            _run(npo, home, *again)
            _run(npo, home, "pay", "--month", month, "--catch-up")
    yield "pay of the last month", _timed(npo, home, work, rounds, "pay", "--month", "2023-07")


def _overlay(work: Path, year: str, number: int) -> Path:
    path = work / f"rate-{year}-{number}.yaml"
    path.write_text(_OVERLAY.format(base=f"{year}-po", rate=f"{200 + number}.50"), encoding="utf-8")
    return path


def _timed(npo: str, home: Path, work: Path, rounds: int, *command: str) -> Cost:
    """The cost of a command, each time on a copy of the home, so that it finds the same."""
    costs, copy = [], work / "copy"
    for _ in range(rounds):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(home, copy)
        costs.append(_run(npo, copy, *command))
    shutil.rmtree(copy)
    return median(costs)


def _run(npo: str, home: Path, *command: str) -> Cost:
    return run([npo, *command, "--home", str(home)])[0]
