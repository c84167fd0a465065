"""What was decided, against the decision before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.cli.granted import grants_document, show_grants
from npo_pipeline.cli.show import document, euro, line, table
from npo_pipeline.cli.summaries.parts import money, schools
from npo_pipeline.cli.summaries.planned import plan_document, show_next_payment, show_plan

if TYPE_CHECKING:
    from npo_pipeline.commands.decision import DecideResult


def of_decide(result: DecideResult, dry_run: bool, as_json: bool) -> None:
    """What was decided, against the decision before."""
    if as_json:
        document(_decision(result, dry_run))
        return
    entitled, changed = result.decided.entitlements.height > 0, bool(result.changed)
    told = result.planned.plan.by_component.height > 0
    for currency in result.currencies if told or result.granted is None else ():
        _decided_in(result, currency)
    if result.granted is not None:
        show_grants(result.granted, None if entitled else result.granted.rests_on)
    if result.before and changed and told:
        show_plan(result.planned, ", ".join(result.before.values()))
    if changed:
        show_next_payment(result.planned.next_payment)
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
            "total": result.decided.of(currency).instalments["amount"].sum(),
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
        **plan_document(result.planned),
        "remarks": list(result.remarks),
        "grants": grants_document(result.granted),
    }


def _decided_in(result: DecideResult, currency: str) -> None:
    """The table and the total of one currency, and what they rest on."""
    title = f"{result.school_year}, pupils of {result.reference_date}, {', '.join(result.regulations)}"
    columns = ["component", "school_type", "schools", "after"]
    named = ["component", "school type", "schools", money(currency)]
    if currency in result.before:
        columns, named = [*columns, "before", "difference"], [*named, "before", "difference"]
    mine = result.planned.plan.by_component.filter(pl.col("currency") == currency)
    table(title, named, mine.select(columns).rows(), right=2)
    decided = result.decided.of(currency)
    total = euro(decided.instalments["amount"].sum())
    line(f"Total {total} {money(currency)} for {schools(decided.entitlements)}")
    if rests := result.rests_on.get(currency):
        line(f"Not all of it is published. It rests on {rests}")


def _written(result: DecideResult, dry_run: bool) -> str:
    if result.written:
        return f"Written as decision {', '.join(result.written.values())}"
    if not result.changed:
        names = ", ".join(result.before.values())
        return f"Nothing to do: decision {names} says the same" if names else "Nothing to decide"
    return "Dry run: nothing was changed" if dry_run else "Nothing was written"
