"""`npo decide`: every school's entitlement and instalments, and all grants, as a new decision per currency."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from npo_pipeline.books.queries.decision_state import DecisionState, decision_state
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.commands.decide.model import DecideRequest, DecisionPlan
from npo_pipeline.commands.decide.plan import changed_currencies, changes_due, plan_of, work_out_year
from npo_pipeline.commands.decide.write import write_decision
from npo_pipeline.commands.steps import Call, directly, now
from npo_pipeline.commands.undecided import older_books
from npo_pipeline.rulebook.load import load_rulebook


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
    with _books(request, clock) as (run, books):
        state = call(decision_before, books, request.school_year)
        draft = call(work_out_year, state, rules, request.reference_date)
        changed = call(changed_currencies, state, draft)
        due = call(changes_due, state, rules=rules, draft=draft, changed=changed)
        plan = call(
            plan_of, state, rules=rules, draft=draft, changed=changed, due=due, max_change=request.max_change
        )
        if changed:
            # Else the very plan may have been written already: to ask for it again is no fault.
            request.require_approved_plan(plan)
            if run is not None:
                request.require_accepted_changes(plan)
                return replace(plan, written=call(write_decision, run, request, plan, clock()))
        return replace(plan, of_books=tuple(older_books(books)))


def decision_before(books: Books, school_year: str) -> DecisionState:
    """Step: load all that the decision reads from the books, the decisions before it among that."""
    return decision_state(books, school_year)


@contextmanager
def _books(request: DecideRequest, clock: Clock) -> Iterator[tuple[Run | None, Books]]:
    """Open the books to decide on: of a run that may write, or read-only for a dry run."""
    subject, wait_seconds = request.school_year, request.wait_seconds
    if request.dry_run:
        with read_books(request.home) as books:
            yield None, books
    else:
        with open_run(request.home, "decide", clock, subject=subject, wait_seconds=wait_seconds) as run:
            yield run, run.books
