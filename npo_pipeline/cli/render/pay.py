"""The summary of `npo pay` and `npo specification`, and payments summed as other summaries show them too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NewType

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.cli.output import document, frame_table, line, number
from npo_pipeline.months import month_text
from schemas.columns import BESTUUR, GEMEENTE, SAMENWERKING
from schemas.decided import Entitlements, Payments

if TYPE_CHECKING:
    from pathlib import Path

    from npo_pipeline.commands.pay import MonthPaid
    from npo_pipeline.commands.specification import MonthSpecified

PaymentSums = NewType("PaymentSums", pl.DataFrame)
"""The columns summed by, then payments, schools, boards, recipients (how many) and amount (in the currency of the
rows)."""


def render_pay(
    months: Sequence[MonthPaid], dry_run: bool, as_json: bool, *, obstacles: Sequence[str] = ()
) -> None:
    """Print the payments of each month by component and reason; `obstacles`: why none would be made now."""
    if as_json:
        shown = [_month_document(month) for month in months]
        remarks = [remark for month in months for remark in month.remarks]
        document({"dry_run": dry_run, "obstacles": list(obstacles), "months": shown, "remarks": remarks})
        return
    from npo_pipeline.commands.pay import specified_of

    for month in months:
        _render_month(month, dry_run)
        for remark in month.remarks:
            line(f"! {remark}")
        for one in specified_of([month]):
            render_specified(one)
    for obstacle in obstacles:
        line(f"! {obstacle}")
    if dry_run:
        line("Dry run: nothing was changed")


def _render_month(paid: MonthPaid, dry_run: bool) -> None:
    name = month_text(paid.month)
    if paid.payments.is_empty():
        line(f"{name}: nothing left to pay")
        return
    title = f"{name}: {'would be paid' if dry_run else f'paid ({paid.run_id})'}"
    for (currency,), rows in paid.payments.partition_by("currency", as_dict=True).items():
        payments = Payments(rows)
        render_payment_sums(title, payments, str(currency))
        line(f"{dutch.totals(payments)} to {schools(payments)}")


def render_payment_sums(title: str, payments: Payments, currency: str) -> None:
    """Print a table of payments in one currency by component and reason."""
    columns = ["component", "reason", "schools", "recipients", "amount"]
    frame_table(title, sums_by(payments, "component", "reason"), columns, amount=money(currency))


def _month_document(paid: MonthPaid) -> dict[str, Any]:
    return {
        "month": month_text(paid.month),
        "run_id": paid.run_id,
        "payments": paid.payments.height,
        "schools": paid.payments["vestiging"].drop_nulls().n_unique(),
        "boards": paid.payments["board"].drop_nulls().n_unique(),
        "recipients": sums_by(paid.payments, "recipient_kind", "currency"),
        "total": paid.total("EUR"),
        "total_usd": paid.total("USD"),
        "by_component": sums_by(paid.payments, "component", "reason", "currency"),
        "specifications": specified_document(paid.specified) if paid.specified else None,
        "left_out": [specified_document(one) for one in paid.left_out],
    }


def render_specified(done: MonthSpecified, folder: Path | None = None) -> None:
    """Print how many specifications of a month were written, and what went wrong."""
    where = f" in {folder}" if folder else ""
    if done.fault is None:
        line(
            f"Specifications of {month_text(done.month)}{where}: {number(len(done.written))} written, "
            f"{number(len(done.up_to_date))} up to date"
        )
    if done.signed:
        line(f"{number(len(done.signed))} specifications signed")
    for board in done.mended:
        line(f"! the specification of {board} had been changed since it was written; it was written again")
    for board, why in done.faults.items():
        line(f"! no specification could be made of {board}: {why}")
    if done.fault is not None:
        line(f"! no specification of {month_text(done.month)} was written: {done.fault}")


def specified_document(done: MonthSpecified) -> dict[str, Any]:
    """Return the specifications of a month as `--json` has them."""
    return {
        "month": month_text(done.month),
        "written": len(done.written),
        "up_to_date": len(done.up_to_date),
        "mended": list(done.mended),
        "signed": len(done.signed),
        "faults": dict(done.faults),
        "fault": done.fault,
    }


def money(currency: str) -> str:
    """Return a currency in words."""
    return {"EUR": "euro", "USD": "dollar"}.get(currency, currency)


def schools(rows: Payments | Entitlements) -> str:
    """Return in words how many schools of how many boards, and how many others, the rows are about."""
    mine = rows.filter(pl.col("recipient_kind") == BESTUUR)
    counted = []
    if mine.height or rows.is_empty():
        counted = [f"{number(mine['vestiging'].n_unique())} schools of {number(mine['board'].n_unique())} boards"]
    for kind, (one, several) in _OTHERS.items():
        if others := rows.filter(pl.col("recipient_kind") == kind)["recipient"].n_unique():
            counted.append(f"{number(others)} {one if others == 1 else several}")
    return ", ".join(counted)


def sums_by(payments: Payments, *columns: str) -> PaymentSums:
    """Return the sums of payments by some columns, sorted descending."""
    unique = (pl.col(one).drop_nulls().n_unique().cast(pl.Int64).alias(many) for one, many in _COUNTED)
    counted = pl.len().cast(pl.Int64).alias("payments")
    sums = payments.group_by(columns).agg(counted, *unique, pl.col("amount").sum())
    return PaymentSums(sums.sort(*columns, descending=[True] * len(columns)))


_COUNTED = (("vestiging", "schools"), ("board", "boards"), ("recipient", "recipients"))
_OTHERS = {
    SAMENWERKING: ("samenwerkingsverband", "samenwerkingsverbanden"),
    GEMEENTE: ("municipality", "municipalities"),
}
"""Kind of recipient besides boards -> the word for one, and for several."""
