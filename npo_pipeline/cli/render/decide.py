"""The summary of `npo decide`: a decision against the decision before it, and grants on applications."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NewType

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.cli.output import document, line, number, table
from npo_pipeline.cli.render.common import money, schools
from npo_pipeline.cli.render.plan import plan_document, render_difference, render_next_payment
from schemas.decided import Grants

if TYPE_CHECKING:
    from npo_pipeline.commands.decide.grants import Granted
    from npo_pipeline.commands.decide.model import DecisionPlan

LessThanAsked = NewType("LessThanAsked", pl.DataFrame)
"""Grants below what was asked: scheme, outcome, brin, board, reason."""

GrantsByScheme = NewType("GrantsByScheme", pl.DataFrame)
"""scheme, applications, granted, reduced, refused (how many), asked, amount (euro)."""

REASONS_SHOWN = 2
"""Reasons that are shown of each scheme and outcome; the rest is in table grants."""

OUTCOMES = ("granted", "reduced", "refused")


def render_decide(result: DecisionPlan, dry_run: bool, as_json: bool) -> None:
    """Print a decision by component, the plan against the decision before, and the next payment."""
    if as_json:
        document(_decision_document(result, dry_run))
        return
    changed, has_components = bool(result.changed), result.comparison.by_component.height > 0
    if has_components or result.draft.granted is None:
        for currency in result.currencies:
            _render_currency(result, currency)
    if result.draft.granted is not None:
        # Assumptions that stand with an entitlement above are not repeated.
        entitled = result.draft.tables.entitlements.height > 0
        _render_grants(result.draft.granted, None if entitled else result.draft.granted.assumptions)
    if result.before and changed and has_components:
        render_difference(result.comparison, result.rule_changes, f"Against {', '.join(result.before.values())}")
    if changed:
        render_next_payment(result.next_payment)
    for remark in result.draft.remarks:
        line(f"! {remark}")
    line(_outcome(result, dry_run))


def _decision_document(result: DecisionPlan, dry_run: bool) -> dict[str, Any]:
    """Return all of a decision; the properties of euro are at the top, other currencies under `others`."""
    euros, *others = [_currency_document(result, currency) for currency in result.currencies]
    return {
        **euros,
        "others": others,
        "school_year": result.school_year,
        "reference_date": result.draft.reference_date,
        "regulations": list(result.regulations),
        "dry_run": dry_run,
        "plan": result.fingerprint,
        **plan_document(result),
        "remarks": list(result.draft.remarks),
        "grants": _grants_document(result.draft.granted),
    }


def _currency_document(result: DecisionPlan, currency: str) -> dict[str, Any]:
    decided = result.draft.tables.of(currency)
    return {
        "decision_id": result.written.get(currency),
        "before": result.before.get(currency),
        "currency": currency,
        "total": decided.instalments["amount"].sum(),
        "schools": decided.entitlements["vestiging"].n_unique(),
        "boards": decided.entitlements["board"].n_unique(),
        "rests_on": result.draft.assumptions.get(currency),
    }


def _render_currency(result: DecisionPlan, currency: str) -> None:
    """Print the table and the total of one currency, and the assumptions it rests on."""
    title = f"{result.school_year}, pupils of {result.draft.reference_date}, {', '.join(result.regulations)}"
    columns = ["component", "school_type", "schools", "after"]
    named = ["component", "school type", "schools", money(currency)]
    if currency in result.before:
        columns, named = [*columns, "before", "difference"], [*named, "before", "difference"]
    components = result.comparison.by_component.filter(pl.col("currency") == currency)
    table(title, named, components.select(columns).rows(), right=2)
    decided = result.draft.tables.of(currency)
    total = dutch.money(Decimal(decided.instalments["amount"].sum()), currency)
    line(f"Total {total} for {schools(decided.entitlements)}")
    if assumptions := result.draft.assumptions.get(currency):
        line(f"Not all of it is published. It rests on {assumptions}")


def _outcome(result: DecisionPlan, dry_run: bool) -> str:
    if result.written:
        return f"Written as decision {', '.join(result.written.values())}"
    if not result.changed:
        names = ", ".join(result.before.values())
        return f"Nothing to do: decision {names} says the same" if names else "Nothing to decide"
    if not dry_run:
        return "Nothing was written"
    return f"Dry run: nothing was changed; to write just this: --approved-plan {result.fingerprint}"


def _render_grants(granted: Granted, assumptions: str | None) -> None:
    """Print how many applications got what per scheme, and why the first ones got less than they asked for.

    Args:
        granted: the grants.
        assumptions: the values that are not published, where those were not printed yet.
    """
    columns = ["scheme", "asked for", *OUTCOMES, "asked, euro", "granted, euro"]
    table("Subsidies", columns, grants_by_scheme(granted.grants).rows())
    total = dutch.money(granted.total, "EUR")
    line(f"{total} is granted. DUS-I pays it; it never comes in a payment run of this program")
    less = _less_than_asked(granted.grants)
    first = _first_reasons(less)
    for scheme, outcome, brin, board, reason in first.iter_rows():
        line(f"  {scheme}, {outcome}: {brin} of board {board}: {reason}")
    if less.height > first.height:
        line(f"  and {number(less.height - first.height)} more: table grants")
    if assumptions:
        line(f"Not all of it is published. It rests on {assumptions}")


def _grants_document(granted: Granted | None) -> dict[str, Any] | None:
    """Return the grants for `--json`; null where there were no applications."""
    if granted is None:
        return None
    return {
        "reference_date": granted.reference_date,
        "total": granted.total,
        "by_scheme": grants_by_scheme(granted.grants).to_dicts(),
        "rests_on": granted.assumptions,
        "reasons": _first_reasons(_less_than_asked(granted.grants)).to_dicts(),
    }


def grants_by_scheme(grants: Grants) -> GrantsByScheme:
    """Return per scheme: applications, granted, reduced, refused (how many), asked, amount (euro)."""
    counts = [(pl.col("outcome") == outcome).sum().cast(pl.Int64).alias(outcome) for outcome in OUTCOMES]
    asked = pl.col("amount_applied").sum().alias("asked")
    sums = grants.group_by("scheme").agg(
        pl.len().cast(pl.Int64).alias("applications"), *counts, asked, pl.col("amount").sum()
    )
    return GrantsByScheme(sums.sort("scheme"))


def _less_than_asked(grants: Grants) -> LessThanAsked:
    less = grants.filter(pl.col("outcome") != "granted")
    return LessThanAsked(less.select("scheme", "outcome", "brin", "board", "reason"))


def _first_reasons(less: LessThanAsked) -> LessThanAsked:
    return LessThanAsked(less.group_by("scheme", "outcome", maintain_order=True).head(REASONS_SHOWN))
