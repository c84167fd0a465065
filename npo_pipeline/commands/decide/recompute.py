"""Recompute a past decision from its archived rules and inputs, and attribute the difference to causes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from npo_pipeline.books.queries.decision_state import PastDecision
from npo_pipeline.decisions.change_causes import CauseStep, attribute_changes, changed_rates
from npo_pipeline.entitlements.calculate import calculate_decision
from npo_pipeline.entitlements.model import CHANGES, DecisionTables, decision_inputs, rule_frames
from npo_pipeline.intake.source_precedence import DeliveredData, UsedDeliveries
from npo_pipeline.rulebook.load import LoadedRegulation
from schemas.decided import DueChanges


@dataclass(frozen=True, kw_only=True)
class DecisionContext:
    """Represent a decision that is taken, or verified: its rules, what it rests on, and its amounts.

    `data`: what could be decided upon, with the schools as they are, or were, known.
    """

    school_year: str
    regulations: Sequence[LoadedRegulation]
    used: UsedDeliveries
    data: DeliveredData
    tables: DecisionTables


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
        yield CauseStep("code", calculate_decision(now.school_year, old, known))
    used = {subject: names for subject, names in now.used.items() if subject != CHANGES}
    if CHANGES in before.used:
        used[CHANGES] = before.used[CHANGES]
    inputs = decision_inputs(used, now.data)
    # Another reference date takes other files, also when none came in.
    if old and (before.has_later_deliveries or input_pairs(used) != input_pairs(before.used)):
        yield CauseStep("input", calculate_decision(now.school_year, old, inputs))
    if old and new and [one.sha256 for one in kept] != [one.sha256 for one in now.regulations]:
        yield CauseStep("rule", calculate_decision(now.school_year, new, inputs), changed_rates(old, new))
    yield CauseStep("change", now.tables)


def input_pairs(used: UsedDeliveries) -> set[tuple[str, str]]:
    """Return the pairs of what is counted and a delivery."""
    return {(subject, name) for subject, names in used.items() for name in names}
