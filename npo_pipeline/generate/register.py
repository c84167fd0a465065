"""The made-up register: pupils a batch at a time, and planted faults, each of which breaks exactly one rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NewType

import polars as pl

from npo_pipeline.generate.country import Country, Place
from schemas import rules
from schemas.files import REGISTER_PO, columns_of

DrawnPupils = NewType("DrawnPupils", pl.DataFrame)
"""Pupils with the draws about their stay: pupil (UInt64), fault (its number; null: none), moves, day, comes_late,
left, unfunded, year, and from the second row on part (0 or 1)."""

PlacedPupils = NewType("PlacedPupils", pl.DataFrame)
"""Drawn pupils with their place: its number, its columns of the register, and cumi_share (percent)."""

RegisterBatch = NewType("RegisterBatch", pl.DataFrame)
"""Rows of a made-up register: pupil, part, place (its number), fault, and the columns of the file as text."""

MarkedRows = NewType("MarkedRows", pl.DataFrame)
"""Rows of a batch with the rule that each breaks (null: none), its turn, and extra (1: an added row)."""

PlantedRows = NewType("PlantedRows", pl.DataFrame)
"""Rows of a made-up register with their planted faults: place, rule (null: none), and the columns of the file."""

BATCH = 200_000
HEADER = columns_of(REGISTER_PO)

_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
"""The constants of splitmix64."""

_STEP, _RING = 611_953_234_567, 10**12
"""A pseudonym is P and pupil x step on a ring of twelve digits; they have no common factor, so all differ."""

_HALF = 2**24
"""Pupils are multiplied in two halves: beyond thirty million the product would not fit 64 bits, and pseudonyms
would coincide."""

_WINDOW = 200
"""Days before and after the reference date in which pupils come, go and move."""

_WRONG = {
    rules.UNKNOWN_CODE: {
        "BRIN_NUMMER": "9X9X",
        "VESTIGINGSNUMMER": "A1",
        "SOORT_PO": "Xo",
        "BEKOSTIGD": "X",
        "CLUSTER": "9",
        "CUMI": "X",
    },
    rules.NOT_A_NUMBER: {"LEERJAAR": "x"},
    rules.NOT_A_DATE: {"DATUM_IN": "20201341", "DATUM_UIT": "20210230"},
    rules.NEGATIVE: {"LEERJAAR": "-1"},
    rules.MISSING_VALUE: dict.fromkeys(("BRIN_NUMMER", "SOORT_PO", "DATUM_IN", "BEKOSTIGD", "PSEUDONIEM"), ""),
    rules.LEAVES_BEFORE_ENTRY: {"DATUM_UIT": "20000101"},
}
"""Rule -> columns and wrong values that break it, written in turn."""

_LONG_AGO, _DAYS = timedelta(days=240), 1024


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
    rows = _drawn(pupil, spec).with_columns(part=pl.lit(0, pl.UInt8))
    moved = rows.filter(pl.col("moves")).with_columns(part=pl.lit(1, pl.UInt8))
    both = pl.concat([rows, moved]).sort("pupil", "part")
    placed = _placed(DrawnPupils(both), country, spec.seed)
    return RegisterBatch(placed.with_columns(_columns(spec)).select("pupil", "part", "place", "fault", *HEADER))


def _drawn(pupils: pl.Series, spec: RegisterSpec) -> DrawnPupils:
    """Draw the stay of a pupil; those with a planted fault have a plain one, so that it is their only fault."""
    pupil, seed = pl.col("pupil"), spec.seed
    fault = pl.lit(None, pl.UInt64)
    if spec.one_fault_in:
        fault = pl.when(pupil % spec.one_fault_in == spec.one_fault_in - 1).then(pupil // spec.one_fault_in)
    rows = pupils.to_frame().with_columns(fault=fault)
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


def _placed(rows: DrawnPupils, country: Country, seed: int) -> PlacedPupils:
    """Draw the place of each row; the second row of a pupil has a place of its own."""
    weights = pl.Series([place.weight for place in country.places], dtype=pl.UInt64).cum_sum()
    drawn = rows.select(_draw(pl.col("pupil") * 2 + pl.col("part"), seed, 7, int(weights[-1])))
    place = weights.search_sorted(drawn.to_series(), side="right")
    columns = _table_of(country.places)[place]
    return PlacedPupils(pl.concat([rows.with_columns(place=place), columns], how="horizontal"))


def _table_of(places: Sequence[Place]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "BRIN_NUMMER": [one.vestiging.brin for one in places],
            "VESTIGINGSNUMMER": [one.vestiging.code[4:] for one in places],
            "SOORT_PO": [one.soort for one in places],
            "CLUSTER": [one.cluster for one in places],
            "cumi_share": [one.cumi_share for one in places],
        }
    )


def _columns(spec: RegisterSpec) -> list[pl.Expr]:
    on, part = spec.reference_date, pl.col("part")
    moment = pl.lit(on) + pl.duration(days=pl.col("day"))
    autumn = pl.date(on.year - pl.col("year").cast(pl.Int32), 8, 1)
    before = pl.lit(on - timedelta(days=_WINDOW + 40))
    entry = pl.min_horizontal(autumn, before)
    late = pl.lit(on) + pl.duration(days=pl.col("day").abs() + 1)
    stays = ~pl.col("moves")
    begins = pl.when(part == 1).then(moment + pl.duration(days=1)).when(stays & pl.col("comes_late")).then(late)
    left = pl.when(stays & pl.col("left") & ~pl.col("comes_late"))
    early = pl.lit(on) - pl.duration(days=pl.col("day").abs())
    leaves = pl.when(~stays & (part == 0)).then(moment).otherwise(left.then(early))
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

    `index`: UInt64, one per row. `salt`: a different one for every draw of a row.
    """
    start = (seed * 1_000_003 + salt * _GOLDEN) % 2**64
    mixed = index * pl.lit(_GOLDEN, pl.UInt64) + pl.lit(start, pl.UInt64)
    mixed = (mixed ^ (mixed // 2**30)) * pl.lit(_FIRST, pl.UInt64)
    mixed = (mixed ^ (mixed // 2**27)) * pl.lit(_SECOND, pl.UInt64)
    return (mixed ^ (mixed // 2**31)) % below


def rotation(country: Country) -> tuple[str, ...]:
    """Return the rules that the register of a country can break, in turn.

    Double enrolments take two vestigingen.
    """
    possible = {*_WRONG, rules.UNKNOWN_SCHOOL, rules.DUPLICATE_ROW}
    if len(country.vestigingen) > 1:
        possible.add(rules.DOUBLE_ENROLMENT)
    return tuple(rule for rule in rules.RULES if rule in possible)


def plant(rows: RegisterBatch, country: Country, on: date) -> PlantedRows:
    """Break the rows of a batch that are marked, in rotation over the rules.

    Returns:
        The rows and those added, in order, with `rule` (null for a row without a fault).
    """
    number, names = pl.col("fault").cast(pl.Int64), dict(enumerate(rotation(country)))
    rule = (number % len(names)).replace_strict(names, default=None, return_dtype=pl.String)
    marked = rows.with_columns(rule=rule, turn=number // len(names), extra=pl.lit(0, pl.UInt8))
    for name, values in _WRONG.items():
        for turn, (column, value) in enumerate(values.items()):
            here = (pl.col("rule") == name) & (pl.col("turn") % len(values) == turn)
            marked = marked.with_columns(pl.when(here).then(pl.lit(value)).otherwise(column).alias(column))
    marked = _with_distinct_dates(MarkedRows(marked), on)
    brins = pl.Series(country.unlisted_brins)
    unlisted = pl.lit(brins).gather(pl.col("turn").fill_null(0) % len(brins))
    unknown = pl.col("rule") == rules.UNKNOWN_SCHOOL
    unlisted_brin = pl.when(unknown).then(unlisted).otherwise("BRIN_NUMMER")
    return _with_second_rows(MarkedRows(marked.with_columns(BRIN_NUMMER=unlisted_brin)), country)


def _with_distinct_dates(marked: MarkedRows, on: date) -> MarkedRows:
    """Give every row without PSEUDONIEM dates of its own: two equal rows would be a copy, another fault."""
    nameless = (pl.col("rule") == rules.MISSING_VALUE) & (pl.col("PSEUDONIEM") == "")
    entry = pl.lit(on - _LONG_AGO) - pl.duration(days=pl.col("turn") % _DAYS)
    leaves = pl.lit(on) + pl.duration(days=pl.col("turn") // _DAYS + 1)
    dated = marked.with_columns(
        pl.when(nameless).then(day.dt.strftime("%Y%m%d")).otherwise(column).alias(column)
        for column, day in (("DATUM_IN", entry), ("DATUM_UIT", leaves))
    )
    return MarkedRows(dated)


def _with_second_rows(marked: MarkedRows, country: Country) -> PlantedRows:
    """Add exact copies, and second enrolments at another vestiging."""
    second = marked.with_columns(extra=pl.lit(1, pl.UInt8))
    copies = second.filter(pl.col("rule") == rules.DUPLICATE_ROW)
    doubles = second.filter(pl.col("rule") == rules.DOUBLE_ENROLMENT)
    whole = pl.concat([marked, copies, _at_another_vestiging(MarkedRows(doubles), country)])
    first = (pl.col("rule") == rules.DUPLICATE_ROW) & (pl.col("extra") == 0)
    ruled = whole.sort("pupil", "part", "extra").with_columns(rule=pl.when(~first.fill_null(False)).then("rule"))
    return PlantedRows(ruled.select("place", "rule", *HEADER))


def _at_another_vestiging(rows: MarkedRows, country: Country) -> MarkedRows:
    """Move rows to the next place at another vestiging; with one vestiging no row is a double enrolment."""
    if rows.is_empty():
        return rows
    places, many = country.places, len(country.places)
    others = [
        next(
            other
            for step in range(1, many)
            if (other := places[(number + step) % many]).vestiging.code != here.vestiging.code
        )
        for number, here in enumerate(places)
    ]
    table = _table_of(others).drop("cumi_share")
    return MarkedRows(rows.with_columns(table[rows["place"]]))
