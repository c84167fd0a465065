"""The parts of a decision: what it is decided from, and the tables that follow.

In the order in which it comes about: the deliveries it rests on (`choose_deliveries`), `DecisionInputs`, and
`DecisionTables`. Its rules as frames are in `rules`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.entitlements.rules import rule_frames
from npo_pipeline.errors import Refused
from npo_pipeline.intake.school_changes import without_moved
from npo_pipeline.intake.source_precedence import (
    DeliveredData,
    UsedDeliveries,
    rows_of_deliveries,
    scores_by_type,
    select_sources,
)
from npo_pipeline.measures import BY_NAME, MEASURES, MUNICIPAL_SCORE, PUPILS, PUPILS_PO, SCORE, Measure
from npo_pipeline.rulebook.load import LoadedRegulation
from npo_pipeline.rulebook.regulation import Regulation
from schemas import decided
from schemas.columns import AMOUNT_KEY, BENEFICIARY_COLUMNS, schema_of
from schemas.decided import Adjustments, Entitlements, Instalments, SettlementTerms, Trace
from schemas.frames.money import (
    AmountsWithoutBoard,
    CountsByType,
    ScoresByType,
    UnplacedScores,
    VestigingAreas,
)
from schemas.received import (
    LISTED_VESTIGINGEN,
    MUNICIPAL_SCORES,
    Areas,
    Changes,
    Deliveries,
    ListedVestigingen,
    MunicipalScores,
    Schools,
)

COMPONENT_KEY = list(AMOUNT_KEY)
_AMOUNT = ["vestiging", "school_type", "component"]
DECIDED_COLUMNS = {
    "entitlements": [
        "school_year",
        "board",
        "brin",
        *_AMOUNT,
        "quantity",
        "rate",
        "amount",
        "article",
        "measure",
        "status",
        "currency",
        *BENEFICIARY_COLUMNS,
        "recipient",
    ],
    "instalments": ["school_year", *_AMOUNT, "month", "amount", *BENEFICIARY_COLUMNS, "currency"],
    "adjustments": [
        *("school_year", *_AMOUNT, "month", "cause", "other_vestiging", "amount", "currency"),
        *BENEFICIARY_COLUMNS,
    ],
    "settling": ["school_type", "component", "month", "corrections", "floor_zero", "currency"],
}
"""The columns of the tables of a decision but its trace, without decision_id and with a currency."""

STARTED = "started_"
"""Begins the names of uses of files that count schools which started later, in `decision_inputs`."""

CHANGES = "changes"
"""The use of files of changes, in `decision_inputs`."""

AREAS = "areas"
"""The use of files that say in whose area a vestiging lies, in `decision_inputs`."""

LISTED = kinds.LISTED_VESTIGINGEN.name
"""The use of lists of vestigingen, in `decision_inputs`."""


def reference_date_of(loaded: Sequence[LoadedRegulation]) -> date:
    """Return the day on which pupils are counted, which all regulations of a school year share.

    Raises:
        Refused: it is not known, or they do not share one.
    """
    days = {one.name: one.regulation.reference_date.value for one in loaded}
    known = set(days.values()) - {None}
    if len(known) != 1:
        shown = ", ".join(f"{name}: {day or 'not known'}" for name, day in days.items())
        raise Refused(f"the regulations do not share one reference date ({shown}); give --reference-date")
    return next(day for day in days.values() if day)


def stated_reference_date(loaded: Sequence[LoadedRegulation], used: date) -> date | None:
    """Return the reference date in the rules, where the counts that are used are of another day; else null."""
    named = {one.regulation.reference_date.value for one in loaded} - {None, used}
    return min((day for day in named if day), default=None)


def choose_deliveries(
    live: Deliveries, loaded: Sequence[LoadedRegulation], day: date, changes: Changes, *, areas: Areas
) -> dict[str, list[str]]:
    """Choose the deliveries that a decision rests on: what is counted -> delivery_ids.

    A measure that is counted on several days counts only when every one of them was delivered: half a sum is
    no sum. Changes, areas and lists of vestigingen belong to no date, and all of them count; areas and lists only
    where a regulation pays by them. Where a change opens a school on the day of `started`, the deliveries of its
    second reference date count too.

    Args:
        live: the deliveries that nothing superseded.
        loaded: the regulations.
        day: the reference date.
        changes: of all deliveries.
        areas: of all deliveries.
    """
    used = select_sources(Deliveries(live.filter(pl.col("reference_date") == day)))
    if any(one.regulation.is_municipal for one in loaded):
        return _municipal_deliveries(live, used)
    for measure in (one for one in MEASURES if one.adds_up_days):
        days = count_days(loaded, measure.name)
        for source in measure.sources:
            used.pop(source.name, None)
            of_days = [Deliveries(live.filter(pl.col("reference_date") == one)) for one in days]
            found = [select_sources(of_day).get(source.name) for of_day in of_days]
            if found and all(found):
                used[source.name] = sorted(name for names in found for name in names or ())
    names = _undated(live, CHANGES)
    openings = rows_of_deliveries(changes, names).filter(pl.col("kind") == "opening")["effective"]
    for one in loaded:
        used = _with_day_of_po(used, live, one.regulation, day)
        for name, second in _second_deliveries(one.regulation, live, openings.to_list()).items():
            used[STARTED + name] = sorted({*used.get(STARTED + name, []), *second})
    of_area = live.filter(pl.col("delivery_id").is_in(areas["delivery_id"].unique().implode()))
    by_area = any(rule_frames(one).paid_to_areas for one in loaded)
    undated = {
        CHANGES: names,
        AREAS: of_area["delivery_id"].sort().to_list() if by_area else [],
        LISTED: _undated(live, LISTED) if any(one.regulation.has_lists for one in loaded) else [],
    }
    return used | {use: found for use, found in undated.items() if found}


def _undated(live: Deliveries, kind: str) -> list[str]:
    """Return the deliveries of a kind that belongs to no date."""
    return live.filter(pl.col("kind") == kind)["delivery_id"].sort().to_list()


def _second_deliveries(regulation: Regulation, live: Deliveries, openings: Sequence[date]) -> dict[str, list[str]]:
    """Return the deliveries that count schools which started later, where a change opens one on their day."""
    started = regulation.started
    if started is None or started.opened_on.value not in openings:
        return {}
    measures = [BY_NAME[regulation.components[name].measure] for name in started.components]
    wanted = {source.name for measure in measures for source in measure.sources}
    there = select_sources(Deliveries(live.filter(pl.col("reference_date") == started.reference_date.value)))
    return {name: found for name, found in there.items() if name in wanted}


def _municipal_deliveries(live: Deliveries, used: UsedDeliveries) -> dict[str, list[str]]:
    """Choose the deliveries that the money of municipalities rests on: pupils, and scores of municipalities."""
    scores = live.filter(pl.col("kind") == kinds.MUNICIPAL_SCORES.name)["delivery_id"].sort().to_list()
    found = {source.name: list(used.get(source.name, [])) for source in PUPILS.sources}
    found |= {source.name: scores for source in MUNICIPAL_SCORE.sources}
    return {name: names for name, names in found.items() if names}


def _with_day_of_po(
    used: dict[str, list[str]], live: Deliveries, regulation: Regulation, day: date
) -> dict[str, list[str]]:
    """Replace the deliveries that count pupils of po by those of their own day, where a regulation names one."""
    own = day_of_po(regulation, day)
    if own == day:
        return used
    there = select_sources(Deliveries(live.filter(pl.col("reference_date") == own)))
    others = {name: names for name, names in used.items() if name != PUPILS_PO.name}
    return others | {name: names for name, names in there.items() if name == PUPILS_PO.name}


def day_of_po(regulation: Regulation, day: date) -> date:
    """Return the day on which pupils of po are counted.

    `day`: the reference date; where it is another than the regulation names, somebody asked for it, and it holds
    for po as well.
    """
    own = regulation.reference_date_po and regulation.reference_date_po.value
    return own if own and day == regulation.reference_date.value else day


def count_days(loaded: Sequence[LoadedRegulation], measure: str) -> list[date]:
    """Return the days on which a measure is counted, where components have days of their own."""
    return sorted(
        {
            day
            for one in loaded
            for component in one.regulation.components.values()
            if component.measure == measure and component.reference_dates
            for day in component.reference_dates.value or ()
        }
    )


_NO_AREAS = VestigingAreas(pl.DataFrame(schema={"vestiging": pl.String, "samenwerkingsverband": pl.String}))
_NO_LIST = ListedVestigingen(pl.DataFrame(schema=schema_of(LISTED_VESTIGINGEN)))
_NO_SCORES = MunicipalScores(pl.DataFrame(schema=schema_of(MUNICIPAL_SCORES)))


@dataclass(frozen=True, kw_only=True)
class DecisionInputs:
    """Represent what a decision rests on, besides the rules.

    `schools`: the directory. `listed`: the vestigingen on a list, each on one. `unplaced_scores`: they give
    nothing. `changes`: in order of delivery, without openings that a later one moved.
    `second_counts`, `second_scores`: of all schools, on the reference date of those that started later.
    `municipal_scores`: for the money of municipalities. `uncounted`: the measures that the used deliveries do not
    count, as those of an older version of this program. `told`: the changes with those that were moved to another
    day, which older versions counted too.
    """

    counts: CountsByType
    scores: ScoresByType
    second_counts: CountsByType
    second_scores: ScoresByType
    schools: Schools
    unplaced_scores: UnplacedScores
    changes: Changes
    areas: VestigingAreas = field(default_factory=lambda: _NO_AREAS)
    municipal_scores: MunicipalScores = field(default_factory=lambda: _NO_SCORES)
    listed: ListedVestigingen = field(default_factory=lambda: _NO_LIST)
    uncounted: frozenset[str] = frozenset()
    told: Changes | None = None


def decision_inputs(used: UsedDeliveries, data: DeliveredData) -> DecisionInputs:
    """Select what the used deliveries count.

    Args:
        used: as `choose_deliveries` returns it.
        data: what can be decided upon, with the schools as they are, or were, known.
    """
    counted, scored = _counted(used, data)
    municipal = [name for source in MUNICIPAL_SCORE.sources for name in used.get(source.name, [])]
    second_counts, second_scores = _counted(used, data, STARTED)
    unplaced = scored.filter(pl.col("school_type").is_null() & (pl.col("score") > 0))
    told = rows_of_deliveries(data.changes, used.get(CHANGES, [])).sort("delivery_id", maintain_order=True)
    return DecisionInputs(
        counts=CountsByType(counted),
        scores=ScoresByType(scored.drop_nulls("school_type")),
        second_counts=CountsByType(second_counts),
        second_scores=ScoresByType(second_scores.drop_nulls("school_type")),
        schools=data.schools,
        listed=ListedVestigingen(rows_of_deliveries(data.listed, used.get(LISTED, [])).sort("vestiging")),
        unplaced_scores=UnplacedScores(unplaced.drop("school_type")),
        changes=without_moved(Changes(told)),
        told=Changes(told),
        municipal_scores=MunicipalScores(rows_of_deliveries(data.municipal_scores, municipal)),
        areas=areas_used(used.get(AREAS, []), data.areas, data.deliveries),
        uncounted=frozenset(_uncounted(used, data)),
    )


def _uncounted(used: UsedDeliveries, data: DeliveredData) -> Iterator[str]:
    """Yield the measures that are null in every row of the deliveries that they are counted from."""
    for measure in (one for one in MEASURES if one.table == "counts"):
        rows = rows_of_deliveries(data.counts, _deliveries_of(measure, used))
        if rows.height and rows[measure.name].null_count() == rows.height:
            yield measure.name


def _deliveries_of(measure: Measure, used: UsedDeliveries, prefix: str = "") -> list[str]:
    """Return the deliveries that a measure is counted from."""
    return [name for source in measure.sources for name in used.get(prefix + source.name, [])]


def _counted(used: UsedDeliveries, data: DeliveredData, prefix: str = "") -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the counts and the scores of used deliveries; a score without a school type is unplaced."""
    parts = [
        rows_of_deliveries(data.counts, _deliveries_of(measure, used, prefix)).select(
            "vestiging", "school_type", measure.name
        )
        for measure in MEASURES
        if measure.table == "counts"
    ]
    counted = pl.concat(parts, how="diagonal")
    scored = scores_by_type(rows_of_deliveries(data.scores, _deliveries_of(SCORE, used, prefix)), counted)
    return counted, scored.select("vestiging", "school_type", "score")


