"""The ledger: what a payment run starts from, and what its corrections are attributed to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from npo_pipeline.books.queries.payments import last_month_paid
from npo_pipeline.books.reader import Books
from npo_pipeline.books.views import BOOKED, DUE_ITEMS, FIRST_RUNS, SETTLED
from npo_pipeline.months import Month, month_after
from npo_pipeline.payments.booking import AttributionInputs, LedgerState
from npo_pipeline.payments.forecast import months_to_come
from npo_pipeline.payments.settlement import SERIES
from schemas.frames import money as frames
from schemas.received import Schools

AFTER_ALL_RUNS = "~"
"""Sorts after the id of any run: a payment that is only looked at finds all that is there."""

_BEFORE_ALL_MONTHS = date(2000, 1, 1)


@dataclass(frozen=True, kw_only=True)
class NextRun:
    """Represent what the payment run after the last one starts from.

    `last_month`, `last_run`: of the last payment run; null and empty before the first. `paid_until`: currency ->
    the last month that was run since the school year that is decided had its first decision. `ledger`: its
    instalments are those of all months to come, and of other school years than that one.
    """

    last_month: Month | None
    last_run: str
    paid_until: Mapping[str, Month]
    ledger: LedgerState


def ledger_state(
    books: Books,
    month: Month,
    run_id: str,
    schools: Schools,
    *,
    deciding: str | None = None,
    all_months: bool = False,
) -> LedgerState:
    """Load the ledger state a payment run starts from. Shared by `pay` and `verify`, so both see the same rows.

    All earlier months come as one, so that a run does not slow down as the ledger grows.

    `schools`: the directory as it was known then. `deciding`: a school year that a decision spreads which is not
    in the books; the instalments come without it. `all_months`: the instalments of later months come, too.
    """
    key, in_force, then = ", ".join(SERIES), decisions_in_force(books, run_id), {"run_id": run_id}
    decisions = in_force["decision_id"].to_list()
    instalments = f"""
        select {key}, {_collapsed("month")} as month, sum(amount)::decimal(18, 2) as amount from (
            select i.*, d.currency from instalments i join decisions d using (decision_id)
            where decision_id in (select unnest($decisions)))
        where school_year is distinct from $deciding and ($all_months or month <= $month) group by all"""
    ledger = f"""
        select {key}, {_collapsed("paid_month")} as paid_month,
               case when paid_month < $month then 'earlier' else reason end as reason,
               sum(amount)::decimal(18, 2) as amount
        from payments where run_id < $run_id group by all"""
    corrections = f"""
        with spread as (
            select school_year, currency, school_type, component
            from settling join decisions using (decision_id) where corrections = 'spread')
        select {key}, decision_id, after_run, paid_until, sum(amount)::decimal(18, 2) as amount
        from (select c.*, g.after_run, g.paid_until
              from due_changes c join ({_AFTER_RUNS}) g using (decision_id)
              where c.month <= g.paid_until and (c.school_year = $deciding or (
                  c.school_year, c.currency, c.school_type, c.component) in (from spread)))
        group by all"""
    calendar = f"""
        select decision_id, school_year, currency, school_type, component, sequence, after_run, month,
               corrections, floor_zero
        from settling join ({_AFTER_RUNS}) using (decision_id)"""
    return LedgerState(
        instalments=frames.LedgerInstalments(
            books.frame(
                instalments,
                {"decisions": decisions, "month": month, "deciding": deciding, "all_months": all_months},
            )
        ),
        ledger=frames.LedgerPayments(books.frame(ledger, {**then, "month": month})),
        in_force=in_force,
        corrections=frames.LedgerCorrections(books.frame(corrections, {**then, "deciding": deciding})),
        calendar=frames.SettlementCalendar(books.frame(calendar, then)),
        runs=frames.RunsMade(
            books.frame("select distinct run_id, paid_month as month from payments where run_id < $run_id", then)
        ),
        schools=schools,
    )


_AFTER_RUNS = """
    select decision_id, school_year, currency, sequence, paid_until, coalesce((
        select max(run_id) from runs where command = 'pay' and run_id < d.run_id), '') as after_run
    from decisions d where run_id < $run_id"""
"""The decisions, each with the payment run before it: those with the same were taken between the same two runs."""


def _collapsed(column: str) -> str:
    """Return SQL for a month, or the one before that of the run for all earlier ones."""
    return f"case when {column} < $month then $month - interval 1 month else {column} end::date"


def next_run(books: Books, school_year: str, schools: Schools) -> NextRun:
    """Load what the next payment run starts from, as far as a decision on a school year leaves it unchanged."""
    last_month = last_month_paid(books, None)
    month = month_after(last_month) if last_month else _BEFORE_ALL_MONTHS
    query = "select coalesce(max(run_id), '') from runs where command = 'pay'"
    return NextRun(
        last_month=last_month,
        last_run=books.value(query),
        paid_until=paid_until(books, school_year),
        ledger=ledger_state(books, month, AFTER_ALL_RUNS, schools, deciding=school_year, all_months=True),
    )


def ledger_to_come(
    books: Books, schools: Schools, run_id: str = AFTER_ALL_RUNS
) -> tuple[LedgerState, list[Month]]:
    """Load what the payment runs to come start from, and list their months.

    `run_id`: the decisions and payments of runs before it count; nothing more is decided.
    """
    last_month = last_month_paid(books, run_id)
    first = month_after(last_month) if last_month else _BEFORE_ALL_MONTHS
    state = ledger_state(books, first, run_id, schools, all_months=True)
    return state, months_to_come(state, last_month)


def paid_until(books: Books, school_year: str, run_id: str = AFTER_ALL_RUNS) -> dict[str, Month]:
    """Return the last month that was run before a run, and after a school year had its first decision.

    What another decision changes of the months up to it is a correction. A year that was decided late was run in
    none of the months that others were paid in: in them nothing of it is corrected.

    Returns:
        currency -> month; a currency without such a month is not in it.
    """
    query = """
        select d.currency, max(p.paid_month) from payments p join decisions d on p.run_id > d.run_id
        where d.school_year = ? and d.sequence = 1 and p.run_id < ? group by 1"""
    return dict(books.frame(query, [school_year, run_id]).iter_rows())


def decisions_in_force(books: Books, run_id: str) -> frames.DecisionsInForce:
    """Return the decisions that a run pays by: school_year, currency, decision_id, sequence."""
    query = """
        select school_year, currency, decision_id, sequence from decisions where run_id < ?
        qualify sequence = max(sequence) over (partition by school_year, currency)"""
    return frames.DecisionsInForce(books.frame(query, [run_id]))


def attribution_inputs(books: Books, beneficiaries: Iterable[str], month: Month, run_id: str) -> AttributionInputs:
    """Load what decisions made due to some beneficiaries up to a month, and what earlier runs paid of it."""
    here = {"beneficiaries": sorted(set(beneficiaries)), "run_id": run_id}
    mine = "beneficiary in (select unnest($beneficiaries))"
    before = "with payments as (from main.payments where run_id < $run_id)"
    due = f"""
        from ({DUE_ITEMS}) where {mine} and month <= $month
        and decision_id in (select decision_id from decisions where run_id < $run_id)"""
    return AttributionInputs(
        items=frames.DueItems(books.frame(due, {**here, "month": month})),
        settled=frames.SettledItems(books.frame(f"{before} from ({SETTLED}) where {mine}", here)),
        booked=frames.BookedMonths(books.frame(f"{before} from ({BOOKED}) where {mine}", here)),
        first_runs=frames.FirstRuns(books.frame(f"{before} from ({FIRST_RUNS})", {"run_id": run_id})),
    )


def unsettled_schools(books: Books, month: Month, run_id: str) -> list[str]:
    """Return the vestigingen of which anything may be due and not settled when a run began.

    Of those a later decision changed something, or what is due up to a month is another amount than what was paid.
    """
    query = f"""
        with due as (
            select beneficiary, school_year, currency, amount from ({DUE_ITEMS})
            where vestiging is not null and month <= $month
                and decision_id in (select decision_id from decisions where run_id < $run_id)
            union all
            select beneficiary, school_year, currency, -amount from payments
            where vestiging is not null and run_id < $run_id)
        select beneficiary from due group by beneficiary, school_year, currency having sum(amount) <> 0
        union select c.beneficiary from due_changes c join decisions using (decision_id)
        where vestiging is not null and run_id < $run_id order by 1"""
    return books.frame(query, {"month": month, "run_id": run_id})["beneficiary"].to_list()


def scheduled_months(books: Books) -> list[Month]:
    """Return the months in which instalments of the latest decisions fall, in order."""
    query = "select distinct month from instalments join latest_decisions using (decision_id) order by 1"
    return books.frame(query)["month"].to_list()


def paid_months(books: Books) -> list[Month]:
    """Return the months that were paid, in order."""
    return books.frame("select distinct paid_month from payments order by 1")["paid_month"].to_list()


def sealed_decisions(books: Books) -> list[dict[str, Any]]:
    """Return the latest decisions and the manifests that seal them, for the manifest of a payment run."""
    query = """
        select decision_id, regulation, regulation_sha256, run_id, manifest_sha256
        from latest_decisions join runs using (run_id) order by 1"""
    return books.frame(query).to_dicts()
