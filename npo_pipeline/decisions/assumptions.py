"""Assumptions: the values that amounts rest on and that no source gives in so many words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from npo_pipeline.entitlements.model import DecisionTables, stated_reference_date
from npo_pipeline.rulebook.frames import REFERENCE_DATE, soft_values, started_soft_values
from npo_pipeline.rulebook.load import LoadedRegulation
from schemas.decided import Trace
from schemas.frames.money import SoftValues

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
