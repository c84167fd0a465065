"""`npo verify`: recompute everything published and compare."""

from __future__ import annotations

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import common, witnessed
from npo_pipeline.cli.output import document, line, number, progress, table
from npo_pipeline.errors import BooksDoNotTie
from npo_pipeline.translation import said


@click.command("verify")
@common
@witnessed
def verify_command(home: Home, as_json: bool) -> None:
    """Derive everything again, and say what does not tie."""
    from npo_pipeline.commands.verify.command import verify

    with progress() as report:
        report("deriving everything again", 0)
        result = verify(home)
    if as_json:
        document({"ties": not result.findings, "checked": result.checked, "findings": result.findings})
    else:
        checked = result.checked.items()
        rows = [(check, said(f"{number(times)} findings" if times else "ties")) for check, times in checked]
        table("Books", ["check", "result"], rows)
        for finding in result.findings:
            line(f"! {finding}")
    if result.findings:
        raise BooksDoNotTie(f"{home.path}: {len(result.findings)} findings, first: {result.findings[0]}")
