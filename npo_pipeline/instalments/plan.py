"""What a decision changes against the one before it: for whom, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from npo_pipeline.instalments.decided import ENTITLED, INSTALLED, Decided


@dataclass(frozen=True)
class Plan:
    """A decision against the one before.

    `by_component`: currency, school_type, component, schools, before, after, difference. `up`, `down`:
    vestigingen that get more or less, those of each currency apart.
    `causes`: currency, cause, schools, difference. `changed`: the
    currencies in which any row differs at all.
    """

    by_component: pl.DataFrame
    up: int
    down: int
    causes: pl.DataFrame
    changed: tuple[str, ...]


def compare(before: Decided, after: Decided) -> Plan:
    """Compare two decisions row by row.

    Causes: `count` (the number of pupils), `score`, `rate`, `new school`, `no longer counted`.

    Args:
        before: the decision before; frames without rows when there is none.
        after: the decision worked out now.
    """
    both = differences(before.entitlements, after.entitlements)
    sums = both.group_by("currency", "school_type", "component").agg(
        pl.col("after").filter(pl.col("after") > 0).len().alias("schools"),
        pl.col("before", "after", "difference").sum(),
    )
    per_school = both.group_by("currency", "vestiging").agg(pl.col("difference").sum())
    moved = both.filter(pl.col("cause").is_not_null())
    causes = moved.group_by("currency", "cause").agg(
        pl.col("vestiging").n_unique().cast(pl.Int64).alias("schools"), pl.col("difference").sum()
    )
    return Plan(
        sums.sort("currency", "component", "school_type", descending=[False, True, False]),
        per_school.filter(pl.col("difference") > 0).height,
        per_school.filter(pl.col("difference") < 0).height,
        causes.sort("currency", "cause"),
        tuple(_changed(before, after)),
    )


def differences(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Two sets of entitlements, row by row.

    Args:
        before: vestiging, school_type, component, measure, quantity, rate, amount, currency.
        after: the same.

    Returns:
        vestiging, school_type, component, currency, before, after, difference, cause (null: no change).
    """
    key = ["vestiging", "school_type", "component", "currency"]
    both = before.select(*key, "measure", "quantity", "rate", before="amount").join(
        after.select(*key, new_measure="measure", new_quantity="quantity", new_rate="rate", after="amount"),
        on=key,
        how="full",
        coalesce=True,
    )
    told = both.with_columns(
        cause=_cause(), before=pl.col("before").fill_null(0), after=pl.col("after").fill_null(0)
    )
    return told.with_columns(difference=pl.col("after") - pl.col("before")).select(
        *key, "before", "after", "difference", "cause"
    )


def _changed(before: Decided, after: Decided) -> Iterator[str]:
    for currency in sorted({*before.entitlements["currency"], *after.entitlements["currency"]}):
        pairs = (
            (before.entitlements, after.entitlements, ENTITLED),
            (before.instalments, after.instalments, INSTALLED),
        )
        mine = pl.col("currency") == currency
        if not all(_same(one.filter(mine), other.filter(mine), columns) for one, other, columns in pairs):
            yield currency


def _cause() -> pl.Expr:
    quantity = pl.col("quantity") != pl.col("new_quantity")
    return (
        pl.when(pl.col("before").is_null())
        .then(pl.lit("new school"))
        .when(pl.col("after").is_null())
        .then(pl.lit("no longer counted"))
        .when(quantity & (pl.col("measure") == "score"))
        .then(pl.lit("score"))
        .when(quantity)
        .then(pl.lit("count"))
        .when(pl.col("rate") != pl.col("new_rate"))
        .then(pl.lit("rate"))
    )


def _same(one: pl.DataFrame, other: pl.DataFrame, columns: list[str]) -> bool:
    return one.select(columns).sort(columns).equals(other.select(columns).sort(columns))
