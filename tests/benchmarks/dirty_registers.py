"""How much longer a register takes with faults in it: the same country clean, and with three shares of faults.

Each share is also taken in as a corrected delivery, after the clean one. Processor time is compared, which is the
same on a busy machine.
"""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import duckdb

from tests.benchmarks.measure import Cost, median, run

SHARES = ("0", "0.00002", "0.0005", "0.01")
"""Of broken rows. The others hold faults of every rule; as they come, the third is a bad register."""

LIMITED, MOST_TIMES_CLEAN = "0.0005", 1.3


def dirty_registers(npo: str, work: Path, countries: Mapping[str, Path], rounds: int) -> dict[str, Cost]:
    """Take in each country in a home of its own, in turn, and each again after the clean one.

    Returns:
        The costs of `ingest` by share, and of the same as a corrected delivery by share and `, corrected`.

    Raises:
        SystemExit: the rows that are refused are not those that were planted.
    """
    costs: dict[str, list[Cost]] = {}
    for _ in range(rounds):
        clean = _taken_in(npo, work / "clean", countries["0"], costs.setdefault("0", []))
        for share in SHARES[1:]:
            home = _taken_in(npo, work / "dirty", countries[share], costs.setdefault(share, []))
            require_planted(home, countries[share])
            copy = work / "corrected"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(clean, copy)
            costs.setdefault(f"{share}, corrected", []).append(_ingest(npo, copy, countries[share]))
    return {name: median(found) for name, found in costs.items()}


def _taken_in(npo: str, home: Path, country: Path, costs: list[Cost]) -> Path:
    shutil.rmtree(home, ignore_errors=True)
    costs.append(_ingest(npo, home, country))
    return home


def _ingest(npo: str, home: Path, country: Path) -> Cost:
    wishes = ["--reference-date", "2020-10-01", "--max-rejected", "0.05", "--home", str(home)]
    return run([npo, "ingest", str(country), *wishes])[0]


def require_planted(home: Path, country: Path) -> None:
    """End the benchmark where other rows are refused than were planted in the files of a country."""
    with (country / "planted.csv").open(newline="") as file:
        planted = Counter(tuple(row.values()) for row in csv.DictReader(file) if (country / row["file"]).exists())
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as books:
        found = Counter(books.sql("select file, line::varchar, rule from quarantine").fetchall())
    if planted != found:
        raise SystemExit(f"{country}: {sum(planted.values())} faults planted, {sum(found.values())} rejected")
