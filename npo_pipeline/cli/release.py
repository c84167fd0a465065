"""`npo release`: show, prepare and approve the payment file of a month."""

from __future__ import annotations

from typing import Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import DAY, MONTH, NAME, PATH, PLAN, common, witnessed
from npo_pipeline.cli.output import progress


@click.command("release")
@click.option("--month", type=MONTH, required=True, help="The month to release, for example 2021-09.")
@click.option("--prepared-by", type=NAME, default=None, help="Who prepared it; kept in the books.")
@click.option("--approved-by", type=NAME, default=None, help="Who approves it: another than who prepared it.")
@click.option(
    "--approved-plan",
    type=PLAN,
    default=None,
    help="The plan that is approved, by the 64 characters it ends with.",
)
@click.option(
    "--debtor",
    type=PATH,
    envvar="NPO_DEBTOR",
    default=None,
    help="A YAML file with the account that pays: name, iban and bic.",
)
@click.option("--pay-on", type=DAY, default=None, help="Day on which the bank is to pay.  [default: today]")
@click.option("--all", "every", is_flag=True, help="Show every recipient, however many there are.")
@common
@witnessed
def release_command(home: Home, as_json: bool, every: bool, **options: Any) -> None:
    """Show what would go out to the bank in a month; once two people agree, write the payment file."""
    if (options["approved_by"] is None) != (options["approved_plan"] is None):
        raise click.UsageError("an approval is --approved-by NAME with --approved-plan HASH; give both")
    from npo_pipeline.cli.render.release import render_release
    from npo_pipeline.commands.release import ReleaseRequest, release

    with progress() as report:
        done = release(ReleaseRequest(home=home, **options), progress=report)
    render_release(home, done, as_json=as_json, every=every)
    if done.specified:
        from npo_pipeline.commands.specification import raise_faults

        raise_faults(done.specified)
