"""Made-up pupils: rows of a register, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from npo_pipeline.generate.country import Country
from schemas.frames.generate import DrawnPupils, RegisterBatch

BATCH = 200_000
HEADER = (
    "PSEUDONIEM",
    "BRIN_NUMMER",
    "VESTIGINGSNUMMER",
    "SOORT_PO",
    "CLUSTER",
    "LEERJAAR",
    "DATUM_IN",
    "DATUM_UIT",
    "BEKOSTIGD",
    "CUMI",
)

_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
"""The constants of splitmix64."""

_STEP, _RING = 611_953_234_567, 10**12
"""A pseudonym is P and pupil x step on a ring of twelve digits; they have no common factor, so all differ."""

_HALF = 2**24
"""Pupils are multiplied in two halves: beyond thirty million the product would not fit 64 bits, and pseudonyms
would coincide."""

_WINDOW = 200
"""Days before and after the reference date in which pupils come, go and move."""


@dataclass(frozen=True)
class RegisterSpec:
    """Specify a register: number of pupils, seed, reference date, and one fault in how many pupils (0: none)."""

    pupils: int
    seed: int
    reference_date: date
    one_fault_in: int


def batches(country: Country, spec: RegisterSpec, size: int = BATCH) -> Iterator[RegisterBatch]:
    """Make the rows of the register in order of pupil.

    A pupil that moved has two rows, of which at most one counts on the reference date.
    """
    for start in range(0, spec.pupils, size):
        yield _batch(country, spec, start, min(start + size, spec.pupils))


def pseudonym(pupil: pl.Expr, seed: int) -> pl.Expr:
    """Return the made-up pseudonym of a pupil (UInt64), 13 characters; no two pupils below 10^12 share one."""
    low, high = pupil % _HALF, pupil // _HALF
    place = (low * _STEP % _RING + high * (_STEP * _HALF % _RING) % _RING + seed % 1000) % _RING
    return pl.concat_str(pl.lit("P"), place.cast(pl.String).str.zfill(12))


def _batch(country: Country, spec: RegisterSpec, start: int, end: int) -> RegisterBatch:
    pupil = pl.int_range(start, end, dtype=pl.UInt64, eager=True).alias("pupil")
    rows = _drawn(pupil.to_frame(), spec).with_columns(part=pl.lit(0, pl.UInt8))
    moved = rows.filter(pl.col("moves")).with_columns(part=pl.lit(1, pl.UInt8))
    both = pl.concat([rows, moved]).sort("pupil", "part")
    placed = _placed(DrawnPupils(both), country, spec.seed)
    columns = placed.with_columns(_columns(spec)).select("pupil", "part", "place", "fault", *HEADER)
    return RegisterBatch(columns)


def _drawn(rows: pl.DataFrame, spec: RegisterSpec) -> DrawnPupils:
    """Draw the stay of a pupil; those with a planted fault have a plain one, so that it is their only fault."""
    pupil, seed = pl.col("pupil"), spec.seed
    fault = pl.lit(None, pl.UInt64)
    if spec.one_fault_in:
        fault = pl.when(pupil % spec.one_fault_in == spec.one_fault_in - 1).then(pupil // spec.one_fault_in)
    rows = rows.with_columns(fault=fault)
    plain = pl.col("fault").is_null()
    day = _draw(pupil, seed, 2, 2 * _WINDOW + 1).cast(pl.Int32) - _WINDOW
    drawn = rows.with_columns(
        moves=plain & (_draw(pupil, seed, 1, 100) < 3),
        day=day,
        comes_late=plain & (_draw(pupil, seed, 3, 100) == 0),
        left=plain & (_draw(pupil, seed, 4, 200) < 3),
        unfunded=plain & (_draw(pupil, seed, 5, 100) == 0),
        year=_draw(pupil, seed, 6, 8) + 1,
    )
    return DrawnPupils(drawn)


def _placed(rows: DrawnPupils, country: Country, seed: int) -> pl.DataFrame:
    weights = pl.Series([place.weight for place in country.places], dtype=pl.UInt64).cum_sum()
    drawn = rows.select(_draw_place(seed, int(weights[-1])))
    place = weights.search_sorted(drawn.to_series(), side="right")
    table = pl.DataFrame(
        {
            "BRIN_NUMMER": [one.vestiging.brin for one in country.places],
            "VESTIGINGSNUMMER": [one.vestiging.code[4:] for one in country.places],
            "SOORT_PO": [one.soort for one in country.places],
            "CLUSTER": [one.cluster for one in country.places],
            "cumi_share": [one.cumi_share for one in country.places],
        }
    )
    return pl.concat([rows.with_columns(place=place), table[place]], how="horizontal")


def _draw_place(seed: int, weight: int) -> pl.Expr:
    """Draw the place of a row; the second row of a pupil has a place of its own."""
    return _draw(pl.col("pupil") * 2 + pl.col("part"), seed, 7, weight)


def _columns(spec: RegisterSpec) -> list[pl.Expr]:
    on, part = spec.reference_date, pl.col("part")
    moment = pl.lit(on) + pl.duration(days=pl.col("day"))
    autumn = pl.date(on.year - pl.col("year").cast(pl.Int32), 8, 1)
    before = pl.lit(on - timedelta(days=_WINDOW + 40))
    entry = pl.min_horizontal(autumn, before)
    late = pl.lit(on) + pl.duration(days=pl.col("day").abs() + 1)
    begins = (
        pl.when(part == 1)
        .then(moment + pl.duration(days=1))
        .when(pl.col("comes_late") & ~pl.col("moves"))
        .then(late)
    )
    leaves = (
        pl.when(pl.col("moves") & (part == 0))
        .then(moment)
        .when(pl.col("left") & ~pl.col("moves") & ~pl.col("comes_late"))
        .then(pl.lit(on) - pl.duration(days=pl.col("day").abs()))
    )
    special = pl.col("SOORT_PO") != "Bo"
    cumi = special & (_draw(pl.col("pupil"), spec.seed, 8, 100) < pl.col("cumi_share"))
    year = pl.when(pl.col("SOORT_PO") == "Vso").then((pl.col("year") - 1) % 6 + 1).otherwise("year")
    return [
        pseudonym(pl.col("pupil"), spec.seed).alias("PSEUDONIEM"),
        year.cast(pl.String).alias("LEERJAAR"),
        begins.otherwise(entry).dt.strftime("%Y%m%d").alias("DATUM_IN"),
        leaves.dt.strftime("%Y%m%d").fill_null("").alias("DATUM_UIT"),
        pl.when("unfunded").then(pl.lit("N")).otherwise(pl.lit("J")).alias("BEKOSTIGD"),
        pl.when(cumi).then(pl.lit("J")).otherwise(pl.lit("N")).alias("CUMI"),
    ]


def _draw(index: pl.Expr, seed: int, salt: int, below: int) -> pl.Expr:
    """Draw a number from 0 up to `below` for every row by splitmix64, the same on any machine.

    Args:
        index: UInt64, one per row.
        seed: of the country.
        salt: a different one for every draw of a row.
        below: the number of answers.
    """
    start = (seed * 1_000_003 + salt * _GOLDEN) % 2**64
    mixed = index * pl.lit(_GOLDEN, pl.UInt64) + pl.lit(start, pl.UInt64)
    mixed = (mixed ^ (mixed // 2**30)) * pl.lit(_FIRST, pl.UInt64)
    mixed = (mixed ^ (mixed // 2**27)) * pl.lit(_SECOND, pl.UInt64)
    return (mixed ^ (mixed // 2**31)) % below
