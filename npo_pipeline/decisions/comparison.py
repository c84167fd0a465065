"""What a decision changes against the one before it: for whom, by how much, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from npo_pipeline.decisions.impact import Effect, effect_of
from npo_pipeline.entitlements.model import (
    ADJUSTMENT_COLUMNS,
    ENTITLEMENT_COLUMNS,
    INSTALMENT_COLUMNS,
    KEY,
    SETTLEMENT_COLUMNS,
    DecisionTables,
)

KINDS = {
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
"""What kind of thing each cause is."""


@dataclass(frozen=True)
class Plan:
    """A decision against the one before. What is due counts: entitlements as mergers and closures leave them.

    `by_component`: currency, school_type, component, schools, before, after, difference. `up`, `down`:
    vestigingen that get more or less, those of each currency apart. `causes`: currency, kind, cause, schools,
    difference. `rows`: KEY, currency, before, after, difference. `parts`: what the difference is made of, as given
    to `compare`. `boards`, `schools`: as for `effect_of`.
    """

    by_component: pl.DataFrame
    up: int
    down: int
    causes: pl.DataFrame
    rows: pl.DataFrame
    parts: pl.DataFrame
    boards: pl.DataFrame
    schools: pl.DataFrame

    @cached_property
    def effect(self) -> Effect:
        """The schools that get another amount, and cuts by school type, component, municipality and board."""
        return effect_of(self.rows, self.boards, self.schools)

    @cached_property
    def per_school(self) -> pl.DataFrame:
        """Why, of each school that gets another amount: vestiging, currency, cause, difference."""
        return self.parts.group_by("currency", "vestiging", "cause").agg(difference=pl.col("amount").sum())


def compare(before: DecisionTables, after: DecisionTables, causes: pl.DataFrame, schools: pl.DataFrame) -> Plan:
    """Compare two decisions, school by school.

    Args:
        before: the decision before; frames without rows when there is none.
        after: the decision now.
        causes: what the difference is made of: vestiging, school_type, component, month, cause, amount, currency.
        schools: the directory.
    """
    rows = _yearly(before, "before").join(
        _yearly(after, "after"), on=[*KEY, "currency"], how="full", coalesce=True
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
    return Plan(
        sums.sort("currency", "component", "school_type", descending=[False, True, False]),
        each.filter(pl.col("difference") > 0).height,
        each.filter(pl.col("difference") < 0).height,
        _summed(causes),
        rows,
        causes,
        boards,
        schools,
    )


def first_decision_causes(after: DecisionTables) -> pl.DataFrame:
    """The causes of a decision that has none before it: all that is due is there for the first time."""
    return after.instalments.with_columns(cause=pl.lit("first_decision"))


def concat_decisions(parts: list[DecisionTables]) -> DecisionTables:
    """Several decisions, each of a currency, as one."""
    names = DecisionTables.__dataclass_fields__
    return DecisionTables(*(pl.concat([getattr(one, name) for one in parts]) for name in names))


def changed_currencies(before: DecisionTables, after: DecisionTables) -> Iterator[str]:
    """The currencies in which two decisions say anything different at all."""
    for currency in sorted({*before.entitlements["currency"], *after.entitlements["currency"]}):
        one, other = before.of(currency), after.of(currency)
        pairs = (
            (one.entitlements, other.entitlements, ENTITLEMENT_COLUMNS),
            (one.instalments, other.instalments, INSTALMENT_COLUMNS),
            (one.adjustments, other.adjustments, ADJUSTMENT_COLUMNS),
            (one.settling, other.settling, SETTLEMENT_COLUMNS),
        )
        if not all(_same(*pair) for pair in pairs):
            yield currency


def _yearly(decided: DecisionTables, name: str) -> pl.DataFrame:
    """What is due in the year; a school that is entitled to nothing any more stands there with 0."""
    entitled = decided.entitlements.select(*KEY, "currency").with_columns(amount=pl.lit(0, pl.Decimal(18, 2)))
    due = pl.concat([decided.instalments.select(entitled.columns), entitled])
    return due.group_by(*KEY, "currency").agg(pl.col("amount").sum().alias(name))


def _summed(causes: pl.DataFrame) -> pl.DataFrame:
    summed = causes.group_by("currency", "cause").agg(
        pl.col("vestiging").n_unique().cast(pl.Int64).alias("schools"), difference=pl.col("amount").sum()
    )
    named = summed.with_columns(kind=pl.col("cause").replace_strict(KINDS, return_dtype=pl.String))
    return named.select("currency", "kind", "cause", "schools", "difference").sort("currency", "cause")


def _same(one: pl.DataFrame, other: pl.DataFrame, columns: list[str]) -> bool:
    return one.select(columns).sort(columns).equals(other.select(columns).sort(columns))
