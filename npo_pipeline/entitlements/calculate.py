"""The calculation of a whole decision: entitlements and instalments of every school under the rules of a year.

Worked examples are calculated as in a decision, against the amounts that were published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from npo_pipeline.entitlements.amounts import (
    TRACE_COLUMNS,
    add_trace,
    entitlements,
    municipal_quantities,
    municipal_units,
    parts_together,
    pupils_by_municipality,
    quantities,
)
from npo_pipeline.entitlements.beneficiaries import booked_on_areas, is_vestiging, with_beneficiary, with_recipient
from npo_pipeline.entitlements.model import (
    COMPONENT_KEY,
    DECIDED_COLUMNS,
    DecisionInputs,
    DecisionTables,
    started_schools,
)
from npo_pipeline.entitlements.rules import (
    Rules,
    places_of,
    rows_under_regulation,
    territory_of_schools,
    without_exceptions,
)
from npo_pipeline.entitlements.schedule import (
    REASSIGNMENT_COLUMNS,
    apply_adjustments,
    instalment_successors,
    instalments,
    reassigned,
)
from npo_pipeline.errors import Refused
from npo_pipeline.money import divide_half_away, to_euro, to_quantity, to_rate
from npo_pipeline.months import first_day
from npo_pipeline.rulebook.frames import rates, thresholds
from npo_pipeline.rulebook.regulation import Example, Regulation
from schemas.decided import Adjustments, Entitlements, Instalments, SettlementTerms, Trace
from schemas.frames.money import (
    AmountsWithoutBoard,
    CountsByType,
    EntitledCents,
    MonthlyCents,
    MunicipalUnits,
    Quantities,
    Rates,
    Reassignments,
    SchoolPlaces,
    ScoresByType,
    Territory,
    Thresholds,
    VestigingAreas,
)
from schemas.received import Changes, Schools

FROM_THEIR_MONTH, WHOLE_YEAR = 2, 1
"""Ways to decide, as manifests name them: the terms of an amendment hold from the month in which it takes effect,
a successor is paid when it is open, and a change may move to another day; or, as in older versions, not so."""


def calculate_decision(
    school_year: str, rules: Sequence[Rules], inputs: DecisionInputs, *, terms: int = FROM_THEIR_MONTH
) -> DecisionTables:
    """Calculate the entitlements and instalments of the whole country at once.

    The board of an entitlement is the one that holds the vestiging on the first day of the school year;
    a payment looks at the first day of its own month.

    Args:
        school_year: `2021-2022`.
        rules: the regulations of the year; those for some places only take their schools from the others.
        inputs: what they apply to.
        terms: `WHOLE_YEAR` for what an older version decided.

    Raises:
        Refused: a school merged into one without a known board, or mergers lead in a circle.
    """
    rules = [replace(one, as_older_version=terms == WHOLE_YEAR) for one in rules]
    if terms == WHOLE_YEAR and inputs.told is not None:
        inputs = replace(inputs, changes=inputs.told)
    territory = territory_of_schools(places_of(rules), inputs.counts, inputs.scores, inputs.schools)
    cases = list(_cases(rules, inputs))
    parts = [_entitled(*case, territory) for case in cases]
    # Only of municipalities an amount has more than one part.
    entitled = [
        parts_together(frame) if case[0].is_municipal else frame for case, frame in zip(cases, parts, strict=True)
    ]
    placed = _placed(entitled, inputs.schools, school_year)
    without_board = placed.filter(pl.col("recipient").is_null())
    with_board = traced = placed.filter(pl.col("recipient").is_not_null())
    if any(one.is_municipal for one in rules):
        traced = _placed(parts, inputs.schools, school_year)
    # Most small deliveries hold nothing that most regulations count; what the others give has the columns.
    giving = [
        (case, frame) for case, frame in zip(cases, entitled, strict=True) if frame.height or case[0].earlier
    ]
    giving = giving or [(cases[0], entitled[0])]
    monthly = [_instalments(*case, frame, territory) for case, frame in giving]
    due, adjustments = (pl.concat(frames) for frames in zip(*monthly, strict=True))
    # A school that started and into which another merges has instalments by two cases in one month.
    due = due.group_by(*COMPONENT_KEY, "month", "currency", maintain_order=True).agg(pl.col("amount_cents").sum())
    _refuse_homeless_successor(adjustments, inputs.schools)
    shown = {"school_year": pl.lit(school_year), "amount": to_euro(pl.col("amount_cents"))}
    return DecisionTables(
        entitlements=Entitlements(with_board.select(DECIDED_COLUMNS["entitlements"]).sort(COMPONENT_KEY)),
        instalments=Instalments(
            with_beneficiary(due).with_columns(**shown).select(DECIDED_COLUMNS["instalments"])
        ),
        trace=Trace(add_trace(traced).select(TRACE_COLUMNS).sort(COMPONENT_KEY, maintain_order=True)),
        left_out=AmountsWithoutBoard(
            without_board.select(*COMPONENT_KEY, "amount", "currency").sort(COMPONENT_KEY)
        ),
        adjustments=Adjustments(
            with_beneficiary(adjustments)
            .with_columns(**shown)
            .select(DECIDED_COLUMNS["adjustments"])
            .sort(*COMPONENT_KEY, "month", "cause", "other_vestiging")
        ),
        settling=_settling([one for one, _ in cases]),
    )


def _cases(rules: Sequence[Rules], inputs: DecisionInputs) -> Iterator[tuple[Rules, DecisionInputs]]:
    """Yield each regulation with what it counts, and again for schools that started later, on their own date."""
    for one in rules:
        yield one, inputs
        if one.started and (schools := started_schools(inputs, one.started.opened_on)):
            mine = pl.col("vestiging").is_in(schools)
            yield (
                replace(
                    one.started.rules, counted_on=one.started.reference_date, as_older_version=one.as_older_version
                ),
                replace(
                    inputs,
                    counts=CountsByType(inputs.second_counts.filter(mine)),
                    scores=ScoresByType(inputs.second_scores.filter(mine)),
                ),
            )


def _placed(entitled: Sequence[EntitledCents], schools: Schools, school_year: str) -> pl.DataFrame:
    """Return entitlements with their recipient (null: no board is known) and in the units of the tables."""
    return with_recipient(pl.concat(entitled), schools, first_day(school_year)).with_columns(
        school_year=pl.lit(school_year),
        quantity=to_quantity(pl.col("quantity_e2")),
        rate=to_rate(pl.col("rate_e8")),
        amount=to_euro(pl.col("amount_cents")),
    )


def _entitled(rules: Rules, inputs: DecisionInputs, territory: Territory) -> EntitledCents:
    """Return the entitlements under one regulation, with its thresholds, name and currency."""
    counted = _quantities(rules, inputs, territory)
    placed = territory.select("vestiging", "place")
    if rules.has_lists:
        placed = inputs.listed.select("vestiging", place="list")
    found = entitlements(counted, rules.rates, SchoolPlaces(placed), rules.rounded_per)
    thresholds = rules.thresholds.select("component", "threshold", "level")
    whole = found.join(thresholds, on="component", how="left", maintain_order="left")
    return EntitledCents(
        whole.with_columns(
            regulation=pl.lit(rules.name),
            currency=pl.lit(rules.currency),
            counted_on=pl.lit(rules.counted_on, pl.Date),
        )
    )


def _quantities(rules: Rules, inputs: DecisionInputs, territory: Territory) -> Quantities:
    """Return all quantities above zero under one regulation."""
    counts = rows_under_regulation(rules.name, rules.counts_as, territory, inputs.counts)
    if rules.is_municipal:
        placed = pupils_by_municipality(rules, counts, inputs.schools)
        return municipal_quantities(rules.rates, municipal_units(placed, inputs.municipal_scores))
    scores = rows_under_regulation(rules.name, rules.counts_as, territory, inputs.scores)
    every = quantities(rules.rates, rules.thresholds, counts, scores)
    areas = inputs.areas
    if not rules.as_older_version:
        # Whether a file came before its list or after: pupils of a school without a known board count for nobody.
        areas = VestigingAreas(areas.join(inputs.schools, on="vestiging", how="semi", maintain_order="left"))
    return booked_on_areas(without_exceptions(every, rules.exceptions), rules.paid_to_areas, areas)


def _instalments(
    rules: Rules, inputs: DecisionInputs, entitled: EntitledCents, territory: Territory
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the instalments under one regulation, and their adjustments, both with a currency."""
    paid = pl.col("beneficiary").is_in(inputs.schools["vestiging"].unique().implode()) | ~is_vestiging()
    plain = MonthlyCents(instalments(entitled, rules.shares).filter(paid))
    amended = Reassignments(_amended(rules, plain, inputs, territory).filter(paid))
    in_force = apply_adjustments(plain, amended)
    moved = _moved_in_each_month(rules, in_force, inputs.changes)
    money = pl.lit(rules.currency)
    adjustments = pl.concat([amended, moved]).with_columns(currency=money)
    due = apply_adjustments(in_force, moved)
    return due.select(*COMPONENT_KEY, "month", "amount_cents", currency=money), adjustments


