"""What was decided, against the decision before.

What was decided on applications for subsidies, as a person reads it and as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.cli.output import document, euro, line, number, table
from npo_pipeline.cli.render.common import money, schools
from npo_pipeline.cli.render.plan import plan_document, show_next_payment, show_plan

if TYPE_CHECKING:
    from npo_pipeline.commands.decide.grants import Granted
    from npo_pipeline.commands.decide.model import DecideResult


SHOWN = 2
"""Reasons shown of each scheme and outcome before the rest is pointed at."""

OUTCOMES = ("granted", "reduced", "refused")


def show_grants(granted: Granted, rests_on: str | None) -> None:
    """Show how many applications got what, per scheme, and why the first ones did not get what they asked.

    Args:
        granted: what was decided.
        rests_on: what it rests on that is not published, where that was not said yet.
    """
    columns = ["scheme", "asked for", *OUTCOMES, "asked, euro", "granted, euro"]
    table("Subsidies", columns, by_scheme(granted.grants).rows())
    line(f"{euro(granted.total)} euro is granted. DUS-I pays it; it never comes in a payment run of this program")
    less = _less(granted.grants)
    first = less.group_by("scheme", "outcome", maintain_order=True).head(SHOWN)
    for scheme, outcome, brin, board, reason in first.iter_rows():
        line(f"  {scheme}, {outcome}: {brin} of board {board}: {reason}")
    if less.height > first.height:
        line(f"  and {number(less.height - first.height)} more: table grants")
    if rests_on:
        line(f"Not all of it is published. It rests on {rests_on}")


def grants_document(granted: Granted | None) -> dict[str, Any] | None:
    """What was decided on applications, for a JSON document; null where there were none."""
    if granted is None:
        return None
    return {
        "reference_date": granted.reference_date,
        "total": granted.total,
        "by_scheme": by_scheme(granted.grants).to_dicts(),
        "rests_on": granted.rests_on,
        "reasons": _less(granted.grants).group_by("scheme", "outcome", maintain_order=True).head(SHOWN).to_dicts(),
    }


def by_scheme(grants: pl.DataFrame) -> pl.DataFrame:
    """Per scheme: applications, granted, reduced, refused (how many), asked, amount (euro)."""
    counts = [(pl.col("outcome") == outcome).sum().cast(pl.Int64).alias(outcome) for outcome in OUTCOMES]
    asked = pl.col("amount_applied").sum().alias("asked")
    sums = grants.group_by("scheme").agg(
        pl.len().cast(pl.Int64).alias("applications"), *counts, asked, pl.col("amount").sum()
    )
    return sums.sort("scheme")


def _less(grants: pl.DataFrame) -> pl.DataFrame:
    """Those that did not get what they asked for."""
    less = grants.filter(pl.col("outcome") != "granted")
    return less.select("scheme", "outcome", "brin", "board", "reason")


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
        "plan": result.planned.fingerprint,
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
    if not dry_run:
        return "Nothing was written"
    return f"Dry run: nothing was changed; to write just this: --approved-plan {result.planned.fingerprint}"
