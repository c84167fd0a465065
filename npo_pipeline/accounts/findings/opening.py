"""The one finding that compares two accounted years: a year opens on the close of the year before."""

from __future__ import annotations

import polars as pl

from npo_pipeline.accounts.findings.case import found
from npo_pipeline.accounts.received import SCHOOL
from npo_pipeline.accounts.words import money
from npo_pipeline.money import to_cents


def opening_differs(accountability: pl.DataFrame, year: int) -> pl.DataFrame:
    """Schools whose year opens on something else than the year before closes on, where that was accounted for.

    It happens when the year before is accounted for again.

    Args:
        accountability: rows of that table, of all years.
        year: the later of the two years.
    """
    now = accountability.filter(pl.col("year") == year)
    before = accountability.filter(pl.col("year") == year - 1)
    if now.is_empty() or before.is_empty():
        return found(now.clear(), pl.lit(""), "")
    closed = before.select(*SCHOOL, "currency", closed=to_cents(pl.col("carried_out")))
    opened = now.select(*SCHOOL, "currency", opened=to_cents(pl.col("carried_in")))
    both = opened.join(closed, on=SCHOOL, how="full", coalesce=True)
    both = both.with_columns(pl.coalesce("currency", "currency_right"), pl.col("opened", "closed").fill_null(0))
    apart = both.with_columns(apart=pl.col("opened") - pl.col("closed")).filter(pl.col("apart") != 0).sort(SCHOOL)
    message = pl.format(
        "Het jaar opent met {}, en {} sloot met {}.", money("opened"), pl.lit(year - 1), money("closed")
    )
    advice = f"Maak de verantwoording over {year} opnieuw; die neemt dan over wat {year - 1} overliet."
    return found(apart, message, advice, "apart")
