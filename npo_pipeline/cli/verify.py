"""`npo verify`: recompute everything published and compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import common
from npo_pipeline.cli.output import document, line, number, progress, table
from npo_pipeline.errors import BooksDoNotTie

if TYPE_CHECKING:
    from npo_pipeline.commands.verify.command import VerifyResult


@click.command("verify")
@common
def verify_command(home: Home, as_json: bool) -> None:
    """Derive everything again, and say what does not tie."""
    from npo_pipeline.commands.verify.command import verify

    with progress() as report:
        report("deriving everything again", 0)
        result = verify(home)
    if as_json:
        document({"ties": not result.findings, "checked": result.checked, "findings": result.findings})
    else:
        _render(result)
    if result.findings:
        raise BooksDoNotTie(f"{home.path}: {len(result.findings)} findings, first: {result.findings[0]}")


def _render(result: VerifyResult) -> None:
    """Print the number of findings of each check, and each finding."""
    rows = [(check, f"{number(times)} findings" if times else "ties") for check, times in result.checked.items()]
    table("Books", ["check", "result"], rows)
    for finding in result.findings:
        line(f"! {finding}")
