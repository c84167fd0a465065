"""How long it takes to verify two national school years, paid month by month, against the first decision."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.benchmarks.measure import Cost, median, run

RUNS, LAST_MONTH = 18, "2023-02"
MOST_TIMES_FIRST_DECIDE = 3


def verification(npo: str, work: Path, first_year: Path, second_year: Path, rounds: int) -> tuple[Cost, Cost]:
    """Decide and pay two school years; return the costs of the first decision and of `verify`."""
    home, bare = work / "verified", work / "undecided"
    for folder in (home, bare):
        shutil.rmtree(folder, ignore_errors=True)
    _run(npo, home, "ingest", str(first_year), "--reference-date", "2020-10-01")
    decisions = []
    for _ in range(rounds):
        shutil.rmtree(bare, ignore_errors=True)
        shutil.copytree(home, bare)
        decisions.append(_run(npo, bare, "decide", "--school-year", "2021-2022"))
    _run(npo, home, "decide", "--school-year", "2021-2022")
    _run(npo, home, "ingest", str(second_year), "--reference-date", "2021-10-01")
    _run(npo, home, "decide", "--school-year", "2022-2023")
    for number in range(RUNS):
        year, month = divmod(8 + number, 12)
        _run(npo, home, "pay", "--month", f"{2021 + year}-{month + 1:02d}")
    return median(decisions), median([_run(npo, home, "verify") for _ in range(rounds)])


def _run(npo: str, home: Path, *command: str) -> Cost:
    return run([npo, *command, "--home", str(home)])[0]
