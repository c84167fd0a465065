"""`npo serve`: the schedules, run by a Prefect server."""

from __future__ import annotations

import os
import sys

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import WITNESS_VARIABLE, common, witnessed


@click.command("serve")
@click.option("--once", is_flag=True, help="Register the schedules and stop (to see whether all is well).")
@common
@witnessed
def serve_command(home: Home, as_json: bool, once: bool) -> None:
    """Register the schedules with a Prefect server and run them."""
    if as_json:
        raise click.UsageError("serve goes on until it is stopped, and has no document; ask `npo status --json`")
    if home.witness:
        os.environ[WITNESS_VARIABLE] = str(home.witness)
    # A process of its own: Prefect reads its settings when it is imported, and only the flows import it.
    # -P: a folder called flows where the operator happens to be is not ours.
    arguments = [sys.executable, "-P", "-m", "flows.serve", "--home", str(home.path.absolute())]
    os.execv(sys.executable, [*arguments, *(["--once"] if once else [])])
