"""The rules of a regulation as frames, with its amendments, its places and the schools that started later.

A school is under the regulation of its place, where there is one, else the country's. Some components are not for
some schools.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar, cast

import polars as pl

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
    LocatedSchools,
    Places,
    Quantities,
    Rates,
    ScoresByType,
    Shares,
    Territory,
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


RowsByType = TypeVar("RowsByType", bound=pl.DataFrame)
"""Rows with a vestiging and a school_type."""

_TERRITORY = {"vestiging": pl.String, "regulation": pl.String, "place": pl.String}


def territory_of_schools(
    places: Mapping[str, Places], counts: CountsByType, scores: ScoresByType, schools: Schools
) -> Territory:
    """Return the schools that are under a regulation for some places only.

    Args:
        places: by regulation.
        counts: schools that are counted are under a regulation too when no list names them.
        scores: the same.
        schools: the directory.
    """
    named = [frame.with_columns(regulation=pl.lit(name)) for name, frame in places.items() if frame.height]
    if not named:
        return Territory(pl.DataFrame(schema=_TERRITORY))
    there = pl.concat([frame["vestiging"] for frame in (counts, scores, schools)])
    found = located(there, schools, Places(pl.concat(named)))
    return Territory(found.select(list(_TERRITORY)).sort("vestiging"))


def located(vestigingen: pl.Series, schools: Schools, places: Places) -> LocatedSchools:
    """Return the vestigingen that lie in places, with the columns of the place: by their BRIN, else their town.

    Args:
        vestigingen: also of schools that no list names.
        schools: the directory.
        places: BRINs, and municipalities in capitals.
    """
    there = pl.DataFrame({"vestiging": vestigingen.unique()}).with_columns(brin=pl.col("vestiging").str.head(4))
    by_brin = there.join(places, on="brin", how="inner")
    towns = schools.select("vestiging", municipality=pl.col("municipality").str.to_uppercase()).unique()
    by_town = towns.join(places, on="municipality", how="inner")
    columns = ["vestiging", *(name for name in places.columns if name not in ("brin", "municipality"))]
    both = pl.concat([by_brin.select(columns), by_town.select(columns)])
    return LocatedSchools(both.unique("vestiging", keep="first", maintain_order=True))


def rows_under_regulation(
    regulation: str, counts_as: str | None, territory: Territory, rows: RowsByType
) -> RowsByType:
    """Select the rows of the schools that are under a regulation.

    Args:
        regulation: its name.
        counts_as: the school type all its pupils count as; null for a regulation of the whole country.
        territory: of all regulations for some places.
        rows: of counts or scores.
    """
    if counts_as is None:
        if territory.is_empty():
            return rows
        return cast(RowsByType, rows.join(territory, on="vestiging", how="anti", maintain_order="left"))
    mine = territory.filter(pl.col("regulation") == regulation)
    found = rows.join(mine.select("vestiging"), on="vestiging", how="semi", maintain_order="left")
    return cast(RowsByType, found.with_columns(school_type=pl.lit(counts_as)))


def without_exceptions(quantities: Quantities, exceptions: Exceptions) -> Quantities:
    """Drop the quantities of schools that the component is not for."""
    if quantities.is_empty() or exceptions.is_empty():
        return quantities
    of_school = quantities.with_columns(brin=pl.col("vestiging").str.head(4))
    kept = of_school.join(exceptions, on=["component", "brin"], how="anti", maintain_order="left")
    return Quantities(kept.drop("brin"))
