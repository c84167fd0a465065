"""`npo account`: options in, the accounts of a year and where the reports stand out.

What `npo account` does between its options and its summary.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import BOARD, PATH, SHARE, YEAR, common
from npo_pipeline.cli.preload import preload_duckdb, preload_rendering, progress


@click.command()
@click.option("--year", type=YEAR, required=True, help="The calendar year, for example 2021.")
@click.option(
    "--spending",
    type=PATH,
    multiple=True,
    help="Files of spending and consent: a folder, a file, a workbook or a zip; may be given more than once.",
)
@click.option("--board", type=BOARD, default=None, help="Write the reports of this board alone.")
@click.option(
    "--treatment",
    type=click.Choice(["bestemmingsreserve", "overlopende_passiva"]),
    default=None,
    help="What money that is left over is in the annual accounts.  [default: bestemmingsreserve]",
)
@click.option("--force", is_flag=True, help="Make the filing of a board with errors too; it says so inside.")
@click.option(
    "--validate",
    type=click.Choice(["fast", "full"]),
    default="fast",
    show_default=True,
    help="full: have Arelle check the filings too (a third of a second per board).",
)
@click.option("--viewer", is_flag=True, help="Write a page per board on which each figure can be clicked.")
@click.option("--template", is_flag=True, help="Write a blank workbook for --board to fill in, and nothing else.")
@click.option("--out", type=PATH, default=None, help="Where --template is written.  [default: here]")
@click.option(
    "--max-rejected", type=SHARE, default="0.01", show_default=True, help="Largest share of refused rows."
)
@common
def account(home: Path, as_json: bool, template: bool, out: Path | None, **wishes: Any) -> None:
    """Account for a calendar year: tables for every board, and a pack of reports per board."""
    if out is not None and not template:
        raise click.UsageError("--out goes with --template")
    if template and (wishes["board"] is None or wishes["spending"]):
        raise click.UsageError("--template wants a --board, and takes no --spending")
    if template:
        run_template(home, as_json, wishes["year"], wishes["board"], out)
    else:
        run_account(home, as_json, **wishes)


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
    preload_duckdb()
    from npo_pipeline.commands.account.command import AccountRequest, account
    from npo_pipeline.commands.account.reports import ReportRequest, refuse_unwritable, write_reports

    shown = preload_rendering()
    request = ReportRequest(Home(home), year, board, force, validate == "full", viewer)
    with progress() as tell:
        refuse_unwritable(request)
        result = account(AccountRequest(Home(home), year, spending, board, treatment, max_rejected), progress=tell)
        reports = write_reports(request, progress=tell)
    shown().of_account(home, result, reports, board, as_json)


def run_template(home: Path, as_json: bool, year: int, board: str, out: Path | None) -> None:
    """Write a blank workbook for a board."""
    preload_duckdb()
    from npo_pipeline.commands.account.template import TemplateRequest, write_blank

    shown = preload_rendering()
    written = write_blank(TemplateRequest(Home(home), year, board, out or Path()))
    shown().of_template(written, as_json)
