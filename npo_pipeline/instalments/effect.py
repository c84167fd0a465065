"""What one set of rules gives against another: whom it touches, and by how much, cut four ways."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from npo_pipeline.instalments.differences import differences

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
