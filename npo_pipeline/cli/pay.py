"""`npo pay`: the payment run of a month."""

from __future__ import annotations

from typing import Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import MONTH, common, witnessed
from npo_pipeline.cli.output import progress


@click.command("pay")
@click.option("--month", type=MONTH, required=True, help="The month to pay, for example 2021-09.")
@click.option("--catch-up", is_flag=True, help="First pay the months that were skipped, in order.")
@click.option("--dry-run", is_flag=True, help="Show what would be paid, and change nothing.")
@common
@witnessed
def pay_command(home: Home, as_json: bool, **options: Any) -> None:
    """Run the payments of a month."""
    from npo_pipeline.cli.render.pay import render_pay
    from npo_pipeline.commands.hold import obstacles
    from npo_pipeline.commands.pay import PayRequest, pay

    request = PayRequest(home=home, **options)
    with progress() as report:
        months = pay(request, progress=report)
    render_pay(months, request.dry_run, as_json, obstacles=obstacles(home) if request.dry_run else ())
