"""`npo diff`: compare two decisions."""

from __future__ import annotations

from pathlib import Path

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import PATH, common


@click.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--workbook", type=PATH, default=None, help="Write all that differs to this .xlsx as well.")
@common
def diff_command(home: Home, as_json: bool, before: str, after: str, workbook: Path | None) -> None:
    """Show what decision AFTER has more or less than decision BEFORE, and why."""
    from npo_pipeline.cli.render.decide import render_diff
    from npo_pipeline.commands.decide.diff import diff

    difference = diff(home, before, after)
    if workbook is not None:
        from npo_pipeline.reports.plan_workbook import write_plan

        write_plan(difference.comparison, difference.rule_changes, None, workbook)
    render_diff(difference, as_json)
