"""`npo decide` and `npo diff`: compute entitlements and instalments as a new decision; compare two decisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import (
    PATH,
    REASON,
    SCHOOL_YEAR,
    approval_options,
    common,
    max_change_option,
    reference_date_option,
    rulebook_options,
    witnessed,
)
from npo_pipeline.cli.output import progress
from npo_pipeline.errors import NpoError, Refused

if TYPE_CHECKING:
    from npo_pipeline.commands.decide.command import Diff
    from npo_pipeline.commands.decide.model import DecisionPlan
    from schemas.decided import Payments


@click.command("decide")
@click.option("--school-year", type=SCHOOL_YEAR, default=None, help="For example 2021-2022.")
@click.option(
    "--scheme", default=None, help="In place of a school year: a scheme of a period of its own (gemeenten)."
)
@rulebook_options
@reference_date_option("In place of the date in the regulation.")
@click.option("--reason", type=REASON, default=None, help="Why it is decided (again); kept with the decision.")
@approval_options
@click.option(
    "--accept-change",
    is_flag=True,
    help="Decide though much more or less is counted than before; kept with the decision, with its --reason.",
)
@max_change_option
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--workbook", type=PATH, default=None, help="Write all that changes to this .xlsx as well.")
@common
@witnessed
def decide_command(
    home: Home, as_json: bool, workbook: Path | None, school_year: str | None, scheme: str | None, **options: Any
) -> None:
    """Compute every school's entitlement as a new decision, or what municipalities get."""
    from npo_pipeline.cli.render.decide import render_decide
    from npo_pipeline.commands.decide.command import decide
    from npo_pipeline.commands.decide.model import DecideRequest
    from npo_pipeline.rulebook.load import series_of_scheme

    if (school_year is None) == (scheme is None):
        raise click.UsageError("say what to decide: --school-year 2021-2022, or --scheme gemeenten in place of it")
    _require_new(workbook)
    if options["accept_change"] and not options["reason"]:
        raise click.UsageError("say why the change is accepted: --reason TEXT; it is kept with the decision")
    series = school_year or series_of_scheme(str(scheme))
    request = DecideRequest(home=home, school_year=series, **options)
    with progress() as report:
        report("deciding", 0)
        result = decide(request)
    if workbook is not None:
        next_payment = result.next_payment
        payments = next_payment.payments if next_payment else None
        of = ", ".join(result.written.values()) or series
        _write_workbook(workbook, result, payments, of=of, written=tuple(result.written.values()))
    render_decide(result, request.dry_run, as_json)


@click.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--workbook", type=PATH, default=None, help="Write all that differs to this .xlsx as well.")
@common
def diff_command(home: Home, as_json: bool, before: str, after: str, workbook: Path | None) -> None:
    """Show what decision AFTER has more or less than decision BEFORE, and why."""
    from npo_pipeline.cli.render.decide import render_diff
    from npo_pipeline.commands.decide.command import diff

    _require_new(workbook)
    difference = diff(home, before, after)
    if workbook is not None:
        _write_workbook(workbook, difference, None, of=f"{before} naast {after}")
    render_diff(difference, as_json)


def _require_new(workbook: Path | None) -> None:
    """Refuse a workbook that cannot be written, before anything is decided."""
    if workbook is not None:
        from npo_pipeline.atomic_file import require_new

        require_new(workbook, ".xlsx")


def _write_workbook(
    path: Path, found: DecisionPlan | Diff, payments: Payments | None, *, of: str, written: tuple[str, ...] = ()
) -> None:
    """Write what differs as a workbook; where the disk fails say that the decision is written all the same."""
    from npo_pipeline.commands.steps import now
    from npo_pipeline.months import day_of
    from npo_pipeline.reports.plan_workbook import write_plan

    try:
        write_plan(found.comparison, found.rule_changes, payments, path, of=of, made=day_of(now()))
    except Refused as refusal:
        if not written:
            raise
        names = ", ".join(written)
        raise NpoError(
            f"decision {names} is written, and its workbook is not: {refusal}; see `npo diff`"
        ) from refusal
