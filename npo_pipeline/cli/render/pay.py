"""What was paid, whether it ties, and how a home stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.cli.output import document, euro, line, number, table
from npo_pipeline.cli.render.common import money, schools, sums_by
from npo_pipeline.months import month_text

if TYPE_CHECKING:
    from npo_pipeline.commands.pay import MonthPaid
    from npo_pipeline.commands.status import Status
    from npo_pipeline.commands.verify.command import VerifyResult


def of_pay(paid: Sequence[MonthPaid], dry_run: bool, as_json: bool) -> None:
    """What was paid, per month and component."""
    if as_json:
        document({"dry_run": dry_run, "months": [_month(one) for one in paid]})
        return
    for one in paid:
        name = month_text(one.month)
        if one.payments.is_empty():
            line(f"{name}: nothing left to pay")
            continue
        title = f"{name}: {'would be paid' if dry_run else f'paid ({one.run_id})'}"
        for (currency,), payments in one.payments.partition_by("currency", as_dict=True).items():
            sums = sums_by(payments, "component", "reason")
            columns = ["component", "reason", "schools", "boards", money(str(currency))]
            shown = sums.select("component", "reason", "schools", "boards", "amount").rows()
            table(title, columns, shown, right=2)
            line(f"{euro(payments['amount'].sum())} {money(str(currency))} to {schools(payments)}")
    if dry_run:
        line("Dry run: nothing was changed")


def _month(one: MonthPaid) -> dict[str, Any]:
    return {
        "month": month_text(one.month),
        "run_id": one.run_id,
        "payments": one.payments.height,
        "schools": one.payments["vestiging"].n_unique(),
        "boards": one.payments["board"].n_unique(),
        "total": _in(one.payments, "EUR"),
        "total_usd": _in(one.payments, "USD"),
        "by_component": sums_by(one.payments, "component", "reason", "currency").to_dicts(),
    }


def _in(payments: pl.DataFrame, currency: str) -> Any:
    return payments.filter(pl.col("currency") == currency)["amount"].sum()


def of_verify(result: VerifyResult, as_json: bool) -> None:
    """What was derived again, and what does not tie."""
    if as_json:
        document({"ties": not result.findings, "checked": result.checked, "findings": list(result.findings)})
        return
    rows = [(check, f"{number(many)} findings" if many else "ties") for check, many in result.checked.items()]
    table("Books", ["check", "result"], rows)
    for finding in result.findings:
        line(f"! {finding}")


def of_status(home: Path, status: Status, as_json: bool) -> None:
    """The state of a home."""
    if as_json:
        document(
            {
                "deliveries": status.deliveries.to_dicts(),
                "decisions": status.decisions.to_dicts(),
                "months_paid": status.months.to_dicts(),
                "to_come": status.to_come.to_dicts(),
                "findings": list(status.findings),
                "accounts": status.accounts.to_dicts(),
                "resolved": status.resolved.to_dicts(),
            }
        )
        return
    live = status.deliveries.filter(pl.col("superseded_by").is_null())
    if status.deliveries.is_empty():
        line(f"{home}: nothing was delivered yet; begin with `npo ingest`")
        return
    columns = ["delivery_id", "file", "kind", "reference_date", "rows", "rejected"]
    named = ["delivery", "file", "kind", "reference date", "rows", "refused"]
    table(
        f"Deliveries ({number(status.deliveries.height - live.height)} superseded)",
        named,
        live.select(columns).rows(),
        right=4,
    )
    if status.decisions.height:
        shown = status.decisions.select(
            "decision_id", "reference_date", "decided_at", "reason", "currency", "total"
        )
        columns = ["decision", "pupils of", "decided", "reason", "currency", "total"]
        table("Decisions", columns, shown.rows(), right=5)
        for name, rests in status.decisions.select("decision_id", "rests_on").drop_nulls().rows():
            line(f"{name} is not all published. It rests on {rests}\n")
    if status.months.height:
        paid = status.months.select("paid_month", "currency", "runs", "payments", "boards", "total")
        rows = [(month_text(month), *rest) for month, *rest in paid.iter_rows()]
        table("Months paid", ["month", "currency", "runs", "payments", "boards", "total"], rows, right=2)
    if status.to_come.height:
        rows = [(month_text(month), money, amount) for month, amount, money in status.to_come.iter_rows()]
        table("Still to come", ["month", "currency", "amount"], rows, right=2)
    if status.accounts.height:
        columns = ["year", "accounted_on", "boards", "received", "spent", "carried_out", "errors"]
        years = [(str(year), *rest) for year, *rest in status.accounts.select(columns).iter_rows()]
        named = ["year", "accounted for on", "boards", "received", "spent", "left over", "errors"]
        table("Accounts, in euro", named, years, right=2)
    for file, _, lines, resolved_by, by_file in status.resolved.iter_rows():
        line(f"{file}: {number(lines)} refused rows were resolved by {by_file} ({resolved_by})")
    line("Open findings:" if status.findings else "No open findings")
    for finding in status.findings:
        line(f"! {finding}")
