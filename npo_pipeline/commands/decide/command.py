"""`npo decide`: every school's entitlement and instalments, and all grants, as a new decision per currency.

And `npo diff`: what one decision has more or less than another, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.decision_state import DecisionState, decision_state, decision_tables
from npo_pipeline.books.queries.decisions import all_decisions, due_changes_between
from npo_pipeline.books.queries.runs import archived_texts
from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock
from npo_pipeline.commands.decide.model import DecideRequest, DecisionPlan
from npo_pipeline.commands.decide.plan import changed_currencies, changes_due, plan_of, work_out_year
from npo_pipeline.commands.decide.write import write_decision
from npo_pipeline.commands.steps import Call, directly, now
from npo_pipeline.commands.undecided import older_books
from npo_pipeline.decisions.comparison import Comparison, compare
from npo_pipeline.decisions.rule_changes import rule_changes
from npo_pipeline.entitlements.rules import rule_frames
from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.archive import archived_rules
from npo_pipeline.rulebook.load import load_rulebook
from schemas.frames.money import RuleChanges


def decide(request: DecideRequest, *, call: Call = directly, clock: Clock = now) -> DecisionPlan:
    """Load the rules and the books, compute a plan, and write it when it differs from the decision before.

    Amounts in another currency than the euro make a decision of their own. A school year may have regulations,
    subsidies, or both.

    Raises:
        Refused: no rules for the school year, or no counts of the reference date; nothing was changed.
        HomeLocked: another run is busy.
    """
    require_books(request.home)
    request.require_four_eyes()
    rules = call(load_rulebook, request.school_year, request.regulations, request.as_of)
    with request.open_books("decide", request.school_year, clock) as (run, books):
        state = call(decision_before, books, request.school_year)
        draft = call(work_out_year, state, rules, request.reference_date)
        changed = call(changed_currencies, state, draft)
        due = call(changes_due, state, rules=rules, draft=draft, changed=changed)
        plan = call(
            plan_of, state, rules=rules, draft=draft, changed=changed, due=due, max_change=request.max_change
        )
        if changed:
            # Else the very plan may have been written already: to ask for it again is no fault.
            request.require_approved_plan(plan.fingerprint)
            if run is not None:
                request.require_accepted_changes(plan)
                return replace(plan, written=call(write_decision, run, request, plan, clock()))
        return replace(plan, of_books=tuple(older_books(books)))


def decision_before(books: Books, school_year: str) -> DecisionState:
    """Step: load all that the decision reads from the books, the decisions before it among that."""
    return decision_state(books, school_year)


@dataclass(frozen=True)
class Diff:
    """Represent two decisions of one series: their names, what differs, and which values of the rules do."""

    before: str
    after: str
    comparison: Comparison
    rule_changes: RuleChanges


def diff(home: Home, before: str, after: str) -> Diff:
    """Compare two decisions of a school year and currency, in any order.

    Raises:
        Refused: one of them is not there, or they are of two school years or currencies.
    """
    require_books(home)
    with read_books(home) as books:
        one, other = _decision(books, before), _decision(books, after)
        for what, column in (("school year", "school_year"), ("currency", "currency")):
            if one[column] != other[column]:
                raise Refused(
                    f"{before} is of {what} {one[column]} and {after} of {other[column]}: only decisions of the "
                    f"same {what} say the same thing differently"
                )
        archive = archived_texts(books)
        old, new = (
            [
                rule_frames(loaded)
                for loaded in archived_rules(archive, row["regulation"], row["regulation_sha256"]).regulations
            ]
            for row in (one, other)
        )
        comparison = compare(
            decision_tables(books, one),
            decision_tables(books, other),
            due_changes_between(books, before, after),
            school_directory(books),
        )
        return Diff(before, after, comparison, rule_changes(old, new))


def _decision(books: Books, name: str) -> Mapping[str, Any]:
    """Return the row of a decision; refuse a name that is not there."""
    found = all_decisions(books).filter(decision_id=name)
    if found.is_empty():
        there = ", ".join(all_decisions(books)["decision_id"])
        raise Refused(f"there is no decision {name!r}; there is {there or 'none yet'}")
    return found.row(0, named=True)
