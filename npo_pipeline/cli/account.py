"""`npo account`: the accounts of a calendar year, and a pack of reports per board."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import (
    BOARD,
    PATH,
    YEAR,
    approval_options,
    common,
    max_rejected_option,
    rejects_option,
    witnessed,
    workers_option,
)
from npo_pipeline.cli.output import document, line, progress
from npo_pipeline.workers import Workers


@click.command("account")
@click.option("--year", type=YEAR, required=True, help="The calendar year, for example 2021.")
@click.option(
    "--spending",
    type=PATH,
    multiple=True,
    help="Files of spending and consent: a folder, a file, a workbook or a zip; may be given more than once.",
)
@click.option(
    "--other-years",
    is_flag=True,
    help="Take in the form of another year too, or a file without a row of this one.",
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
@click.option(
    "--update",
    is_flag=True,
    help="With --template: fill in what the board reported before, to correct and hand in.",
)
@click.option("--out", type=PATH, default=None, help="Where --template is written.  [default: here]")
@click.option(
    "--close",
    is_flag=True,
    help="Close the year: its accounts change no more, and later corrections are in the year after it.",
)
@click.option("--dry-run", is_flag=True, help="With --close: show what would be closed, and change nothing.")
@approval_options
@max_rejected_option
@rejects_option
@workers_option
@common
@witnessed
def account_command(
    home: Home, as_json: bool, template: bool, update: bool, out: Path | None, workers: Workers, **options: Any
) -> None:
    """Account for a calendar year: tables for every board, and a pack of reports per board."""
    closing = {name: options.pop(name) for name in _OF_CLOSING}
    if options.pop("close"):
        _close(home, as_json, closing, {**options, "template": template, "out": out}, workers=workers)
        return
    if any(closing.values()):
        raise click.UsageError("--dry-run and the options of two people go with --close")
    if out is not None and not template:
        raise click.UsageError("--out goes with --template")
    if update and not template:
        raise click.UsageError("--update goes with --template")
    if options["rejects"] is not None and not options["spending"]:
        raise click.UsageError("--rejects goes with --spending")
    if template and (options["board"] is None or options["spending"]):
        raise click.UsageError("--template wants a --board, and takes no --spending")
    if template:
        from npo_pipeline.commands.account.template import write_blank

        path = write_blank(home, options["year"], options["board"], out or Path(), update=update)
        if as_json:
            document({"template": path})
        else:
            line(f"{path}: fill in the sheets Besteding and Instemming, and give it to `npo account --spending`")
        return
    from npo_pipeline.cli.render.account import render_account
    from npo_pipeline.commands.account.command import AccountRequest, account_and_report

    request = AccountRequest(home=home, full_check=options.pop("validate") == "full", **options)
    with progress() as report:
        year_end = account_and_report(request, progress=report, workers=workers)
    render_account(home, year_end.accounts, year_end.reports, board=request.board, as_json=as_json)
    year_end.reports.raise_faults()


_OF_CLOSING = ("dry_run", "prepared_by", "approved_by", "four_eyes", "approved_plan")


def _close(
    home: Home, as_json: bool, closing: Mapping[str, Any], others: Mapping[str, Any], *, workers: Workers
) -> None:
    """Close a year; a closing takes no option that is about reports or files."""
    context = click.get_current_context()
    given = [
        f"--{name.replace('_', '-')}"
        for name in others
        if name != "year" and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise click.UsageError(f"--close closes what was accounted for, and takes no {given[0]}")
    from npo_pipeline.cli.render.account import render_closing
    from npo_pipeline.commands.account.close import CloseRequest, close_and_report

    request = CloseRequest(home=home, year=others["year"], **closing)
    with progress() as report:
        done = close_and_report(request, progress=report, workers=workers)
    render_closing(done, dry_run=request.dry_run, as_json=as_json)
    if done.reports is not None:
        done.reports.raise_faults()
