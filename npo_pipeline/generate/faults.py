"""Planted faults: each planted row breaks exactly one rule, and is listed with it."""

from __future__ import annotations

import polars as pl

from npo_pipeline.generate.country import Country
from npo_pipeline.generate.pupils import HEADER
from schemas import rules

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
"""What is written where, in turn, for the rules that one wrong value breaks."""

ROTATION = rules.RULES


def plant(rows: pl.DataFrame, country: Country) -> pl.DataFrame:
    """Break the rows that are marked, in rotation over the rules.

    Args:
        rows: a batch, with `fault` numbering the faults.
        country: gives the BRINs that no list names.

    Returns:
        The rows and those added, in order, with `rule` (null for a row that is right).
    """
    number = pl.col("fault").cast(pl.Int64)
    names = dict(enumerate(ROTATION))
    rule = (number % len(ROTATION)).replace_strict(names, default=None, return_dtype=pl.String)
    marked = rows.with_columns(rule=rule, turn=number // len(ROTATION), extra=pl.lit(0, pl.UInt8))
    for name, values in _WRONG.items():
        for turn, (column, value) in enumerate(values):
            here = (pl.col("rule") == name) & (pl.col("turn") % len(values) == turn)
            marked = marked.with_columns(pl.when(here).then(pl.lit(value)).otherwise(column).alias(column))
    strays = pl.Series(country.strays)
    stray = (
        pl.col("turn").fill_null(0).map_batches(lambda turn: strays[turn % len(strays)], return_dtype=pl.String)
    )
    lost = pl.col("rule") == rules.UNKNOWN_SCHOOL
    marked = marked.with_columns(pl.when(lost).then(stray).otherwise("BRIN_NUMMER").alias("BRIN_NUMMER"))
    return _with_seconds(marked, country)


def _with_seconds(marked: pl.DataFrame, country: Country) -> pl.DataFrame:
    """Add exact copies, and second enrolments at another vestiging."""
    copies = marked.filter(pl.col("rule") == rules.DUPLICATE_ROW).with_columns(extra=pl.lit(1, pl.UInt8))
    doubles = marked.filter(pl.col("rule") == rules.DOUBLE_ENROLMENT).with_columns(extra=pl.lit(1, pl.UInt8))
    doubles = _elsewhere(doubles, country)
    first = (pl.col("rule") == rules.DUPLICATE_ROW) & (pl.col("extra") == 0)
    whole = pl.concat([marked, copies, doubles]).sort("pupil", "part", "extra")
    return whole.with_columns(rule=pl.when(~first.fill_null(False)).then("rule")).select("place", "rule", *HEADER)


def _elsewhere(rows: pl.DataFrame, country: Country) -> pl.DataFrame:
    places = country.places
    if len({place.vestiging.code for place in places}) < 2:
        return rows.clear()
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