def started_schools(inputs: DecisionInputs, opened_on: date) -> list[str]:
    """Return the vestigingen of schools that started on a day, sorted.

    A vestiging that opens at a school which was counted before is no school that started (the law says *school*,
    which is a BRIN). Of two changes of a vestiging on that day the one that was delivered last counts.
    """
    there = inputs.counts.filter(pl.col("pupils") > 0)["vestiging"].str.head(4).unique()
    of_day = inputs.changes.filter(pl.col("effective") == opened_on)
    last = of_day.unique("vestiging", keep="last", maintain_order=True)
    # A school that others merge into on that day has their pupils, of the ordinary date (law notes, 8.1).
    merged = last.filter(pl.col("kind") == "fusie")["successor"].drop_nulls().str.head(4)
    brin = pl.col("vestiging").str.head(4)
    opened = last.filter(pl.col("kind") == "opening", ~brin.is_in(pl.concat([there, merged]).implode()))
    return opened["vestiging"].sort().to_list()


def areas_used(used: Sequence[str], areas: Areas, deliveries: Deliveries) -> VestigingAreas:
    """Select the area of each vestiging: by a list of areas before a pupil file, by the newest of those.

    Args:
        used: the deliveries that a decision takes areas from.
        areas: of all deliveries.
        deliveries: all of them.
    """
    listed = (pl.col("kind") == kinds.AREAS.name).alias("listed")
    stated = deliveries.select("delivery_id", "reference_date", listed)
    ordered = (
        rows_of_deliveries(areas, used)
        .join(stated, on="delivery_id", how="left")
        .sort("listed", "reference_date", "delivery_id", descending=True)
    )
    first = ordered.unique("vestiging", keep="first", maintain_order=True)
    return VestigingAreas(first.select("vestiging", "samenwerkingsverband"))


