"""The commands that keep a home: `npo backup`, `npo restore`, and `npo publish`, its tables for many readers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import PATH, common, witnessed
from npo_pipeline.cli.output import document, line, number, progress
from npo_pipeline.errors import BooksDoNotTie

if TYPE_CHECKING:
    from npo_pipeline.commands.backup import BackedUp
    from npo_pipeline.commands.publish import Published
    from npo_pipeline.commands.restore import Restored


wait_option = click.option(
    "--wait",
    "wait_seconds",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seconds to wait for another run to end.",
)


@click.command("backup")
@click.argument("dest", type=PATH)
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=None,
    help="Keep so many of this home, the newest, and remove the older ones; without it all are kept.",
)
@click.option(
    "--even-if-broken",
    is_flag=True,
    help="Also where the books do not tie; such a back-up is marked, and takes the place of no other.",
)
@wait_option
@common
@witnessed
def backup_command(
    home: Home, as_json: bool, dest: Path, keep: int | None, even_if_broken: bool, wait_seconds: int
) -> None:
    """Copy the home to a folder of its own in DEST, verified before and after, with checksums and a witness."""
    from npo_pipeline.commands.backup import BackUpRequest, back_up

    request = BackUpRequest(
        home=home, dest=dest, keep=keep, even_if_broken=even_if_broken, wait_seconds=wait_seconds
    )
    with progress() as report:
        done = back_up(request, progress=report)
    if as_json:
        answer = asdict(done.made)
        for name in ("modes", "folders", "links"):
            del answer[name]
        document({**answer, "ties": done.made.ties, "removed": done.removed, "remarks": done.remarks})
    else:
        _render_backup(done)
    if done.findings:
        raise BooksDoNotTie(
            f"{home.path}: the books do not tie, and were kept as they are in {done.made.folder} "
            f"({len(done.findings)} findings, first: {done.findings[0]})"
        )


def _render_backup(done: BackedUp) -> None:
    made = done.made
    line(f"Back-up until {made.run_id}: {made.folder} ({number(made.files)} files, {number(made.bytes)} bytes)")
    if made.ties:
        line("The books tie, and so does the copy; every file was read back and is as it was written")
    for name in done.removed:
        line(f"Removed {name}, which is older than the ones to keep")
    for remark in done.remarks:
        line(f"! {remark}")


@click.command("restore")
@click.argument("source", metavar="SRC", type=PATH)
@click.option(
    "--replace", is_flag=True, help="Move what is in the home to replaced/ in it; without it a home must be empty."
)
@click.option("--older", is_flag=True, help="Also a back-up that the witness knows to be older than the last run.")
@click.option("--even-if-broken", is_flag=True, help="Also a back-up of books that did not tie.")
@common
@witnessed
def restore_command(
    home: Home, as_json: bool, source: Path, replace: bool, older: bool, even_if_broken: bool
) -> None:
    """Put a back-up in place as the home: SRC is one, or a folder of them, of which the newest is meant."""
    from npo_pipeline.commands.restore import RestoreRequest, restore

    request = RestoreRequest(source=source, home=home, replace=replace, older=older, even_if_broken=even_if_broken)
    with progress() as report:
        done = restore(request, progress=report)
    if as_json:
        document(
            {
                "folder": done.made.folder,
                "home": home.path,
                "run_id": done.made.run_id,
                "when": done.made.when,
                "files": done.made.files,
                "ties": done.made.ties,
                "replaced": done.replaced,
                "lost_until": done.lost_until,
                "remarks": done.remarks,
            }
        )
    else:
        _render_restored(home, done)


def _render_restored(home: Home, done: Restored) -> None:
    made = done.made
    line(f"{home.path} is the home of {made.when} again, until {made.run_id} ({number(made.files)} files)")
    line(f"It comes from {made.folder}")
    if made.ties:
        line("Every file is as its checksum says, and the books tie")
    if done.replaced:
        line(f"What was in the home is in {done.replaced} now")
    if done.lost_until:
        line(f"! The runs after {made.run_id}, until {done.lost_until}, are lost: do them again, in their order")
        line("! Nothing is paid until the witness is emptied; ask the bank first which payment files it has")
    for remark in done.remarks:
        line(f"! {remark}")


@click.command("publish")
@click.argument("dest", type=PATH)
@click.option(
    "--keep",
    type=click.IntRange(min=2),
    default=3,
    show_default=True,
    help="Keep the files of so many runs, for readers that have an earlier catalogue open.",
)
@click.option(
    "--base", default=None, help="The path or address under which readers have DEST, as s3://bucket/npo."
)
@wait_option
@common
def publish_command(home: Home, as_json: bool, dest: Path, keep: int, base: str | None, wait_seconds: int) -> None:
    """Write the tables for many readers to DEST, as Parquet and a DuckDB catalogue, without accounts and names."""
    from npo_pipeline.commands.publish import PublishRequest, publish

    request = PublishRequest(home=home, dest=dest, keep=keep, base=base, wait_seconds=wait_seconds)
    with progress() as report:
        done = publish(request, progress=report)
    if as_json:
        document(asdict(done))
    else:
        _render_published(done)


def _render_published(done: Published) -> None:
    if not done.is_new:
        line(f"{done.dest} holds the tables of {done.run_id} already; nothing was written")
        return
    size, folder = number(done.bytes), done.dest / done.folder
    line(
        f"{number(len(done.tables))} tables of {done.run_id}: {folder} ({number(done.files)} files, {size} bytes)"
    )
    line(f"The catalogue {done.dest / 'npo.duckdb'} looks for them in {done.base}")
    line("Left out: account numbers, names of persons, and texts that people wrote (dictionary.md)")
    for name in done.removed:
        line(f"Removed the files of {name}, which is older than the ones to keep")
