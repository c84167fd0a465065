"""The closing summary of each command: what was done, for how many, how much, and what to look at next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.cli.granted import grants_document, show_grants
from npo_pipeline.cli.show import document, euro, line, number, table
from npo_pipeline.months import month_text

if TYPE_CHECKING:
    from npo_pipeline.commands.decision import DecideResult
    from npo_pipeline.commands.ingest import IngestResult
    from npo_pipeline.commands.pay import MonthPaid
    from npo_pipeline.commands.status import Status
    from npo_pipeline.commands.verify import VerifyResult
    from npo_pipeline.generate import Report

SHOWN = 5
"""Findings shown before the rest is pointed at."""


def of_generate(out: Path, report: Report, as_json: bool) -> None:
    """What was made up."""
    if as_json:
        document(
            {
                "out": str(out),
                "files": dict(report.files),
                "pupils": report.pupils,
                "planted": dict(report.planted),
            }
        )
        return
    table(f"Made-up delivery in {out}", ["file", "rows"], report.files)
    line(f"{number(report.pupils)} pupils count on the reference date")
    if report.planted:
        line(
            "Planted faults, listed in planted.csv: "
            + ", ".join(f"{n} {rule}" for rule, n in report.planted.items())
        )


def of_ingest(home: Path, result: IngestResult, as_json: bool) -> None:
    """What was read, and what was refused."""
    if as_json:
        document(
            {
                "run_id": result.run_id,
                "files": result.files.to_dicts(),
                "rows": result.files["rows"].sum(),
                "rejected": result.files["rejected"].sum(),
                "refused_by_rule": dict(_rules(result.refusals)),
                "differences": result.differences.height,
                "waiting_for_board": list(result.waiting),
                "remarks": list(result.remarks),
            }
        )
        return
    if result.run_id is None:
        line("Nothing to do: these files are in the books already")
    else:
        shown = result.files.select("file", "kind", "reference_date", "rows", "rejected").rows()
        table(f"Taken in ({result.run_id})", ["file", "kind", "reference date", "rows", "refused"], shown, right=3)
    _refusals(home, result.refusals)
    _messages(home, "differences", result.differences)
    for remark in result.remarks:
        line(f"! {remark}")
    for name in result.waiting:
        line(f"! {name}: no school in it has a known board yet; ingest the address list that names them")


def of_decide(result: DecideResult, dry_run: bool, as_json: bool) -> None:
    """What was decided, against the decision before."""
    if as_json:
        document(_decision(result, dry_run))
        return
    entitled = result.decided.entitlements.height > 0
    for currency in result.currencies if entitled or result.granted is None else ():
        _decided_in(result, currency)
    if result.granted is not None:
        show_grants(result.granted, None if entitled else result.granted.rests_on)
    plan = result.plan
    if result.before and entitled:
        names = ", ".join(result.before.values())
        line(f"Against {names}: {number(plan.up)} schools up, {number(plan.down)} down")
        for currency, cause, schools, difference in plan.causes.iter_rows():
            line(f"  {cause}: {number(schools)} schools, {euro(difference)} {_money(currency)}")
    for remark in result.remarks:
        line(f"! {remark}")
    line(_written(result, dry_run))


def _decision(result: DecideResult, dry_run: bool) -> dict[str, Any]:
    """One document; what is said of the decision in euro stands at the top, of other currencies under `others`."""
    first, *others = [
        {
            "decision_id": result.written.get(currency),
            "before": result.before.get(currency),
            "currency": currency,
            "total": entitled["amount"].sum(),
            "schools": entitled["vestiging"].n_unique(),
            "boards": entitled["board"].n_unique(),
            "rests_on": result.rests_on.get(currency),
        }
        for currency in result.currencies
        for entitled in [result.decided.of(currency).entitlements]
    ]
    return {
        **first,
        "others": others,
        "school_year": result.school_year,
        "reference_date": result.reference_date,
        "regulations": list(result.regulations),
        "dry_run": dry_run,
        "by_component": result.plan.by_component.to_dicts(),
        "schools_up": result.plan.up,
        "schools_down": result.plan.down,
        "causes": result.plan.causes.to_dicts(),
        "remarks": list(result.remarks),
        "grants": grants_document(result.granted),
    }


def _decided_in(result: DecideResult, currency: str) -> None:
    """The table and the total of one currency, and what they rest on."""
    title = f"{result.school_year}, pupils of {result.reference_date}, {', '.join(result.regulations)}"
    columns = ["component", "school_type", "schools", "after"]
    named = ["component", "school type", "schools", _money(currency)]
    if currency in result.before:
        columns, named = [*columns, "before", "difference"], [*named, "before", "difference"]
    mine = result.plan.by_component.filter(pl.col("currency") == currency)
    table(title, named, mine.select(columns).rows(), right=2)
    entitled = result.decided.of(currency).entitlements
    line(f"Total {euro(entitled['amount'].sum())} {_money(currency)} for {_schools(entitled)}")
    if rests := result.rests_on.get(currency):
        line(f"Not all of it is published. It rests on {rests}")


def _money(currency: str) -> str:
    return {"EUR": "euro", "USD": "dollar"}.get(currency, currency)


def _written(result: DecideResult, dry_run: bool) -> str:
    if result.written:
        return f"Written as decision {', '.join(result.written.values())}"
    if not result.changed:
        names = ", ".join(result.before.values())
        return f"Nothing to do: decision {names} says the same" if names else "Nothing to decide"
    return "Dry run: nothing was changed" if dry_run else "Nothing was written"


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
            sums = _by(payments, "component", "reason")
            columns = ["component", "reason", "schools", "boards", _money(str(currency))]
            shown = sums.select("component", "reason", "schools", "boards", "amount").rows()
            table(title, columns, shown, right=2)
            line(f"{euro(payments['amount'].sum())} {_money(str(currency))} to {_schools(payments)}")
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
        "by_component": _by(one.payments, "component", "reason", "currency").to_dicts(),
    }


def _in(payments: pl.DataFrame, currency: str) -> Any:
    return payments.filter(pl.col("currency") == currency)["amount"].sum()


def of_verify(result: VerifyResult, as_json: bool) -> None:
    """What was derived again, and what does not tie."""
    if as_json:
        document({"ties": not result.findings, "checked": result.checked, "findings": list(result.findings)})
        return
    words = {0: "ties"}
    table("Books", ["check", "result"], [(k, words.get(n, f"{n} findings")) for k, n in result.checked.items()])
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
        f"Deliveries ({status.deliveries.height - live.height} superseded)",
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
    line("Open findings:" if status.findings else "No open findings")
    for finding in status.findings:
        line(f"! {finding}")


def _schools(rows: pl.DataFrame) -> str:
    return f"{number(rows['vestiging'].n_unique())} schools of {number(rows['board'].n_unique())} boards"


def _by(rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    unique = (pl.col(one).n_unique().cast(pl.Int64).alias(many) for one, many in _COUNTED)
    sums = rows.group_by(columns).agg(pl.len().cast(pl.Int64).alias("payments"), *unique, pl.col("amount").sum())
    return sums.sort(*columns, descending=[True] * len(columns))


_COUNTED = (("vestiging", "schools"), ("board", "boards"))


def _rules(refusals: pl.DataFrame) -> list[tuple[str, int]]:
    return refusals.group_by("rule").len().sort("rule").rows() if refusals.height else []


def _refusals(home: Path, refusals: pl.DataFrame) -> None:
    if refusals.is_empty():
        return
    rows = refusals.select("file", "line").n_unique()
    line(f"! {number(rows)} rows refused: " + ", ".join(f"{number(n)} {rule}" for rule, n in _rules(refusals)))
    # Many rows may say the same of one school; each thing is said once.
    said = refusals.group_by("file", "message", maintain_order=True).agg(
        pl.col("line").min(), pl.len().alias("times")
    )
    for file, message, at, times in said.head(SHOWN).iter_rows():
        line(f"    {file}, line {at}{f' and {number(times - 1)} more' if times > 1 else ''}: {message}")
    line(f"  All of them: table quarantine in {home / 'npo.duckdb'}")


def _messages(home: Path, name: str, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        return
    line(f"! {number(rows.height)} {name} between files:")
    for message in rows["message"].head(SHOWN):
        line(f"    {message}")
    line(f"  All of them: table {name} in {home / 'npo.duckdb'}")
