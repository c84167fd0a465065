"""The plan of a decision, computed from the rules and the books alone: amounts, causes, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline.books.queries.decision_state import DecisionState, PastDecision
from npo_pipeline.commands.decide.grants import (
    GRANT_CURRENCY,
    Granted,
    has_applications,
    refuse_dropping_grants,
    work_out_grants,
)
from npo_pipeline.commands.decide.model import DecisionDraft, DecisionPlan
from npo_pipeline.commands.decide.next_payment import next_payment
from npo_pipeline.decisions.change_causes import (
    BY_CHANGE,
    CauseStep,
    StepKind,
    attribute_changes,
    changed_rates,
    no_due_changes,
)
from npo_pipeline.decisions.comparison import changed_currencies as changed_tables
from npo_pipeline.decisions.comparison import compare, first_decision_causes, has_same_rows
from npo_pipeline.decisions.omissions import (
    masked_counts,
    masked_omissions,
    omissions,
    refuse_dropping_rules,
    refuse_silent_clawback,
)
from npo_pipeline.decisions.rule_changes import rule_changes, unpublished_assumptions
from npo_pipeline.entitlements.calculate import FROM_THEIR_MONTH, calculate_decision
from npo_pipeline.entitlements.model import (
    CHANGES,
    STARTED,
    DecisionTables,
    choose_deliveries,
    day_of_po,
    decision_inputs,
    empty_decision,
    reference_date_of,
)
from npo_pipeline.entitlements.rules import Rules, refuse_euros_overseas, rule_frames
from npo_pipeline.errors import Refused
from npo_pipeline.grants.decide import GRANT_COLUMNS
from npo_pipeline.intake.size_changes import DEFAULT_MAX_CHANGE, decision_changes, delivered_sizes
from npo_pipeline.intake.source_precedence import DeliveredData, UsedDeliveries
from npo_pipeline.measures import MUNICIPAL_SCORE, PUPILS, SCORE
from npo_pipeline.rulebook.load import LoadedRegulation, Rulebook
from schemas.decided import DueChanges, Grants
from schemas.frames.money import SubjectAmounts
from schemas.received import Deliveries


@dataclass(frozen=True, kw_only=True)
class DecisionContext:
    """Represent a decision that is taken, or verified: its rules, what it rests on, and its amounts.

    `data`: what could be decided upon, with the schools as they are, or were, known. `terms`: how it applies those
    of amendments. `causes`: how it names the causes of changes.
    """

    school_year: str
    regulations: Sequence[LoadedRegulation]
    used: UsedDeliveries
    data: DeliveredData
    tables: DecisionTables
    terms: int = FROM_THEIR_MONTH
    causes: int = BY_CHANGE


def work_out_year(state: DecisionState, rules: Rulebook, asked: date | None) -> DecisionDraft:
    """Step: work out entitlements under the regulations and grants under the subsidies, where there are any.

    `asked`: a reference date in place of that of the regulations; a subsidy counts on the date of its file.

    Raises:
        Refused: nothing was counted on the day that the rules go by, nobody applied, or what the decision before
            counted would be gone without a word.
    """
    draft = _work_out(state, rules, asked)
    refuse_dropping_rules(_previous_amounts(state), rules.regulations)
    refuse_silent_clawback(draft.omissions, state.tables.entitlements, draft.tables.entitlements)
    refuse_dropping_grants(state, draft.granted)
    return draft


def changed_currencies(state: DecisionState, draft: DecisionDraft) -> tuple[str, ...]:
    """Step: list the currencies in which entitlements, instalments or grants differ from the decision before."""
    granted = draft.granted.grants if draft.granted else Grants(state.grants.clear())
    other = () if has_same_rows(state.grants, granted, list(GRANT_COLUMNS)) else (GRANT_CURRENCY,)
    return tuple(sorted({*changed_tables(state.tables, draft.tables), *other}))


def changes_due(
    state: DecisionState, *, rules: Rulebook, draft: DecisionDraft, changed: Sequence[str]
) -> DueChanges:
    """Step: attribute what the new decisions make due to causes; no rows for a first decision."""
    year, regulations = state.school_year, rules.regulations
    now = DecisionContext(
        school_year=year, regulations=regulations, used=draft.used, data=state.data, tables=draft.tables
    )
    parts = [due_changes_since(one, now) for one in state.previous if one.row["currency"] in changed]
    return DueChanges(pl.concat([no_due_changes(), *parts]))


def plan_of(
    state: DecisionState,
    *,
    rules: Rulebook,
    draft: DecisionDraft,
    changed: tuple[str, ...],
    due: DueChanges,
    max_change: Decimal = DEFAULT_MAX_CHANGE,
) -> DecisionPlan:
    """Step: compare with the decision before, and work out the next payment run."""
    decided = draft.tables
    first = first_decision_causes(decided).filter(~pl.col("currency").is_in(list(state.before)))
    causes = DueChanges(pl.concat([due, first.select(due.columns)]))
    before = {one.sha256: one for past in state.previous for one in past.rules.regulations}
    old = [rule_frames(one) for one in before.values()]
    coming = None
    if state.next_run is not None:
        # Of a first decision `npo pay --dry-run` says as much; working it out here would only take time.
        coming = next_payment(
            state.next_run, school_year=state.school_year, decided=decided, due=due, changed=changed
        )
    return DecisionPlan(
        state=state,
        rules=rules,
        draft=draft,
        changed=changed,
        due_changes=due,
        comparison=compare(state.tables, decided, causes, state.data.schools),
        rule_changes=rule_changes(old, [rule_frames(one) for one in rules.regulations] if old else []),
        next_payment=coming,
        size_changes=decision_changes(delivered_sizes(state.data), draft.used, state.past_inputs, max_change),
    )


def work_out_decision(
    data: DeliveredData, school_year: str, loaded: Sequence[LoadedRegulation], asked: date | None
) -> DecisionDraft:
    """Apply regulations to the whole country, by the counts of their reference date or another that is asked.

    Raises:
        Refused: nothing was counted on the reference date; names the dates there are.
    """
    day = asked or reference_date_of(loaded)
    days = {day, *(day_of_po(one.regulation, day) for one in loaded)}
    used = choose_deliveries(data.live, loaded, day, data.changes, areas=data.areas)
    counted = {name for source in PUPILS.sources for name in used.get(source.name, ())}
    with_rows = data.live.filter(pl.col("delivery_id").is_in(list(counted)), pl.col("rejected") < pl.col("rows"))
    if with_rows.is_empty():
        known = ", ".join(map(str, data.reference_dates)) or "none yet"
        of_po = days - {day}
        day_words = f"{day}, nor of po on {min(of_po)}" if of_po else str(day)
        none = f"no pupils are counted on {day_words} (counted: {known}){_rejected_words(data.live, day)}"
        if ranges := "; ".join(masked_counts(data.count_ranges, data.live, days)):
            raise Refused(f"{none}; {ranges}; ingest them, or give --reference-date")
        raise Refused(f"{none}; ingest them, or give --reference-date")
    inputs = decision_inputs(used, data)
    rules = [rule_frames(one) for one in loaded]
    refuse_euros_overseas(rules, counts=inputs.counts, scores=inputs.scores, schools=inputs.schools)
    decided = calculate_decision(school_year, rules, inputs)
    masked = masked_omissions(data.count_ranges, data.live, inputs, days)
    omitted = (*omissions(loaded, used=used, inputs=inputs, decided=decided, day=day), *masked)
    return DecisionDraft(
        tables=decided,
        reference_date=day,
        used=used,
        assumptions=unpublished_assumptions(loaded, decided, day),
        omissions=omitted,
    )


def _rejected_words(live: Deliveries, day: date) -> str:
    """Return which files of a day were refused, row by row; empty where there are none."""
    of_day = live.filter(pl.col("reference_date") == day, pl.col("rejected") > 0).sort("delivery_id")
    shown = [
        f"{rejected} of {rows} rows of {file} ({name}) were refused: table quarantine says why"
        for name, file, rows, rejected in of_day.select("delivery_id", "file", "rows", "rejected").iter_rows()
    ]
    return "".join(f"; {one}" for one in shown)


def _work_out(state: DecisionState, rules: Rulebook, asked: date | None) -> DecisionDraft:
    """Apply the regulations and the subsidies of a school year."""
    data = state.data
    if rules.regulations:
        draft = work_out_decision(data, state.school_year, rules.regulations, asked)
        if not rules.subsidies or not has_applications(data.live):
            return draft
        return _with_grants(draft, work_out_grants(data, rules.subsidies))
    granted = work_out_grants(data, rules.subsidies)
    if asked not in (None, granted.reference_date):
        raise Refused(
            f"the subsidies of {state.school_year} count pupils on {granted.reference_date}; for another day give "
            "an overlay with a reference_date (--regulation)"
        )
    day = granted.reference_date
    nothing = DecisionDraft(tables=empty_decision(), reference_date=day, used={}, assumptions={})
    return _with_grants(nothing, granted)


def _with_grants(draft: DecisionDraft, granted: Granted) -> DecisionDraft:
    rests = "; ".join(filter(None, (draft.assumptions.get(GRANT_CURRENCY), granted.assumptions)))
    return replace(
        draft,
        used={**draft.used, **granted.used},
        assumptions={**draft.assumptions, **({GRANT_CURRENCY: rests} if rests else {})},
        granted=granted,
    )


def _previous_amounts(state: DecisionState) -> SubjectAmounts:
    """Return the amounts of the decisions before by regulation, with its sector or scheme."""
    subjects = {one.name: one.regulation.subject for past in state.previous for one in past.rules.regulations}
    subject = pl.col("regulation").replace_strict(subjects, default=None, return_dtype=pl.String)
    return SubjectAmounts(state.amounts.with_columns(subject=subject).drop_nulls("subject"))


def due_changes_since(before: PastDecision, now: DecisionContext) -> DueChanges:
    """Return what a decision makes due that the one before it did not, per cause, in the currency of both."""
    currency = before.row["currency"]
    steps = [CauseStep(one.kind, one.after.of(currency), one.changed_rates) for one in _steps(before, now)]
    return attribute_changes(before.tables, steps)


def _steps(before: PastDecision, now: DecisionContext) -> Iterator[CauseStep]:
    """Yield the decision with one more thing as it is now: this program, what was counted, the rules, the schools.

    A step that can change nothing is left out.
    """
    kept = before.rules.regulations
    old, new = ([rule_frames(one) for one in rules] for rules in (kept, now.regulations))
    if before.schools_then is not None and old:
        known = decision_inputs(before.used, replace(now.data, schools=before.schools_then))
        yield CauseStep("code", calculate_decision(now.school_year, old, known, terms=now.terms))
    used = {subject: names for subject, names in now.used.items() if subject != CHANGES}
    if CHANGES in before.used:
        used[CHANGES] = before.used[CHANGES]
    inputs = decision_inputs(used, now.data)
    # Another reference date takes other files, also when none came in.
    if old and (before.has_later_deliveries or input_pairs(used) != input_pairs(before.used)):
        yield from _input_steps(before, now, old, used)
    if old and new and [one.sha256 for one in kept] != [one.sha256 for one in now.regulations]:
        ruled = calculate_decision(now.school_year, new, inputs, terms=now.terms)
        yield CauseStep("rule", ruled, changed_rates(old, new, now.causes))
    yield CauseStep("change", now.tables)


def _input_steps(
    before: PastDecision, now: DecisionContext, old: Sequence[Rules], used: UsedDeliveries
) -> Iterator[CauseStep]:
    """Yield the decision by what is counted now, and then by the scores of now too.

    A score that is used by reason of its pupils, or no longer, is no other score.
    """

    def decided_by(used: UsedDeliveries) -> DecisionTables:
        return calculate_decision(now.school_year, old, decision_inputs(used, now.data), terms=now.terms)

    scores = _SCORES if now.causes == BY_CHANGE else _MUNICIPAL_SCORES
    known = {name: names for name, names in before.used.items() if name in scores}
    counted = {**{name: names for name, names in used.items() if name not in scores}, **known}
    kind: StepKind = "count" if now.causes == BY_CHANGE else "input"
    yield CauseStep(kind, decided_by(counted))
    if input_pairs(counted) != input_pairs(used):
        yield CauseStep("score", decided_by(used))


_MUNICIPAL_SCORES = frozenset(source.name for source in MUNICIPAL_SCORE.sources)
_SCORES = _MUNICIPAL_SCORES | {prefix + source.name for source in SCORE.sources for prefix in ("", STARTED)}


def input_pairs(used: UsedDeliveries) -> set[tuple[str, str]]:
    """Return the pairs of what is counted and a delivery."""
    return {(subject, name) for subject, names in used.items() for name in names}
