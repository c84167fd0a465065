"""What boards say they spent, per school and intervention.

Who consented: what was told per school and school year, for the calendar year that is accounted for.

Which of several tellings of a board and a period holds: the last one, whole.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.accounts.menukaart_lookup import ON, match_interventions
from npo_pipeline.accounts.received import SCHOOL
from npo_pipeline.money import divide_half_away, to_cents
from npo_pipeline.rulebook.accountability.model import Menukaart

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
    found = told.join(match_interventions(told, menukaart, year), on=["category", "written"], how="left")
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


def consents_for(consents: pl.DataFrame, year: int) -> pl.DataFrame:
    """The consents of the two school years that lie in a calendar year, the earlier first.

    Args:
        consents: board, brin, school_year, school_scan, mr_consent, mr_date, gmr_consent, gmr_date, ...
        year: the calendar year.
    """
    begins = pl.col("school_year").str.head(4).cast(pl.Int64)
    return consents.filter(begins.is_between(year - 1, year)).sort(*SCHOOL, "school_year")


def consent_by_school(consents: pl.DataFrame) -> pl.DataFrame:
    """What holds of a school: board, brin, school_scan, mr_consent, gmr_consent.

    The school programme of each school year needs the consent of the MR; a scan, and the consent of the GMR to
    board-level spending, need to be there once.

    Args:
        consents: those of one calendar year.
    """
    return consents.group_by(SCHOOL).agg(
        pl.col("school_scan").any(), pl.col("mr_consent").all(), pl.col("gmr_consent").any()
    )


def agreed_until(consents: pl.DataFrame, year: int) -> pl.DataFrame:
    """How much board-level spending the MR agreed to in all school years that began by the end of a year.

    Where a school year was told of more than once the least of it counts.

    Returns:
        board, brin, agreed (cents).
    """
    begun = consents.filter(pl.col("school_year").str.head(4).cast(pl.Int64) <= year)
    least = begun.group_by(*SCHOOL, "school_year").agg(to_cents(pl.col("board_level_agreed")).min())
    return least.group_by(SCHOOL).agg(agreed=pl.col("board_level_agreed").sum())


def report_texts(consents: pl.DataFrame) -> pl.DataFrame:
    """What a report says beside yes and no, of the latest school year that was told of.

    Args:
        consents: those of one calendar year, the earlier school year first.

    Returns:
        board, brin, mr_date, gmr_date, parents_involved, result.
    """
    told = pl.col("mr_date", "gmr_date", "parents_involved", "result")
    return consents.group_by(SCHOOL, maintain_order=True).agg(told.drop_nulls().last()).sort(SCHOOL)


def latest_reports(rows: pl.DataFrame, period: str) -> pl.DataFrame:
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
