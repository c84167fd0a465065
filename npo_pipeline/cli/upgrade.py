"""`npo upgrade`: the books of an older program in the format of this one."""

from __future__ import annotations

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import common, witnessed
from npo_pipeline.cli.output import document, line, progress


@click.command("upgrade")
@common
@witnessed
def upgrade_command(home: Home, as_json: bool) -> None:
    """Migrate the books of an older npo to the format of this one, and verify them before they are kept."""
    from npo_pipeline.books.tables import FORMAT
    from npo_pipeline.commands.upgrade import upgrade

    with progress() as report:
        done = upgrade(home, progress=report)
    if as_json:
        document({"from": done.older, "to": FORMAT, "run_id": done.run_id})
    elif done.run_id is None:
        line(f"The books are of format {FORMAT} already; nothing to do")
    else:
        line(f"The books were of format {done.older} and are of format {FORMAT} now ({done.run_id})")
        line("All that they hold is kept, and was verified before they were replaced")
