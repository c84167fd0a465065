"""Payments: the ledger of a scope, of a year, of a run, and what is to come; and whether they are on hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from npo_pipeline.books.reader import Books
from npo_pipeline.books.views import HAS_FAILED, PAID_FOR, last_sent
from schemas.decided import CorrectionCauses, Payments
from schemas.frames.accounts import PaidForMonths, SchoolTypes, YearReceipts
from schemas.frames.books import AmountsToCome, MonthsPaid, RunTotals
from schemas.frames.money import PaidMonths
from schemas.frames.reports import BoardLedger, BoardsPaid, ComponentRegulations, LedgerRows, PartsPaid


@dataclass(frozen=True)
class PaymentScope:
    """Represent a choice of payments: a school year and currency, whose money, runs before one (null: all).

    `places`: BRINs, or the codes of beneficiaries that are no schools.
    """

    school_year: str
    currency: str
    places: Sequence[str]
    before_run: str | None


_IN_SCOPE = """
    where school_year = $school_year and currency = $currency
        and coalesce(vestiging[:4], beneficiary) = any($places)
        and ($before_run is null or run_id < $before_run)"""


def payments_in(books: Books, scope: PaymentScope) -> Payments:
    """Return the rows of `payments` in a scope."""
    return Payments(books.frame(f"from payments {_IN_SCOPE}", vars(scope)))


def corrections_in(books: Books, scope: PaymentScope) -> LedgerRows:
    """Return the rows of the view `ledger` in a scope that are corrections."""
    query = f"from (from ledger where cause <> 'instalment') {_IN_SCOPE}"
    return LedgerRows(books.frame(query, vars(scope)))


def last_month_paid(books: Books, before_run: str | None) -> date | None:
    """Return the last month that any run before one (null: any run) paid; None when there is none."""
    query = "select max(paid_month) from payments where $1 is null or run_id < $1"
    month: date | None = books.value(query, [before_run])
    return month


def months_paid(books: Books) -> MonthsPaid:
    """Sum the payments per month and currency."""
    query = """
        select paid_month, count(distinct run_id) as runs, count(*) as payments,
               count(distinct board) as boards, sum(amount)::decimal(18, 2) as total, currency,
               count(distinct recipient) as recipients
        from payments group by all order by 1, currency"""
    return MonthsPaid(books.frame(query))


def paid_so_far(books: Books, board: str | None) -> PaidMonths:
    """Sum the payments of the country, or to a board, per month, school year, component, currency and reason."""
    query = """
        select paid_month as month, school_year, component, currency, reason as kind,
               sum(amount)::decimal(18, 2) as amount
        from payments where $1 is null or board = $1 group by all order by all"""
    return PaidMonths(books.frame(query, [board]))


def amounts_to_come(books: Books) -> AmountsToCome:
    """Sum what the latest decisions make due less what was paid, per month and currency.

    A difference in months that were paid already, a correction, is in the month after the last of them.
    """
    query = """
        with due as (
            select month, currency, amount from instalments join latest_decisions using (decision_id)
            union all select paid_month, currency, -amount from payments),
        last as (select max(paid_month) as paid from payments)
        select case when month <= paid then (paid + interval 1 month)::date else month end as month,
               sum(amount)::decimal(18, 2) as amount, currency
        from due, last group by all having sum(amount) <> 0 order by 1, currency"""
    return AmountsToCome(books.frame(query))


def last_run_of_month(books: Books, month: date) -> tuple[str, datetime] | None:
    """Return the last run that paid in a month, and when it ended (UTC); None where nothing was paid in it."""
    query = """
        select run_id, finished_at from runs
        where run_id = (select max(run_id) from payments where paid_month = ?)"""
    found = books.frame(query, [month]).rows()
    return found[0] if found else None


def boards_paid(books: Books) -> BoardsPaid:
    """Return the boards that were paid in each month."""
    query = "select distinct paid_month, board from payments where recipient_kind = 'bestuur' order by all"
    return BoardsPaid(books.frame(query))


def parts_paid(books: Books, month: date) -> PartsPaid:
    """Return what boards were paid in a month: instalments, and the parts of corrections by cause."""
    query = """
        select l.board, l.school_year, l.currency, l.brin, l.vestiging, l.school_type, l.component,
               p.reason as kind, l.month, nullif(l.cause, 'instalment') as cause, l.decision_id, l.amount,
               payment_id
        from ledger l join payments p using (payment_id)
        where l.paid_month = ? and l.recipient_kind = 'bestuur'"""
    return PartsPaid(books.frame(query, [month]))


def regulations_of_components(books: Books, before_run: str) -> ComponentRegulations:
    """Return by which regulation each school type and component was decided last before a run."""
    query = """
        select d.school_year, d.currency, t.school_type, t.component,
               arg_max(t.regulation, d.sequence) as regulation, arg_max(decision_id, d.sequence) as decision_id
        from (select distinct decision_id, school_type, component, regulation from trace) t
        join (from decisions where run_id < ?) d using (decision_id) group by all order by all"""
    return ComponentRegulations(books.frame(query, [before_run]))


def first_school_year_paid(books: Books) -> str | None:
    """Return the first school year that was ever paid."""
    school_year: str | None = books.value("select min(school_year) from payments")
    return school_year


def causes_of_run(books: Books, run_id: str) -> CorrectionCauses:
    """Return the causes that a run gave for its corrections."""
    return CorrectionCauses(books.frame("from correction_causes where run_id = ?", [run_id]))


def run_totals(books: Books) -> RunTotals:
    """Return the totals of each run, as it stated them and as its payments add up."""
    query = """
        select r.run_id, r.payments, r.total, r.total_usd, count(p.payment_id) as found,
               coalesce(sum(p.amount) filter (p.currency = 'EUR'), 0) as found_total,
               coalesce(sum(p.amount) filter (p.currency = 'USD'), 0) as found_total_usd
        from runs r left join payments p using (run_id) group by all order by 1"""
    return RunTotals(books.frame(query))


def receipts_per_month(books: Books, before_run: str) -> YearReceipts:
    """Sum the payments to boards of the runs before a run, per month, kind of money, board, BRIN and currency."""
    query = """
        select paid_month, school_year, school_type, component, board, brin, currency,
               sum(amount)::decimal(18, 2) as amount
        from payments where run_id < ? and recipient_kind = 'bestuur' group by all"""
    return YearReceipts(books.frame(query, [before_run]))


def paid_for_months(books: Books, before_run: str) -> PaidForMonths:
    """Sum the payments of the runs before a run by the month that they are for, per vestiging and board paid."""
    query = f"""
        with payments as (from main.payments where run_id < ?)
        select school_year, currency, vestiging, month, cause, paid_to, sum(amount)::decimal(18, 2) as amount
        from ({PAID_FOR}) group by all"""
    return PaidForMonths(books.frame(query, [before_run]))


def school_types_paid(books: Books, run_id: str) -> SchoolTypes:
    """Return the school types that each BRIN was paid for before a run."""
    query = "select distinct brin, school_type from payments where recipient_kind = 'bestuur' and run_id < ?"
    return SchoolTypes(books.frame(query, [run_id]))


def board_ledger(books: Books, board: str, first: date, last: date) -> BoardLedger:
    """Return what was paid to a board in whole months, both ends included, and nothing of another.

    A correction is a row per cause.
    """
    query = f"""
        select payment_id, l.run_id, paid_at, paid_month, l.school_year, l.brin, l.vestiging, l.school_type,
               l.component, p.reason, l.cause, sum(l.amount)::decimal(18, 2) as amount, l.currency,
               if(s.{HAS_FAILED}, null, s.end_to_end_id) as end_to_end_id
        from ledger l join payments p using (payment_id, paid_month) left join ({last_sent()}) s using (payment_id)
        where l.recipient_kind = 'bestuur' and l.recipient = ? and paid_month between ? and ?
        group by all order by payment_id, cause"""
    return BoardLedger(books.frame(query, [board, first, last]))


def components_paid(books: Books) -> list[str]:
    """Return the components that were ever paid."""
    return list(books.frame("select distinct component from payments order by 1")["component"])


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Represent a hold that is in force. `since`: UTC."""

    run_id: str
    since: datetime
    declared_by: str
    reason: str


def hold_in_force(books: Books) -> Hold | None:
    """Return the hold that is in force; None when payments may be made."""
    query = """
        select run_id, action, declared_by, coalesce(reason, '') as reason, started_at as since
        from holds join runs using (run_id) order by run_id desc limit 1"""
    found = books.frame(query).rows(named=True)
    if not found or found[0].pop("action") != "hold":
        return None
    return Hold(**found[0])


def payments_during_hold(books: Books) -> list[tuple[str, str]]:
    """Return the runs that paid while payments were on hold, each with the run of that hold."""
    query = """
        select r.run_id, h.run_id as hold
        from (from runs where command = 'pay') r asof join holds h on r.run_id > h.run_id
        where h.action = 'hold' order by 1"""
    return books.frame(query).rows()
