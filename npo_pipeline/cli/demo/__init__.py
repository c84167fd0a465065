"""`npo demo`: the whole story on a made-up country."""

from __future__ import annotations

import os

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import WITNESS_VARIABLE, common


@click.command("demo", help="The whole story on a made-up country, in about a minute.")
@common
@click.pass_context
def demo_command(context: click.Context, home: Home, as_json: bool) -> None:
    """Run the story in a home of its own."""
    from npo_pipeline.cli.demo.story import run_demo

    os.environ.pop(WITNESS_VARIABLE, None)  # That of another home; this one is made anew each time.
    run_demo(context.find_root().command, home, as_json)