def _moved_in_each_month(rules: Rules, in_force: MonthlyCents, changes: Changes) -> Reassignments:
    """Return the instalments that changes move, in each month by the terms that are in force in it."""
    parts = [
        moved_by_changes(one, MonthlyCents(in_force.filter(months)), changes)
        for one, months in _in_force_in(rules, pl.col("month"))
    ]
    return Reassignments(pl.concat(parts))


def _in_force_in(rules: Rules, month: pl.Expr) -> Iterator[tuple[Rules, pl.Expr]]:
    """Yield rules with the months in which they are in force: those before each amendment, and the last."""
    start = pl.lit(True)
    for until, earlier in () if rules.as_older_version else rules.earlier:
        yield earlier, start & (month < until)
        start = month >= until
    yield rules, start


def moved_by_changes(rules: Rules, in_force: MonthlyCents, changes: Changes) -> Reassignments:
    """Return the instalments that mergers, closures and openings move, for each school type by its own rule."""
    months, is_late = in_force["month"].unique().sort(), pl.col("school_type").is_in(rules.late_mergers)
    parts = [
        reassigned(
            MonthlyCents(in_force.filter(is_late if late else ~is_late)),
            instalment_successors(
                changes,
                months,
                continue_after_closure=rules.continue_after_closure,
                late_mergers=late,
                before_opening=rules.as_older_version,
            ),
        )
        for late in ((False, True) if rules.late_mergers else (False,))
    ]
    return Reassignments(pl.concat(parts))


