"""Counting of a pupil register: pupils per school on the reference date, and fingerprints to find duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.delivery.kinds import REGISTER_PO, REGISTER_VO, FileKind
from npo_pipeline.delivery.register_blocks import EncodedBlock
from npo_pipeline.delivery.validate import NO_REJECTIONS, surely_valid
from npo_pipeline.intake import parse
from npo_pipeline.intake.school_references import unknown_school_rejections
from schemas.frames.intake import (
    FILE_COUNTS,
    FileCounts,
    FileRows,
    Fingerprints,
    RegisterRows,
    Rejections,
    SiteCounts,
    empty,
)

_PUPIL_SEED, _ROW_SEED = 1, 2


@dataclass(frozen=True)
class CountedBlock:
    """Hold what a block of register rows gives: counts, fingerprints, and the rows of schools without a board."""

    counts: FileCounts
    fingerprints: Fingerprints
    rejections: Rejections


def flag_counting(rows: pl.DataFrame, on: date) -> RegisterRows:
    """Add boolean column `counting`: the enrolment is funded and active on the reference date.

    That is: BEKOSTIGD is J, DATUM_IN <= reference date and DATUM_UIT is empty or later (contract, section 2).
    Column `cumi` marks those of them with CUMI.
    """
    # Dates are text of eight digits here.
    day, leaves = parse.compact_date(on), pl.col("DATUM_UIT")
    entered = (pl.col("BEKOSTIGD") == "J") & (pl.col("DATUM_IN") <= day)
    return _flag_cumi(rows.with_columns(counting=entered & ((leaves == "") | (leaves > day))))


def _flag_cumi(rows: pl.DataFrame) -> RegisterRows:
    # Flagged before groups are made: within them it would take three times as long.
    code = pl.col("CUMI")
    has_cumi = (code == "J") | (code == "1") if "CUMI" in rows.columns else pl.lit(False)
    return RegisterRows(rows.with_columns(cumi=pl.col("counting") & has_cumi))


def count_by_site(kind: FileKind, flagged: RegisterRows) -> SiteCounts:
    """Count flagged rows per site and sort of pupil, by the columns of the register.

    Returns:
        BRIN_NUMMER, VESTIGINGSNUMMER and the `_PUPIL_SORT` of the kind, pupils, cumi_pupils.
    """
    return SiteCounts(_sums(flagged, "BRIN_NUMMER", "VESTIGINGSNUMMER", *_PUPIL_SORT[kind.name]))


def _sums(flagged: pl.DataFrame, *keys: str) -> pl.DataFrame:
    sums = (pl.col(flag).sum().cast(pl.Int64).alias(name) for flag, name in _COUNTS.items())
    # The streaming engine needs two thirds of the time; in which order the groups come does not matter here.
    return flagged.lazy().group_by(keys).agg(sums).collect(engine="streaming")


_COUNTS = {"counting": "pupils", "cumi": "cumi_pupils"}
_PUPIL_SORT = {REGISTER_PO.name: ("SOORT_PO", "CLUSTER"), REGISTER_VO.name: ("ONDERWIJSTYPE", "LEERJAAR")}


def count_block(
    kind: FileKind, flagged: RegisterRows, by_site: SiteCounts, valid: FileRows, *, vestigingen: pl.Series
) -> CountedBlock:
    """Count a block of register rows.

    All rows get a fingerprint, also rejected ones, because a copy of a rejected row is a fault of its own.

    Args:
        kind: register of po or vo.
        flagged: all rows of the block.
        by_site: the same rows, counted.
        valid: the rows without a fault.
        vestigingen: those that have a board.
    """
    rejections = NO_REJECTIONS
    if valid.height < flagged.height:
        faulty = FileRows(flagged.join(valid, on="line", how="anti"))
        rejections = unknown_school_rejections(faulty, vestigingen)
        by_site = count_by_site(kind, RegisterRows(valid))
    counts = _as_counts(kind, by_site)
    unknown = counts.filter(~pl.col("vestiging").is_in(vestigingen.implode()))["vestiging"].unique()
    if unknown.len():
        # Few rows have this fault, so only now is the vestiging of every row worked out.
        placed = valid.with_columns(parse.vestiging())
        has_board = ~pl.col("vestiging").is_in(unknown.implode())
        valid = FileRows(placed.with_columns(pl.col("counting", "cumi") & has_board))
        more = unknown_school_rejections(FileRows(placed.filter(~has_board)), vestigingen)
        rejections = Rejections(pl.concat([rejections, more]))
        counts = _as_counts(kind, count_by_site(kind, RegisterRows(valid)))
    return CountedBlock(counts, _fingerprints(flagged, valid), rejections)


def count_encoded(kind: FileKind, encoded: EncodedBlock, on: date, vestigingen: pl.Series) -> CountedBlock | None:
    """Count an encoded block; null where a row may have a fault, so that the block must be counted row by row.

    Args:
        kind: register of po or vo.
        encoded: the block.
        on: the reference date.
        vestigingen: those that have a board.
    """
    keys = _PUPIL_SORT[kind.name]
    if not surely_valid(kind.model, encoded.enrolments, encoded.sites, encoded.lines):
        return None
    sort = pl.struct(keys).rank("dense")
    enrolments = flag_counting(encoded.enrolments, on).with_columns(sort=sort, entry=_entry_hash())
    sites = encoded.sites.with_columns(site_hash=_site_hash()).with_row_index("site")

    def of_enrolment(column: str) -> pl.Expr:
        return pl.lit(enrolments[column]).gather(pl.col("enrolment")).alias(column)

    site_hash = pl.lit(sites["site_hash"]).gather(pl.col("site"))
    columns = map(of_enrolment, ("counting", "cumi", "sort", "entry"))
    lines = encoded.lines.with_columns(*columns, site_hash=site_hash)
    sums = _sums(lines, "site", "sort").with_columns(pl.col("site").cast(pl.UInt32))
    sorts = enrolments.select("sort", *keys).unique("sort")
    counts = _as_counts(kind, SiteCounts(sums.join(sites, on="site").join(sorts, on="sort")))
    if not counts["vestiging"].is_in(vestigingen.implode()).all():
        return None
    prints = lines.select(_LINE, _pupil_hash(), row=pl.col("site_hash") ^ pl.col("entry"), counts="counting")
    return CountedBlock(counts, Fingerprints(prints), NO_REJECTIONS)


def count_rows(kind: FileKind, rows: FileRows) -> FileCounts:
    """Count rows of a register that all count, per vestiging, school type and cluster."""
    return _as_counts(kind, count_by_site(kind, _flag_cumi(rows.with_columns(counting=pl.lit(True)))))


def _as_counts(kind: FileKind, by_site: SiteCounts) -> FileCounts:
    """Rename to the columns of the books; cumi_pupils is null in vo, where there is no CUMI."""
    if kind is REGISTER_PO:
        school_type, cumi = parse.school_type("SOORT_PO"), pl.col("cumi_pupils")
        cluster: pl.Expr = pl.when(pl.col("CLUSTER") != "").then("CLUSTER")
    else:
        school_type = parse.school_type_vo("ONDERWIJSTYPE", "LEERJAAR")
        cluster, cumi = pl.lit(None, pl.String), pl.lit(None, pl.Int64)
    columns = (parse.vestiging(), school_type, cluster.alias("cluster"), "pupils", cumi.alias("cumi_pupils"))
    return FileCounts(by_site.select(columns))


def add_counts(parts: Sequence[FileCounts]) -> FileCounts:
    """Add up counts of blocks (or take corrections off, where they are negative).

    Returns:
        One row per vestiging, school_type and cluster that has pupils, sorted.
    """
    keys = ["vestiging", "school_type", "cluster"]
    cumi = pl.col("cumi_pupils")
    cumi_sum = pl.when(cumi.is_not_null().any()).then(cumi.sum()).alias("cumi_pupils")
    summed = pl.concat(parts, how="diagonal").group_by(keys).agg(pl.col("pupils").sum(), cumi_sum)
    counted = summed.filter(pl.col("pupils") != 0).sort(keys)
    return FileCounts(pl.concat([empty(FILE_COUNTS), counted], how="diagonal"))


def _fingerprints(rows: RegisterRows, valid: FileRows) -> Fingerprints:
    prints = rows.select(_LINE, _pupil_hash(), row=_site_hash() ^ _entry_hash())
    if valid.height == rows.height:
        return Fingerprints(prints.with_columns(counts=valid["counting"]))
    counting = valid.filter("counting")["line"].cast(pl.UInt32)
    return Fingerprints(prints.with_columns(counts=pl.col("line").is_in(counting.implode())))


_LINE = pl.col("line").cast(pl.UInt32)


def _pupil_hash() -> pl.Expr:
    return pl.col("PSEUDONIEM").hash(_PUPIL_SEED).alias("pupil")


def _site_hash() -> pl.Expr:
    return pl.col("BRIN_NUMMER").hash(_ROW_SEED) ^ pl.col("VESTIGINGSNUMMER").hash(_ROW_SEED + 1)


def _entry_hash() -> pl.Expr:
    return pl.col("DATUM_IN").hash(_ROW_SEED + 2)
