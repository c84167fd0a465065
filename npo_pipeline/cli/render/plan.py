"""The plan of a decision: the schools it touches, the causes, and the next payment; also `npo diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NewType

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.cli.output import document, line, number, table
from npo_pipeline.cli.render.common import sums_by
from npo_pipeline.cli.render.pay import render_payment_sums
from npo_pipeline.months import month_text
from schemas.decided import Payments
from schemas.frames.money import RuleChanges, SchoolCauses, SchoolDifferences

if TYPE_CHECKING:
    from npo_pipeline.commands.decide.diff import Diff
    from npo_pipeline.commands.decide.model import DecisionPlan
    from npo_pipeline.commands.decide.next_payment import NextPayment
    from npo_pipeline.decisions.comparison import Comparison, Effect

ReasonedDifferences = NewType("ReasonedDifferences", pl.DataFrame)
"""The columns of `SchoolDifferences`, and why: the causes in words."""

MOST_ROWS = 20
"""Rows that are shown; `--json` and the workbook have them all."""


def render_diff(diff: Diff, as_json: bool) -> None:
    """Print the difference of two decisions."""
    if as_json:
        document(
            {"before": diff.before, "after": diff.after, **difference_document(diff.comparison, diff.rule_changes)}
        )
        return
    columns = ["component", "school_type", "currency", "before", "after", "difference"]
    named = ["component", "school type", "currency", "before", "after", "difference"]
    table(
        f"{diff.after} against {diff.before}", named, diff.comparison.by_component.select(columns).rows(), right=3
    )
    render_difference(diff.comparison, diff.rule_changes, f"Against {diff.before}")


def render_difference(comparison: Comparison, rule_changes: RuleChanges, against: str) -> None:
    """Print how many schools go up and down, the causes, the rules that changed, and whom it touches."""
    line(f"{against}: {number(comparison.up)} schools up, {number(comparison.down)} down")
    for currency, kind, cause, schools, difference in comparison.causes.iter_rows():
        line(f"  {cause} ({kind}): {number(schools)} schools, {dutch.money(difference, currency)}")
    for component, school_type, what, since, before, after in rule_changes.iter_rows():
        start = f" from {month_text(since)}" if since else ""
        line(
            f"  rule: {what} of {component} of {school_type}{start}: "
            f"{before or 'not there'} -> {after or 'not there'}"
        )
    line("")
    _render_effect(comparison.effect, comparison.causes_by_school)


def _render_effect(effect: Effect, causes: SchoolCauses) -> None:
    for cut in ("municipality", "board"):
        moved = effect.cuts[cut].filter(pl.col("difference") != 0)
        if moved.height:
            ordered = moved.sort(pl.col("difference").abs(), cut, descending=[True, False]).head(MOST_ROWS)
            more = f" (the {MOST_ROWS} largest of {number(moved.height)})" if moved.height > MOST_ROWS else ""
            columns = [cut, "currency", "up", "down", "before", "after", "difference"]
            table(f"By {cut}{more}", columns, ordered.select(columns).rows(), right=2)
    if effect.schools.height:
        columns = ["vestiging", "name", "board", "currency", "why", "before", "after", "difference"]
        largest = with_reasons(SchoolDifferences(effect.schools.head(MOST_ROWS)), causes)
        table("The schools it touches most", columns, largest.select(columns).rows(), right=5)


def with_reasons(schools: SchoolDifferences, causes: SchoolCauses) -> ReasonedDifferences:
    """Add to schools the causes of their difference, the largest first."""
    ordered = causes.sort(pl.col("difference").abs(), "cause", descending=[True, False])
    why = ordered.group_by("vestiging", "currency", maintain_order=True).agg(pl.col("cause").str.join(", "))
    reasons = why.rename({"cause": "why"})
    return ReasonedDifferences(
        schools.join(reasons, on=["vestiging", "currency"], how="left", maintain_order="left")
    )


def render_next_payment(next_payment: NextPayment | None) -> None:
    """Print what the next payment run would pay, and the boards that would pay back; nothing where none is due."""
    if next_payment is None:
        return
    month = month_text(next_payment.month)
    for (currency,), rows in next_payment.payments.partition_by("currency", as_dict=True).items():
        render_payment_sums(f"The payment of {month} would be", Payments(rows), str(currency))
    if next_payment.below_zero.height:
        boards = next_payment.below_zero.head(MOST_ROWS).rows()
        table(f"Boards that would pay back in {month}", ["board", "currency", "amount"], boards, right=2)


def plan_document(plan: DecisionPlan) -> dict[str, Any]:
    """Return all of a plan for `--json`."""
    return {
        **difference_document(plan.comparison, plan.rule_changes),
        "next_payment": _next_payment_document(plan.next_payment),
    }


def difference_document(comparison: Comparison, rule_changes: RuleChanges) -> dict[str, Any]:
    """Return the difference of two decisions for `--json`."""
    schools = with_reasons(comparison.effect.schools, comparison.causes_by_school)
    return {
        "by_component": comparison.by_component.to_dicts(),
        "schools_up": comparison.up,
        "schools_down": comparison.down,
        "causes": comparison.causes.to_dicts(),
        "rules_changed": rule_changes.to_dicts(),
        **{f"by_{cut}": rows.to_dicts() for cut, rows in comparison.effect.cuts.items()},
        "largest": schools.head(MOST_ROWS).to_dicts(),
    }


def _next_payment_document(next_payment: NextPayment | None) -> dict[str, Any] | None:
    if next_payment is None:
        return None
    return {
        "month": month_text(next_payment.month),
        "by_component": sums_by(next_payment.payments, "component", "reason", "currency").to_dicts(),
        "below_zero": next_payment.below_zero.to_dicts(),
    }
