"""`npo pay`: the monthly payment run. Due less paid, once, in order, in an append-only ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.errors import Refused
from npo_pipeline.home.books import Books, need_books, read_books
from npo_pipeline.home.folder import Home
from npo_pipeline.home.live import schools
from npo_pipeline.home.run import Clock, Run, open_run
from npo_pipeline.months import Month, month_text
from npo_pipeline.payments.booking import payments_of
from npo_pipeline.payments.settlement import KEY, months_to_pay
from schemas import tables


@dataclass(frozen=True)
class PayRequest:
    """Which month to pay. With `catch_up` the months that were skipped are paid first, each in its own run."""

    home: Home
    month: Month
    catch_up: bool = False
    dry_run: bool = False
    wait_seconds: int = 0


@dataclass(frozen=True)
class MonthPaid:
    """A month and what was paid in it: rows of `payments`. `run_id` is null when nothing was written."""

    month: Month
    run_id: str | None
    payments: pl.DataFrame


def pay(
    request: PayRequest, *, call: Call = directly, progress: Progress = silently, clock: Clock = now
) -> list[MonthPaid]:
    """Pay a month, and the skipped months before it when asked.

    Raises:
        Refused: nothing was decided yet, a month before it was skipped, or it is far ahead; nothing was
            changed by the month that was refused.
        HomeLocked: another run is busy.
    """
    need_books(request.home)
    if request.dry_run:
        with read_books(request.home) as books:
            return _dry(books, call(plan_months, books, request), call)
    _refuse_far_ahead(request.month, clock().date())
    months = [request.month]
    if request.catch_up:
        with read_books(request.home) as books:
            months = call(plan_months, books, request)
    done = []
    for month in months:
        progress(f"paying {month_text(month)}", 0)
        done.append(_pay_month(request, month, call, clock))
    return done


def _pay_month(request: PayRequest, month: Month, call: Call, clock: Clock) -> MonthPaid:
    """One payment run: it holds the home, and its rename makes the month paid."""
    with open_run(request.home, "pay", clock, subject=month_text(month), wait_seconds=request.wait_seconds) as run:
        # Planned again under the lock: another run may have paid in between.
        call(plan_months, run.books, replace(request, month=month, catch_up=False))
        payments = call(settle_month, run.books, month, run.run_id, ledger(run.books))
        if payments.is_empty():
            return MonthPaid(month, None, payments)
        call(write_payments, run, month, payments)
        return MonthPaid(month, run.run_id, payments)


def _refuse_far_ahead(month: Month, today: date) -> None:
    """Refuse a month after the next one: a slip of the pen would pay a year, and nothing paid can be undone."""
    next_month = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    if month > next_month:
        raise Refused(
            f"{month_text(month)} is far ahead: on {today} nothing after {month_text(next_month)} can be paid; "
            "--dry-run shows what it would pay"
        )


def plan_months(books: Books, request: PayRequest) -> list[Month]:
    """Step: which months this request pays, in order.

    Raises:
        Refused: nothing was decided yet, or months were skipped and `catch_up` was not asked.
    """
    if not books.value("select count(*) from decisions"):
        raise Refused(f"{request.home.path}: nothing was decided yet; begin with `npo decide`")
    scheduled = books.frame("select distinct month from instalments join latest_decisions using (decision_id)")
    paid = books.frame("select distinct paid_month from payments")
    months = months_to_pay(request.month, scheduled["month"].to_list(), paid["paid_month"].to_list())
    if len(months) > 1 and not request.catch_up:
        skipped = ", ".join(month_text(one) for one in months[:-1])
        raise Refused(
            f"{skipped} must be paid before {month_text(request.month)}; pay in order, or add --catch-up"
        )
    return months


def settle_month(books: Books, month: Month, run_id: str, paid: pl.DataFrame) -> pl.DataFrame:
    """Step: what the month pays, as rows of `payments`.

    Args:
        books: the books.
        month: the month of the run.
        run_id: the run that pays.
        paid: the ledger: KEY, paid_month, reason, amount.

    Raises:
        Refused: a later month was paid already, and something of this one changed since.
    """
    payments = payments_of(
        month,
        run_id,
        instalments=books.frame(_DUE, [month]),
        ledger=paid,
        latest=books.frame("select school_year, currency, decision_id from latest_decisions"),
        schools=schools(books),
    )
    last = max([month, *paid["paid_month"].unique()])
    if payments.height and last > month:
        raise Refused(
            f"{month_text(month)} cannot be paid again: {last:%Y-%m} is paid already; "
            f"what was decided since is settled by --month {last:%Y-%m} or a later one"
        )
    return payments


def write_payments(run: Run, month: Month, payments: pl.DataFrame) -> None:
    """Step: add the payments to the ledger. Rows that are there are never changed or removed."""
    run.month = month
    run.add(tables.PAYMENTS, payments)
    run.facts["decisions"] = run.books.frame(_RESTS_ON).to_dicts()


_DUE = f"""
    select {", ".join(KEY)}, month, amount
    from (select i.*, d.currency from instalments i join latest_decisions d using (decision_id))
    where month <= ?"""

_RESTS_ON = """
    select decision_id, regulation, regulation_sha256, run_id, manifest_sha256
    from latest_decisions join runs using (run_id) order by 1"""
"""What a payment run rests on, for its manifest: the decisions, their rules, and the manifests that seal them."""


def ledger(books: Books) -> pl.DataFrame:
    """What was paid so far, added up per month: KEY, paid_month, reason, amount."""
    columns = ", ".join(LEDGER)
    return books.frame(f"select {columns}, sum(amount)::decimal(18, 2) as amount from payments group by all")


LEDGER = (*KEY, "paid_month", "reason")


def _dry(books: Books, months: list[Month], call: Call) -> list[MonthPaid]:
    """What would be paid: each month on top of the ones before it, in memory only."""
    paid, done = ledger(books), []
    for month in months:
        payments = call(settle_month, books, month, "dry-run", paid)
        done.append(MonthPaid(month, None, payments))
        paid = pl.concat([paid, payments.select(paid.columns)])
    return done
