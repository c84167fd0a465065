"""What a decision is made of: rules, what was counted, and the tables that follow from them.

Regulations made ready for a decision: their rules as frames, their reference date, and what counts for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.errors import Refused
from npo_pipeline.intake.source_precedence import rows_of_deliveries, scores_by_type, select_sources
from npo_pipeline.measures import MEASURES, SCORE, Measure
from npo_pipeline.rulebook.frames import places, rates, shares, thresholds
from npo_pipeline.rulebook.load import LoadedRegulation
from npo_pipeline.rulebook.regulation import Regulation

KEY = ["vestiging", "school_type", "component"]
ENTITLEMENT_COLUMNS = [
    "school_year",
    "board",
    "brin",
    *KEY,
    "quantity",
    "rate",
    "amount",
    "article",
    "measure",
    "status",
    "currency",
]
INSTALMENT_COLUMNS = ["school_year", *KEY, "month", "amount", "currency"]
ADJUSTMENT_COLUMNS = ["school_year", *KEY, "month", "cause", "other_vestiging", "amount", "currency"]
SETTLEMENT_COLUMNS = ["school_type", "component", "month", "corrections", "floor_zero", "currency"]
CHANGES = "changes"
"""What the changes files of a decision are used for, in `decision_inputs`."""


@dataclass(frozen=True)
class Rules:
    """The rules of one regulation as frames (`regulations.frames`).

    `counts_as`: the school type of all pupils of a regulation that is for some places only, else null.
    `corrections`, `floor_zero`, `runs_out`: how corrections are settled, and whether a closed school is paid on.
    `earlier`: what was in force before its amendments: the month in which each takes effect, and the rules until
    then, in order.
    """

    name: str
    currency: str
    rates: pl.DataFrame
    thresholds: pl.DataFrame
    shares: pl.DataFrame
    places: pl.DataFrame
    counts_as: str | None = None
    corrections: str = "next_payment"
    floor_zero: str = "no"
    runs_out: bool = False
    earlier: tuple[tuple[date, Rules], ...] = ()


@dataclass(frozen=True)
class DecisionInputs:
    """What a decision rests on.

    `counts`: vestiging, school_type, pupils, cumi_pupils, newcomers. `scores`: vestiging, school_type, score.
    `schools`: the directory. `loose`: vestiging, score where no bao or vo pupils are counted; they give nothing.
    `changes`: effective, kind, vestiging, successor, in the order in which they were told.
    """

    counts: pl.DataFrame
    scores: pl.DataFrame
    schools: pl.DataFrame
    loose: pl.DataFrame
    changes: pl.DataFrame


@dataclass(frozen=True)
class DecisionTables:
    """A decision as the tables hold it, without decision_id; `currency` tells two of one school year apart.

    `instalments` are those of the entitlements with `adjustments`: what a merger, a closure, an opening or an
    amendment in the course of the year makes of them. `settling`: how corrections of each school type and
    component are settled, a row per month of payment. `trace`: how each entitlement came about. `left_out`:
    what schools without a known board would get, and now do not: vestiging, school_type, component, amount.
    """

    entitlements: pl.DataFrame
    instalments: pl.DataFrame
    trace: pl.DataFrame
    left_out: pl.DataFrame
    adjustments: pl.DataFrame
    settling: pl.DataFrame

    def of(self, currency: str) -> DecisionTables:
        """The part in one currency: amounts of two are never added up."""
        mine = pl.col("currency") == currency
        parts = (getattr(self, name) for name in self.__dataclass_fields__)
        return DecisionTables(*(frame.filter(mine) for frame in parts))


def basis_of(
    inputs: Mapping[str, Sequence[str]],
    counts: pl.DataFrame,
    scores: pl.DataFrame,
    schools: pl.DataFrame,
    changes: pl.DataFrame,
) -> DecisionInputs:
    """Take from the books what the chosen deliveries count.

    Args:
        inputs: what is counted -> the deliveries used for it (`precedence.used`), and the changes files.
        counts: delivery_id, vestiging, school_type, pupils, cumi_pupils, newcomers.
        scores: delivery_id, vestiging, score.
        schools: the directory.
        changes: delivery_id, effective, kind, vestiging, successor.
    """
    parts = [
        rows_of_deliveries(counts, _deliveries_of(measure, inputs)).select(
            "vestiging", "school_type", measure.name
        )
        for measure in MEASURES
        if measure.table == "counts"
    ]
    counted = pl.concat(parts, how="diagonal")
    scored = scores_by_type(rows_of_deliveries(scores, _deliveries_of(SCORE, inputs)), counted)
    scored = scored.select("vestiging", "school_type", "score")
    loose = scored.filter(pl.col("school_type").is_null() & (pl.col("score") > 0))
    told = rows_of_deliveries(changes, inputs.get(CHANGES, [])).sort("delivery_id", maintain_order=True)
    return DecisionInputs(counted, scored.drop_nulls("school_type"), schools, loose.drop("school_type"), told)


def _deliveries_of(measure: Measure, inputs: Mapping[str, Sequence[str]]) -> list[str]:
    return [name for source in measure.sources for name in inputs.get(source.name, [])]


def rule_frames(loaded: LoadedRegulation) -> Rules:
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


def stated_reference_date(loaded: Sequence[LoadedRegulation], used: date) -> date | None:
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
    inputs = select_sources(live.filter(pl.col("reference_date") == day))
    added_up = [measure for measure in MEASURES if measure.adds_up_days]
    for measure, source in ((one, source) for one in added_up for source in one.sources):
        inputs.pop(source.name, None)
        found = [
            select_sources(live.filter(pl.col("reference_date") == one)).get(source.name)
            for one in days_of(loaded, measure.name)
        ]
        if found and all(found):
            inputs[source.name] = sorted(name for names in found for name in names or ())
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
