"""`npo ingest`: read, validate and register a delivery."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import PATH, SHARE, common, reference_date_option
from npo_pipeline.cli.output import progress


@click.command("ingest")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@reference_date_option("Date of the files that do not say theirs.")
@click.option(
    "--max-rejected", type=SHARE, default="0.01", show_default=True, help="Largest share of refused rows."
)
@common
def ingest_command(
    home: Home, as_json: bool, paths: tuple[Path, ...], reference_date: date | None, max_rejected: Decimal
) -> None:
    """Read a delivery: a folder, a file or a zip; several make one."""
    from npo_pipeline.cli.render.ingest import render_ingest
    from npo_pipeline.commands.ingest import IngestRequest, ingest

    request = IngestRequest(home=home, paths=paths, reference_date=reference_date, max_rejected=max_rejected)
    with progress() as report:
        result = ingest(request, progress=report)
    render_ingest(home, result, as_json)
