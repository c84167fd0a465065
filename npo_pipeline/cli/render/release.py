"""The summary of `npo release`: who is paid, what is withheld and why, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.books.paths import Home
from npo_pipeline.cli.output import document, frame_table, line, number
from npo_pipeline.cli.render.pay import money, render_specified, specified_document
from npo_pipeline.money import to_euro
from npo_pipeline.months import month_text
from npo_pipeline.translation import said
from schemas.frames.bank import ReleaseLines

if TYPE_CHECKING:
    from npo_pipeline.commands.release import Released

_FEW = 20
"""Recipients that are shown one by one; of more than these the noteworthy ones are."""

_LARGEST = 3
"""Transfers that are named where not all are shown."""

_WHY = {
    "not_above_zero": "nothing above zero is left",
    "no_account": "no account is known",
    "set_off": "set off against what was withheld before",
    "sent_again": "withheld before",
}
"""Reason -> words for it, in a table."""


def render_release(home: Home, done: Released, *, as_json: bool, every: bool, typed: str = "") -> None:
    """Print a release that is planned, prepared or done; `typed`: options that the next command needs too."""
    if as_json:
        document(_document(home, done))
        return
    plan = done.prepared.plan
    name = month_text(plan.month)
    if plan.is_empty and done.batches is None:
        line(f"{name}: nothing is left to release")
    if done.run_id is not None or done.batches is None:
        for (currency,), rows in plan.lines.partition_by("currency", as_dict=True).items():
            _render_currency(done, str(currency), ReleaseLines(rows), every=every)
    for remark in _remarks(done):
        line(f"! {remark}")
    _render_end(home, done, typed)


def _remarks(done: Released) -> list[str]:
    if done.one_account is None:
        return list(done.prepared.remarks)
    typed = (
        f"one account of this machine, {done.one_account}, prepared and approved it; who typed the two names, "
        "nobody can say"
    )
    return [*done.prepared.remarks, typed]


def _render_currency(done: Released, currency: str, lines: ReleaseLines, *, every: bool) -> None:
    """Print the recipients in one currency: all of a few, else those that are not simply paid what is new."""
    name = month_text(done.prepared.plan.month)
    is_plain = (pl.col("withheld_cents") == 0) & pl.col("kept").is_null() & pl.col("failed").is_null()
    changed = lines.join(done.prepared.changed, on=["recipient_kind", "recipient"], how="semi")["recipient"]
    noteworthy = lines.filter(~is_plain | pl.col("recipient").is_in(changed.implode()))
    shown = lines if every or lines.height <= _FEW else noteworthy
    sent = lines.filter(pl.col("sent_cents") > 0)
    if shown.height:
        title = f"{name}: transfers" if shown.height == lines.height else f"{name}: recipients to look at"
        columns = ["recipient", "iban", "account_name", "why", "paid", "withheld", "transfer"]
        headings = {"account_name": "account of", "paid": "new", "transfer": f"goes out, {money(currency)}"}
        frame_table(title, _cells(ReleaseLines(shown)), columns, **headings)
    if sent.height > shown.height:
        largest = sent.sort("sent_cents", descending=True, maintain_order=True).head(_LARGEST)
        named = [f"{one} {dutch.money(_amount(rows, 'sent_cents'), currency)}" for one, rows in _each(largest)]
        line(f"The largest: {', '.join(named)}; --all shows every recipient")
    total = dutch.money(_amount(sent, "sent_cents"), currency)
    line(f"{name}: {total} in {number(sent.height)} transfers, to be paid on {done.prepared.execution_date}")
    for (kept,), rows in lines.filter(pl.col("kept").is_not_null()).partition_by("kept", as_dict=True).items():
        held = dutch.money(_amount(rows, "open_cents"), currency)
        line(f"Withheld from {number(rows.height)} recipients: {held} ({said(_WHY[str(kept)])})")


def _each(lines: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield each recipient with its row."""
    for at, recipient in enumerate(lines["recipient"]):
        yield recipient, lines[at]


