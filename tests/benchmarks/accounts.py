"""How fast the accounts of a year are, for 1,000 boards: against Arelle's full check of the same filings."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import duckdb

from npo_pipeline.commands.account.template import menu_at
from npo_pipeline.generate.spending import write_spending
from tests.benchmarks.measure import Cost, median, run

YEAR = 2021
LIMITS = {
    "tables": 2,
    "XBRL and page alone, one core": 16,
    "all packs": 60,
    "fast checks": 15,
    "one board": 1.5,
}
"""Seconds. XBRL and pages may take 8 on the two cores that write them."""


def accounts(npo: str, work: Path, country: Path, rounds: int) -> tuple[dict[str, float], dict[str, int], Cost]:
    """Pay 2021 for a country, account for it, and time the steps.

    Returns:
        Seconds per step, what was counted, and the cost of one board from the command line.
    """
    home, told = work / "accounts", work / "told"
    shutil.rmtree(home, ignore_errors=True)
    where = ["--home", str(home)]
    run([npo, "ingest", str(country), "--reference-date", "2020-10-01", *where])
    run([npo, "decide", "--school-year", "2021-2022", *where])
    run([npo, "pay", "--month", "2021-12", "--catch-up", *where])
    board = spending_of(home, told)
    steps = [sys.executable, "-m", "tests.benchmarks.account_steps", str(home), str(YEAR), str(told)]
    cost, text = run(steps)
    measured = json.loads(text.splitlines()[-1])
    measured["counts"]["MiB"] = round(cost.mebibytes)
    one = []
    for _ in range(rounds):
        shutil.rmtree(home / "reports" / str(YEAR) / board)
        one.append(run([npo, "account", "--year", str(YEAR), "--board", board, *where])[0])
    return measured["seconds"], measured["counts"], median(one)


def spending_of(home: Path, folder: Path) -> str:
    """Make up what boards spent of what a home paid them; return the first board."""
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as books:
        schools = books.sql("""
            select board, brin, sum(amount)::decimal(18, 2) as available from payments
            where recipient_kind = 'bestuur' group by all
            order by all""").pl()
    write_spending(folder, schools, YEAR, seed=1, menu=menu_at(YEAR))
    return str(schools["board"][0])
