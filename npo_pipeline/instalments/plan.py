"""What a decision changes against the one before it: for whom, and by how much."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from npo_pipeline.instalments.decided import ENTITLED, INSTALLED, Decided


@dataclass(frozen=True)
class Plan:
    """A decision against the one before.

    `by_component`: school_type, component, schools, before, after, difference. `up`, `down`: vestigingen
    that get more or less. `causes`: how many vestigingen change by each cause. `changed`: whether any
    row differs at all.
    """

    by_component: pl.DataFrame
    up: int
    down: int
    causes: pl.DataFrame
    changed: bool


def compare(before: Decided, after: Decided) -> Plan:
    """Compare two decisions row by row.

    Causes: `count` (the number of pupils), `score`, `rate`, `new school`, `no longer counted`.

    Args:
        before: the decision before; frames without rows when there is none.
        after: the decision worked out now.
    """
    key = ["vestiging", "school_type", "component"]
    both = before.entitlements.select(*key, "quantity", "rate", before="amount").join(
        after.entitlements.select(*key, new_quantity="quantity", new_rate="rate", after="amount"),
        on=key,
        how="full",
        coalesce=True,
    )
    both = both.with_columns(
        cause=_cause(), before=pl.col("before").fill_null(0), after=pl.col("after").fill_null(0)
    )
    both = both.with_columns(difference=pl.col("after") - pl.col("before"))
    sums = both.group_by("school_type", "component").agg(
        pl.col("after").filter(pl.col("after") > 0).len().alias("schools"),
        pl.col("before", "after", "difference").sum(),
    )
    per_school = both.group_by("vestiging").agg(pl.col("difference").sum())
    moved = both.filter(pl.col("cause").is_not_null())
    return Plan(
        sums.sort("component", "school_type", descending=[True, False]),
        per_school.filter(pl.col("difference") > 0).height,
        per_school.filter(pl.col("difference") < 0).height,
        moved.group_by("cause")
        .agg(pl.col("vestiging").n_unique().cast(pl.Int64).alias("schools"), pl.col("difference").sum())
        .sort("cause"),
        not (
            _same(before.entitlements, after.entitlements, ENTITLED)
            and _same(before.instalments, after.instalments, INSTALLED)
        ),
    )


def _cause() -> pl.Expr:
    quantity = pl.col("quantity") != pl.col("new_quantity")
    score = pl.col("component") == "achterstandsscore"
    return (
        pl.when(pl.col("before").is_null())
        .then(pl.lit("new school"))
        .when(pl.col("after").is_null())
        .then(pl.lit("no longer counted"))
        .when(quantity & score)
        .then(pl.lit("score"))
        .when(quantity)
        .then(pl.lit("count"))
        .when(pl.col("rate") != pl.col("new_rate"))
        .then(pl.lit("rate"))
    )


def _same(one: pl.DataFrame, other: pl.DataFrame, columns: list[str]) -> bool:
    return one.select(columns).sort(columns).equals(other.select(columns).sort(columns))
