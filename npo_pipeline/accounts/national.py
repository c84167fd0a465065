"""The country in one table: what was received, spent and kept, per category, school type and municipality."""

from __future__ import annotations

import polars as pl

from npo_pipeline.accounts.received import SCHOOL

SUMMED = ("received", "spent", "external", "carried_out")
UNKNOWN = "onbekend"


def national_summary(
    accountability: pl.DataFrame, interventions: pl.DataFrame, schools: pl.DataFrame, types: pl.DataFrame
) -> pl.DataFrame:
    """Add up the accounts of a year.

    Nothing is received for a category, so `received` and `carried_out` are null there. A school of more than one
    school type stands under all of them together (`so, vso`): what it spent is not told apart.

    Args:
        accountability: rows of that table, of a year.
        interventions: rows of `accountability_interventions`, of the same year.
        schools: board, brin, municipality.
        types: brin, school_type.

    Returns:
        dimension (`category`, `school_type`, `municipality`, `all`), value, currency, boards, schools, received,
        spent, external, carried_out; amounts DECIMAL(18,2).
    """
    together = types.group_by("brin").agg(pl.col("school_type").unique().sort().str.join(", "))
    rows = (
        accountability.join(schools.select(*SCHOOL, "municipality"), on=SCHOOL, how="left")
        .join(together, on="brin", how="left")
        .with_columns(pl.col("municipality", "school_type").fill_null(UNKNOWN), all=pl.lit(""))
    )
    spent = interventions.rename({"amount": "spent"}).with_columns(
        received=pl.lit(None, pl.Decimal(18, 2)), carried_out=pl.lit(None, pl.Decimal(18, 2))
    )
    parts = [
        _by(rows, "all"),
        _by(spent, "category"),
        _by(rows, "school_type"),
        _by(rows, "municipality"),
    ]
    return pl.concat(parts)


def _by(rows: pl.DataFrame, dimension: str) -> pl.DataFrame:
    sums = [pl.when(pl.col(one).count() > 0).then(pl.col(one).sum()).cast(pl.Decimal(18, 2)) for one in SUMMED]
    return (
        rows.group_by(pl.col(dimension).alias("value"), "currency")
        .agg(
            boards=pl.col("board").n_unique().cast(pl.Int64),
            schools=pl.col("brin").n_unique().cast(pl.Int64),
            **dict(zip(SUMMED, sums, strict=True)),
        )
        .sort("value", "currency")
        .select(pl.lit(dimension).alias("dimension"), "value", "currency", "boards", "schools", *SUMMED)
    )
