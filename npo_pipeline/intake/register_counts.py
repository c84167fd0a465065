"""A pupil register: how many pupils count where on the reference date, and traces to find doubles by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.delivery.kinds import REGISTER_PO, REGISTER_VO, FileKind
from npo_pipeline.delivery.register_blocks import EncodedBlock
from npo_pipeline.delivery.validate import NO_REFUSALS, surely_valid
from npo_pipeline.intake import parse
from npo_pipeline.intake.school_references import unknown_school_rejections

COUNTED: dict[str, type[pl.DataType]] = {
    "vestiging": pl.String,
    "school_type": pl.String,
    "cluster": pl.String,
    "pupils": pl.Int64,
    "cumi_pupils": pl.Int64,
    "newcomers": pl.Int64,
}

_PUPIL_SEED, _ROW_SEED = 1, 2


@dataclass(frozen=True)
class Block:
    """What is kept of a block of register rows.

    `counted`: vestiging, school_type, cluster, pupils, cumi_pupils.
    `traces`: line, pupil (hash of PSEUDONIEM), row (hash of where and since when: copies have the same), counts
    (on the reference date). `refusals`: rows of schools without a board.
    """

    counted: pl.DataFrame
    traces: pl.DataFrame
    refusals: pl.DataFrame


def flag_counting(rows: pl.DataFrame, on: date) -> pl.DataFrame:
    """Say of each row of a register, in column `counting`, whether it counts on a date (if it has no fault).

    A row counts when BEKOSTIGD is J, DATUM_IN <= reference date and DATUM_UIT is empty or later
    (contract, section 2). Column `cumi` says it of those with CUMI.
    """
    # Dates are text of eight digits here.
    day, leaves = parse.compact_date(on), pl.col("DATUM_UIT")
    entered = (pl.col("BEKOSTIGD") == "J") & (pl.col("DATUM_IN") <= day)
    return _mark_cumi(rows.with_columns(counting=entered & ((leaves == "") | (leaves > day))))


def _mark_cumi(rows: pl.DataFrame) -> pl.DataFrame:
    # Marked before groups are made: within them it would take three times as long.
    code = pl.col("CUMI")
    has_cumi = (code == "J") | (code == "1") if "CUMI" in rows.columns else pl.lit(False)
    return rows.with_columns(cumi=pl.col("counting") & has_cumi)


def count_by_site(kind: FileKind, marked: pl.DataFrame) -> pl.DataFrame:
    """Count marked rows per place and sort of pupil, as the columns of the register say them.

    Returns:
        BRIN_NUMMER, VESTIGINGSNUMMER and the `_KEYS` of the kind, pupils, cumi_pupils.
    """
    return _sums(marked, "BRIN_NUMMER", "VESTIGINGSNUMMER", *_KEYS[kind.name])


def _sums(marked: pl.DataFrame, *keys: str) -> pl.DataFrame:
    sums = (pl.col(mark).sum().cast(pl.Int64).alias(name) for mark, name in _COUNTS.items())
    # The streaming engine needs two thirds of the time; in which order the groups come does not matter here.
    return marked.lazy().group_by(keys).agg(sums).collect(engine="streaming")


_COUNTS = {"counting": "pupils", "cumi": "cumi_pupils"}
_KEYS = {REGISTER_PO.name: ("SOORT_PO", "CLUSTER"), REGISTER_VO.name: ("ONDERWIJSTYPE", "LEERJAAR")}


def count_block(
    kind: FileKind, marked: pl.DataFrame, groups: pl.DataFrame, good: pl.DataFrame, known: pl.Series
) -> Block:
    """Count a block of register rows.

    Traces are taken of all rows, also refused ones, because a copy of a refused row is a fault of its own.

    Args:
        kind: register of po or vo.
        marked: all rows of the block, as text with `line` and `counting`.
        groups: the same rows counted by `group`.
        good: those without a fault.
        known: the vestigingen that have a board.
    """
    lost = NO_REFUSALS
    if good.height < marked.height:
        lost = unknown_school_rejections(marked.join(good, on="line", how="anti"), known)
        groups = count_by_site(kind, good)
    counted = _named(kind, groups)
    homeless = counted.filter(~pl.col("vestiging").is_in(known.implode()))["vestiging"].unique()
    if homeless.len():
        # Few rows have this fault, so only now is the vestiging of every row worked out.
        placed = good.with_columns(parse.vestiging())
        has_board = ~pl.col("vestiging").is_in(homeless.implode())
        good = placed.with_columns(pl.col("counting", "cumi") & has_board)
        lost = pl.concat([lost, unknown_school_rejections(placed.filter(~has_board), known)])
        counted = _named(kind, count_by_site(kind, good))
    return Block(counted, _traces(marked, good), lost)


def count_folded(kind: FileKind, folded: EncodedBlock, on: date, known: pl.Series) -> Block | None:
    """Count a folded block; nothing where a row may have a fault, which must then be looked at row by row.

    Args:
        kind: register of po or vo.
        folded: the block.
        on: the reference date.
        known: the vestigingen that have a board.
    """
    keys = _KEYS[kind.name]
    if not surely_valid(kind.model, folded.stays, folded.places, folded.lines):
        return None
    stays = flag_counting(folded.stays, on).with_columns(sort=pl.struct(keys).rank("dense"), since=_since())
    places = folded.places.with_columns(here=_here()).with_row_index("place")

    def of_stay(column: str) -> pl.Expr:
        return pl.lit(stays[column]).gather(pl.col("stay")).alias(column)

    here = pl.lit(places["here"]).gather(pl.col("place"))
    lines = folded.lines.with_columns(*map(of_stay, ("counting", "cumi", "sort", "since")), here=here)
    sums = _sums(lines, "place", "sort").with_columns(pl.col("place").cast(pl.UInt32))
    sorts = stays.select("sort", *keys).unique("sort")
    counted = _named(kind, sums.join(places, on="place").join(sorts, on="sort"))
    if not counted["vestiging"].is_in(known.implode()).all():
        return None
    traces = lines.select(_LINE, _pupil(), row=pl.col("here") ^ pl.col("since"), counts="counting")
    return Block(counted, traces, NO_REFUSALS)


def count_rows(kind: FileKind, counting: pl.DataFrame) -> pl.DataFrame:
    """Count rows that all count, per vestiging, school type and cluster.

    Args:
        kind: register of po or vo.
        counting: text columns of the register.

    Returns:
        vestiging, school_type, cluster, pupils, cumi_pupils (null in vo, where there is no CUMI).
    """
    return _named(kind, count_by_site(kind, _mark_cumi(counting.with_columns(counting=pl.lit(True)))))


def _named(kind: FileKind, groups: pl.DataFrame) -> pl.DataFrame:
    """Groups by the names of the books: vestiging, school_type, cluster, pupils, cumi_pupils."""
    if kind is REGISTER_PO:
        school_type, cumi = parse.school_type("SOORT_PO"), pl.col("cumi_pupils")
        cluster: pl.Expr = pl.when(pl.col("CLUSTER") != "").then("CLUSTER")
    else:
        school_type = parse.school_type_vo("ONDERWIJSTYPE", "LEERJAAR")
        cluster, cumi = pl.lit(None, pl.String), pl.lit(None, pl.Int64)
    named = (parse.vestiging(), school_type, cluster.alias("cluster"), "pupils", cumi.alias("cumi_pupils"))
    return groups.select(named)


def add_counts(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Add up counts of blocks (or take corrections off, where they are negative).

    Returns:
        One row per vestiging, school_type and cluster that has pupils, sorted.
    """
    keys = ["vestiging", "school_type", "cluster"]
    whole = pl.concat([pl.DataFrame(schema=COUNTED), *parts], how="diagonal")
    cumi = pl.col("cumi_pupils")
    told = pl.when(cumi.is_not_null().any()).then(cumi.sum())
    summed = whole.group_by(keys).agg(pl.col("pupils").sum(), told.alias("cumi_pupils"))
    counted = summed.filter(pl.col("pupils") != 0).sort(keys)
    return counted.with_columns(newcomers=pl.lit(None, pl.Int64)).select(*COUNTED)


def _traces(rows: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    traced = rows.select(_LINE, _pupil(), row=_here() ^ _since())
    if good.height == rows.height:
        return traced.with_columns(counts=good["counting"])
    counting = good.filter("counting")["line"].cast(pl.UInt32)
    return traced.with_columns(counts=pl.col("line").is_in(counting.implode()))


_LINE = pl.col("line").cast(pl.UInt32)


def _pupil() -> pl.Expr:
    return pl.col("PSEUDONIEM").hash(_PUPIL_SEED).alias("pupil")


def _here() -> pl.Expr:
    return pl.col("BRIN_NUMMER").hash(_ROW_SEED) ^ pl.col("VESTIGINGSNUMMER").hash(_ROW_SEED + 1)


def _since() -> pl.Expr:
    return pl.col("DATUM_IN").hash(_ROW_SEED + 2)
