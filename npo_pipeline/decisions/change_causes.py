"""Why a decision makes another amount due than the one before it: an amount per school, month and cause.

From one decision to the next four things can change: what was counted, the rules, the life of schools, and this
program. They are put in place one after the other, in the order of `STEPS`, and what each makes of the instalments
is its part. So the parts add up to the whole, to the cent, and no two claim the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import polars as pl

from npo_pipeline.entitlements.model import KEY, DecisionTables, Rules

Kind: TypeAlias = Literal["code", "input", "rule", "change"]
STEPS: tuple[Kind, ...] = ("code", "input", "rule", "change")

OF_LIFE = ("merger", "closure", "opening")
CHANGED = ["school_year", *KEY, "month", "cause", "amount", "currency"]
_AT = ["school_year", "currency", *KEY, "month"]
_RATED = ["component", "school_type", "place", "rate_e8"]


@dataclass(frozen=True)
class CauseStep:
    """What is decided once one more thing is as it is now; `rerated`: school_type, component of other rates."""

    kind: Kind
    after: DecisionTables
    rerated: pl.DataFrame | None = None


def due_changes(before: DecisionTables, steps: Sequence[CauseStep]) -> pl.DataFrame:
    """What each cause makes due that was not, or no longer.

    Args:
        before: the decision before.
        steps: what is decided after each step; the last is the decision now.

    Returns:
        school_year, vestiging, school_type, component, month, cause, amount (never 0), currency: sorted, one row
        per cause; together exactly the instalments of the last step less those before.
    """
    parts = []
    for step in steps:
        parts += list(_parts(before, step))
        before = step.after
    whole = pl.concat(parts) if parts else NOTHING_CHANGED
    summed = whole.group_by(*_AT, "cause").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    return summed.select(CHANGED).sort(*KEY, "month", "cause")


def changed_rates(before: Sequence[Rules], after: Sequence[Rules]) -> pl.DataFrame:
    """The school types and components that have another rate under other rules: school_type, component.

    Not those of a regulation that was amended: what an amendment does is told as such.
    """
    known = {(one.name.split("+")[0], month) for one in before for month, _ in one.earlier}
    fresh = [
        one.rates.select("school_type", "component")
        for one in after
        if any((one.name.split("+")[0], month) not in known for month, _ in one.earlier)
    ]
    old, new = (pl.concat([one.rates.select(_RATED) for one in rules]) for rules in (before, after))
    apart = [
        one.join(other, on=_RATED, how="anti", nulls_equal=True).select("school_type", "component")
        for one, other in ((old, new), (new, old))
    ]
    both = pl.concat(apart).unique()
    return both.join(pl.concat(fresh), on=both.columns, how="anti") if fresh else both


def _parts(before: DecisionTables, step: CauseStep) -> Iterator[pl.DataFrame]:
    if step.kind == "change":
        lived = _apart(_of_life(before), _of_life(step.after), [*_AT, "cause"])
        yield lived.select(CHANGED)
        # What is left came of none of the three: this program reckons otherwise than the one before.
        rest = pl.concat(
            [
                _apart(before.instalments, step.after.instalments, _AT),
                lived.with_columns(amount=-pl.col("amount")).select(*_AT, "amount"),
            ]
        )
        yield rest.with_columns(cause=pl.lit("code")).select(CHANGED)
        return
    apart = _apart(before.instalments, step.after.instalments, _AT)
    if step.kind == "rule":
        assert step.rerated is not None
        named = apart.join(
            step.rerated.with_columns(cause=pl.lit("rate_change")), on=["school_type", "component"], how="left"
        ).with_columns(pl.col("cause").fill_null("amendment"))
    elif step.kind == "input":
        scored = pl.col("component").is_in(_scored(before, step.after).implode())
        named = apart.with_columns(
            cause=pl.when(scored).then(pl.lit("score_correction")).otherwise(pl.lit("reference_count"))
        )
    else:
        named = apart.with_columns(cause=pl.lit("code"))
    yield named.select(CHANGED)


def _apart(before: pl.DataFrame, after: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """What `after` has more of each key than `before`: key, amount (never 0)."""
    columns = [*key, "amount"]
    less = before.select(columns).with_columns(amount=-pl.col("amount"))
    both = pl.concat([after.select(columns), less])
    return both.group_by(key).agg(pl.col("amount").sum()).filter(pl.col("amount") != 0).select(columns)


def _of_life(decided: DecisionTables) -> pl.DataFrame:
    return decided.adjustments.filter(pl.col("cause").is_in(list(OF_LIFE)))


def _scored(*decided: DecisionTables) -> pl.Series:
    """The components that count a score."""
    measures = pl.concat([one.entitlements.select("component", "measure") for one in decided])
    return measures.filter(pl.col("measure") == "score")["component"]


NOTHING_CHANGED = pl.DataFrame(
    schema={
        **dict.fromkeys(["school_year", *KEY], pl.String),
        "month": pl.Date,
        "cause": pl.String,
        "amount": pl.Decimal(18, 2),
        "currency": pl.String,
    }
)
