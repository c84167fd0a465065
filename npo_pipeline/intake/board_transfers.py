"""Board transfers: a school that goes to another board, and the board that holds a school on a day.

A transfer moves who is paid and not what: a payment goes to the board that holds the vestiging on the first day of
the paid month (contract, section 4). A transfer that is delivered late moves no payment; view `receivables` shows
what the two boards owe each other.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from schemas.frames.intake import FileRows
from schemas.received import Schools


def board_on(schools: Schools, rows: pl.DataFrame, on: date) -> pl.DataFrame:
    """Add the board that holds the vestiging on a day: for a payment the first day of the paid month.

    Before the first known day of a school, its first known board counts; where none is known, `board` is null.
    """
    there = directory_on(schools, on).select("vestiging", "board")
    return rows.join(there, on="vestiging", how="left", maintain_order="left")


def directory_on(schools: Schools, on: date) -> Schools:
    """Select the row of each vestiging that holds on a day; before its first known day the first."""
    past = schools.filter(pl.col("valid_from") <= on).sort("valid_from", descending=True)
    to_come = schools.filter(pl.col("valid_from") > on).sort("valid_from")
    return Schools(pl.concat([past, to_come]).unique("vestiging", keep="first", maintain_order=True))


def transfers(rows: FileRows) -> FileRows:
    """Select the rows of a changes file that name a board: transfers and openings."""
    return FileRows(rows.filter(pl.col("SOORT").is_in(["bestuursoverdracht", "opening"])))
