"""`npo account`: options in, the accounts of a year and where the reports stand out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from npo_pipeline.cli.options import BOARD, PATH, SHARE, YEAR, common


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
    from npo_pipeline.cli import accounting

    if out is not None and not template:
        raise click.UsageError("--out goes with --template")
    if template and (wishes["board"] is None or wishes["spending"]):
        raise click.UsageError("--template wants a --board, and takes no --spending")
    if template:
        accounting.run_template(home, as_json, wishes["year"], wishes["board"], out)
    else:
        accounting.run_account(home, as_json, **wishes)
