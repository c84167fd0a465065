"""Build the data of the informatietool from the rows of the books: no file, no clock, no rounding.

What should have an amount and has none becomes a gap: an unknown is shown, never counted as 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from itertools import product
from typing import Any, TypeAlias

import polars as pl

from npo_pipeline.dutch import spellings
from npo_pipeline.entitlements.model import COMPONENT_KEY, DecisionInputs
from npo_pipeline.entitlements.rules import (
    Rules,
    places_of,
    rows_under_regulation,
    rule_frames,
    territory_of_schools,
)
from npo_pipeline.measures import COUNT_COLUMNS
from npo_pipeline.money import to_cents
from npo_pipeline.months import first_day
from npo_pipeline.reports.explain.model import Assumption
from npo_pipeline.reports.informatietool import wording
from npo_pipeline.reports.informatietool.model import (
    SCHOOL_COLUMNS,
    AppliedRegulation,
    ExcludedComponent,
    Gap,
    RateRule,
    ToolData,
    ToolSource,
)
from npo_pipeline.rulebook.component import Component
from npo_pipeline.rulebook.fields import citation
from npo_pipeline.rulebook.frames import REFERENCE_DATE, soft_values, unknown_values
from npo_pipeline.rulebook.regulation import Regulation
from schemas.columns import SCHOOL_TYPES
from schemas.frames.money import Places
from schemas.frames.reports import (
    HiddenComponents,
    MeasuredUnits,
    MunicipalSupport,
    NumberedAmounts,
    SchoolGaps,
    ToolAmounts,
    ToolDecisions,
    ToolInstalments,
    ToolSchools,
    TracedAmounts,
)

_DECISION_COLUMNS = ["decision_id", "currency", "reference_date", "decided_at"]
_AMOUNT_COLUMNS = ["counted_e2", "quantity_e2", "unrounded", "shares_rounding", "cents"]
_RULE_COLUMNS = [
    one.name.removesuffix("_e8") for one in fields(RateRule) if one.name not in ("days", "assumptions")
]
_NO_GAPS: Mapping[str, pl.DataType | type[pl.DataType]] = {"vestiging": pl.String, "gap": pl.Int64}

_Concerned: TypeAlias = set[tuple[str, str | None, str | None]]
"""Whom an assumption concerns: (regulation, component or all, article of the rate or all)."""


def build_tool(source: ToolSource) -> ToolData:
    """Return the informatietool of a school year."""
    is_excluded = _is_excluded(source.applied)
    included, hidden = (
        TracedAmounts(source.amounts.filter(~is_excluded)),
        source.amounts.filter(is_excluded),
    )
    numbered = _number_rules(included, source.applied)
    amounts = numbered.with_columns(
        counted_e2=to_cents(pl.col("counted")),
        quantity_e2=to_cents(pl.col("quantity")),
        cents=to_cents(pl.col("amount")),
        shares_rounding=pl.col("unrounded_before").cast(pl.String).str.ends_with("00000000").not_(),
        unrounded=pl.when(pl.col("unrounded") != pl.col("amount")).then(pl.col("unrounded").cast(pl.String)),
    ).sort("vestiging", "rule")
    key, by_month = ["decision_id", *COMPONENT_KEY], ["vestiging", "rule", "month"]
    instalments = source.instalments.join(amounts.select(*key, "rule"), on=key)
    assumptions = _assumptions(source)
    rules = numbered.unique("rule").sort("rule").iter_rows(named=True)
    gaps, school_gaps = find_gaps(source.applied, included)
    return ToolData(
        school_year=source.school_year,
        decisions=ToolDecisions(source.decisions.select(_DECISION_COLUMNS).sort("currency")),
        schools=_schools(source, numbered, school_gaps),
        rules=tuple(_rate_rule(row, source.applied, assumptions) for row in rules),
        assumptions=tuple(assumptions),
        amounts=ToolAmounts(amounts.select("vestiging", "rule", *_AMOUNT_COLUMNS)),
        instalments=ToolInstalments(
            instalments.select(*by_month, cents=to_cents(pl.col("amount"))).sort(by_month)
        ),
        gaps=tuple(gaps),
        school_gaps=school_gaps,
        excluded=_excluded_components(source.applied),
        hidden=HiddenComponents(hidden.select("vestiging", "component").unique().sort("vestiging", "component")),
        support=_support(source),
        board_names=source.board_names,
        style=source.style,
        notes=tuple(dict.fromkeys(wording.other_date(*days) for _, *days in _other_reference_dates(source))),
    )


def _components(applied: Sequence[AppliedRegulation]) -> Iterator[tuple[str, str, Component]]:
    """Return regulation, name and component, in the order of the files."""
    for one in applied:
        for name, component in one.loaded.regulation.components.items():
            yield one.loaded.name, name, component


def _is_excluded(applied: Sequence[AppliedRegulation]) -> pl.Expr:
    excluded = [
        {"regulation": regulation, "component": name}
        for regulation, name, component in _components(applied)
        if component.outside_informatietool
    ]
    return pl.struct("regulation", "component").is_in(excluded) if excluded else pl.lit(False)


def _excluded_components(applied: Sequence[AppliedRegulation]) -> tuple[ExcludedComponent, ...]:
    """Return each excluded component once, with its first citation."""
    found: dict[str, ExcludedComponent] = {}
    for one in applied:
        for name, component in one.loaded.regulation.components.items():
            if cited := component.outside_informatietool:
                found.setdefault(name, ExcludedComponent(name, citation(one.loaded.regulation, cited)))
    return tuple(found.values())


def _number_rules(amounts: TracedAmounts, applied: Sequence[AppliedRegulation]) -> NumberedAmounts:
    """Add the number of the rule behind each amount, in the order of the files."""
    of_files = pl.Enum([f"{regulation} {name}" for regulation, name, _ in _components(applied)])
    component = pl.format("{} {}", "regulation", "component").cast(of_files, strict=False)
    order = ["currency", component, pl.col("school_type").cast(pl.Enum(SCHOOL_TYPES)), *_RULE_COLUMNS[5:]]
    rules = amounts.select(_RULE_COLUMNS).unique().sort(order, nulls_last=True)
    rules = rules.with_row_index("rule").cast({"rule": pl.Int64})
    numbered = amounts.join(rules.select(*_RULE_COLUMNS, "rule"), on=_RULE_COLUMNS, nulls_equal=True)
    return NumberedAmounts(numbered)


def _assumptions(source: ToolSource) -> dict[Assumption, _Concerned]:
    found: dict[Assumption, _Concerned] = {}
    # Where the operator chose another reference date, that of the rules is no assumption: nothing rests on it.
    replaced = {one.loaded.name for one, _, _ in _other_reference_dates(source)}
    for one in source.applied:
        if all(component.outside_informatietool for component in one.loaded.regulation.components.values()):
            continue
        for status, what, component, article in soft_values(one.loaded.regulation).iter_rows():
            if what == REFERENCE_DATE and one.loaded.name in replaced:
                continue
            rate = article if what.startswith("rate of ") else None
            concerned = found.setdefault(Assumption(status, what, component, article), set())
            concerned.add((one.loaded.name, component, rate))
    return found


def _rate_rule(
    row: Mapping[str, Any], applied: Sequence[AppliedRegulation], assumptions: Mapping[Assumption, _Concerned]
) -> RateRule:
    regulation = next(one.loaded.regulation for one in applied if one.loaded.name == row["regulation"])
    days = regulation.components[row["component"]].reference_dates
    matching = set(product([row["regulation"]], (None, row["component"]), (None, row["article"])))
    return RateRule(
        **{name: row[name] for name in _RULE_COLUMNS if name != "rate"},
        rate_e8=int(row["rate"].scaleb(8)),
        days=(days and days.value) or (),
        assumptions=tuple(place for place, concerned in enumerate(assumptions.values()) if concerned & matching),
    )


def _schools(source: ToolSource, amounts: NumberedAmounts, school_gaps: SchoolGaps) -> ToolSchools:
    """Return the schools with an amount or a gap, as on the first day of the school year or as near as known.

    The board of a school with an amount is that of its entitlement.
    """
    start = first_day(source.school_year)
    past = source.directory.filter(pl.col("valid_from") <= start).sort("valid_from", descending=True)
    to_come = source.directory.filter(pl.col("valid_from") > start).sort("valid_from")
    nearest = pl.concat([past, to_come]).unique("vestiging", keep="first", maintain_order=True)
    entitled = amounts.select("vestiging", entitled="board").unique("vestiging", keep="first", maintain_order=True)
    shown = pl.concat([entitled.select("vestiging"), school_gaps.select("vestiging")]).unique()
    schools = (
        shown.join(nearest, on="vestiging", how="left")
        .join(entitled, on="vestiging", how="left")
        .with_columns(board=pl.coalesce("entitled", "board"), brin=pl.col("vestiging").str.head(4))
        .drop_nulls("board")
    )
    for column in ("place", "municipality"):
        readable = spellings(schools[column].drop_nulls().to_list())
        schools = schools.with_columns(pl.col(column).replace(readable))
    return ToolSchools(schools.select(SCHOOL_COLUMNS).sort("vestiging"))


def _support(source: ToolSource) -> MunicipalSupport:
    """Return the support of municipalities, with their names spelt as those of the schools."""
    names = source.directory["municipality"].drop_nulls().to_list()
    return MunicipalSupport(source.support.with_columns(pl.col("municipality").replace(spellings(names))))


def _other_reference_dates(source: ToolSource) -> Iterator[tuple[AppliedRegulation, date, date]]:
    """Yield the regulations whose decision uses another reference date: regulation, date used, date stated."""
    used = dict(source.decisions.select("currency", "reference_date").iter_rows())
    for one in source.applied:
        stated = one.loaded.regulation.reference_date.value
        day = used.get(one.loaded.regulation.currency)
        if stated and day and stated != day:
            yield one, day, stated


def find_gaps(applied: Sequence[AppliedRegulation], amounts: TracedAmounts) -> tuple[list[Gap], SchoolGaps]:
    """Return the components without an amount because a value is unknown or no file counts their measure.

    With them: the schools that each concerns.
    """
    gaps: list[Gap] = []
    concerned = [pl.DataFrame(schema=_NO_GAPS)]
    frames = [rule_frames(one.loaded) for one in applied]
    places = places_of(frames)
    for one, rules in zip(applied, frames, strict=True):
        measured, regulation = _measured(rules, one.inputs, places), one.loaded.regulation
        for gap, measure in (*_unknown_values(regulation), *_undelivered(regulation, rules, measured)):
            schools = _schools_concerned(gap, measure, measured, amounts)
            if schools.height:
                concerned.append(schools.select("vestiging", gap=pl.lit(len(gaps), pl.Int64)).unique())
                gaps.append(gap)
    return gaps, SchoolGaps(pl.concat(concerned).sort("vestiging", "gap"))


def _schools_concerned(gap: Gap, measure: str, measured: MeasuredUnits, amounts: TracedAmounts) -> MeasuredUnits:
    """Return the schools without an amount of a component that have some of its measure, or may have."""
    of_types = measured.filter(pl.col("school_type").is_in(gap.school_types))
    is_delivered = not of_types.filter(pl.col("measure") == measure).is_empty()
    # A measure that nothing counts may concern any school with pupils.
    counted = of_types.filter(pl.col("measure") == (measure if is_delivered else "pupils"), pl.col("counted") > 0)
    with_amount = amounts.filter(pl.col("component") == gap.component)
    return MeasuredUnits(counted.join(with_amount, on=["vestiging", "school_type"], how="anti"))


def _measured(rules: Rules, inputs: DecisionInputs, places: Mapping[str, Places]) -> MeasuredUnits:
    """Return the counts and scores of the schools under a regulation."""
    territory = territory_of_schools(places, inputs.counts, inputs.scores, inputs.schools)
    counts, scores = (
        rows_under_regulation(rules.name, rules.counts_as, territory, rows)
        for rows in (inputs.counts, inputs.scores)
    )
    measures = [name for name in COUNT_COLUMNS if name in counts.columns]
    parts = [
        rows.select("vestiging", "school_type", measure=pl.lit(name), counted=pl.col(name).cast(pl.Decimal(18, 2)))
        for rows, name in (*((counts, name) for name in measures), (scores, "score"))
    ]
    every = pl.concat(parts).drop_nulls("counted")
    return MeasuredUnits(every.group_by("vestiging", "school_type", "measure").agg(pl.col("counted").sum()))


def _unknown_values(regulation: Regulation) -> Iterator[tuple[Gap, str]]:
    """Return a gap for each unknown value of a component, with the measure of the component."""
    together = unknown_values(regulation).group_by("component", "what", "article", maintain_order=True)
    for name, what, article, types in together.agg(pl.col("school_type").unique(maintain_order=True)).iter_rows():
        component = regulation.components[name]
        if not component.outside_informatietool:
            text = wording.gap_unknown(name, types, what)
            yield Gap(name, tuple(types), text, article), component.measure


def _undelivered(regulation: Regulation, rules: Rules, measured: MeasuredUnits) -> Iterator[tuple[Gap, str]]:
    """Return a gap for each component with a rate and without any count, with its measure."""
    together = rules.rates.group_by("component", "measure", maintain_order=True)
    for name, measure, types, articles in together.agg(
        pl.col("school_type").unique(maintain_order=True), "article"
    ).iter_rows():
        counted = measured.filter(pl.col("measure") == measure, pl.col("school_type").is_in(types))
        if counted.is_empty() and not regulation.components[name].outside_informatietool:
            yield Gap(name, tuple(types), wording.gap_not_delivered(name, types, measure), articles[0]), measure
