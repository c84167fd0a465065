"""Counts and scores as DUO and CBS publish them: one row per school in, one row per school out.

Whether the scores of a CBS workbook follow their own formula: score = max(0, A - B), B = factor x E.

A is the score without threshold (`Tabel 2`), E the number of funded pupils. The factor is 12% of the
difference between the national mean and the mean of the lowest 15% (Besluit bekostiging WPO, Stb. 2018,
334; CBS, Toelichting). CBS publishes both means rounded, and for each year anew, so the factor is read
from the table itself: all schools above the threshold must show the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.errors import Refused
from npo_pipeline.intake import parse
from npo_pipeline.intake.register_counts import COUNTED
from schemas import files as models

SCORED: dict[str, pl.DataType | type[pl.DataType]] = {
    "vestiging": pl.String,
    "score": pl.Decimal(18, 2),
    "pupils": pl.Int64,
}


def counts_of(kind: FileKind, rows: pl.DataFrame, file: str) -> pl.DataFrame:
    """Counts from a file that already counts.

    Args:
        kind: DUO pupils po or vo, or CUMI.
        rows: its good rows, as text with `line`.
        file: the name of the file, for refusals.

    Returns:
        vestiging, school_type, cluster, pupils, cumi_pupils; null where the file does not say.

    Raises:
        Refused: two rows of a school that are not the same say how many pupils it has.
    """
    counted = _COUNTERS[kind.name](rows, file)
    silent = [pl.lit(None, dtype).alias(name) for name, dtype in COUNTED.items() if name not in counted.columns]
    return counted.with_columns(silent).select(*COUNTED).sort(*list(COUNTED)[:3])


def scores_of(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    """Scores with threshold from the CBS table.

    Returns:
        vestiging, score (DECIMAL(18,2)), pupils (as CBS counted them).

    Raises:
        Refused: a vestiging stands twice.
    """
    scored = rows.select(
        "line",
        vestiging=models.SCHOOL,
        score=parse.parse_amount(models.SCORE),
        pupils=parse.parse_int(models.SCORED_PUPILS),
    )
    _refuse_twice(scored, ["vestiging"], file)
    return scored.select(*SCORED).sort("vestiging")


def _pupils_po(total: str, *, clusters: bool) -> Callable[[pl.DataFrame, str], pl.DataFrame]:
    def count(rows: pl.DataFrame, file: str) -> pl.DataFrame:
        cluster = pl.when(pl.col("CLUSTER") != "").then("CLUSTER") if clusters else pl.lit(None, pl.String)
        counted = rows.select(
            "line",
            parse.vestiging(),
            parse.school_type("SOORT_PO"),
            cluster.alias("cluster"),
            pupils=parse.parse_int(total),
            cumi_pupils=pl.lit(None, pl.Int64),
        )
        _refuse_twice(counted, ["vestiging", "school_type", "cluster"], file)
        return counted.filter(pl.col("pupils") > 0)

    return count


def _pupils_vo(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    # A vestiging has a row per onderwijstype, sector, afdeling and opleiding; they add up.
    years = pl.sum_horizontal(parse.parse_int(column) for column in models.VO_YEARS)
    typed = rows.with_columns(parse.vestiging(), parse.school_type_vo(models.ONDERWIJSTYPE_VO), pupils=years)
    counted = typed.group_by("vestiging", "school_type").agg(pl.col("pupils").sum())
    return counted.filter(pl.col("pupils") > 0).with_columns(
        cluster=pl.lit(None, pl.String), cumi_pupils=pl.lit(None, pl.Int64)
    )


def _cumi(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    told = rows.with_columns(parse.vestiging(), parse.school_type("TYPE_PO"))
    _refuse_twice(told, ["vestiging", "school_type", "CUMI"], file)
    counted = told.filter(pl.col("CUMI") == "1").select(
        "vestiging", "school_type", cumi_pupils=parse.parse_int("AANTAL_LEERLINGEN")
    )
    return counted.filter(pl.col("cumi_pupils") > 0).with_columns(
        cluster=pl.lit(None, pl.String), pupils=pl.lit(None, pl.Int64)
    )


def _newcomers_vo(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    told = rows.with_columns(parse.vestiging())
    _refuse_twice(told, ["vestiging", "CATEGORIE"], file)
    counted = told.group_by("vestiging").agg(newcomers=parse.parse_int("NIEUWKOMERS").sum())
    return counted.filter(pl.col("newcomers") > 0).with_columns(school_type=pl.lit("vo"))


def _refuse_twice(rows: pl.DataFrame, key: list[str], file: str) -> None:
    twice = rows.filter(pl.struct(key).is_duplicated()).sort(*key, "line").head(2)
    if twice.height:
        lines = " and ".join(str(line) for line in twice["line"])
        what = ", ".join(str(value) for value in twice.select(key).row(0) if value is not None)
        raise Refused(f"{file}, lines {lines}: {what} stands twice and not the same; keep the right one")


_COUNTERS: Mapping[str, Callable[[pl.DataFrame, str], pl.DataFrame]] = {
    kinds.PUPILS_PO.name: _pupils_po("LEERLINGEN", clusters=False),
    kinds.PUPILS_PO_CLUSTER.name: _pupils_po("TOTAAL", clusters=True),
    kinds.PUPILS_VO.name: _pupils_vo,
    kinds.CUMI.name: _cumi,
    kinds.NEWCOMERS_VO.name: _newcomers_vo,
}

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
        score=(parse.parse_amount(models.SCORE).cast(pl.Decimal(38, 4)) * pl.lit(10_000, whole)).cast(whole),
        pupils=parse.parse_int(models.SCORED_PUPILS),
    )
    numeric = pl.col(models.SCORE_WITHOUT_THRESHOLD).str.contains(r"^[0-9]+([.,][0-9]{1,2})?$")
    before = without_threshold.filter(numeric).select(
        vestiging=models.SCHOOL,
        before=(
            parse.parse_amount(models.SCORE_WITHOUT_THRESHOLD).cast(pl.Decimal(38, 4)) * pl.lit(10_000, whole)
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