def _cells(lines: ReleaseLines) -> pl.DataFrame:
    reason = pl.coalesce("kept", "reason")
    why = reason.replace_strict({name: said(words) for name, words in _WHY.items()}, return_dtype=pl.String)
    return lines.with_columns(
        paid=to_euro(pl.col("new_cents")),
        withheld=to_euro(pl.col("withheld_cents")),
        transfer=to_euro(pl.col("sent_cents")),
        why=why,
    )


def _amount(lines: pl.DataFrame, column: str) -> Any:
    return lines.select(to_euro(pl.col(column).sum())).item()


def _render_end(home: Home, done: Released, typed: str) -> None:
    """Print what was done, and what to type next."""
    if done.batches is not None and done.batches.height:
        if done.run_id is None:
            line(f"This plan was released before ({done.batches['run_id'][0]}); nothing goes out twice")
        for batch, file, transfers, total, currency in done.batches[
            ["batch_id", "file", "transfers", "total", "currency"]
        ].iter_rows():
            where = home.bank / file if file else said("no file, for nothing goes out")
            line(f"{batch}: {number(transfers)} transfers, {dutch.money(total, currency)}: {where}")
        if done.run_id is not None and done.batches["file"].drop_nulls().len():
            line("Upload what is written at the bank, and give what the bank answers to `npo bank`")
    else:
        _render_next(done, typed)
    released = set() if done.batches is None else {*done.batches["file"].drop_nulls()}
    for path in done.files:
        if path.name not in released:
            line(f"! {path}: was gone and is written again as it was; upload it only if the bank does not have it")
    for fault in done.odd_files:
        line(f"! {fault}")
    for month in done.specified:
        render_specified(month)


def _render_next(done: Released, typed: str) -> None:
    plan, name = done.prepared.plan, month_text(done.prepared.plan.month)
    if plan.is_empty:
        return
    options = typed if done.debtor else " --debtor FILE" + typed
    if done.prepared_by:
        line(f"Prepared by {', '.join(done.prepared_by)}; nothing has gone out. Another person approves it by:")
        line(
            f"npo release --month {name} --approved-by NAME{options} --approved-plan {plan.fingerprint}",
            as_is=True,
        )
    else:
        line("Nothing was changed. Say who prepares it, so that another can approve it:")
        line(f"npo release --month {name} --prepared-by NAME{typed}", as_is=True)
        line(f"Plan: {plan.fingerprint}")


def _document(home: Home, done: Released) -> dict[str, Any]:
    prepared, plan = done.prepared, done.prepared.plan
    amounts = {f"{one}": to_euro(pl.col(f"{one}_cents")) for one in ("new", "open", "sent", "withheld")}
    lines = plan.lines.select(
        *("recipient_kind", "recipient", "currency"),
        **amounts,
        reason="reason",
        not_sent_because="kept",
        iban="iban",
        account_name="account_name",
        remittance="remittance",
        given_back_before="failed",
        payments=pl.col("payment_ids").list.len(),
    )
    sums = lines.group_by("currency").agg(
        transfers=(pl.col("sent") > 0).sum(),
        sent=pl.col("sent").sum(),
        withheld=pl.col("open").filter(pl.col("not_sent_because").is_not_null()).sum(),
        recipients=pl.len(),
    )
    return {
        "month": month_text(plan.month),
        "run_id": done.run_id,
        "released": done.batches is not None and done.batches.height > 0,
        "plan": plan.fingerprint,
        "fingerprint": plan.fingerprint,
        "prepared_by": list(done.prepared_by),
        "execution_date": prepared.execution_date,
        "debtor_iban": done.debtor.iban if done.debtor else None,
        "totals": sums.sort("currency"),
        "recipients": lines,
        "changed_accounts": prepared.changed,
        "batches": [] if done.batches is None else done.batches,
        "files": [str(path) for path in done.files],
        "odd_files": list(done.odd_files),
        "specifications": [specified_document(one) for one in done.specified],
        "remarks": _remarks(done),
    }
