"""`npo reconcile`: what others say, beside what was decided."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import BOARD, PATH, SCHOOL_YEAR, ParsedParam, common, witnessed
from npo_pipeline.cli.output import progress
from npo_pipeline.errors import NpoError, Refused

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
@click.option("--board", type=BOARD, default=None, help="Compare the schools of this board alone.")
@click.option("--workbook", type=PATH, default=None, help="Write all that was compared to this .xlsx as well.")
@click.option("--page", type=PATH, default=None, help="Write it as a page to search in, to this .html.")
@common
@witnessed
def reconcile_command(
    home: Home,
    as_json: bool,
    paths: tuple[Path, ...],
    school_year: str,
    mapping: Path | None,
    tolerance: Decimal,
    board: str | None,
    workbook: Path | None,
    page: Path | None,
) -> None:
    """Compare what others say, as the decisions of DUO, with the decision in force."""
    from npo_pipeline.cli.render.reconcile import render_reconcile
    from npo_pipeline.commands.reconcile import ReconcileRequest, reconcile

    _require_writable(home, workbook, page)
    request = ReconcileRequest(
        home=home, paths=paths, school_year=school_year, mapping=mapping, tolerance=tolerance, board=board
    )
    with progress() as report:
        found = reconcile(request, progress=report)
    written = _write_reports(home, found, workbook, page)
    render_reconcile(found, as_json, written=written)


def _require_writable(home: Home, workbook: Path | None, page: Path | None) -> None:
    """Refuse a workbook or a page that cannot be written, before anything is compared."""
    from npo_pipeline.atomic_file import require_new
    from npo_pipeline.reports.house_style import load_house_style

    for path, ending in ((workbook, ".xlsx"), (page, ".html")):
        if path is not None:
            require_new(path, ending)
    if page is not None:
        load_house_style(home.path)


def _write_reports(
    home: Home, found: Reconciliation, workbook: Path | None, page: Path | None
) -> tuple[Path, ...]:
    """Write the workbook and the page, where they are asked.

    Raises:
        NpoError: one cannot be written; what was compared is in the books all the same.
    """
    from npo_pipeline.commands.reconcile import write_reports

    try:
        return write_reports(home, found, workbook=workbook, page=page)
    except Refused as refusal:
        raise NpoError(
            f"{found.run_id} is in the books, and not all of its reports are written: {refusal}"
        ) from refusal
