"""Rows of schools for which no board is known, also among the rows that have another fault already."""

from __future__ import annotations

import polars as pl

from npo_pipeline.counts import columns
from schemas import files as models
from schemas.rules import UNKNOWN_SCHOOL, VESTIGING


def strangers(rows: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """The refusals of rows whose school nobody has named.

    Args:
        rows: text rows with `line`, of a file that names vestigingen; a code that is no code is passed over,
            because that is the fault of its own column.
        known: the vestigingen that have a board.

    Returns:
        line, rule, column_name, value.
    """
    column = models.SCHOOL if models.SCHOOL in rows.columns else "VESTIGINGSNUMMER"
    place = pl.col(column).alias("vestiging") if column == models.SCHOOL else columns.vestiging()
    is_code = pl.col("vestiging").str.contains(VESTIGING)
    if column != models.SCHOOL:
        is_code &= pl.col("vestiging").str.head(4) == pl.col("BRIN_NUMMER")
    found = rows.with_columns(place).filter(is_code & ~pl.col("vestiging").is_in(known.implode()))
    return found.select("line", rule=pl.lit(UNKNOWN_SCHOOL), column_name=pl.lit(column), value="vestiging")
