"""`npo status`: the state of a home."""

from __future__ import annotations

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import common


@click.command("status")
@common
def status_command(home: Home, as_json: bool) -> None:
    """Show deliveries, decisions, months paid, open findings."""
    from npo_pipeline.cli.render.status import render_status
    from npo_pipeline.commands.status import status

    render_status(home, status(home), as_json)
