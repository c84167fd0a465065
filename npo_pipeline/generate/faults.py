"""Planted faults: each planted row breaks exactly one rule, and is listed with it."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from npo_pipeline.generate.country import Country
from npo_pipeline.generate.pupils import HEADER
from schemas import rules
from schemas.frames.generate import PlantedRows, RegisterBatch

_WRONG = {
    rules.UNKNOWN_CODE: [
        ("BRIN_NUMMER", "9X9X"),
        ("VESTIGINGSNUMMER", "A1"),
        ("SOORT_PO", "Xo"),
        ("BEKOSTIGD", "X"),
        ("CLUSTER", "9"),
        ("CUMI", "X"),
    ],
    rules.NOT_A_NUMBER: [("LEERJAAR", "x")],
    rules.NOT_A_DATE: [("DATUM_IN", "20201341"), ("DATUM_UIT", "20210230")],
    rules.NEGATIVE: [("LEERJAAR", "-1")],
    rules.MISSING_VALUE: [
        ("BRIN_NUMMER", ""),
        ("SOORT_PO", ""),
        ("DATUM_IN", ""),
        ("BEKOSTIGD", ""),
        ("PSEUDONIEM", ""),
    ],
    rules.LEAVES_BEFORE_ENTRY: [("DATUM_UIT", "20000101")],
}
"""Rule -> columns and wrong values that break it, written in turn."""

_LONG_AGO, _DAYS = timedelta(days=240), 1024


def rotation(country: Country) -> tuple[str, ...]:
    """Return the rules that can be broken in a country, in turn; double enrolments take two vestigingen."""
    alone = len(country.vestigingen) == 1
    return tuple(rule for rule in rules.RULES if not (alone and rule == rules.DOUBLE_ENROLMENT))


def plant(rows: RegisterBatch, country: Country, on: date) -> PlantedRows:
    """Break the rows that are marked, in rotation over the rules.

    Args:
        rows: a batch.
        country: gives the BRINs that no list names.
        on: the reference date.

    Returns:
        The rows and those added, in order, with `rule` (null for a row without a fault).
    """
    number = pl.col("fault").cast(pl.Int64)
    names = dict(enumerate(rotation(country)))
    rule = (number % len(names)).replace_strict(names, default=None, return_dtype=pl.String)
    marked = rows.with_columns(rule=rule, turn=number // len(names), extra=pl.lit(0, pl.UInt8))
    for name, values in _WRONG.items():
        for turn, (column, value) in enumerate(values):
            here = (pl.col("rule") == name) & (pl.col("turn") % len(values) == turn)
            marked = marked.with_columns(pl.when(here).then(pl.lit(value)).otherwise(column).alias(column))
    marked = _with_distinct_dates(marked, on)
    brins = pl.Series(country.unlisted_brins)
    unlisted = (
        pl.col("turn").fill_null(0).map_batches(lambda turn: brins[turn % len(brins)], return_dtype=pl.String)
    )
    unknown = pl.col("rule") == rules.UNKNOWN_SCHOOL
    marked = marked.with_columns(pl.when(unknown).then(unlisted).otherwise("BRIN_NUMMER").alias("BRIN_NUMMER"))
    return _with_second_rows(marked, country)


def _with_distinct_dates(marked: pl.DataFrame, on: date) -> pl.DataFrame:
    """Give every row without PSEUDONIEM dates of its own: two equal rows would be a copy, another fault."""
    nameless = (pl.col("rule") == rules.MISSING_VALUE) & (pl.col("PSEUDONIEM") == "")
    entry = pl.lit(on - _LONG_AGO) - pl.duration(days=pl.col("turn") % _DAYS)
    leaves = pl.lit(on) + pl.duration(days=pl.col("turn") // _DAYS + 1)
    return marked.with_columns(
        pl.when(nameless).then(day.dt.strftime("%Y%m%d")).otherwise(column).alias(column)
        for column, day in (("DATUM_IN", entry), ("DATUM_UIT", leaves))
    )


def _with_second_rows(marked: pl.DataFrame, country: Country) -> PlantedRows:
    """Add exact copies, and second enrolments at another vestiging."""
    copies = marked.filter(pl.col("rule") == rules.DUPLICATE_ROW).with_columns(extra=pl.lit(1, pl.UInt8))
    doubles = marked.filter(pl.col("rule") == rules.DOUBLE_ENROLMENT).with_columns(extra=pl.lit(1, pl.UInt8))
    doubles = _at_another_vestiging(doubles, country)
    first = (pl.col("rule") == rules.DUPLICATE_ROW) & (pl.col("extra") == 0)
    whole = pl.concat([marked, copies, doubles]).sort("pupil", "part", "extra")
    ruled = whole.with_columns(rule=pl.when(~first.fill_null(False)).then("rule"))
    return PlantedRows(ruled.select("place", "rule", *HEADER))


def _at_another_vestiging(rows: pl.DataFrame, country: Country) -> pl.DataFrame:
    places = country.places
    if rows.is_empty():
        return rows
    other = [(place + 1) % len(places) for place in range(len(places))]
    for place, one in enumerate(other):
        while places[one].vestiging.code == places[place].vestiging.code:
            one = (one + 1) % len(places)
        other[place] = one
    chosen = [places[other[place]] for place in rows["place"]]
    return rows.with_columns(
        BRIN_NUMMER=pl.Series([one.vestiging.brin for one in chosen], dtype=pl.String),
        VESTIGINGSNUMMER=pl.Series([one.vestiging.code[4:] for one in chosen], dtype=pl.String),
        SOORT_PO=pl.Series([one.soort for one in chosen], dtype=pl.String),
        CLUSTER=pl.Series([one.cluster for one in chosen], dtype=pl.String),
    )
