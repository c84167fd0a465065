"""Causes of what a decision makes due that the one before it did not: an amount per school, month and cause.

From one decision to the next four things can change: what was counted, the rules, the life of schools, and this
program. They are put in place one after the other, in the order of `STEPS`, and what each makes of the instalments
is its part. So the parts add up to the whole, to the cent, and no two claim the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

import polars as pl

from npo_pipeline.entitlements.amounts import SUPPLEMENT
from npo_pipeline.entitlements.beneficiaries import with_beneficiary
from npo_pipeline.entitlements.model import COMPONENT_KEY, DecisionTables
from npo_pipeline.entitlements.rules import Rules
from schemas.columns import schema_of
from schemas.decided import DUE_CHANGES, DueChanges
from schemas.frames.money import ChangedRates

StepKind: TypeAlias = Literal["code", "input", "count", "score", "rule", "change"]
STEPS: tuple[StepKind, ...] = ("code", "input", "count", "score", "rule", "change")
"""In place of `count` and `score` older versions had one step, `input`, and went by the component."""

BY_CHANGE, BY_COMPONENT = 2, 1
"""Ways to name causes, as manifests name them: by what changed; or, as older versions did, of counts and scores by
the component, and of an amendment that is gone as a change of rate."""

_SCHOOL_CHANGES = ["merger", "closure", "opening"]
_DUE_CHANGE_COLUMNS = [name for name in DUE_CHANGES.columns if name != "decision_id"]
_PART_COLUMNS = ["school_year", *COMPONENT_KEY, "month", "cause", "amount", "currency"]
_INSTALMENT_KEY = ["school_year", "currency", *COMPONENT_KEY, "month"]
_RATE_VALUES = ["component", "school_type", "place", "rate_e8", *SUPPLEMENT]


@dataclass(frozen=True)
class CauseStep:
    """Represent what is decided once one more thing is as it is now; `changed_rates`: of a step of rules."""

    kind: StepKind
    after: DecisionTables
    changed_rates: ChangedRates | None = None


def attribute_changes(before: DecisionTables, steps: Sequence[CauseStep]) -> DueChanges:
    """Attribute the difference between two decisions to causes.

    Args:
        before: the decision before.
        steps: what is decided after each step; the last is the decision now.

    Returns:
        Without decision_id: sorted, one row per cause, amounts never 0; together exactly the instalments of the
        last step less those before.
    """
    parts: list[pl.DataFrame] = []
    for step in steps:
        parts += _parts(before, step)
        before = step.after
    whole = pl.concat([no_due_changes().select(_PART_COLUMNS), *parts])
    summed = whole.group_by(*_INSTALMENT_KEY, "cause").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    return DueChanges(with_beneficiary(summed).select(_DUE_CHANGE_COLUMNS).sort(*COMPONENT_KEY, "month", "cause"))


def changed_rates(before: Sequence[Rules], after: Sequence[Rules], causes: int = BY_CHANGE) -> ChangedRates:
    """Return the school types and components that have another rate under other rules.

    Not those of a regulation that was amended, or of which an amendment was undone: the effect of an amendment has
    a cause of its own.
    """
    sides = ((before, after), (after, before)) if causes == BY_CHANGE else ((before, after),)
    fresh = [
        one.rates.select("school_type", "component")
        for without, there in sides
        for one in there
        if _amendments([one]) - _amendments(without)
    ]
    old, new = (pl.concat([one.rates.select(_RATE_VALUES) for one in rules]) for rules in (before, after))
    unmatched = [
        one.join(other, on=_RATE_VALUES, how="anti", nulls_equal=True).select("school_type", "component")
        for one, other in ((old, new), (new, old))
    ]
    both = pl.concat(unmatched).unique()
    return ChangedRates(both.join(pl.concat(fresh), on=both.columns, how="anti") if fresh else both)


def _amendments(rules: Sequence[Rules]) -> set[tuple[str, date]]:
    """Return the regulations with the months in which an amendment of each takes effect."""
    return {(one.name.split("+")[0], month) for one in rules for month, _ in one.earlier}


def _parts(before: DecisionTables, step: CauseStep) -> Iterator[pl.DataFrame]:
    """Yield the difference that a step makes, by cause."""
    moved = _differences(before.instalments, step.after.instalments, key=_INSTALMENT_KEY)
    if step.kind == "change":
        adjusted = (one.adjustments.filter(pl.col("cause").is_in(_SCHOOL_CHANGES)) for one in (before, step.after))
        of_schools = _differences(*adjusted, key=[*_INSTALMENT_KEY, "cause"])
        yield of_schools.select(_PART_COLUMNS)
        # What is left came of none of the three: this program calculates otherwise than the one before.
        moved = pl.concat([moved, of_schools.select(*_INSTALMENT_KEY, amount=-pl.col("amount"))])
    yield moved.with_columns(cause=_cause(before, step)).select(_PART_COLUMNS)


def _cause(before: DecisionTables, step: CauseStep) -> pl.Expr:
    """Return the cause of what differs after a step, by component."""
    if step.kind == "rule":
        assert step.changed_rates is not None
        rates = step.changed_rates.select(pl.struct("school_type", "component")).to_series()
        rated = pl.struct("school_type", "component").is_in(rates.implode())
        return pl.when(rated).then(pl.lit("rate_change")).otherwise(pl.lit("amendment"))
    if step.kind == "input":
        counted = pl.concat([one.entitlements.select("component", "measure") for one in (before, step.after)])
        scores = counted.filter(pl.col("measure") == "score")["component"]
        scored = pl.col("component").is_in(scores.implode())
        return pl.when(scored).then(pl.lit("score_correction")).otherwise(pl.lit("reference_count"))
    if step.kind == "count":
        return pl.lit("reference_count")
    if step.kind == "score":
        return pl.lit("score_correction")
    if step.kind == "change":
        # Whoever is entitled before or after it alone started later: no other change entitles a school.
        entitled = [one.entitlements["beneficiary"].unique() for one in (before, step.after)]
        on_one_side = pl.concat(entitled).value_counts().filter(pl.col("count") == 1)["beneficiary"]
        opened = pl.col("beneficiary").is_in(on_one_side.implode())
        return pl.when(opened).then(pl.lit("opening")).otherwise(pl.lit("code"))
    return pl.lit("code")


def _differences(before: pl.DataFrame, after: pl.DataFrame, *, key: list[str]) -> pl.DataFrame:
    """Return how much more of each key `after` has than `before`: key, amount (never 0)."""
    columns = [*key, "amount"]
    less = before.select(columns).with_columns(amount=-pl.col("amount"))
    both = pl.concat([after.select(columns), less])
    return both.group_by(key).agg(pl.col("amount").sum()).filter(pl.col("amount") != 0).select(columns)


def no_due_changes() -> DueChanges:
    """Return the table, without decision_id, without rows."""
    return DueChanges(pl.DataFrame(schema=schema_of(DUE_CHANGES)).select(_DUE_CHANGE_COLUMNS))
