"""Differences in the rules: each rate, threshold, month or way of settling, before and after.

Assumptions are the values that amounts rest on and that no source gives in so many words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from npo_pipeline.entitlements.model import DecisionTables, stated_reference_date
from npo_pipeline.entitlements.rules import Rules
from npo_pipeline.money import to_rate
from npo_pipeline.rulebook.frames import REFERENCE_DATE, soft_values, started_soft_values
from npo_pipeline.rulebook.load import LoadedRegulation
from schemas.decided import Trace
from schemas.frames.money import RuleChanges, SoftValues

_STATUSES = ("approximate", "derived")


def unpublished_assumptions(
    loaded: Sequence[LoadedRegulation], decided: DecisionTables, day: date
) -> dict[str, str]:
    """Return the unpublished values that the amounts of each currency rest on, in words.

    Args:
        loaded: the regulations.
        decided: what they gave.
        day: the reference date of the counts, which can be another than the regulations name.

    Returns:
        currency -> `chosen: ...; approximate: ...; derived: ...`, over the components that have
        amounts; a currency whose amounts all rest on published values is not in it.
    """
    found = {}
    named = stated_reference_date(loaded, day)
    chosen = [f"chosen: pupils of {day}, where the rules say {named}"] if named else []
    for currency in decided.entitlements["currency"].unique().sort():
        trace = Trace(decided.trace.filter(pl.col("currency") == currency))
        soft = pl.concat(_soft_values_used(one, trace) for one in loaded)
        if named:
            soft = soft.filter(pl.col("what") != REFERENCE_DATE)
        parts = [*chosen, *(_listed(status, SoftValues(soft)) for status in _STATUSES)]
        if words := "; ".join(part for part in parts if part):
            found[str(currency)] = words
    return found


def _soft_values_used(one: LoadedRegulation, trace: Trace) -> SoftValues:
    """Select the soft values of a regulation that components with amounts rest on."""
    mine = trace.filter(pl.col("regulation") == one.name)
    used = mine["component"].unique()
    soft = soft_values(one.regulation)
    if mine["counted_on"].is_not_null().any():
        soft = SoftValues(pl.concat([soft, started_soft_values(one.regulation)]))
    if used.is_empty():
        return SoftValues(soft.clear())
    return SoftValues(soft.filter(pl.col("component").is_null() | pl.col("component").is_in(used.implode())))


def _listed(status: str, soft: SoftValues) -> str:
    """Render the values of a status as `derived: rate of bao (cumi), ...`; empty when there are none."""
    of_component = pl.format("{} ({})", "what", "component")
    shown = pl.when(pl.col("component").is_null()).then("what").otherwise(of_component)
    words = soft.filter(pl.col("status") == status).select(shown).to_series().unique(maintain_order=True)
    return f"{status}: {', '.join(words)}" if words.len() else ""


_RULE_CHANGES = {
    "component": pl.String,
    "school_type": pl.String,
    "what": pl.String,
    "since": pl.Date,
    "before": pl.String,
    "after": pl.String,
}
_RATED = ["component", "school_type"]
_VALUE_KEY = [*_RATED, "what"]
_NO_VALUES = pl.DataFrame(schema=dict.fromkeys([*_VALUE_KEY, "value"], pl.String))


def rule_changes(before: Sequence[Rules], after: Sequence[Rules]) -> RuleChanges:
    """Return the values that differ between two sets of rules."""
    starts = sorted({month for one in (*before, *after) for month, _ in one.earlier})
    last = pl.DataFrame(schema=_RULE_CHANGES)
    found = [last]
    for since in (None, *starts):
        differing = _differing(_in_force(before, since), _in_force(after, since))
        now = differing.select(*_VALUE_KEY, "before", "after", since=pl.lit(since, pl.Date)).select(*_RULE_CHANGES)
        # What differed before an amendment as well is no change of it.
        found.append(now.join(last, on=[*_VALUE_KEY, "before", "after"], how="anti", nulls_equal=True))
        last = now
    return RuleChanges(pl.concat(found).sort(*_RULE_CHANGES))


def _differing(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Return the values that differ: component, school_type, what, before, after."""
    both = old.rename({"value": "before"}).join(
        new.rename({"value": "after"}), on=_VALUE_KEY, how="full", coalesce=True, nulls_equal=True
    )
    # Of what is there on one side only the rate says enough.
    rated = pl.col("what").str.starts_with("rate")
    known = [side.filter(rated).select(_RATED).unique() for side in (old, new)]
    whole = both.join(known[0], on=_RATED, how="semi").join(known[1], on=_RATED, how="semi")
    known_to_both = pl.concat([whole, both.filter(rated)]).unique()
    return known_to_both.filter(pl.col("before").ne_missing(pl.col("after")))


def _in_force(rules: Sequence[Rules], month: date | None) -> pl.DataFrame:
    """Return the values in force in a month; null: in the first month of the year."""
    parts = [_NO_VALUES]
    for one in rules:
        version = next((old for until, old in one.earlier if month is None or month < until), one)
        parts += list(_values(version))
    return pl.concat(parts)


def _values(rules: Rules) -> Iterator[pl.DataFrame]:
    """Yield the values of rules in words: component, school_type, what, value."""
    several = pl.col("measure").n_unique().over("component") > 1
    rate = pl.when(several).then(pl.format("rate per {}", "measure")).otherwise(pl.lit("rate"))
    placed = pl.format("rate on list {}" if rules.has_lists else "rate in {}", "place")
    place = pl.when(pl.col("place").is_null()).then(rate).otherwise(placed)
    shown = to_rate(pl.col("rate_e8")).cast(pl.String).str.replace(r"(\.\d\d\d*?)0+$", "$1")
    yield rules.rates.select("component", "school_type", what=place, value=shown)
    small = rules.rates.drop_nulls("small_below").with_columns(
        to_rate(pl.col("small_fixed_e8", "small_decrease_e8")).cast(pl.String).str.strip_chars_end("0")
    )
    yield small.select(
        "component",
        "school_type",
        what=pl.format("supplement below {} pupils", "small_below"),
        value=pl.format("{} less {} per pupil", "small_fixed_e8", "small_decrease_e8"),
    )
    kinds = rules.rates.select("component", "school_type").unique()
    threshold = pl.format("{} per {}", "threshold", "level")
    yield kinds.join(rules.thresholds, on="component").select(
        "component", "school_type", what=pl.lit("threshold"), value=threshold
    )
    month = pl.format("due up to {}", pl.col("month").dt.strftime("%Y-%m"))
    share = pl.format("{}/{}", "numerator", "denominator")
    yield kinds.join(rules.shares, on="component").select("component", "school_type", what=month, value=share)
    closure = "runs_out" if rules.continue_after_closure else "stops"
    settled = {"corrections": rules.corrections, "floor_zero": rules.floor_zero, "closure": closure}
    for what, value in settled.items():
        yield kinds.select("component", "school_type", what=pl.lit(what), value=pl.lit(value))
