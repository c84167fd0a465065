"""The plan of a decision: whom it touches, why, and what it makes of the next payment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.cli.output import document, euro, line, number, table
from npo_pipeline.cli.render.common import money, sums_by
from npo_pipeline.months import month_text

if TYPE_CHECKING:
    from npo_pipeline.commands.decide.diff import Diff
    from npo_pipeline.commands.decide.next_payment import NextPayment
    from npo_pipeline.commands.decide.plan import DecisionPlan
    from npo_pipeline.decisions.comparison import Plan
    from npo_pipeline.decisions.impact import Effect

MOST_ROWS = 20
"""Rows that a person is shown; `--json` and the workbook have them all."""


def show_plan(planned: DecisionPlan, before: str) -> None:
    """The plan against the decisions before it."""
    show_difference(planned.plan, planned.news, f"Against {before}")


def of_diff(found: Diff, as_json: bool) -> None:
    """What one decision has more or less than another."""
    if as_json:
        document({"before": found.before, "after": found.after, **difference_document(found.plan, found.news)})
        return
    columns = ["component", "school_type", "currency", "before", "after", "difference"]
    named = ["component", "school type", "currency", "before", "after", "difference"]
    table(f"{found.after} against {found.before}", named, found.plan.by_component.select(columns).rows(), right=3)
    show_difference(found.plan, found.news, f"Against {found.before}")


def show_difference(plan: Plan, news: pl.DataFrame, against: str) -> None:
    """What one decision has more or less than another, and why."""
    line(f"{against}: {number(plan.up)} schools up, {number(plan.down)} down")
    for currency, kind, cause, schools, difference in plan.causes.iter_rows():
        line(f"  {cause} ({kind}): {number(schools)} schools, {euro(difference)} {money(currency)}")
    for component, school_type, what, since, was, now in news.iter_rows():
        start = f" from {month_text(since)}" if since else ""
        line(
            f"  rule: {what} of {component} of {school_type}{start}: {was or 'not there'} -> {now or 'not there'}"
        )
    line("")
    _show_effect(plan.effect, plan.per_school)


def _show_effect(effect: Effect, per_school: pl.DataFrame) -> None:
    for cut in ("municipality", "board"):
        moved = effect.cuts[cut].filter(pl.col("difference") != 0)
        if moved.height:
            ordered = moved.sort(pl.col("difference").abs(), cut, descending=[True, False]).head(MOST_ROWS)
            more = f" (the {MOST_ROWS} largest of {number(moved.height)})" if moved.height > MOST_ROWS else ""
            columns = [cut, "currency", "up", "down", "before", "after", "difference"]
            table(f"By {cut}{more}", columns, ordered.select(columns).rows(), right=2)
    if effect.schools.height:
        columns = ["vestiging", "name", "board", "currency", "why", "before", "after", "difference"]
        largest = with_reasons(effect.schools.head(MOST_ROWS), per_school)
        table("The schools it touches most", columns, largest.select(columns).rows(), right=5)


def with_reasons(schools: pl.DataFrame, per_school: pl.DataFrame) -> pl.DataFrame:
    """Schools (vestiging, currency, ...) with `why`: the causes of their difference, the largest first."""
    ordered = per_school.sort(pl.col("difference").abs(), "cause", descending=[True, False])
    why = ordered.group_by("vestiging", "currency", maintain_order=True).agg(pl.col("cause").str.join(", "))
    return schools.join(
        why.rename({"cause": "why"}), on=["vestiging", "currency"], how="left", maintain_order="left"
    )


def show_next_payment(coming: NextPayment | None) -> None:
    """What the next payment run would pay or take back, and from whom more than it pays."""
    if coming is None:
        return
    month = month_text(coming.month)
    for (currency,), payments in coming.payments.partition_by("currency", as_dict=True).items():
        sums = sums_by(payments, "component", "reason")
        columns = ["component", "reason", "schools", "boards", money(str(currency))]
        rows = sums.select("component", "reason", "schools", "boards", "amount").rows()
        table(f"The payment of {month} would be", columns, rows, right=2)
    if coming.below_zero.height:
        rows = coming.below_zero.head(MOST_ROWS).rows()
        table(f"Boards that would pay back in {month}", ["board", "currency", "amount"], rows, right=2)


def plan_document(planned: DecisionPlan) -> dict[str, Any]:
    """All of a plan, for `--json`."""
    return {**difference_document(planned.plan, planned.news), **_coming(planned.next_payment)}


def difference_document(plan: Plan, news: pl.DataFrame) -> dict[str, Any]:
    """What one decision has more or less than another, for `--json`."""
    schools = with_reasons(plan.effect.schools, plan.per_school)
    return {
        "by_component": plan.by_component.to_dicts(),
        "schools_up": plan.up,
        "schools_down": plan.down,
        "causes": plan.causes.to_dicts(),
        "rules_changed": news.to_dicts(),
        **{f"by_{cut}": rows.to_dicts() for cut, rows in plan.effect.cuts.items()},
        "largest": schools.head(MOST_ROWS).to_dicts(),
    }


def _coming(coming: NextPayment | None) -> dict[str, Any]:
    if coming is None:
        return {"next_payment": None}
    return {
        "next_payment": {
            "month": month_text(coming.month),
            "by_component": sums_by(coming.payments, "component", "reason", "currency").to_dicts(),
            "below_zero": coming.below_zero.to_dicts(),
        }
    }
