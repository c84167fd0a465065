"""Which of several tellings of a board and a period holds: the last one, whole."""

from __future__ import annotations

import polars as pl


def latest_told(rows: pl.DataFrame, period: str) -> pl.DataFrame:
    """The rows of the latest delivery of each board and period.

    A board tells a period as a whole, so a later delivery takes the place of all its earlier rows of that period,
    and of no other board's. Two files of one delivery never tell of the same (`counts.retelling`).

    Args:
        rows: delivery_id, board and `period` among the columns; delivery ids sort in the order of arrival.
        period: `year` or `school_year`.

    Returns:
        The rows that hold, in their order.
    """
    return rows.filter(pl.col("delivery_id") == pl.col("delivery_id").max().over("board", period))
