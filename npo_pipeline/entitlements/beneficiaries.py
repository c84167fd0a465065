"""Beneficiaries: whose money an amount is, and who is paid it.

An amount is of a vestiging, a samenwerkingsverband (`VO1234`) or a municipality (four digits); no two share a
code, so the code says which. Money of a vestiging is paid to the board that holds it, other money to the
beneficiary.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import polars as pl

from npo_pipeline.intake.board_transfers import board_on
from schemas.columns import AMOUNT_KEY, BESTUUR, GEMEENTE, SAMENWERKING
from schemas.frames.money import Quantities, VestigingAreas
from schemas.received import Schools
from schemas.rules import SAMENWERKINGSVERBAND, VESTIGING


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


def booked_on_areas(counted: Quantities, components: Collection[str], areas: VestigingAreas) -> Quantities:
    """Book the quantities of some components on samenwerkingsverbanden: of all vestigingen in their area together.

    Args:
        counted: of a regulation.
        components: those that are paid to samenwerkingsverbanden.
        areas: a vestiging that is not named gives nothing (`decisions.omissions` says so).
    """
    if counted.is_empty() or not components:
        return counted
    of_area = pl.col("component").is_in(list(components))
    placed = counted.filter(of_area).join(areas, on="vestiging", how="inner")
    sums = placed.group_by("school_type", "component", "measure", beneficiary="samenwerkingsverband").agg(
        pl.col("counted_e2", "quantity_e2").sum()
    )
    booked = sums.with_columns(vestiging=pl.lit(None, pl.String)).select(counted.columns)
    return Quantities(pl.concat([counted.filter(~of_area), booked]).sort(AMOUNT_KEY))


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
