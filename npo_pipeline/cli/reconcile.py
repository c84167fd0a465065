"""`npo reconcile`: what others say, beside what was decided."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import PATH, SCHOOL_YEAR, ParsedParam, common, witnessed
from npo_pipeline.cli.output import document, progress
from npo_pipeline.errors import Refused

if TYPE_CHECKING:
    from npo_pipeline.reconciliation.model import Reconciliation


def tolerance_from(text: str) -> Decimal:
    """Parse an amount from 0 with at most two decimals."""
    if not re.fullmatch(r"[0-9]{1,6}([.,][0-9]{1,2})?", text):
        raise Refused(f"{text!r} is no amount: write it as 0.05, from 0 and with two decimals at most")
    return Decimal(text.replace(",", "."))


@click.command("reconcile")
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="PATH...")
@click.option("--school-year", type=SCHOOL_YEAR, required=True, help="The school year, for example 2021-2022.")
@click.option(
    "--mapping", type=PATH, default=None, help="A file that says which column is what; known layouts need none."
)
@click.option(
    "--tolerance",
    type=ParsedParam("AMOUNT", tolerance_from),
    default="0.00",
    show_default=True,
    help="How far apart amounts of a match may be.",
)
@common
@witnessed
def reconcile_command(
    home: Home,
    as_json: bool,
    paths: tuple[Path, ...],
    school_year: str,
    mapping: Path | None,
    tolerance: Decimal,
) -> None:
    """Compare what others say, as the decisions of DUO, with the decision in force."""
    from npo_pipeline.commands.reconcile import ReconcileRequest, reconcile

    request = ReconcileRequest(
        home=home, paths=paths, school_year=school_year, mapping=mapping, tolerance=tolerance
    )
    with progress() as report:
        found = reconcile(request, progress=report)
    render_reconcile(found, as_json)


def render_reconcile(found: Reconciliation, as_json: bool) -> None:
    """Print what came of a comparison."""
    if as_json:
        outcomes = {
            name: count for name, count in found.rows["outcome"].value_counts().sort("outcome").iter_rows()
        }
        document({"run_id": found.run_id, "decisions": found.decisions, "outcomes": outcomes})
