"""Who consented: what was told per school and school year, for the calendar year that is accounted for."""

from __future__ import annotations

import polars as pl

from npo_pipeline.accounts.received import SCHOOL
from npo_pipeline.money import to_cents


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


def told_of_consents(consents: pl.DataFrame) -> pl.DataFrame:
    """What a report says beside yes and no, of the latest school year that was told of.

    Args:
        consents: those of one calendar year, the earlier school year first.

    Returns:
        board, brin, mr_date, gmr_date, parents_involved, result.
    """
    told = pl.col("mr_date", "gmr_date", "parents_involved", "result")
    return consents.group_by(SCHOOL, maintain_order=True).agg(told.drop_nulls().last()).sort(SCHOOL)
