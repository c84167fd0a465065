"""Regulations made ready for a decision: their rules as frames, their reference date, and what counts for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from npo_pipeline.counts.precedence import NEWCOMERS, used
from npo_pipeline.errors import Refused
from npo_pipeline.files import kinds
from npo_pipeline.instalments.decided import CHANGES, Rules
from npo_pipeline.regulations.frames import places, rates, shares, thresholds
from npo_pipeline.regulations.load import LoadedRegulation
from npo_pipeline.regulations.model import Regulation

MEASURES_OF_DAYS = {"newcomers": NEWCOMERS}
"""Measures that are counted on days of their own and add up, and what counts them."""


def rules_of(loaded: LoadedRegulation) -> Rules:
    """A regulation as frames, with what was in force before its amendments."""
    earlier = tuple((until, _as_frames(loaded.name, one)) for until, one in loaded.earlier)
    return replace(_as_frames(loaded.name, loaded.regulation), earlier=earlier)


def _as_frames(name: str, rules: Regulation) -> Rules:
    settling = rules.settling
    return Rules(
        name,
        rules.currency,
        rates(rules),
        thresholds(rules),
        shares(rules),
        places(rules),
        rules.places.counts_as if rules.places else None,
        settling.corrections,
        settling.floor_zero,
        settling.closure == "runs_out",
    )


def reference_date_of(loaded: Sequence[LoadedRegulation]) -> date:
    """The day on which pupils are counted, which all regulations of a school year share.

    Raises:
        Refused: it is not known, or they do not share one.
    """
    days = {one.name: one.regulation.reference_date.value for one in loaded}
    known = set(days.values()) - {None}
    if len(known) != 1:
        shown = ", ".join(f"{name}: {day or 'not known'}" for name, day in days.items())
        raise Refused(f"the regulations do not share one reference date ({shown}); give --reference-date")
    return next(day for day in days.values() if day)


def day_in_the_rules(loaded: Sequence[LoadedRegulation], used: date) -> date | None:
    """The reference date that the rules name, where the counts that are used are of another day; else null."""
    named = {one.regulation.reference_date.value for one in loaded} - {None, used}
    return min((day for day in named if day), default=None)


def inputs_of(live: pl.DataFrame, loaded: Sequence[LoadedRegulation], day: date) -> dict[str, list[str]]:
    """The deliveries that a decision rests on: what is counted -> delivery_ids.

    A measure that is counted on several days counts only when every one of them was delivered: half a sum is
    no sum. Changes belong to no date, and all of them count.

    Args:
        live: delivery_id, kind, reference_date of the deliveries that nothing superseded.
        loaded: the regulations.
        day: the reference date.
    """
    inputs = used(live.filter(pl.col("reference_date") == day))
    for measure, subject in MEASURES_OF_DAYS.items():
        inputs.pop(subject, None)
        found = [
            used(live.filter(pl.col("reference_date") == one)).get(subject) for one in days_of(loaded, measure)
        ]
        if found and all(found):
            inputs[subject] = sorted(name for names in found for name in names or ())
    told = live.filter(pl.col("kind") == kinds.CHANGES.name)["delivery_id"].sort().to_list()
    return {**inputs, CHANGES: told} if told else inputs


def days_of(loaded: Sequence[LoadedRegulation], measure: str) -> list[date]:
    """The days on which a measure is counted, where components say days of their own."""
    return sorted(
        {
            day
            for one in loaded
            for component in one.regulation.components.values()
            if component.measure == measure and component.reference_dates
            for day in component.reference_dates.value or ()
        }
    )
