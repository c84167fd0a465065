"""Counts and scores as DUO and CBS publish them: one row per school in, one row per school out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from npo_pipeline.counts import columns
from npo_pipeline.counts.register import COUNTED
from npo_pipeline.errors import Refused
from npo_pipeline.files import kinds
from npo_pipeline.files.kinds import FileKind
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
        score=columns.score(models.SCORE),
        pupils=columns.whole(models.SCORED_PUPILS),
    )
    _refuse_twice(scored, ["vestiging"], file)
    return scored.select(*SCORED).sort("vestiging")


def _pupils_po(total: str, *, clusters: bool) -> Callable[[pl.DataFrame, str], pl.DataFrame]:
    def count(rows: pl.DataFrame, file: str) -> pl.DataFrame:
        cluster = pl.when(pl.col("CLUSTER") != "").then("CLUSTER") if clusters else pl.lit(None, pl.String)
        counted = rows.select(
            "line",
            columns.vestiging(),
            columns.school_type("SOORT_PO"),
            cluster.alias("cluster"),
            pupils=columns.whole(total),
            cumi_pupils=pl.lit(None, pl.Int64),
        )
        _refuse_twice(counted, ["vestiging", "school_type", "cluster"], file)
        return counted.filter(pl.col("pupils") > 0)

    return count


def _pupils_vo(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    # A vestiging has a row per onderwijstype, sector, afdeling and opleiding; they add up.
    years = pl.sum_horizontal(columns.whole(column) for column in models.VO_YEARS)
    typed = rows.with_columns(columns.vestiging(), columns.school_type_vo(models.ONDERWIJSTYPE_VO), pupils=years)
    counted = typed.group_by("vestiging", "school_type").agg(pl.col("pupils").sum())
    return counted.filter(pl.col("pupils") > 0).with_columns(
        cluster=pl.lit(None, pl.String), cumi_pupils=pl.lit(None, pl.Int64)
    )


def _cumi(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    told = rows.with_columns(columns.vestiging(), columns.school_type("TYPE_PO"))
    _refuse_twice(told, ["vestiging", "school_type", "CUMI"], file)
    counted = told.filter(pl.col("CUMI") == "1").select(
        "vestiging", "school_type", cumi_pupils=columns.whole("AANTAL_LEERLINGEN")
    )
    return counted.filter(pl.col("cumi_pupils") > 0).with_columns(
        cluster=pl.lit(None, pl.String), pupils=pl.lit(None, pl.Int64)
    )


def _newcomers_vo(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    told = rows.with_columns(columns.vestiging())
    _refuse_twice(told, ["vestiging", "CATEGORIE"], file)
    counted = told.group_by("vestiging").agg(newcomers=columns.whole("NIEUWKOMERS").sum())
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
