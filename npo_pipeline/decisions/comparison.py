"""The comparison of a decision with the one before it: for whom it changes, by how much, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from npo_pipeline.decisions.impact import Effect, effect_of_differences
from npo_pipeline.entitlements.model import (
    ADJUSTMENT_COLUMNS,
    COMPONENT_KEY,
    ENTITLEMENT_COLUMNS,
    INSTALMENT_COLUMNS,
    SETTLEMENT_COLUMNS,
    DecisionTables,
)
from schemas.decided import DueChanges
from schemas.frames.money import (
    AmountDifferences,
    CauseDifferences,
    ComponentDifferences,
    SchoolBoards,
    SchoolCauses,
)
from schemas.received import Schools

_KIND_OF_CAUSE = {
    "first_decision": "first",
    "reference_count": "input",
    "score_correction": "input",
    "rate_change": "rule",
    "amendment": "rule",
    "merger": "change",
    "closure": "change",
    "opening": "change",
    "code": "code",
}
"""The kind of thing that each cause is."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Represent a decision against the one before.

    What is due counts: entitlements as mergers and closures leave them. `up`, `down`: vestigingen that get more or
    less, those of each currency apart. `parts`: what the difference is made of, as given to `compare`. `boards`,
    `schools`: as for `effect_of_differences`.
    """

    by_component: ComponentDifferences
    up: int
    down: int
    causes: CauseDifferences
    rows: AmountDifferences
    parts: DueChanges
    boards: SchoolBoards
    schools: Schools

    @cached_property
    def effect(self) -> Effect:
        """Return the schools that get another amount, and cuts by type, component, municipality and board."""
        return effect_of_differences(self.rows, self.boards, self.schools)

    @cached_property
    def causes_by_school(self) -> SchoolCauses:
        """Return why each school gets another amount."""
        found = self.parts.group_by("currency", "vestiging", "cause").agg(difference=pl.col("amount").sum())
        return SchoolCauses(found)


def compare(before: DecisionTables, after: DecisionTables, causes: DueChanges, schools: Schools) -> Comparison:
    """Compare two decisions, school by school.

    Args:
        before: the decision before; frames without rows when there is none.
        after: the decision now.
        causes: what the difference is made of.
        schools: the directory.
    """
    rows = _due_in_year(before, "before").join(
        _due_in_year(after, "after"), on=[*COMPONENT_KEY, "currency"], how="full", coalesce=True
    )
    rows = rows.with_columns(pl.col("before", "after").fill_null(0)).with_columns(
        difference=pl.col("after") - pl.col("before")
    )
    sums = rows.group_by("currency", "school_type", "component").agg(
        pl.col("after").filter(pl.col("after") > 0).len().alias("schools"),
        pl.col("before", "after", "difference").sum(),
    )
    each = rows.group_by("currency", "vestiging").agg(pl.col("difference").sum())
    boards = pl.concat([one.entitlements.select("vestiging", "board") for one in (after, before)])
    return Comparison(
        by_component=ComponentDifferences(
            sums.sort("currency", "component", "school_type", descending=[False, True, False])
        ),
        up=each.filter(pl.col("difference") > 0).height,
        down=each.filter(pl.col("difference") < 0).height,
        causes=_sum_by_cause(causes),
        rows=AmountDifferences(rows),
        parts=causes,
        boards=SchoolBoards(boards),
        schools=schools,
    )


def first_decision_causes(after: DecisionTables) -> DueChanges:
    """Return the causes of a decision that has none before it: all that is due is there for the first time."""
    return DueChanges(after.instalments.with_columns(cause=pl.lit("first_decision")))


def changed_currencies(before: DecisionTables, after: DecisionTables) -> Iterator[str]:
    """Yield the currencies in which two decisions say anything different at all."""
    for currency in sorted({*before.entitlements["currency"], *after.entitlements["currency"]}):
        one, other = before.of(currency), after.of(currency)
        pairs = (
            (one.entitlements, other.entitlements, ENTITLEMENT_COLUMNS),
            (one.instalments, other.instalments, INSTALMENT_COLUMNS),
            (one.adjustments, other.adjustments, ADJUSTMENT_COLUMNS),
            (one.settling, other.settling, SETTLEMENT_COLUMNS),
        )
        if not all(has_same_rows(*pair) for pair in pairs):
            yield currency


def _due_in_year(decided: DecisionTables, name: str) -> pl.DataFrame:
    """Add up what is due in the year, as column `name`; 0 for a school whose instalments all moved to another."""
    entitled = decided.entitlements.select(*COMPONENT_KEY, "currency").with_columns(
        amount=pl.lit(0, pl.Decimal(18, 2))
    )
    due = pl.concat([decided.instalments.select(entitled.columns), entitled])
    return due.group_by(*COMPONENT_KEY, "currency").agg(pl.col("amount").sum().alias(name))


def _sum_by_cause(causes: DueChanges) -> CauseDifferences:
    """Add up what each cause changes."""
    summed = causes.group_by("currency", "cause").agg(
        pl.col("vestiging").n_unique().cast(pl.Int64).alias("schools"), difference=pl.col("amount").sum()
    )
    named = summed.with_columns(kind=pl.col("cause").replace_strict(_KIND_OF_CAUSE, return_dtype=pl.String))
    columns = ["currency", "kind", "cause", "schools", "difference"]
    return CauseDifferences(named.select(columns).sort("currency", "cause"))


def has_same_rows(one: pl.DataFrame, other: pl.DataFrame, columns: Sequence[str]) -> bool:
    """Return whether two frames hold the same rows, in any order."""
    return one.select(columns).sort(columns).equals(other.select(columns).sort(columns))
