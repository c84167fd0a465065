"""The commands of a home as a whole: `npo status`, `npo verify`, `npo upgrade`, and `npo serve`, its schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.checks import check_options, checked
from npo_pipeline.cli.options import PATH, common, witnessed
from npo_pipeline.cli.output import document, frame_table, line, number, progress, table
from npo_pipeline.cli.release import render_failed
from npo_pipeline.errors import BooksDoNotTie
from npo_pipeline.months import ZONE_NAME
from npo_pipeline.translation import said
from npo_pipeline.watch.levels import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from npo_pipeline.commands.status import Status


import os
import sys

from npo_pipeline.cli.options import WITNESS_VARIABLE


@click.command("status")
@check_options
@common
@witnessed
@click.pass_context
def status_command(
    context: click.Context, /, home: Home, as_json: bool, check: bool, timeout: int, **limits: Limits | None
) -> int:
    """Show deliveries, decisions, months paid, open findings.

    With --check: what a monitor asks, a line per check, the worst first; exit status 0 (nothing to do), 6
    (somebody should look) or 7 (somebody must act now).
    """
    if check:
        given = {name: value for name, value in limits.items() if value is not None}
        return checked(home, given, as_json=as_json, seconds=timeout)
    if any(context.get_parameter_source(one) is ParameterSource.COMMANDLINE for one in (*limits, "timeout")):
        raise click.UsageError("thresholds and --timeout belong to --check; add it, or leave them out")
    from npo_pipeline.commands.status import status

    found = status(home)
    if as_json:
        document(vars(found))
    else:
        _render(home, found)
    return 0


def _render(home: Home, status: Status) -> None:
    """Print the state of a home."""
    if status.deliveries.is_empty():
        line(f"{home.path}: nothing was delivered yet; begin with `npo ingest`")
        return
    _render_deliveries(status)
    _render_decisions(status)
    _render_months(status)
    _render_bank(status)
    _render_accounts(status)
    _render_reconciled(status)
    for file, _, lines, resolved_by, by_file in status.resolved.iter_rows():
        line(f"{file}: {number(lines)} refused rows were resolved by {by_file} ({resolved_by})")
    line("Open findings:" if status.findings else "No open findings")
    for finding in status.findings:
        line(f"! {finding}")


def _render_deliveries(status: Status) -> None:
    live = status.deliveries.filter(status.deliveries["superseded_by"].is_null())
    columns = ["delivery_id", "file", "kind", "reference_date", "rows", "rejected"]
    title = f"Deliveries ({number(status.deliveries.height - live.height)} superseded)"
    frame_table(title, live, columns, delivery_id="delivery", rejected="refused")


def _render_decisions(status: Status) -> None:
    """Print the decisions, with the moment of each by the clock of the Netherlands."""
    import polars as pl

    if status.decisions.is_empty():
        return
    columns = ["decision_id", "reference_date", "decided_at", "reason", "currency", "total"]
    headings = {"decision_id": "decision", "reference_date": "pupils of", "decided_at": "decided"}
    there = (
        pl.col("decided_at").dt.replace_time_zone("UTC").dt.convert_time_zone(ZONE_NAME).dt.replace_time_zone(None)
    )
    frame_table("Decisions", status.decisions.with_columns(there), columns, **headings)
    for name, assumptions in status.decisions.select("decision_id", "rests_on").drop_nulls().rows():
        line(f"{name} is not all published. It rests on {assumptions}\n")


def _render_months(status: Status) -> None:
    if status.months_paid.height:
        paid = status.months_paid.with_columns(month=status.months_paid["paid_month"].dt.strftime("%Y-%m"))
        frame_table("Months paid", paid, ["month", "currency", "runs", "payments", "recipients", "total"])
    if status.to_come.height:
        to_come = status.to_come.with_columns(status.to_come["month"].dt.strftime("%Y-%m"))
        frame_table("Still to come", to_come, ["month", "currency", "amount"])


def _render_bank(status: Status) -> None:
    if status.sent_out.height:
        columns = ["currency", "oldest", "transfers", "amount", "days"]
        headings = {"oldest": "oldest of", "transfers": "number of transfers"}
        frame_table("Sent to the bank, and not booked yet", status.sent_out, columns, **headings)
    if status.came_back.height:
        render_failed("Came back, and not sent again", status.came_back)


def _render_accounts(status: Status) -> None:
    import polars as pl

    if status.accounts.is_empty():
        return
    columns = ["year", "accounted_on", "boards", "received", "spent", "carried_out", "errors", "closed_on"]
    accounts = status.accounts.cast({"year": str})
    headings = {"accounted_on": "accounted for on", "carried_out": "left over", "closed_on": "closed on"}
    frame_table("Accounts, in euro", accounts, columns, **headings)
    in_dollars = {f"{name}_usd": pl.col(f"{name}_usd") for name in ("received", "spent", "carried_out")}
    dollars = accounts.filter(pl.any_horizontal(one != 0 for one in in_dollars.values()))
    if dollars.height:
        shown = {"received_usd": "received", "spent_usd": "spent", "carried_out_usd": "left over"}
        frame_table("Accounts, in US dollars", dollars, ["year", *in_dollars], **shown)


def _render_reconciled(status: Status) -> None:
    """Print the last comparison with what others say, per school year."""
    import polars as pl

    from npo_pipeline import dutch

    if status.reconciled.is_empty():
        return
    share = pl.Series([dutch.percent(one) for one in status.reconciled["share"]])
    day = pl.col("compared_at").dt.replace_time_zone("UTC").dt.convert_time_zone(ZONE_NAME).dt.date()
    rows = status.reconciled.with_columns(share=share, day=day)
    columns = ["school_year", "day", "files", "decisions", "amounts", "matching", "share"]
    headings = {"day": "compared on", "files": "with", "decisions": "decision", "matching": "match"}
    frame_table("Reconciled with what others say", rows, columns, **headings)


@click.command("runs")
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True, help="How many, the newest.")
@common
def runs_command(home: Home, as_json: bool, last: int) -> None:
    """List the runs of the books: what was done, when, by which names and by which account of the machine."""
    from npo_pipeline.commands.runs import runs_done
    from npo_pipeline.months import in_the_netherlands

    done = runs_done(home, last=last)
    if as_json:
        document({"runs": [{**vars(one), "user": one.user.entry() if one.user else None} for one in done]})
        return
    rows = [
        (
            one.run_id,
            f"{in_the_netherlands(one.finished_at):%Y-%m-%d %H:%M}",
            one.prepared_by or "",
            one.approved_by or "",
            one.user.words() if one.user else "",
        )
        for one in done
    ]
    table("Runs", ["run", "finished", "prepared by", "approved by", "account of the machine"], rows, right=5)


@click.command("verify")
@click.option(
    "--public-key",
    type=PATH,
    envvar="NPO_PUBLIC_KEY",
    default=None,
    help="A public key, in PEM: every pack and specification must be signed by its private one.",
)
@common
@witnessed
def verify_command(home: Home, as_json: bool, public_key: Path | None) -> None:
    """Derive everything again, and say what does not tie."""
    from npo_pipeline.commands.verify.command import verify

    with progress() as report:
        report("deriving everything again", 0)
        result = verify(home, signed_by=public_key)
    if as_json:
        answer = {"ties": not result.findings, "checked": result.checked, "findings": result.findings}
        document({**answer, "remarks": result.remarks})
    else:
        checked = result.checked.items()
        rows = [(check, said(f"{number(times)} findings" if times else "ties")) for check, times in checked]
        table("Books", ["check", "result"], rows)
        for finding in (*result.findings, *result.remarks):
            line(f"! {finding}")
    if result.findings:
        raise BooksDoNotTie(f"{home.path}: {len(result.findings)} findings, first: {result.findings[0]}")


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
