"""A pupil register: how many pupils count where on the reference date, and traces to find doubles by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.counts import columns
from npo_pipeline.counts.strangers import strangers
from npo_pipeline.files.kinds import REGISTER_PO, FileKind

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


def count_block(kind: FileKind, rows: pl.DataFrame, good: pl.DataFrame, on: date, known: pl.Series) -> Block:
    """Count a block of register rows.

    A row counts when BEKOSTIGD is J, DATUM_IN <= reference date and DATUM_UIT is empty or later
    (contract, section 2). Traces are taken of all rows, also refused ones, because a copy of a refused
    row is a fault of its own.

    Args:
        kind: register of po or vo.
        rows: all rows of the block, as text with `line`.
        good: those without a fault.
        on: the reference date.
        known: the vestigingen that have a board.
    """
    marked = good.with_columns(counts_on(on).alias("counting"))
    faulty = rows.join(good, on="line", how="anti") if good.height < rows.height else rows.clear()
    lost = strangers(faulty, known)
    counted = _grouped(kind, marked)
    homeless = counted.filter(~pl.col("vestiging").is_in(known.implode()))["vestiging"].unique()
    if homeless.len():
        # Few rows have this fault, so only now is the vestiging of every row worked out.
        placed = marked.with_columns(columns.vestiging())
        has_board = ~pl.col("vestiging").is_in(homeless.implode())
        marked = placed.with_columns(pl.col("counting") & has_board)
        lost = pl.concat([lost, strangers(placed.filter(~has_board), known)])
        return Block(_grouped(kind, marked), _traces(rows, marked), lost)
    return Block(counted, _traces(rows, marked), lost)


def counts_on(on: date) -> pl.Expr:
    """Whether a checked register row counts on a date. Dates are text of eight digits here."""
    day, leaves = columns.text_day(on), pl.col("DATUM_UIT")
    return (pl.col("BEKOSTIGD") == "J") & (pl.col("DATUM_IN") <= day) & ((leaves == "") | (leaves > day))


def tally(kind: FileKind, counting: pl.DataFrame) -> pl.DataFrame:
    """Count rows that all count, per vestiging, school type and cluster.

    Args:
        kind: register of po or vo.
        counting: text columns of the register.

    Returns:
        vestiging, school_type, cluster, pupils, cumi_pupils (null in vo, where there is no CUMI).
    """
    return _grouped(kind, counting.with_columns(counting=pl.lit(True)))


def _grouped(kind: FileKind, marked: pl.DataFrame) -> pl.DataFrame:
    counts = pl.col("counting").sum().cast(pl.Int64)
    if kind is REGISTER_PO:
        keys, school_type = ["SOORT_PO", "CLUSTER"], columns.school_type("SOORT_PO")
        cumi = (pl.col("counting") & pl.col("CUMI").is_in(["J", "1"])).sum().cast(pl.Int64)
        cluster: pl.Expr = pl.when(pl.col("CLUSTER") != "").then("CLUSTER")
    else:
        keys, school_type = ["ONDERWIJSTYPE", "LEERJAAR"], columns.school_type_vo("ONDERWIJSTYPE", "LEERJAAR")
        cumi, cluster = pl.lit(None, pl.Int64), pl.lit(None, pl.String)
    places = ["BRIN_NUMMER", "VESTIGINGSNUMMER"]
    # The streaming engine needs two thirds of the time; in which order the groups come does not matter here.
    grouping = marked.lazy().group_by(*places, *keys).agg(pupils=counts, cumi_pupils=cumi)
    grouped = grouping.collect(engine="streaming")
    return grouped.select(columns.vestiging(), school_type, cluster.alias("cluster"), "pupils", "cumi_pupils")


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


def _traces(rows: pl.DataFrame, marked: pl.DataFrame) -> pl.DataFrame:
    traced = rows.select(
        "line",
        pupil=pl.col("PSEUDONIEM").hash(_PUPIL_SEED),
        row=pl.struct("BRIN_NUMMER", "VESTIGINGSNUMMER", "DATUM_IN").hash(_ROW_SEED),
    )
    if marked.height == rows.height:
        traced = traced.with_columns(counts=marked["counting"])
    else:
        flags = marked.select("line", counts="counting")
        joined = traced.join(flags, on="line", how="left", maintain_order="left")
        traced = joined.with_columns(pl.col("counts").fill_null(False))
    return traced.with_columns(pl.col("line").cast(pl.UInt32))
