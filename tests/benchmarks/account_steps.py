"""The steps of the accounts of a year, timed one by one in a process of their own; prints JSON.

`python -m tests.benchmarks.account_steps HOME YEAR SPENDING`: HOME holds a paid year that was not accounted for.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import read_books
from npo_pipeline.commands.account.command import AccountRequest, account
from npo_pipeline.commands.account.filing_checks import check_written, checked_facts
from npo_pipeline.commands.account.report_inputs import ReportRequest, gather
from npo_pipeline.commands.account.reports import write_board_packs, write_country
from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.report_data import split_by_board
from npo_pipeline.reports.xbrl.arelle import Validation, validate
from npo_pipeline.reports.xbrl.instance import instance
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME
from npo_pipeline.workers import cores, local

_FULL = 200
"""Boards that Arelle checks; the time of all is reckoned from these."""


def main() -> None:
    """Time the steps."""
    home, year, spending = Home(Path(sys.argv[1])), int(sys.argv[2]), Path(sys.argv[3])
    request = ReportRequest(home=home, year=year)
    seconds: dict[str, float] = {}

    def timed(name: str, step: Callable[..., Any], *args: Any) -> Any:
        began = time.perf_counter()
        done = step(*args)
        seconds[name] = time.perf_counter() - began
        return done

    timed("tables", account, AccountRequest(home=home, year=year, spending=(spending,)))
    with read_books(home) as books:
        inputs = timed("facts", gather, request, books)
    report, facts = inputs.report, inputs.facts
    timed("XBRL and page alone, one core", _render, report, facts)
    packs, _ = timed("all packs", write_board_packs, request, inputs, lambda *_: None, local(cores()))
    timed("fast checks: facts", checked_facts, report)
    timed("fast checks: files", check_written, request.folder, year, packs.written)
    timed("national report", write_country, request, inputs, {})
    timed("packs again, up to date", write_board_packs, request, inputs, lambda *_: None, local(cores()))
    some = packs.written[:_FULL]
    paths = [request.folder / board / f"npo-{year}-{board}.xbrl" for board in some]
    outcomes = timed(
        "Arelle, full check", validate, [Validation(one, request.national / FILE_NAME) for one in paths]
    )
    seconds["Arelle, full check"] *= len(packs.written) / len(some)
    assert not [one for one in outcomes if one.messages or one.unsatisfied]
    boards = report.accountability["board"].n_unique()
    counts = {"boards": boards, "schools": report.accountability.height, "facts": facts.height}
    print(json.dumps({"seconds": seconds, "counts": counts}))


def _render(report: Any, facts: Any) -> None:
    for _, own, own_facts in split_by_board(report, facts):
        instance(own_facts, report.year)
        page(own_facts, own)


if __name__ == "__main__":
    main()