def _amended(rules: Rules, plain: MonthlyCents, inputs: DecisionInputs, territory: Territory) -> Reassignments:
    """Return what the rules in force before an amendment give more, or less, in the months before it."""
    negated = plain.with_columns(amount_cents=-pl.col("amount_cents"))
    start, parts = None, [negated.clear()]
    for until, earlier in rules.earlier:
        before = pl.col("month") < until if start is None else pl.col("month").is_between(start, until, "left")
        amounts = _entitled(earlier, inputs, territory)
        amounts = parts_together(amounts) if earlier.is_municipal else amounts
        then = instalments(amounts, earlier.shares)
        parts += [then.filter(before), negated.filter(before)]
        start = until
    summed = pl.concat(parts).group_by(*COMPONENT_KEY, "month").agg(pl.col("amount_cents").sum())
    differing = summed.filter(pl.col("amount_cents") != 0)
    named = differing.with_columns(cause=pl.lit("amendment"), other_vestiging=pl.lit(None, pl.String))
    return Reassignments(named.select(REASSIGNMENT_COLUMNS))


def _settling(rules: Sequence[Rules]) -> SettlementTerms:
    """Return the terms of settlement of regulations, a row per kind and month of payment, as they are in it."""
    parts = [
        _settling_under(one).filter(months)
        for amended in rules
        for one, months in _in_force_in(amended, pl.col("month"))
    ]
    whole = pl.concat(parts).select(DECIDED_COLUMNS["settling"])
    key = ["currency", "school_type", "component", "month"]
    return SettlementTerms(whole.unique(key, keep="first", maintain_order=True))


