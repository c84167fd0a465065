"""`npo pay`: the monthly payment run. Due less paid, once, in order, in an append-only ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.commands.ledger_state import AFTER_ALL_RUNS, attribution_inputs, decisions_in_force, ledger_state
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.errors import Refused
from npo_pipeline.months import Month, month_after, month_text
from npo_pipeline.payments.booking import correction_causes, payment_rows
from npo_pipeline.payments.settlement import months_to_pay
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
    require_books(request.home)
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
        payments = call(settle_month, run.books, month, run.run_id, None)
        if payments.is_empty():
            return MonthPaid(month, None, payments)
        call(write_payments, run, month, payments)
        return MonthPaid(month, run.run_id, payments)


def _refuse_far_ahead(month: Month, today: date) -> None:
    """Refuse a month after the next one: a slip of the pen would pay a year, and nothing paid can be undone."""
    next_month = month_after(today)
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


def settle_month(books: Books, month: Month, run_id: str, also: pl.DataFrame | None) -> pl.DataFrame:
    """Step: what the month pays, as rows of `payments`.

    Args:
        books: the books.
        month: the month of the run.
        run_id: the run that pays.
        also: rows of `payments` that are only looked at, as if they had been paid before it.

    Raises:
        Refused: a later month was paid already, and something of this one changed since.
    """
    found = ledger_state(books, month, run_id, school_directory(books))
    if also is not None:
        found = replace(found, ledger=pl.concat([found.ledger, also.select(found.ledger.columns)]))
    payments, paid = payment_rows(month, run_id, found), found.ledger
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
    run.append(tables.PAYMENTS, payments)
    corrected = payments.filter(pl.col("reason") == "correction")["vestiging"]
    if corrected.len():
        made = attribution_inputs(run.books, corrected, month, run.run_id)
        latest = decisions_in_force(run.books, run.run_id)
        run.append(tables.CORRECTION_CAUSES, correction_causes(month, payments, latest, made))
    run.manifest_entries["decisions"] = run.books.frame(_RESTS_ON).to_dicts()


_RESTS_ON = """
    select decision_id, regulation, regulation_sha256, run_id, manifest_sha256
    from latest_decisions join runs using (run_id) order by 1"""
"""What a payment run rests on, for its manifest: the decisions, their rules, and the manifests that seal them."""


def _dry(books: Books, months: list[Month], call: Call) -> list[MonthPaid]:
    """What would be paid: each month on top of the ones before it, in memory only."""
    done: list[MonthPaid] = []
    for month in months:
        paid = pl.concat([one.payments for one in done]) if done else None
        done.append(MonthPaid(month, None, call(settle_month, books, month, AFTER_ALL_RUNS, paid)))
    return done
