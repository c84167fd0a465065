"""What one set of rules gives against another: whom it touches, and by how much, cut four ways."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from npo_pipeline.instalments.plan import differences

CUTS = ("school_type", "component", "municipality", "board")
UNKNOWN = "?"
"""Shown for a municipality that no list names."""


@dataclass(frozen=True)
class Effect:
    """The effect of other rules or counts.

    `schools`: vestiging, name, board, municipality, currency, before, after, difference, of those that get
    another amount, the largest difference first. `cuts`: per cut of `CUTS`: that column, currency, schools
    (that get another amount), before, after, difference.
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
    rows = differences(before, after).join(_places(before, after, schools), on="vestiging", how="left")
    moved = rows.filter(pl.col("difference") != 0)
    about = ["vestiging", "name", "board", "municipality", "currency"]
    sums = pl.col("before", "after", "difference").sum()
    each = rows.join(moved.select("vestiging").unique(), on="vestiging", how="semi").group_by(about).agg(sums)
    ordered = each.sort(pl.col("difference").abs(), "vestiging", descending=[True, False])
    return Effect(ordered, {cut: _cut(rows, cut) for cut in CUTS})


def _cut(rows: pl.DataFrame, cut: str) -> pl.DataFrame:
    touched = pl.col("vestiging").filter(pl.col("difference") != 0).n_unique().cast(pl.Int64)
    sums = pl.col("before", "after", "difference").sum()
    return rows.group_by(cut, "currency").agg(touched.alias("schools"), sums).sort("currency", cut)


def _places(before: pl.DataFrame, after: pl.DataFrame, schools: pl.DataFrame) -> pl.DataFrame:
    """Board, name and municipality of each school; the board is the one of the newer entitlements."""
    boards = pl.concat([frame.select("vestiging", "board") for frame in (after, before)])
    latest = schools.sort("vestiging", "valid_from").unique("vestiging", keep="last", maintain_order=True)
    return (
        boards.unique("vestiging", keep="first", maintain_order=True)
        .join(latest.select("vestiging", "name", "municipality"), on="vestiging", how="left")
        .with_columns(pl.col("municipality").fill_null(UNKNOWN))
    )
