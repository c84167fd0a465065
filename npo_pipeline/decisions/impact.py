"""The effect of other rules or counts: the schools that get another amount, and cuts by type, place and board."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from npo_pipeline.entitlements.model import COMPONENT_KEY
from schemas.decided import Entitlements
from schemas.frames.money import AmountDifferences, CutDifferences, SchoolBoards, SchoolDifferences
from schemas.received import Schools

CUTS = ("school_type", "component", "municipality", "board")
_UNKNOWN = "?"
"""Shown for a municipality that no list names."""


@dataclass(frozen=True)
class Effect:
    """Represent the effect of other rules or counts.

    `schools`: those that get another amount. `cuts`: an entry per name in `CUTS`.
    """

    schools: SchoolDifferences
    cuts: dict[str, CutDifferences]


def effect_of_rules(before: Entitlements, after: Entitlements, schools: Schools) -> Effect:
    """Return the effect of one set of rules against another."""
    boards = pl.concat([frame.select("vestiging", "board") for frame in (after, before)])
    return effect_of_differences(differences(before, after), SchoolBoards(boards), schools)


def effect_of_differences(rows: AmountDifferences, boards: SchoolBoards, schools: Schools) -> Effect:
    """Return the effect of amounts that differ.

    Args:
        rows: the amounts.
        boards: the board of each school, before what the directory says.
        schools: the directory; the last row of each school counts.
    """
    placed = rows.join(_places(boards, schools), on="vestiging", how="left")
    moved = placed.filter(pl.col("difference") != 0)
    about = ["vestiging", "name", "board", "municipality", "currency"]
    sums = pl.col("before", "after", "difference").sum()
    touched = placed.join(moved.select("vestiging").unique(), on="vestiging", how="semi")
    each = touched.group_by(about).agg(sums)
    ordered = each.sort(pl.col("difference").abs(), "vestiging", descending=[True, False])
    return Effect(SchoolDifferences(ordered), {cut: _cut(placed, cut) for cut in CUTS})


def _cut(rows: pl.DataFrame, cut: str) -> CutDifferences:
    """Add up differences per school type, component, municipality or board."""
    schools = rows.group_by(cut, "currency", "vestiging").agg(pl.col("before", "after", "difference").sum())
    moved = pl.col("difference")
    return CutDifferences(
        schools.group_by(cut, "currency")
        .agg(
            (moved != 0).sum().cast(pl.Int64).alias("schools"),
            (moved > 0).sum().cast(pl.Int64).alias("up"),
            (moved < 0).sum().cast(pl.Int64).alias("down"),
            pl.col("before", "after", "difference").sum(),
        )
        .sort("currency", cut)
    )


def _places(boards: SchoolBoards, schools: Schools) -> pl.DataFrame:
    """Return the board, name and municipality of each school."""
    latest = schools.sort("vestiging", "valid_from").unique("vestiging", keep="last", maintain_order=True)
    both = pl.concat([boards, latest.select(boards.columns)])
    return (
        both.unique("vestiging", keep="first", maintain_order=True)
        .join(latest.select("vestiging", "name", "municipality"), on="vestiging", how="left")
        .with_columns(pl.col("municipality").fill_null(_UNKNOWN))
    )


def differences(before: Entitlements, after: Entitlements) -> AmountDifferences:
    """Compare two sets of entitlements, row by row.

    Returns:
        The differences with `cause`: why the amount is another one; null where it is not.
    """
    key = [*COMPONENT_KEY, "currency"]
    both = before.select(*key, "measure", "quantity", "rate", before="amount").join(
        after.select(*key, new_quantity="quantity", new_rate="rate", after="amount"),
        on=key,
        how="full",
        coalesce=True,
    )
    found = both.with_columns(
        cause=_cause(), before=pl.col("before").fill_null(0), after=pl.col("after").fill_null(0)
    )
    return AmountDifferences(
        found.with_columns(difference=pl.col("after") - pl.col("before")).select(
            *key, "before", "after", "difference", "cause"
        )
    )


def _cause() -> pl.Expr:
    """Return the first of the things that differ in a row."""
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
