"""`npo pay`, the payment run of a month, and its specifications; `npo hold` and `npo unhold`."""

from __future__ import annotations

from typing import Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import BOARD, MONTH, NAME, REASON, common, witnessed, workers_option
from npo_pipeline.cli.output import document, line, progress
from npo_pipeline.workers import Workers


@click.command("pay")
@click.option("--month", type=MONTH, required=True, help="The month to pay, for example 2021-09.")
@click.option("--catch-up", is_flag=True, help="First pay the months that were skipped, in order.")
@click.option("--dry-run", is_flag=True, help="Show what would be paid, and change nothing.")
@click.option(
    "--specifications/--no-specifications",
    envvar="NPO_SPECIFICATIONS",
    default=True,
    help="Write a specification for every board that is paid.  [default: yes]",
)
@workers_option
@common
@witnessed
def pay_command(home: Home, as_json: bool, workers: Workers, **options: Any) -> None:
    """Run the payments of a month."""
    from npo_pipeline.cli.render.pay import render_pay
    from npo_pipeline.commands.hold import obstacles
    from npo_pipeline.commands.pay import PayRequest, pay, specified_of

    request = PayRequest(home=home, **options)
    with progress() as report:
        months = pay(request, progress=report, workers=workers)
    render_pay(months, request.dry_run, as_json, obstacles=obstacles(home) if request.dry_run else ())
    if specified := specified_of(months):
        from npo_pipeline.commands.specification import raise_faults

        raise_faults(specified)


@click.command("specification")
@click.option("--month", type=MONTH, required=True, help="The month that was paid, for example 2021-09.")
@click.option("--board", type=BOARD, default=None, help="Of this board alone.")
@workers_option
@common
def specification_command(home: Home, as_json: bool, workers: Workers, **options: Any) -> None:
    """Write the specification of a month's payments for every board (again)."""
    from npo_pipeline.cli.render.pay import render_specified, specified_document
    from npo_pipeline.commands.specification import SpecificationRequest, raise_faults, write_month

    request = SpecificationRequest(home=home, **options)
    with progress() as report:
        done = write_month(request, progress=report, workers=workers)
    if as_json:
        document(specified_document(done))
    else:
        render_specified(done, request.folder)
    raise_faults([done])


def _user() -> str:
    """Return the name by which the user is logged in; a machine may have none for its user."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise click.UsageError("this machine has no name for you; say who does it with --by NAME") from None


_BY = click.option(
    "--by", type=NAME, default=_user, help="Who does it; kept in the books.  [default: the user who is logged in]"
)


@click.command("hold")
@click.option("--reason", type=REASON, required=True, help="Why; shown to whoever would pay.")
@_BY
@common
@witnessed
def hold_command(home: Home, as_json: bool, by: str, reason: str) -> None:
    """Put all payments on hold, whoever or whatever would make them."""
    from npo_pipeline.commands.hold import HoldRequest, hold

    done = hold(HoldRequest(home=home, declared_by=by, reason=reason))
    if as_json:
        document({"run_id": done.run_id, "on_hold": True, "by": by, "reason": reason})
    else:
        line(f"Payments are on hold ({done.run_id}); `npo unhold` releases them")


@click.command("unhold")
@click.option("--reason", type=REASON, default=None, help="Why.")
@_BY
@common
@witnessed
def unhold_command(home: Home, as_json: bool, by: str, reason: str | None) -> None:
    """Release payments from hold. The next payment run pays what is due."""
    from npo_pipeline.commands.hold import HoldRequest, hold_words, unhold

    done = unhold(HoldRequest(home=home, declared_by=by, reason=reason))
    if as_json:
        document({"run_id": done.run_id, "on_hold": False, "by": by, "reason": reason})
        return
    if done.before is not None:
        line(f"Until now {hold_words(done.before)}")
    line(f"Payments are released ({done.run_id}); nothing was paid: `npo status` shows what is due")