def _settling_under(rules: Rules) -> pl.DataFrame:
    kinds = rules.rates.select("school_type", "component").unique(maintain_order=True)
    months = rules.shares.select("component", "month").unique(maintain_order=True)
    return kinds.join(months, on="component").select(
        "school_type",
        "component",
        "month",
        corrections=pl.lit(rules.corrections),
        floor_zero=pl.lit(rules.floor_zero),
        currency=pl.lit(rules.currency),
    )


def _refuse_homeless_successor(adjustments: pl.DataFrame, schools: Schools) -> None:
    """Refuse a merger into a school without a known board."""
    coming = adjustments.filter(pl.col("amount_cents") > 0, pl.col("cause") == "merger")
    lost = (
        coming.join(schools, left_on="beneficiary", right_on="vestiging", how="anti").sort("beneficiary").head(1)
    )
    for vestiging, other in lost.select("beneficiary", "other_vestiging").iter_rows():
        raise Refused(
            f"{other} merged into {vestiging}, of which no board is known, so nobody could be paid; ingest the "
            "address list that names it, or a change that puts the successor right"
        )


_HERE = "00AA00"


@dataclass(frozen=True)
class Worked:
    """Represent a worked example: what was published, and what the rules give (null where a rate is not known)."""

    example: Example
    found: Decimal | None

    @property
    def fits(self) -> bool:
        """Return whether the amount found lies within the tolerance of the published one."""
        if self.found is None or self.example.value is None:
            return False
        return abs(self.found - self.example.value) <= self.example.tolerance


def worked_examples(regulation: Regulation) -> list[Worked]:
    """Calculate every example of a regulation: quantities, thresholds, rates and rounding as in a decision."""
    return [Worked(example, _amount(regulation, example)) for example in regulation.examples]


def _amount(regulation: Regulation, example: Example) -> Decimal | None:
    """Return the amount of an example per school; null where a rate is not known."""
    if regulation.is_municipal:
        return _municipal_amount(regulation, example)
    of_example = pl.col("component").is_in(list(example.units))
    mine, limits = (
        Rates(rates(regulation).filter(of_example)),
        Thresholds(thresholds(regulation).filter(of_example)),
    )
    measures: dict[str, str] = {name: regulation.components[name].measure for name in example.units}
    counts, scores = _school(example, measures)
    named = example.place or example.list
    place = pl.DataFrame({"vestiging": [_HERE], "place": [named]}, schema_overrides={"place": pl.String})
    counted = quantities(mine, limits, counts, scores)
    found = entitlements(counted, mine, SchoolPlaces(place), regulation.rounded_per)
    if found["component"].n_unique() < len(example.units):
        return None
    total = found.select(cents=pl.col("amount_cents").sum())
    cents = total.select(divide_half_away(pl.col("cents"), example.schools)).item()
    return Decimal(cents).scaleb(-2)


def _municipal_amount(regulation: Regulation, example: Example) -> Decimal | None:
    """Return the amount of a municipality that has the units of an example, by measure."""
    units = [("0001", measure, int(number * 100)) for measure, number in example.units.items()]
    schema = {"beneficiary": pl.String, "measure": pl.String, "quantity_e2": pl.Int64}
    lines = rates(regulation)
    counted = municipal_quantities(lines, MunicipalUnits(pl.DataFrame(units, schema=schema, orient="row")))
    nowhere = SchoolPlaces(pl.DataFrame(schema={"vestiging": pl.String, "place": pl.String}))
    found = entitlements(counted, lines, nowhere, regulation.rounded_per)
    if found.height < len(example.units):
        return None
    return Decimal(int(found["amount_cents"].sum())).scaleb(-2)


def _school(example: Example, measures: dict[str, str]) -> tuple[CountsByType, ScoresByType]:
    """Return the counts and scores of one school that has the units of the example."""
    units = {measures[component]: units for component, units in example.units.items()}
    where = {"vestiging": [_HERE], "school_type": [example.school_type]}
    counted = {measure: [int(number)] for measure, number in units.items() if measure != "score"}
    score = {"score": pl.Series([units.get("score")], dtype=pl.Decimal(18, 2))}
    scores = pl.DataFrame({**where, **score}).drop_nulls()
    return CountsByType(pl.DataFrame({**where, **counted})), ScoresByType(scores)
