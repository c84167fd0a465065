"""Two sets of entitlements, row by row, and what differs in each.

What one set of rules gives against another: whom it touches, and by how much, cut four ways.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


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


CUTS = ("school_type", "component", "municipality", "board")
UNKNOWN = "?"
"""Shown for a municipality that no list names."""


@dataclass(frozen=True)
class Effect:
    """The effect of other rules or counts.

    `schools`: vestiging, name, board, municipality, currency, before, after, difference, of those that get
    another amount, the largest difference first. `cuts`: per cut of `CUTS`: that column, currency, schools
    (that get another amount), up, down, before, after, difference.
    """

    schools: pl.DataFrame
    cuts: dict[str, pl.DataFrame]


def effect(before: pl.DataFrame, after: pl.DataFrame, schools: pl.DataFrame) -> Effect:
    """Hold two sets of entitlements against each other.

    Args:
        before: entitlements.
        after: entitlements.
        schools: the directory: vestiging, name, municipality, valid_from; the last row of each counts.
    """
    boards = pl.concat([frame.select("vestiging", "board") for frame in (after, before)])
    return effect_of(differences(before, after), boards, schools)


def effect_of(rows: pl.DataFrame, boards: pl.DataFrame, schools: pl.DataFrame) -> Effect:
    """The effect of amounts that differ.

    Args:
        rows: vestiging, school_type, component, currency, before, after, difference.
        boards: vestiging, board; the first row of each counts, before what the directory says.
        schools: the directory: vestiging, board, name, municipality, valid_from; the last row of each counts.
    """
    placed = rows.join(_places(boards, schools), on="vestiging", how="left")
    moved = placed.filter(pl.col("difference") != 0)
    about = ["vestiging", "name", "board", "municipality", "currency"]
    sums = pl.col("before", "after", "difference").sum()
    touched = placed.join(moved.select("vestiging").unique(), on="vestiging", how="semi")
    each = touched.group_by(about).agg(sums)
    ordered = each.sort(pl.col("difference").abs(), "vestiging", descending=[True, False])
    return Effect(ordered, {cut: _cut(placed, cut) for cut in CUTS})


def _cut(rows: pl.DataFrame, cut: str) -> pl.DataFrame:
    schools = rows.group_by(cut, "currency", "vestiging").agg(pl.col("before", "after", "difference").sum())
    moved = pl.col("difference")
    return (
        schools.group_by(cut, "currency")
        .agg(
            (moved != 0).sum().cast(pl.Int64).alias("schools"),
            (moved > 0).sum().cast(pl.Int64).alias("up"),
            (moved < 0).sum().cast(pl.Int64).alias("down"),
            pl.col("before", "after", "difference").sum(),
        )
        .sort("currency", cut)
    )


def _places(boards: pl.DataFrame, schools: pl.DataFrame) -> pl.DataFrame:
    """Board, name and municipality of each school."""
    latest = schools.sort("vestiging", "valid_from").unique("vestiging", keep="last", maintain_order=True)
    both = pl.concat([boards, latest.select(boards.columns)]) if "board" in latest.columns else boards
    return (
        both.unique("vestiging", keep="first", maintain_order=True)
        .join(latest.select("vestiging", "name", "municipality"), on="vestiging", how="left")
        .with_columns(pl.col("municipality").fill_null(UNKNOWN))
    )
