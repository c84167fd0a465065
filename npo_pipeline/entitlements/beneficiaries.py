"""Beneficiaries: whose money an amount is, and who is paid it.

An amount is of a vestiging, a samenwerkingsverband (`VO1234`) or a municipality (four digits); no two share a
code, so the code says which. Money of a vestiging is paid to the board that holds it, other money to the
beneficiary.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from npo_pipeline.intake.board_transfers import board_on
from schemas.columns import BESTUUR, GEMEENTE, SAMENWERKING
from schemas.received import Schools
from schemas.rules import SAMENWERKINGSVERBAND, VESTIGING

BENEFICIARY_NAMES = ["beneficiary", "recipient_kind"]


def is_vestiging() -> pl.Expr:
    """Return whether column `beneficiary` is a vestiging."""
    return pl.col("beneficiary").str.contains(VESTIGING)


def with_beneficiary(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `vestiging` (null where the money is not of one) and `recipient_kind`, by column `beneficiary`."""
    is_area = pl.col("beneficiary").str.contains(SAMENWERKINGSVERBAND)
    kind = pl.when(is_vestiging()).then(pl.lit(BESTUUR)).when(is_area).then(pl.lit(SAMENWERKING))
    return rows.with_columns(
        vestiging=pl.when(is_vestiging()).then("beneficiary"),
        recipient_kind=kind.otherwise(pl.lit(GEMEENTE)),
    )


def with_recipient(rows: pl.DataFrame, schools: Schools, on: date) -> pl.DataFrame:
    """Add who is paid on a day: `board`, `brin` and `vestiging` (null for others than boards), and `recipient`.

    Args:
        rows: any frame with `beneficiary`.
        schools: the directory; `recipient` is null where it knows no board of a vestiging.
        on: the day on which the board holds the vestiging.
    """
    placed = board_on(schools, with_beneficiary(rows), on)
    return placed.with_columns(
        brin=pl.col("vestiging").str.head(4),
        recipient=pl.when(is_vestiging()).then("board").otherwise("beneficiary"),
    )
