"""Reserves that move with a school from one board to another (overdracht saldo), as both boards report them.

What counts is one amount for both, so that no money comes out of nothing: the lowest of what both report, or what
one reports where the other reports nothing. A board that reports 0 denies that anything moved.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.accounts.received import SCHOOL_KEY
from npo_pipeline.money import to_cents
from schemas.accounted import ReserveTransfers
from schemas.frames.accounts import AmountsBySchool, CountedTransfers

_MOVE = ["from_board", "to_board", "brin"]


def counted_transfers(reports: ReserveTransfers, year: int) -> CountedTransfers:
    """Return what counts of the reserves that moved in a year.

    `reports`: the latest report of each board and year. Several rows of a board on one school add up.
    """
    of_year = reports.filter(pl.col("year") == year)
    told = of_year.group_by(*_MOVE, "board").agg(to_cents(pl.col("amount")).sum(), pl.col("moved_on").max())
    by_giver = told.filter(pl.col("board") == pl.col("from_board"))
    by_taker = told.filter(pl.col("board") == pl.col("to_board"))
    both = by_giver.select(*_MOVE, from_told="amount", given_on="moved_on").join(
        by_taker.select(*_MOVE, to_told="amount", taken_on="moved_on"), on=_MOVE, how="full", coalesce=True
    )
    counted = both.with_columns(
        amount=pl.min_horizontal("from_told", "to_told"), moved_on=pl.coalesce("given_on", "taken_on")
    )
    return CountedTransfers(counted.drop("given_on", "taken_on").sort(_MOVE))


def transferred_in(counted: CountedTransfers) -> AmountsBySchool:
    """Return what moved per school: column transferred, above zero to a board and below zero from one."""
    parts = [
        counted.select("brin", board=end, transferred=sign * pl.col("amount"))
        for end, sign in (("to_board", 1), ("from_board", -1))
    ]
    return AmountsBySchool(pl.concat(parts).group_by(SCHOOL_KEY).agg(pl.col("transferred").sum()))
