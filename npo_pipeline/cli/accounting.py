"""What `npo account` does between its options and its summary."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from npo_pipeline.cli.meanwhile import database, summaries
from npo_pipeline.cli.watching import progress
from npo_pipeline.home.folder import Home


def run_account(
    home: Path,
    as_json: bool,
    year: int,
    spending: tuple[Path, ...],
    board: str | None,
    force: bool,
    validate: str,
    viewer: bool,
    treatment: str | None,
    max_rejected: Decimal,
) -> None:
    """Account for a year, write its reports, check them, and show what was found."""
    database()
    from npo_pipeline.commands.account import AccountRequest, account
    from npo_pipeline.commands.reporting import ReportRequest
    from npo_pipeline.commands.year_report import refuse_unwritable, write_reports

    shown = summaries()
    request = ReportRequest(Home(home), year, board, force, validate == "full", viewer)
    with progress() as tell:
        refuse_unwritable(request)
        result = account(AccountRequest(Home(home), year, spending, board, treatment, max_rejected), progress=tell)
        reports = write_reports(request, progress=tell)
    shown().of_account(home, result, reports, board, as_json)


def run_template(home: Path, as_json: bool, year: int, board: str, out: Path | None) -> None:
    """Write a blank workbook for a board."""
    database()
    from npo_pipeline.commands.template import TemplateRequest, write_blank

    shown = summaries()
    written = write_blank(TemplateRequest(Home(home), year, board, out or Path()))
    shown().of_template(written, as_json)
