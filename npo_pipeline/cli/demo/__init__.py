"""`npo demo`: the whole story on a made-up country."""

from __future__ import annotations

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import common


@click.command("demo", help="The whole story on a made-up country, in about a minute.")
@common
@click.pass_context
def demo_command(context: click.Context, home: Home, as_json: bool) -> None:
    """Run the story in a home of its own."""
    from npo_pipeline.cli.demo.story import run_demo

    run_demo(context.find_root().command, home, as_json)
