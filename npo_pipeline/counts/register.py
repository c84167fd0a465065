"""A pupil register: how many pupils count where on the reference date, and traces to find doubles by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.counts import columns
from npo_pipeline.counts.strangers import strangers
from npo_pipeline.files.kinds import REGISTER_PO, REGISTER_VO, FileKind
from npo_pipeline.files.refusals import NO_REFUSALS

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


def mark(rows: pl.DataFrame, on: date) -> pl.DataFrame:
    """Say of each row of a register, in column `counting`, whether it counts on a date (if it has no fault).

    A row counts when BEKOSTIGD is J, DATUM_IN <= reference date and DATUM_UIT is empty or later
    (contract, section 2).
    """
    # Dates are text of eight digits here.
    day, leaves = columns.text_day(on), pl.col("DATUM_UIT")
    entered = (pl.col("BEKOSTIGD") == "J") & (pl.col("DATUM_IN") <= day)
    return rows.with_columns(counting=entered & ((leaves == "") | (leaves > day)))


def group(kind: FileKind, marked: pl.DataFrame) -> pl.DataFrame:
    """Count marked rows per place and sort of pupil, as the columns of the register say them.

    Returns:
        BRIN_NUMMER, VESTIGINGSNUMMER and the `_KEYS` of the kind, pupils, cumi_pupils.
    """
    cumi = pl.lit(None, pl.Int64)
    if kind is REGISTER_PO:
        # Marked before the groups are made: within them it would take three times as long.
        code = pl.col("CUMI")
        marked = marked.with_columns(cumi=pl.col("counting") & ((code == "J") | (code == "1")))
        cumi = pl.col("cumi").sum().cast(pl.Int64)
    grouping = marked.lazy().group_by("BRIN_NUMMER", "VESTIGINGSNUMMER", *_KEYS[kind.name])
    counted = grouping.agg(pupils=pl.col("counting").sum().cast(pl.Int64), cumi_pupils=cumi)
    # The streaming engine needs two thirds of the time; in which order the groups come does not matter here.
    return counted.collect(engine="streaming")


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
        lost = strangers(marked.join(good, on="line", how="anti"), known)
        groups = group(kind, good)
    counted = _named(kind, groups)
    homeless = counted.filter(~pl.col("vestiging").is_in(known.implode()))["vestiging"].unique()
    if homeless.len():
        # Few rows have this fault, so only now is the vestiging of every row worked out.
        placed = good.with_columns(columns.vestiging())
        has_board = ~pl.col("vestiging").is_in(homeless.implode())
        good = placed.with_columns(pl.col("counting") & has_board)
        lost = pl.concat([lost, strangers(placed.filter(~has_board), known)])
        counted = _named(kind, group(kind, good))
    return Block(counted, _traces(marked, good), lost)


def tally(kind: FileKind, counting: pl.DataFrame) -> pl.DataFrame:
    """Count rows that all count, per vestiging, school type and cluster.

    Args:
        kind: register of po or vo.
        counting: text columns of the register.

    Returns:
        vestiging, school_type, cluster, pupils, cumi_pupils (null in vo, where there is no CUMI).
    """
    return _named(kind, group(kind, counting.with_columns(counting=pl.lit(True))))


def _named(kind: FileKind, groups: pl.DataFrame) -> pl.DataFrame:
    """Groups by the names of the books: vestiging, school_type, cluster, pupils, cumi_pupils."""
    if kind is REGISTER_PO:
        school_type = columns.school_type("SOORT_PO")
        cluster: pl.Expr = pl.when(pl.col("CLUSTER") != "").then("CLUSTER")
    else:
        school_type, cluster = columns.school_type_vo("ONDERWIJSTYPE", "LEERJAAR"), pl.lit(None, pl.String)
    return groups.select(columns.vestiging(), school_type, cluster.alias("cluster"), "pupils", "cumi_pupils")


def merged(parts: list[pl.DataFrame]) -> pl.DataFrame:
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
    place, number, since = (pl.col(name) for name in ("BRIN_NUMMER", "VESTIGINGSNUMMER", "DATUM_IN"))
    traced = rows.select(
        pl.col("line").cast(pl.UInt32),
        pupil=pl.col("PSEUDONIEM").hash(_PUPIL_SEED),
        row=place.hash(_ROW_SEED) ^ number.hash(_ROW_SEED + 1) ^ since.hash(_ROW_SEED + 2),
    )
    if good.height == rows.height:
        return traced.with_columns(counts=good["counting"])
    counting = good.filter("counting")["line"].cast(pl.UInt32)
    return traced.with_columns(counts=pl.col("line").is_in(counting.implode()))
