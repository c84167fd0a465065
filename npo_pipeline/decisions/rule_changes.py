"""What is different in the rules: which rate, threshold, month or way of settling, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from npo_pipeline.entitlements.model import Rules
from npo_pipeline.money import to_rate

RULE_CHANGES = {
    "component": pl.String,
    "school_type": pl.String,
    "what": pl.String,
    "since": pl.Date,
    "before": pl.String,
    "after": pl.String,
}
_KIND = ["component", "school_type"]
_KEY = [*_KIND, "what"]
_VALUES = pl.DataFrame(schema=dict.fromkeys([*_KEY, "value"], pl.String))


def rule_changes(before: Sequence[Rules], after: Sequence[Rules]) -> pl.DataFrame:
    """The values that differ between two sets of rules.

    Returns:
        component, school_type, what, since (the month of an amendment; null: all year), before (null: it was not
        there), after: in words, sorted.
    """
    starts = sorted({month for one in (*before, *after) for month, _ in one.earlier})
    found, told = [pl.DataFrame(schema=RULE_CHANGES)], pl.DataFrame(schema=RULE_CHANGES)
    for since in (None, *starts):
        now = _apart(_in_force(before, since), _in_force(after, since)).with_columns(since=pl.lit(since, pl.Date))
        # What held before an amendment as well is no news of it.
        found.append(
            now.join(told, on=[*_KEY, "before", "after"], how="anti", nulls_equal=True).select(*RULE_CHANGES)
        )
        told = now.select(*RULE_CHANGES)
    return pl.concat(found).sort(*RULE_CHANGES)


def _apart(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    both = old.rename({"value": "before"}).join(
        new.rename({"value": "after"}), on=_KEY, how="full", coalesce=True, nulls_equal=True
    )
    # Of what is there on one side only the rate says enough.
    rated = pl.col("what").str.starts_with("rate")
    known = [side.filter(rated).select(_KIND).unique() for side in (old, new)]
    whole = both.join(known[0], on=_KIND, how="semi").join(known[1], on=_KIND, how="semi")
    apart = pl.concat([whole, both.filter(rated)]).unique()
    return apart.filter(pl.col("before").ne_missing(pl.col("after")))


def _in_force(rules: Sequence[Rules], month: date | None) -> pl.DataFrame:
    """The values that hold in a month; null: from the first month of the year."""
    parts = [_VALUES]
    for one in rules:
        version = next((old for until, old in one.earlier if month is None or month < until), one)
        parts += list(_values(version))
    return pl.concat(parts)


def _values(rules: Rules) -> Iterator[pl.DataFrame]:
    place = pl.when(pl.col("place").is_null()).then(pl.lit("rate")).otherwise(pl.format("rate in {}", "place"))
    shown = to_rate(pl.col("rate_e8")).cast(pl.String).str.replace(r"(\.\d\d\d*?)0+$", "$1")
    yield rules.rates.select("component", "school_type", what=place, value=shown)
    kinds = rules.rates.select("component", "school_type").unique()
    threshold = pl.format("{} per {}", "threshold", "level")
    yield kinds.join(rules.thresholds, on="component").select(
        "component", "school_type", what=pl.lit("threshold"), value=threshold
    )
    month = pl.format("due up to {}", pl.col("month").dt.strftime("%Y-%m"))
    share = pl.format("{}/{}", "numerator", "denominator")
    yield kinds.join(rules.shares, on="component").select("component", "school_type", what=month, value=share)
    closure = "runs_out" if rules.runs_out else "stops"
    settled = {"corrections": rules.corrections, "floor_zero": rules.floor_zero, "closure": closure}
    for what, value in settled.items():
        yield kinds.select("component", "school_type", what=pl.lit(what), value=pl.lit(value))
