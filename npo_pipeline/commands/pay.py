"""`npo pay`: the monthly payment run. Due less paid, once, in order, in an append-only ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import ledger as queries
from npo_pipeline.books.queries.decisions import all_decisions
from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.commands.hold import refuse_held
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.commands.undecided import older_books, undecided
from npo_pipeline.errors import Refused
from npo_pipeline.money import totals
from npo_pipeline.months import Month, day_of, month_after, month_text
from npo_pipeline.payments.attribution import WITHIN_DUE
from npo_pipeline.payments.booking import after_payments, correction_causes, payment_rows
from npo_pipeline.payments.settlement import months_to_pay
from npo_pipeline.workers import HERE, Workers
from schemas.decided import CORRECTION_CAUSES, PAYMENTS, Payments

if TYPE_CHECKING:
    from npo_pipeline.commands.specification import MonthSpecified, SpecificationRequest

    Specify = Callable[[SpecificationRequest], MonthSpecified]
    """Writes the specifications of a month, and answers whatever goes wrong."""


@dataclass(frozen=True, kw_only=True)
class PayRequest:
    """Represent the month to pay. With `catch_up` skipped months are paid first, each in its own run.

    `oldest`: refuse to pay a month before this one (null: pay any). `specifications`: write the specification of
    each board after a month is paid.
    """

    home: Home
    month: Month
    catch_up: bool = False
    oldest: Month | None = None
    specifications: bool = False
    dry_run: bool = False
    wait_seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class MonthPaid:
    """Represent a month and what was paid in it. `run_id` is null when nothing was written.

    `remarks`: what the operator should know before this is the end of it, a sentence each; of the month asked for.
    `specified`: the specifications of the month; null where none were asked. `left_out`: those of earlier months,
    of which a run that was cut off had written none or some.
    """

    month: Month
    run_id: str | None
    payments: Payments
    remarks: tuple[str, ...] = ()
    specified: MonthSpecified | None = None
    left_out: tuple[MonthSpecified, ...] = ()

    def total(self, currency: str) -> Decimal:
        """Return the sum of the payments in one currency."""
        return totals(self.payments).get(currency, Decimal("0.00"))


def pay(
    request: PayRequest,
    *,
    call: Call = directly,
    progress: Progress = silently,
    clock: Clock = now,
    workers: Workers = HERE,
) -> list[MonthPaid]:
    """Pay a month, and the skipped months before it when asked.

    Raises:
        Refused: nothing was decided yet, a month before it was skipped, it is far ahead, or payments are on hold;
            nothing was changed by the month that was refused.
        HomeLocked: another run is busy.
    """
    require_books(request.home)
    if request.dry_run:
        with read_books(request.home) as books:
            done = _simulated(books, call(plan_months, books, request), call)
            return [*done[:-1], replace(done[-1], remarks=(*older_books(books), *undecided(books)))]
    _refuse_far_ahead(request.month, day_of(clock()))
    if request.specifications:
        # Pages and workbooks are made by libraries that take a while to load.
        from npo_pipeline.commands.specification import after_publishing, refuse_unwritable

        refuse_unwritable(request.home)
        specify = partial(after_publishing, call=call, progress=progress, clock=clock, workers=workers)
    months = [request.month]
    if request.catch_up:
        with read_books(request.home) as books:
            months = call(plan_months, books, request)
    done = []
    for month in months:
        progress(f"paying {month_text(month)}", 0)
        paid = _pay_month(request, month, call, clock)
        if request.specifications:
            paid = replace(paid, specified=_specified(request, paid, specify))
        done.append(paid)
    if request.specifications:
        done[-1] = replace(done[-1], left_out=_left_out(request, done, specify))
    return done


def specified_of(done: Sequence[MonthPaid]) -> list[MonthSpecified]:
    """Return the specifications that payment runs wrote, also those of earlier months."""
    return [one for paid in done for one in (paid.specified, *paid.left_out) if one is not None]


def _left_out(request: PayRequest, done: Sequence[MonthPaid], specify: Specify) -> tuple[MonthSpecified, ...]:
    """Write the specifications of earlier months that a run which was cut off has left out."""
    from npo_pipeline.commands.specification import SpecificationRequest, months_due

    months = [one for one in months_due(request.home) if one not in {paid.month for paid in done}]
    wait = request.wait_seconds
    return tuple(specify(SpecificationRequest(home=request.home, month=one, wait_seconds=wait)) for one in months)


def _specified(request: PayRequest, paid: MonthPaid, specify: Specify) -> MonthSpecified | None:
    """Write the specifications of a month that is paid, also where it was before: a run may have died since."""
    from npo_pipeline.commands.specification import SpecificationRequest

    with read_books(request.home) as books:
        if paid.run_id is None and paid.month not in queries.paid_months(books):
            return None
    asked = SpecificationRequest(home=request.home, month=paid.month, wait_seconds=request.wait_seconds)
    return specify(asked)


def _pay_month(request: PayRequest, month: Month, call: Call, clock: Clock) -> MonthPaid:
    """Pay one month in a run of its own: it holds the home, and its rename makes the month paid."""
    with open_run(request.home, "pay", clock, subject=month_text(month), wait_seconds=request.wait_seconds) as run:
        # Planned again under the lock: another run may have paid in between.
        call(plan_months, run.books, replace(request, month=month, catch_up=False))
        payments = call(settle_month, run.books, month, run.run_id)
        remarks = tuple(undecided(run.books)) if month == request.month else ()
        if payments.is_empty():
            return MonthPaid(month=month, run_id=None, payments=payments, remarks=remarks)
        call(write_payments, run, month, payments)
        if request.specifications:
            from npo_pipeline.commands.specification import mark_due

            mark_due(request.home, [month], make=True)
        return MonthPaid(month=month, run_id=run.run_id, payments=payments, remarks=remarks)


def _refuse_far_ahead(month: Month, today: date) -> None:
    """Refuse a month after the next one: a slip of the pen would pay a year, and nothing paid can be undone."""
    next_month = month_after(today)
    if month > next_month:
        raise Refused(
            f"{month_text(month)} is far ahead: on {today} nothing after {month_text(next_month)} can be paid; "
            "--dry-run shows what it would pay"
        )


def plan_months(books: Books, request: PayRequest) -> list[Month]:
    """Step: list the months this request pays, in order.

    Raises:
        Refused: nothing was decided yet, months were skipped and `catch_up` was not asked, or payments are on hold
            (a dry run is shown all the same).
    """
    if not request.dry_run:
        refuse_held(books, request.home)
    if all_decisions(books).is_empty():
        raise Refused(f"{request.home.path}: nothing was decided yet; begin with `npo decide`")
    months = months_to_pay(request.month, queries.scheduled_months(books), queries.paid_months(books))
    _refuse_too_late(months, request.oldest)
    if len(months) > 1 and not request.catch_up:
        skipped = ", ".join(month_text(one) for one in months[:-1])
        raise Refused(
            f"{skipped} must be paid before {month_text(request.month)}; pay in order, or add --catch-up"
        )
    return months


def _refuse_too_late(months: list[Month], oldest: Month | None) -> None:
    """Refuse what is so late that the books may be an older back-up, in which it is not paid yet.

    Raises:
        Refused: names the months.
    """
    if late := [month_text(one) for one in months if oldest and one < oldest]:
        raise Refused(
            f"{', '.join(late)}: more than one month late, and there is no witness that these are the newest "
            f"books. Look at `npo status`; then pay by `npo pay --month {month_text(months[-1])} "
            "--catch-up`, or by a run in which you name the month; or serve with a witness (`npo serve --witness`)"
        )


def settle_month(books: Books, month: Month, run_id: str, *, simulated: Payments | None = None) -> Payments:
    """Step: settle the month in a run; `simulated`: payments of a dry run, as if they had been paid before it.

    Raises:
        Refused: a later month was paid already, and something of this one changed since.
    """
    found = queries.ledger_state(books, month, run_id, school_directory(books))
    if simulated is not None:
        found = after_payments(found, simulated)
    payments = payment_rows(month, run_id, found)
    last = max([month, *found.ledger["paid_month"].unique()])
    if payments.height and last > month:
        raise Refused(
            f"{month_text(month)} cannot be paid again: {last:%Y-%m} is paid already; "
            f"what was decided since is settled by --month {last:%Y-%m} or a later one"
        )
    return payments


def write_payments(run: Run, month: Month, payments: Payments) -> None:
    """Step: add the payments to the ledger. Rows that are there are never changed or removed."""
    run.month = month
    run.append(PAYMENTS, payments)
    corrected = payments.filter(pl.col("reason") == "correction")["beneficiary"]
    if corrected.len():
        inputs = queries.attribution_inputs(run.books, corrected, month, run.run_id)
        in_force = queries.decisions_in_force(run.books, run.run_id)
        run.append(CORRECTION_CAUSES, correction_causes(month, payments, in_force, inputs))
        run.manifest_entries["attribution"] = WITHIN_DUE
    run.manifest_entries["decisions"] = queries.sealed_decisions(run.books)


def _simulated(books: Books, months: list[Month], call: Call) -> list[MonthPaid]:
    """Settle each month on top of the ones before it, in memory only."""
    done: list[MonthPaid] = []
    for month in months:
        paid = Payments(pl.concat([one.payments for one in done])) if done else None
        payments = call(settle_month, books, month, queries.AFTER_ALL_RUNS, simulated=paid)
        done.append(MonthPaid(month=month, run_id=None, payments=payments))
    return done
