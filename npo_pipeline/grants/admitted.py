"""Who may apply: within a window, as the board of the school, for a school with pupils, once.

Applications are judged in the order in which they were received: by day, and within a day in the order of the
delivery. `stop` names the first rule that refuses an application; null while none does.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.grants.basis import Basis
from npo_pipeline.grants.terms import sector_of, terms, window_on
from npo_pipeline.regulations.subsidies.model import Subsidy

OUTSIDE, STRANGER, UNCOUNTED, AGAIN = "outside", "stranger", "uncounted", "again"


def admitted(subsidy: Subsidy, basis: Basis) -> pl.DataFrame:
    """Judge the applications for a subsidy by everything but the amount.

    Returns:
        The applications in order of receipt, with `receipt` (from 0), window_name, sector, counted (the pupils
        of the school on the reference date), has_score, held_by, first_on (the day of the application that
        counts, where this is another one), the terms of its window and group, and `stop`.
    """
    applied = basis.applications.filter(pl.col("scheme") == subsidy.scheme)
    placed = (
        applied.sort("applied_on", "delivery_id", "line")
        .with_row_index("receipt")
        .with_columns(window_name=window_on(subsidy, pl.col("applied_on")))
        .join(_counted(subsidy, basis.pupils), on="brin", how="left", maintain_order="left")
        .with_columns(has_score=pl.col("brin").is_in(basis.scored["brin"].implode()))
        .join(terms(subsidy), on=["window_name", "sector"], how="left", maintain_order="left")
        .join(_held_by(applied, basis.schools), on=["brin", "applied_on"], how="left", maintain_order="left")
    )
    holds = pl.col("held_by").list.contains(pl.col("board")).fill_null(False)
    stop = (
        pl.when(pl.col("window_name").is_null())
        .then(pl.lit(OUTSIDE))
        .when(~holds)
        .then(pl.lit(STRANGER))
        .when(pl.col("counted").is_null())
        .then(pl.lit(UNCOUNTED))
    )
    return _once(subsidy, placed.with_columns(stop=stop))


def _once(subsidy: Subsidy, placed: pl.DataFrame) -> pl.DataFrame:
    """Of the applications that nothing else refuses, the first one per window counts."""
    per = ["window_name", "brin" if subsidy.one_application_per.value == "school" else "board"]
    free = pl.col("stop").is_null()
    again = free & (free.cast(pl.Int64).cum_sum().over(per) > 1)
    first = pl.col("applied_on").filter(free).first().over(per)
    return placed.with_columns(
        stop=pl.when(again).then(pl.lit(AGAIN)).otherwise("stop"), first_on=pl.when(again).then(first)
    )


def _counted(subsidy: Subsidy, pupils: pl.DataFrame) -> pl.DataFrame:
    """The pupils of each school and its group: brin, sector, counted.

    A school with pupils of two groups is of the one it has most of.
    """
    sector = pl.col("school_type").replace_strict(sector_of(subsidy), default=None, return_dtype=pl.String)
    known = pupils.with_columns(sector=sector).filter(pl.col("sector").is_not_null())
    sums = known.group_by("brin", "sector").agg(counted=pl.col("pupils").sum())
    most = sums.sort("counted", "sector", descending=[True, False])
    return most.unique("brin", keep="first", maintain_order=True)


def _held_by(applied: pl.DataFrame, schools: pl.DataFrame) -> pl.DataFrame:
    """The boards that hold a vestiging of a school on the day of an application.

    Before the first day known of a vestiging, its first board counts, as everywhere.
    """
    known = schools.select(
        "brin", "board", "valid_to", first=pl.col("valid_from").min().over("vestiging"), since="valid_from"
    )
    asked = applied.select("brin", "applied_on").unique()
    begun = (pl.col("since") <= pl.col("applied_on")) | (pl.col("since") == pl.col("first"))
    lasts = pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("applied_on"))
    held = asked.join(known, on="brin").filter(begun & lasts)
    return held.group_by("brin", "applied_on").agg(held_by=pl.col("board").unique().sort())
