"""`npo decide`: every school's entitlement and instalments, and all grants, as a new decision per currency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from npo_pipeline.commands.before import before_rules, changes_due, decision_before, plan_of
from npo_pipeline.commands.decision import DecideRequest, DecideResult, Worked
from npo_pipeline.commands.grant import (
    CURRENCY,
    Granted,
    grants_before,
    has_applications,
    nothing_entitled,
    refuse_dropping_grants,
    same_grants,
    work_out_grants,
)
from npo_pipeline.commands.rulebook import Rulebook, load_rulebook
from npo_pipeline.commands.steps import Call, directly, now
from npo_pipeline.commands.write_decision import write_decision
from npo_pipeline.counts.precedence import PUPILS_PO, PUPILS_VO
from npo_pipeline.errors import Refused
from npo_pipeline.home.books import Books, need_books, read_books
from npo_pipeline.home.live import live_deliveries, live_rows, reference_dates, schools
from npo_pipeline.home.run import Clock, Run, open_run
from npo_pipeline.instalments.decided import Decided, basis_of
from npo_pipeline.instalments.plan import changed as differing
from npo_pipeline.instalments.resting import left_out_of, refuse_dropping_rules, refuse_taking_back, rests_on
from npo_pipeline.instalments.ruled import inputs_of, reference_date_of, rules_of
from npo_pipeline.instalments.work_out import work_out
from npo_pipeline.regulations.load import LoadedRegulation


def decide(request: DecideRequest, *, call: Call = directly, clock: Clock = now) -> DecideResult:
    """Work out a decision, compare it with the one before, and write it when it differs.

    Amounts in another currency than the euro make a decision of their own. A school year may have regulations,
    subsidies, or both.

    Raises:
        Refused: no rules for the school year, or no counts of the reference date; nothing was changed.
        HomeLocked: another run is busy.
    """
    need_books(request.home)
    request.refuse_one_pair_of_eyes()
    rules = call(load_rulebook, request.school_year, request.regulations, request.as_of)
    with _books(request, clock) as (run, books):
        worked = call(work_out_year, books, request.school_year, rules, request.reference_date)
        before, earlier = call(decision_before, books, request.school_year)
        refuse_dropping_rules(before_rules(books, request.school_year), rules.regulations)
        refuse_taking_back(worked.left_out, earlier.entitlements, worked.decided.entitlements)
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


def work_out_year(books: Books, school_year: str, rules: Rulebook, asked: date | None) -> Worked:
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
        return _with_grants(Worked(nothing_entitled(), granted.reference_date, {}, {}, ()), granted)
    worked = work_out_decision(books, school_year, rules.regulations, asked)
    if not rules.subsidies or not has_applications(live_deliveries(books)):
        return worked
    return _with_grants(worked, work_out_grants(books, rules.subsidies))


def _with_grants(worked: Worked, granted: Granted) -> Worked:
    rests = "; ".join(filter(None, (worked.rests_on.get(CURRENCY), granted.rests_on)))
    return replace(
        worked,
        inputs={**worked.inputs, **granted.inputs},
        rests_on={**worked.rests_on, **({CURRENCY: rests} if rests else {})},
        remarks=(*worked.remarks, *granted.remarks),
        granted=granted,
    )


def changed_currencies(books: Books, school_year: str, earlier: Decided, worked: Worked) -> tuple[str, ...]:
    """Step: the currencies in which entitlements, instalments or grants differ from the decision before."""
    before = grants_before(books, school_year)
    after = worked.granted.grants if worked.granted else before.clear()
    other = () if same_grants(before, after) else (CURRENCY,)
    return tuple(sorted({*differing(earlier, worked.decided), *other}))


def work_out_decision(
    books: Books, school_year: str, loaded: Sequence[LoadedRegulation], asked: date | None
) -> Worked:
    """Step: take the counts of the reference date and apply the rules to the whole country.

    Raises:
        Refused: nothing was counted on the reference date; names the dates there are.
    """
    day = asked or reference_date_of(loaded)
    inputs = inputs_of(live_deliveries(books), loaded, day)
    if PUPILS_PO not in inputs and PUPILS_VO not in inputs:
        known = ", ".join(str(other) for other in reference_dates(books)) or "none yet"
        raise Refused(f"no pupils are counted on {day} (counted: {known}); ingest them, or give --reference-date")
    counts, scores, changes = live_rows(books, "counts"), live_rows(books, "scores"), books.table("changes")
    basis = basis_of(inputs, counts, scores, schools(books), changes)
    decided = work_out(school_year, [rules_of(one) for one in loaded], basis)
    left_out = tuple(left_out_of(loaded, inputs, basis, decided, day))
    remarks = tuple(one.words for one in left_out)
    return Worked(decided, day, inputs, rests_on(loaded, decided, day), remarks, left_out)
