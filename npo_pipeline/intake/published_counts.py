"""Counts and scores as DUO and CBS publish them: one row per school, and the formula that scores must follow.

The formula of CBS: score = max(0, A - B), B = factor x E. A is the score without threshold (`Tabel 2`), E the
number of funded pupils. The factor is 12% of the difference between the national mean and the mean of the lowest
15% (Besluit bekostiging WPO, Stb. 2018, 334; CBS, Toelichting). CBS publishes both means rounded, and for each
year anew, so the factor is read from the table itself: all schools above the threshold must show the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.errors import Refused
from npo_pipeline.intake import parse
from schemas import files as models
from schemas.frames import intake as frames


def counts_of(kind: FileKind, rows: frames.FileRows, file: str) -> frames.FileCounts:
    """Return the counts in valid rows of a file that already counts; null for a measure that it does not count.

    Raises:
        Refused: two rows of a school that are not the same say how many pupils it has.
    """
    counted = COUNTERS[kind.name](rows, file)
    columns = pl.concat([frames.empty(frames.FILE_COUNTS), counted], how="diagonal").select(*frames.FILE_COUNTS)
    return frames.FileCounts(columns.sort("vestiging", "school_type", "cluster"))


def scores_of(rows: frames.FileRows, file: str) -> frames.FileScores:
    """Return the scores with threshold of the CBS table; refuse two rows of a vestiging."""
    scored = rows.select(
        "line",
        vestiging=models.SCHOOL,
        score=parse.parse_amount(models.SCORE),
        pupils=parse.parse_int(models.SCORED_PUPILS),
    )
    _refuse_twice(frames.FileRows(scored), ["vestiging"], file)
    return frames.FileScores(scored.select(*frames.FILE_SCORES).sort("vestiging"))


def ranges_of(kind: FileKind, rows: frames.FileRows, file: str) -> frames.FileRanges:
    """Return the lowest and the highest that each count in valid rows of a masked file can be.

    Raises:
        Refused: two rows of a school that are not the same say how many pupils it has.
    """
    places, measure = _PLACES[kind.name.removesuffix("_masked")]
    placed = frames.FileRows(places(rows).with_columns(parse.vestiging()))
    key = ["vestiging", "school_type", "cluster"]
    if kind.has_row_per_school:
        _refuse_twice(placed, key, file)
    bounds = {name: pl.sum_horizontal(_bound(name, one) for one in kind.counted) for name in ("lowest", "highest")}
    added = placed.with_columns(**bounds).group_by(key).agg(pl.col(*bounds).sum())
    ranges = added.with_columns(measure=pl.lit(measure)).select(*frames.FILE_RANGES)
    return frames.FileRanges(ranges.sort(*key))


def _bound(name: str, column: str) -> pl.Expr:
    """Return the lowest or highest number in a cell: `<5` is 1 to 4."""
    cell = pl.col(column)
    below = cell.str.strip_chars_start("< ").cast(pl.Int64)
    masked = pl.lit(1, pl.Int64) if name == "lowest" else below - 1
    return pl.when(cell.str.starts_with("<")).then(masked).otherwise(below)


def _places_po(rows: frames.FileRows, column: str, cluster: pl.Expr) -> pl.DataFrame:
    return rows.with_columns(parse.school_type(column), cluster=cluster)


def _places_vo(rows: frames.FileRows) -> pl.DataFrame:
    return rows.with_columns(parse.school_type_vo(models.ONDERWIJSTYPE_VO), cluster=_NO_CLUSTER)


def _pupils_po_ages(rows: frames.FileRows, file: str) -> frames.CountedMeasures:
    key = ["vestiging", "school_type", "cluster"]
    placed = frames.FileRows(_places_po(rows, "SOORT_PO", _CLUSTER).with_columns(parse.vestiging()))
    _refuse_twice(placed, [*key, "POSTCODE_LEERLING", "GEMEENTENAAM_LEERLING"], file)
    ages = pl.sum_horizontal(parse.parse_int(column) for column in models.AGES)
    counted = placed.with_columns(pupils=ages).group_by(key).agg(pl.col("pupils").sum())
    return frames.CountedMeasures(counted.filter(pl.col("pupils") > 0))


def _pupils_po(rows: frames.FileRows, file: str, *, total: str, cluster: pl.Expr) -> frames.CountedMeasures:
    pupils = parse.parse_int(total)
    counted = rows.select("line", parse.vestiging(), parse.school_type("SOORT_PO"), cluster=cluster, pupils=pupils)
    _refuse_twice(frames.FileRows(counted), ["vestiging", "school_type", "cluster"], file)
    return frames.CountedMeasures(counted.filter(pl.col("pupils") > 0))


def _pupils_po_totals(rows: frames.FileRows, file: str) -> frames.CountedMeasures:
    counted = rows.select(
        "line", parse.vestiging(), parse.school_type("TYPE_PO"), pupils=parse.parse_int("AANTAL_LEERLINGEN")
    )
    _refuse_twice(frames.FileRows(counted), ["vestiging", "school_type"], file)
    return frames.CountedMeasures(counted.filter(pl.col("pupils") > 0))


def _pupils_vo(rows: frames.FileRows, file: str) -> frames.CountedMeasures:
    # A vestiging has a row per onderwijstype, sector, afdeling and opleiding; they add up.
    years = pl.sum_horizontal(parse.parse_int(column) for column in models.VO_YEARS)
    typed = rows.select(
        parse.vestiging(),
        parse.school_type_vo(models.ONDERWIJSTYPE_VO),
        pupils=years,
        pro_pupils=years * parse.is_praktijkonderwijs(models.ONDERWIJSTYPE_VO),
    )
    counted = typed.group_by("vestiging", "school_type").agg(pl.col("pupils", "pro_pupils").sum())
    return frames.CountedMeasures(counted.filter(pl.col("pupils") > 0))


def _cumi(rows: frames.FileRows, file: str) -> frames.CountedMeasures:
    placed = frames.FileRows(rows.with_columns(parse.vestiging(), parse.school_type("TYPE_PO")))
    _refuse_twice(placed, ["vestiging", "school_type", "CUMI"], file)
    counted = placed.filter(pl.col("CUMI") == "1").with_columns(cumi_pupils=parse.parse_int("AANTAL_LEERLINGEN"))
    return frames.CountedMeasures(counted.filter(pl.col("cumi_pupils") > 0))


def _newcomers_vo(rows: frames.FileRows, file: str) -> frames.CountedMeasures:
    placed = frames.FileRows(rows.with_columns(parse.vestiging(), school_type=pl.lit("vo")))
    _refuse_twice(placed, ["vestiging", "CATEGORIE"], file)
    counted = placed.group_by("vestiging", "school_type").agg(newcomers=parse.parse_int("NIEUWKOMERS").sum())
    return frames.CountedMeasures(counted.filter(pl.col("newcomers") > 0))


def _refuse_twice(rows: frames.FileRows, key: list[str], file: str) -> None:
    twice = rows.filter(pl.struct(key).is_duplicated()).sort(*key, "line").head(2)
    if twice.height:
        lines = " and ".join(map(str, twice["line"]))
        what = ", ".join(value for value in twice.select(key).row(0) if value is not None)
        raise Refused(f"{file}, lines {lines}: {what} stands twice and not the same; keep the right one")


_NO_CLUSTER, _CLUSTER = pl.lit(None, pl.String), pl.when(pl.col("CLUSTER") != "").then("CLUSTER")

_Places = Callable[[frames.FileRows], pl.DataFrame]
_PLACES: Mapping[str, tuple[_Places, str]] = {
    kinds.PUPILS_PO_AGES.name: (partial(_places_po, column="SOORT_PO", cluster=_CLUSTER), "pupils"),
    kinds.PUPILS_PO_CLUSTER.name: (partial(_places_po, column="SOORT_PO", cluster=_CLUSTER), "pupils"),
    kinds.PUPILS_PO.name: (partial(_places_po, column="SOORT_PO", cluster=_NO_CLUSTER), "pupils"),
    kinds.PUPILS_PO_TOTALS.name: (partial(_places_po, column="TYPE_PO", cluster=_NO_CLUSTER), "pupils"),
    kinds.PUPILS_VO.name: (_places_vo, "pupils"),
    kinds.CUMI.name: (
        lambda rows: _places_po(frames.FileRows(rows.filter(pl.col("CUMI") == "1")), "TYPE_PO", _NO_CLUSTER),
        "cumi_pupils",
    ),
}
"""Kind of file -> its rows with school_type and cluster, and the measure that it counts."""

COUNTERS: Mapping[str, Callable[[frames.FileRows, str], frames.CountedMeasures]] = {
    kinds.PUPILS_PO_AGES.name: _pupils_po_ages,
    kinds.PUPILS_PO.name: partial(_pupils_po, total="LEERLINGEN", cluster=_NO_CLUSTER),
    kinds.PUPILS_PO_CLUSTER.name: partial(_pupils_po, total="TOTAAL", cluster=_CLUSTER),
    kinds.PUPILS_PO_TOTALS.name: _pupils_po_totals,
    kinds.PUPILS_VO.name: _pupils_vo,
    kinds.CUMI.name: _cumi,
    kinds.NEWCOMERS_VO.name: _newcomers_vo,
}
"""Kind of file -> its counter: (valid rows, name of the file) -> vestiging, school_type, counted measures."""


_SLACK_PER_PUPIL_E4, _SLACK_E4 = 1, 100
"""Tolerance 0.0001 x E + 0.01, in ten-thousandths: the rounding of the means and of A and the score."""


def off_formula(rows: frames.FileRows, without_threshold: frames.FileRows) -> frames.FormulaDeviations:
    """Return the schools with a score that does not follow from the one without threshold (`Tabel 2`)."""
    table = rows.select(
        "line", vestiging=models.SCHOOL, score=_e4(models.SCORE), pupils=parse.parse_int(models.SCORED_PUPILS)
    )
    numeric = pl.col(models.SCORE_WITHOUT_THRESHOLD).str.contains(r"^[0-9]+([.,][0-9]{1,2})?$")
    before = without_threshold.filter(numeric).select(
        vestiging=models.SCHOOL, before=_e4(models.SCORE_WITHOUT_THRESHOLD)
    )
    both = table.join(before, on="vestiging", how="inner")
    above = both.filter((pl.col("score") > 0) & (pl.col("pupils") > 0))
    if above.is_empty():
        return frames.FormulaDeviations(frames.empty(frames.FORMULA_DEVIATIONS))
    factor = ((pl.col("before") - pl.col("score")) * 100 // pl.col("pupils")).sort()
    middle = int(above.select(factor.get(above.height // 2)).item())
    # The factor is in millionths; scores and expectation in ten-thousandths.
    expected = (pl.col("before") - pl.lit(middle) * pl.col("pupils") // 100).clip(lower_bound=0)
    slack = pl.col("pupils") * _SLACK_PER_PUPIL_E4 + _SLACK_E4
    off = both.with_columns(expected=expected).filter((pl.col("expected") - pl.col("score")).abs() > slack)
    deviations = off.select("line", "vestiging", _decimal("expected"), _decimal("score"))
    return frames.FormulaDeviations(deviations.sort("line"))


def _e4(column: str) -> pl.Expr:
    """Parse an amount as whole ten-thousandths."""
    return (parse.parse_amount(column).cast(pl.Decimal(38, 4)) * pl.lit(10_000, pl.Int64)).cast(pl.Int64)


def _decimal(name: str) -> pl.Expr:
    cents = (pl.col(name) // 100).cast(pl.Decimal(38, 2))
    return (cents / pl.lit(100).cast(pl.Decimal(38, 2))).cast(pl.Decimal(18, 2)).alias(name)