@dataclass(frozen=True, kw_only=True)
class DecisionTables:
    """Represent a decision as the tables hold it, without decision_id; each frame has a `currency`.

    `instalments` are those of the entitlements with `adjustments`: what a merger, a closure, an opening or an
    amendment in the course of the year makes of them. `settling`: how corrections of each school type and
    component are settled, a row per month of payment. `left_out`: the entitlements of schools without a known
    board, which get nothing.
    """

    entitlements: Entitlements
    instalments: Instalments
    trace: Trace
    left_out: AmountsWithoutBoard
    adjustments: Adjustments
    settling: SettlementTerms

    def of(self, currency: str) -> DecisionTables:
        """Return the part in one currency: amounts of two are never added up."""
        mine = pl.col("currency") == currency
        return DecisionTables(**{name: getattr(self, name).filter(mine) for name in self.__dataclass_fields__})

    @classmethod
    def concat(cls, parts: Sequence[DecisionTables]) -> DecisionTables:
        """Return several decisions, each of a currency, as one."""
        names = cls.__dataclass_fields__
        return cls(**{name: pl.concat([getattr(one, name) for one in parts]) for name in names})


def empty_decision() -> DecisionTables:
    """Return a decision without entitlements, of a school year that has subsidies only."""
    frames: dict[str, Any] = {
        name: pl.DataFrame(schema={**schema_of(getattr(decided, name.upper())), "currency": pl.String}).select(
            columns
        )
        for name, columns in DECIDED_COLUMNS.items()
    }
    return DecisionTables(
        trace=Trace(pl.DataFrame(schema={**schema_of(decided.TRACE), "currency": pl.String}).drop("decision_id")),
        left_out=AmountsWithoutBoard(frames["entitlements"].select(*COMPONENT_KEY, "amount", "currency")),
        **frames,
    )
