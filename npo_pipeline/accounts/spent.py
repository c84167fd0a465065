"""What boards say they spent, per school and intervention."""

from __future__ import annotations

import polars as pl

from npo_pipeline.accounts.menu import ON, looked_up
from npo_pipeline.accounts.received import SCHOOL
from npo_pipeline.money import divide_half_away, to_cents
from npo_pipeline.regulations.accountability.model import Menukaart

BOVENSCHOOLS = "bovenschools"
LINE = ["category", "intervention", "level"]
SHARE_UNITS = 10_000
"""A share is held in units of 0.0001."""


def spending_rows(spending: pl.DataFrame, files: pl.DataFrame, menukaart: Menukaart, year: int) -> pl.DataFrame:
    """The rows of a year, with their interventions looked up.

    Args:
        spending: delivery_id, line, board, brin, year, category, intervention, level, amount, external.
        files: delivery_id, file.
        menukaart: in all its versions.
        year: the calendar year.

    Returns:
        board, brin, category, written, intervention, standing, hint, level, amount, external (cents), file, line.
    """
    told = spending.filter(pl.col("year") == year).rename({"intervention": "written"})
    found = told.join(looked_up(told, menukaart, year), on=["category", "written"], how="left")
    return found.join(files, on="delivery_id", how="left").select(
        *SCHOOL,
        *("category", "written", "intervention", "standing", "hint", "level"),
        to_cents(pl.col("amount")),
        to_cents(pl.col("external")),
        *("file", "line"),
    )


def spent_by_school(rows: pl.DataFrame) -> pl.DataFrame:
    """What schools spent: board, brin, spent, external, board_level (cents), from rows of a year."""
    shared = pl.col("amount").filter(pl.col("level") == BOVENSCHOOLS).sum()
    return rows.group_by(SCHOOL).agg(
        spent=pl.col("amount").sum(), external=pl.col("external").sum(), board_level=shared
    )


def by_intervention(rows: pl.DataFrame) -> pl.DataFrame:
    """Per school which part went to which intervention.

    Args:
        rows: rows of a year.

    Returns:
        board, brin, category, intervention, level, amount, external (cents), share (in 0.0001 of what the school
        spent; null where that is 0), on_menu.
    """
    together = rows.group_by(*SCHOOL, *LINE).agg(
        pl.col("amount").sum(), pl.col("external").sum(), on_menu=(pl.col("standing") == ON).all()
    )
    whole = pl.col("amount").sum().over(SCHOOL)
    share = divide_half_away(pl.col("amount") * SHARE_UNITS, pl.max_horizontal(whole, 1))
    return together.with_columns(share=pl.when(whole > 0).then(share)).sort(*SCHOOL, *LINE)
