"""`npo decide`: every school's entitlement and instalments, and all grants, as a new decision per currency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from npo_pipeline.books.queries.counts import current_rows, reference_dates
from npo_pipeline.books.queries.deliveries import live_deliveries
from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.commands.decide.grants import (
    CURRENCY,
    Granted,
    empty_decision,
    grants_before,
    has_applications,
    refuse_dropping_grants,
    same_grants,
    work_out_grants,
)
from npo_pipeline.commands.decide.model import DecideRequest, DecideResult, DecisionDraft
from npo_pipeline.commands.decide.plan import changes_due, decision_before, plan_of, previous_rules
from npo_pipeline.commands.decide.rules import Rulebook, load_rulebook
from npo_pipeline.commands.decide.write import write_decision
from npo_pipeline.commands.steps import Call, directly, now
from npo_pipeline.decisions.assumptions import (
    left_out_of,
    refuse_dropping_rules,
    refuse_silent_clawback,
    unpublished_assumptions,
)
from npo_pipeline.decisions.comparison import changed_currencies as differing
from npo_pipeline.entitlements.calculate import calculate_decision
from npo_pipeline.entitlements.model import DecisionTables, basis_of, inputs_of, reference_date_of, rule_frames
from npo_pipeline.errors import Refused
from npo_pipeline.measures import PUPILS
from npo_pipeline.rulebook.load import LoadedRegulation


def decide(request: DecideRequest, *, call: Call = directly, clock: Clock = now) -> DecideResult:
    """Work out a decision, compare it with the one before, and write it when it differs.

    Amounts in another currency than the euro make a decision of their own. A school year may have regulations,
    subsidies, or both.

    Raises:
        Refused: no rules for the school year, or no counts of the reference date; nothing was changed.
        HomeLocked: another run is busy.
    """
    require_books(request.home)
    request.refuse_one_pair_of_eyes()
    rules = call(load_rulebook, request.school_year, request.regulations, request.as_of)
    with _books(request, clock) as (run, books):
        worked = call(work_out_year, books, request.school_year, rules, request.reference_date)
        before, earlier = call(decision_before, books, request.school_year)
        refuse_dropping_rules(previous_rules(books, request.school_year), rules.regulations)
        refuse_silent_clawback(worked.left_out, earlier.entitlements, worked.decided.entitlements)
        refuse_dropping_grants(books, request.school_year, worked.granted)
        changed = call(changed_currencies, books, request.school_year, earlier, worked)
        due = call(changes_due, books, request.school_year, rules, worked, before, changed)
        planned = call(plan_of, books, request.school_year, rules, worked, before, earlier, due, changed)
        if changed:
            # Else the very plan may have been written already: to ask for it again is no fault.
            request.refuse_another_plan(planned)
        written = {}
        if run is not None and changed:
            written = call(write_decision, run, request, rules, worked, changed, due, clock)
    return DecideResult(
        written,
        dict(before.select("currency", "decision_id").iter_rows()),
        request.school_year,
        worked.reference_date,
        tuple(one.name for one in rules.files),
        worked.decided,
        planned,
        worked.rests_on,
        worked.remarks,
        changed,
        worked.granted,
    )


@contextmanager
def _books(request: DecideRequest, clock: Clock) -> Iterator[tuple[Run | None, Books]]:
    """The books to decide on: of a run that may write, or read-only for a dry run."""
    if request.dry_run:
        with read_books(request.home) as books:
            yield None, books
        return
    subject = request.school_year
    with open_run(request.home, "decide", clock, subject=subject, wait_seconds=request.wait_seconds) as run:
        yield run, run.books


def work_out_year(books: Books, school_year: str, rules: Rulebook, asked: date | None) -> DecisionDraft:
    """Step: work out entitlements under the regulations and grants under the subsidies, where there are any.

    `--reference-date` is about entitlements; a subsidy counts on the date that its file says.

    Raises:
        Refused: nothing was counted on the day that the rules go by, or nobody applied.
    """
    if not rules.regulations:
        granted = work_out_grants(books, rules.subsidies)
        if asked not in (None, granted.reference_date):
            raise Refused(
                f"the subsidies of {school_year} count pupils on {granted.reference_date}; for another day give "
                "an overlay with a reference_date (--regulation)"
            )
        return _with_grants(DecisionDraft(empty_decision(), granted.reference_date, {}, {}, ()), granted)
    worked = work_out_decision(books, school_year, rules.regulations, asked)
    if not rules.subsidies or not has_applications(live_deliveries(books)):
        return worked
    return _with_grants(worked, work_out_grants(books, rules.subsidies))


def _with_grants(worked: DecisionDraft, granted: Granted) -> DecisionDraft:
    rests = "; ".join(filter(None, (worked.rests_on.get(CURRENCY), granted.rests_on)))
    return replace(
        worked,
        inputs={**worked.inputs, **granted.inputs},
        rests_on={**worked.rests_on, **({CURRENCY: rests} if rests else {})},
        remarks=(*worked.remarks, *granted.remarks),
        granted=granted,
    )


def changed_currencies(
    books: Books, school_year: str, earlier: DecisionTables, worked: DecisionDraft
) -> tuple[str, ...]:
    """Step: the currencies in which entitlements, instalments or grants differ from the decision before."""
    before = grants_before(books, school_year)
    after = worked.granted.grants if worked.granted else before.clear()
    other = () if same_grants(before, after) else (CURRENCY,)
    return tuple(sorted({*differing(earlier, worked.decided), *other}))


def work_out_decision(
    books: Books, school_year: str, loaded: Sequence[LoadedRegulation], asked: date | None
) -> DecisionDraft:
    """Step: take the counts of the reference date and apply the rules to the whole country.

    Raises:
        Refused: nothing was counted on the reference date; names the dates there are.
    """
    day = asked or reference_date_of(loaded)
    inputs = inputs_of(live_deliveries(books), loaded, day)
    if not any(source.name in inputs for source in PUPILS.sources):
        known = ", ".join(str(other) for other in reference_dates(books)) or "none yet"
        raise Refused(f"no pupils are counted on {day} (counted: {known}); ingest them, or give --reference-date")
    counts, scores, changes = current_rows(books, "counts"), current_rows(books, "scores"), books.table("changes")
    basis = basis_of(inputs, counts, scores, school_directory(books), changes)
    decided = calculate_decision(school_year, [rule_frames(one) for one in loaded], basis)
    left_out = tuple(left_out_of(loaded, inputs, basis, decided, day))
    remarks = tuple(one.words for one in left_out)
    return DecisionDraft(decided, day, inputs, unpublished_assumptions(loaded, decided, day), remarks, left_out)
