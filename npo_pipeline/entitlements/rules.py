"""The rules of a regulation as frames, with its amendments, its places and the schools that started later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from npo_pipeline.entitlements.territory import located, territory_of_schools
from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.frames import (
    EXCEPTIONS,
    PLACES,
    exceptions,
    places,
    rates,
    shares,
    started_shares,
    thresholds,
)
from npo_pipeline.rulebook.load import LoadedRegulation, caribbean_places
from npo_pipeline.rulebook.regulation import Regulation, RoundedPer
from schemas.columns import SAMENWERKING
from schemas.frames.money import (
    CountsByType,
    Exceptions,
    Places,
    Rates,
    ScoresByType,
    Shares,
    Thresholds,
)
from schemas.received import Schools


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Represent the rules of one regulation as frames (`rulebook.frames`).

    `not_for`: places that it is not for, also when no other regulation is in force there.
    `has_lists`: whether it is for listed vestigingen only, so that the place of a rate is a list.
    `counts_as`: the school type of all pupils of a regulation that is for some places only, else null.
    `counted_on`: the reference date of schools that started later; null: that of the decision.
    `rounded_per`: whose amount is rounded once. `is_municipal`: municipalities are paid, and not schools.
    `paid_to_areas`: the components that samenwerkingsverbanden are paid.
    `corrections`, `floor_zero`: how corrections are settled. `continue_after_closure`: whether a closed school is
    paid on. `late_mergers`: the school types whose instalments follow a merger on 1 August in the next calendar
    year.
    `earlier`: what was in force before its amendments: the month in which each takes effect, and the rules until
    then, in order. `as_older_version`: whether the terms of now hold before them too, a successor is paid
    before it opens, and pupils of schools without a known board count for samenwerkingsverbanden.
    """

    name: str
    currency: str
    rates: Rates
    thresholds: Thresholds
    shares: Shares
    places: Places
    not_for: Places = field(default_factory=lambda: Places(pl.DataFrame(schema=PLACES)))
    rounded_per: RoundedPer = "school"
    paid_to_areas: frozenset[str] = frozenset()
    has_lists: bool = False
    counts_as: str | None = None
    counted_on: date | None = None
    corrections: str = "next_payment"
    floor_zero: str = "no"
    continue_after_closure: bool = False
    late_mergers: tuple[str, ...] = ()
    exceptions: Exceptions = field(default_factory=lambda: Exceptions(pl.DataFrame(schema=EXCEPTIONS)))
    earlier: tuple[tuple[date, Rules], ...] = ()
    as_older_version: bool = False
    started: StartedRules | None = None
    is_municipal: bool = False
    reference_date: date | None = None


@dataclass(frozen=True)
class StartedRules:
    """Represent the rules for schools that opened on a day: their reference date, and `rules` of what they get."""

    opened_on: date
    reference_date: date
    rules: Rules


def rule_frames(loaded: LoadedRegulation) -> Rules:
    """Return a regulation as frames, with what was in force before its amendments."""
    earlier = tuple((until, _as_frames(loaded.name, one)) for until, one in loaded.earlier)
    now = _as_frames(loaded.name, loaded.regulation)
    if now.started:
        before = tuple((until, one.started.rules) for until, one in earlier if one.started)
        now = replace(now, started=replace(now.started, rules=replace(now.started.rules, earlier=before)))
    return replace(now, earlier=earlier)


def _as_frames(name: str, rules: Regulation) -> Rules:
    settling = rules.settling
    frames = Rules(
        name=name,
        currency=rules.currency,
        rates=rates(rules),
        thresholds=thresholds(rules),
        shares=shares(rules),
        places=places(rules),
        not_for=caribbean_places() if rules.not_for else Places(pl.DataFrame(schema=PLACES)),
        rounded_per=rules.rounded_per,
        exceptions=exceptions(rules),
        paid_to_areas=frozenset(name for name, one in rules.components.items() if one.recipient == SAMENWERKING),
        has_lists=rules.has_lists,
        counts_as=rules.places.counts_as if rules.places else None,
        corrections=settling.corrections,
        floor_zero=settling.floor_zero,
        continue_after_closure=settling.closure == "runs_out",
        late_mergers=rules.late_mergers,
        is_municipal=rules.is_municipal,
        reference_date=rules.reference_date.value,
    )
    return replace(frames, started=_started(frames, rules))


UNDER_NO_RULES = "no rules in force"
"""Stands for a regulation in the territory of schools whose place has no regulation in force."""


def places_of(rules: Iterable[Rules]) -> dict[str, Places]:
    """Return the places of each regulation, and last those that none of the others is for."""
    each = list(rules)
    excluded = next((one.not_for for one in each if one.not_for.height), None)
    own = {one.name: one.places for one in each}
    return own if excluded is None else {**own, UNDER_NO_RULES: excluded}


def refuse_euros_overseas(
    rules: Iterable[Rules], *, counts: CountsByType, scores: ScoresByType, schools: Schools
) -> None:
    """Refuse rules in euro that would count schools of Caribisch Nederland because a file does not exclude them.

    A decision that was taken under such a file before stays as it was: this is asked of new ones.

    Raises:
        Refused: names the file and a school.
    """
    each = list(rules)
    here = territory_of_schools(places_of(each), counts, scores, schools)
    counted = pl.concat([counts["vestiging"], scores["vestiging"]])
    overseas = located(counted, schools, caribbean_places()).join(here, on="vestiging", how="anti")
    # The directory names more schools than are counted.
    found = overseas.filter(pl.col("vestiging").is_in(counted.implode()))["vestiging"].sort()
    open_to_all = sorted(one.name for one in each if one.counts_as is None and one.not_for.is_empty())
    if open_to_all and found.len():
        raise Refused(
            f"{open_to_all[0]}: would count {found[0]}, which is in Caribisch Nederland, where no rules of Europe "
            "are in force; add `not_for: {value: caribisch_nederland, ...}` with its source, as the shipped files "
            "have it"
        )


def _started(frames: Rules, regulation: Regulation) -> StartedRules | None:
    """Return the rules for schools that started later; null where there are none, or their days are not known."""
    started = regulation.started
    if started is None or started.opened_on.value is None or started.reference_date.value is None:
        return None
    of_them = pl.col("component").is_in(list(started.components))
    rules = replace(frames, rates=Rates(frames.rates.filter(of_them)), shares=started_shares(regulation, started))
    return StartedRules(started.opened_on.value, started.reference_date.value, rules)
