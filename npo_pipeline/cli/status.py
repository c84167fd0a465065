"""`npo status`: deliveries, decisions, months paid, what is to come, accounts and open findings of a home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import common
from npo_pipeline.cli.output import document, line, number, table
from npo_pipeline.months import month_text

if TYPE_CHECKING:
    from npo_pipeline.commands.status import Status


@click.command("status")
@common
def status_command(home: Home, as_json: bool) -> None:
    """Show deliveries, decisions, months paid, open findings."""
    from npo_pipeline.commands.status import status

    _render(home, status(home), as_json)


def _render(home: Home, status: Status, as_json: bool) -> None:
    """Print the state of a home."""
    if as_json:
        document(_status_document(status))
        return
    if status.deliveries.is_empty():
        line(f"{home.path}: nothing was delivered yet; begin with `npo ingest`")
        return
    _render_deliveries(status)
    _render_decisions(status)
    _render_months(status)
    _render_accounts(status)
    for file, _, lines, resolved_by, by_file in status.resolved.iter_rows():
        line(f"{file}: {number(lines)} refused rows were resolved by {by_file} ({resolved_by})")
    line("Open findings:" if status.findings else "No open findings")
    for finding in status.findings:
        line(f"! {finding}")


def _status_document(status: Status) -> dict[str, Any]:
    return {
        "deliveries": status.deliveries.to_dicts(),
        "decisions": status.decisions.to_dicts(),
        "months_paid": status.months.to_dicts(),
        "to_come": status.to_come.to_dicts(),
        "findings": list(status.findings),
        "accounts": status.accounts.to_dicts(),
        "resolved": status.resolved.to_dicts(),
    }


def _render_deliveries(status: Status) -> None:
    live = status.deliveries.filter(status.deliveries["superseded_by"].is_null())
    columns = ["delivery_id", "file", "kind", "reference_date", "rows", "rejected"]
    named = ["delivery", "file", "kind", "reference date", "rows", "refused"]
    title = f"Deliveries ({number(status.deliveries.height - live.height)} superseded)"
    table(title, named, live.select(columns).rows(), right=4)


def _render_decisions(status: Status) -> None:
    if status.decisions.is_empty():
        return
    columns = ["decision_id", "reference_date", "decided_at", "reason", "currency", "total"]
    named = ["decision", "pupils of", "decided", "reason", "currency", "total"]
    table("Decisions", named, status.decisions.select(columns).rows(), right=5)
    for name, assumptions in status.decisions.select("decision_id", "rests_on").drop_nulls().rows():
        line(f"{name} is not all published. It rests on {assumptions}\n")


def _render_months(status: Status) -> None:
    if status.months.height:
        paid = status.months.select("paid_month", "currency", "runs", "payments", "boards", "total")
        rows = [(month_text(month), *rest) for month, *rest in paid.iter_rows()]
        table("Months paid", ["month", "currency", "runs", "payments", "boards", "total"], rows, right=2)
    if status.to_come.height:
        rows = [(month_text(month), currency, amount) for month, amount, currency in status.to_come.iter_rows()]
        table("Still to come", ["month", "currency", "amount"], rows, right=2)


def _render_accounts(status: Status) -> None:
    if status.accounts.is_empty():
        return
    columns = ["year", "accounted_on", "boards", "received", "spent", "carried_out", "errors"]
    named = ["year", "accounted for on", "boards", "received", "spent", "left over", "errors"]
    rows = [(str(year), *rest) for year, *rest in status.accounts.select(columns).iter_rows()]
    table("Accounts, in euro", named, rows, right=2)
