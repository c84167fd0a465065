"""Whether the scores of a CBS workbook follow their own formula: score = max(0, A - B), B = factor x E.

A is the score without threshold (`Tabel 2`), E the number of funded pupils. The factor is 12% of the
difference between the national mean and the mean of the lowest 15% (Besluit bekostiging WPO, Stb. 2018,
334; CBS, Toelichting). CBS publishes both means rounded, and for each year anew, so the factor is read
from the table itself: all schools above the threshold must show the same one.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.counts import columns
from schemas import files as models

OFF: dict[str, pl.DataType | type[pl.DataType]] = {
    "line": pl.Int64,
    "vestiging": pl.String,
    "expected": pl.Decimal(18, 2),
    "score": pl.Decimal(18, 2),
}

_SLACK_PER_PUPIL_E4, _SLACK_E4 = 1, 100
"""Tolerance 0.0001 x E + 0.01, in ten-thousandths: the rounding of the means and of A and the score."""


def off_formula(rows: pl.DataFrame, without_threshold: pl.DataFrame) -> pl.DataFrame:
    """The schools whose score does not follow from their score without threshold.

    Args:
        rows: good rows of `Tabel 1` as text, with `line`.
        without_threshold: school and score without threshold of `Tabel 2`, as text.

    Returns:
        line, vestiging, expected, score: empty when all follow, or when there is no `Tabel 2`.
    """
    whole = pl.Int64
    table = rows.select(
        "line",
        vestiging=models.SCHOOL,
        score=(columns.score(models.SCORE).cast(pl.Decimal(38, 4)) * pl.lit(10_000, whole)).cast(whole),
        pupils=columns.whole(models.SCORED_PUPILS),
    )
    numeric = pl.col(models.SCORE_WITHOUT_THRESHOLD).str.contains(r"^[0-9]+([.,][0-9]{1,2})?$")
    before = without_threshold.filter(numeric).select(
        vestiging=models.SCHOOL,
        before=(
            columns.score(models.SCORE_WITHOUT_THRESHOLD).cast(pl.Decimal(38, 4)) * pl.lit(10_000, whole)
        ).cast(whole),
    )
    both = table.join(before, on="vestiging", how="inner")
    above = both.filter((pl.col("score") > 0) & (pl.col("pupils") > 0))
    if above.is_empty():
        return pl.DataFrame(schema=OFF)
    factor = ((pl.col("before") - pl.col("score")) * 100 // pl.col("pupils")).sort()
    middle = int(above.select(factor.get(above.height // 2)).item())
    # The factor is held in millionths; scores and expectation in ten-thousandths.
    expected = (pl.col("before") - pl.lit(middle) * pl.col("pupils") // 100).clip(lower_bound=0)
    slack = pl.col("pupils") * _SLACK_PER_PUPIL_E4 + _SLACK_E4
    off = both.with_columns(expected=expected).filter((pl.col("expected") - pl.col("score")).abs() > slack)
    return off.select("line", "vestiging", _decimal("expected"), _decimal("score")).sort("line")


def _decimal(name: str) -> pl.Expr:
    cents = (pl.col(name) // 100).cast(pl.Decimal(38, 2))
    return (cents / pl.lit(100).cast(pl.Decimal(38, 2))).cast(pl.Decimal(18, 2)).alias(name)
