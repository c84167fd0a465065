"""The national summary: receipts, spending and carry-over per category, school type and municipality."""

from __future__ import annotations

import polars as pl

from npo_pipeline.accounts.received import SCHOOL_KEY
from schemas.accounted import Accountability, AccountabilityInterventions
from schemas.frames.accounts import NationalSummary, SchoolNames, SchoolTypes

_AMOUNTS = ("received", "spent", "external", "carried_out")
_UNKNOWN = "onbekend"


def national_summary(
    accountability: Accountability,
    interventions: AccountabilityInterventions,
    schools: SchoolNames,
    types: SchoolTypes,
) -> NationalSummary:
    """Sum the accounts of a year.

    Nothing is received for a category, so `received` and `carried_out` are null there. A school of more than one
    school type is counted under all of them together (`so, vso`): its spending is not reported per type.
    """
    joined_types = types.group_by("brin").agg(pl.col("school_type").unique().sort().str.join(", "))
    rows = (
        accountability.join(schools.select(*SCHOOL_KEY, "municipality"), on=SCHOOL_KEY, how="left")
        .join(joined_types, on="brin", how="left")
        .with_columns(pl.col("municipality", "school_type").fill_null(_UNKNOWN), all=pl.lit(""))
    )
    spent = interventions.rename({"amount": "spent"}).with_columns(
        received=pl.lit(None, pl.Decimal(18, 2)), carried_out=pl.lit(None, pl.Decimal(18, 2))
    )
    by_dimension = {"all": rows, "category": spent, "school_type": rows, "municipality": rows}
    return NationalSummary(pl.concat([_by(frame, dimension) for dimension, frame in by_dimension.items()]))


def _by(rows: pl.DataFrame, dimension: str) -> pl.DataFrame:
    sums = [pl.when(pl.col(one).count() > 0).then(pl.col(one).sum()).cast(pl.Decimal(18, 2)) for one in _AMOUNTS]
    return (
        rows.group_by(pl.col(dimension).alias("value"), "currency")
        .agg(
            boards=pl.col("board").n_unique().cast(pl.Int64),
            schools=pl.col("brin").n_unique().cast(pl.Int64),
            **dict(zip(_AMOUNTS, sums, strict=True)),
        )
        .sort("value", "currency")
        .select(pl.lit(dimension).alias("dimension"), "value", "currency", "boards", "schools", *_AMOUNTS)
    )
