"""`npo release`: the payment file of a month. One prepares it, another approves just that; the ledger goes first.

The file is a pure function of the ledger. So a release that dies after its rename has released, and its file is
written by the next one; a payment is in no second transfer, whatever is killed when.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.bank.debtor import Debtor, read_debtor
from npo_pipeline.bank.payment_accounts import account_on, changed_accounts
from npo_pipeline.bank.release import ReleasePlan, ReleaseRows, ReleaseTerms, plan_release, release_rows
from npo_pipeline.books.queries import bank as queries
from npo_pipeline.books.queries.ledger import AFTER_ALL_RUNS, paid_months
from npo_pipeline.books.queries.payments import hold_in_force
from npo_pipeline.books.queries.runs import user_of_run
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.commands.approval import FourEyes
from npo_pipeline.commands.hold import hold_words, refuse_held
from npo_pipeline.commands.payment_files import mark_due, odd_files, refuse_unwritable, write_missing_files
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.errors import Refused
from npo_pipeline.months import Month, day_of, month_text
from npo_pipeline.operating_system import os_user
from npo_pipeline.workers import HERE, Workers
from schemas.columns import schema_of
from schemas.frames.bank import ChangedAccounts
from schemas.released import (
    BATCHES,
    NO_ACCOUNT,
    RELEASE_PLANS,
    TRANSFER_ORDERS,
    TRANSFER_PAYMENTS,
    WITHHELD,
    Batches,
    ReleasePlans,
    TransferPayments,
)

if TYPE_CHECKING:
    from npo_pipeline.commands.specification import MonthSpecified

_AHEAD = timedelta(days=365)
"""The time that a bank keeps a payment to be made later; a slip of the pen would pay nobody, unseen."""


@dataclass(frozen=True, kw_only=True)
class ReleaseRequest(FourEyes):
    """Represent the month to release: to look at, to prepare (`prepared_by`), or to approve (`approved_plan`).

    `debtor`: the file with the account that pays; null where it is not known yet. `pay_on`: the day on which the
    bank is asked to pay; null for the day of the release.
    """

    month: Month
    debtor: Path | None = None
    pay_on: date | None = None
    four_eyes: bool = True
    subject: ClassVar[str] = "the release"
    would: ClassVar[str] = "the release"


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Represent a plan with the day of its execution, and the changed accounts in it that nobody confirmed."""

    plan: ReleasePlan
    execution_date: date
    changed: ChangedAccounts
    remarks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Released:
    """Represent a release as it was planned, prepared or done.

    `run_id`: the run that wrote it in the books; null where nothing was written. `prepared_by`: who prepared this
    very plan. `batches`: what was released, now or before by the same plan. `files`: those that were written.
    `odd_files`: payment files that are not as the books say, a sentence each. `specified`: the specifications of
    boards that name a transfer since. `one_account`: the account of the operating system that both prepared and
    approved it; null where these were two, or nobody knows.
    """

    prepared: Prepared
    debtor: Debtor | None
    prepared_by: tuple[str, ...] = ()
    run_id: str | None = None
    batches: Batches | None = None
    files: tuple[Path, ...] = ()
    odd_files: tuple[str, ...] = ()
    specified: tuple[MonthSpecified, ...] = ()
    one_account: str | None = None


def release(
    request: ReleaseRequest,
    *,
    call: Call = directly,
    progress: Progress = silently,
    clock: Clock = now,
    workers: Workers = HERE,
) -> Released:
    """Show what would go out in a month, record who prepared it, or release it when it was approved.

    Raises:
        Refused: the month was not paid, payments are on hold, the plan is another than was approved, or two people
            or the account that pays are lacking; nothing was changed.
        NpoError: a payment file cannot be written; what was released stands, and the next release writes it.
        HomeLocked: another run is busy.
    """
    require_books(request.home)
    debtor = read_debtor(request.debtor) if request.debtor else None
    progress(f"planning the release of {month_text(request.month)}", 0)
    if request.approved_plan is not None:
        done = _approve(request, debtor, call, clock)
    elif request.prepared_by is not None:
        done = _prepare(request, debtor, call, clock)
    else:
        with read_books(request.home) as books:
            done = Released(prepared=call(plan_month, books, request, clock()), debtor=debtor)
            done = replace(done, prepared_by=_preparers(books, done.prepared.plan))
    # Also those of a release before that died between its ledger and its file.
    progress("writing the payment files", 0)
    written = tuple(call(write_missing_files, request.home))
    done = replace(done, files=written, odd_files=tuple(call(odd_files, request.home)))
    if done.batches is None or not request.home.specifications.is_dir():
        return done
    progress("writing the specifications of boards", 0)
    # Pages and workbooks are made by libraries that take a while to load.
    from npo_pipeline.commands.specification import months_due, refresh_specifications

    # All that the run marked; also those of a run before that was cut off.
    months = months_due(request.home)
    specified = refresh_specifications(
        request.home, months, wait_seconds=request.wait_seconds, call=call, clock=clock, workers=workers
    )
    return replace(done, specified=tuple(specified))


def _mark_specifications(books: Books, request: ReleaseRequest, payments: TransferPayments) -> None:
    """Mark the months whose payments a run sends or withholds: their specifications say so from then on."""
    if request.home.specifications.is_dir():
        from npo_pipeline.commands import specification

        sent = queries.months_of_payments(books, payments["payment_id"].to_list())
        specification.mark_due(request.home, [request.month, *sent])


def _prepare(request: ReleaseRequest, debtor: Debtor | None, call: Call, clock: Clock) -> Released:
    """Record who prepared a plan, once."""
    with _open_run(request, clock) as run:
        prepared = call(plan_month, run.books, request, clock())
        plan = prepared.plan
        row = {
            "run_id": run.run_id,
            "month": plan.month,
            "fingerprint": plan.fingerprint,
            "prepared_by": request.people()["prepared_by"],
            "prepared_at": clock(),
            "debtor_iban": debtor.iban if debtor else None,
        }
        known = queries.prepared_plans(run.books, plan.month, plan.fingerprint)
        is_known = known.filter(prepared_by=row["prepared_by"]).filter(
            pl.col("debtor_iban").eq_missing(pl.lit(row["debtor_iban"], pl.String))
        )
        is_written = is_known.is_empty() and not plan.is_empty
        if is_written:
            run.append(RELEASE_PLANS, ReleasePlans(pl.DataFrame([row], schema=schema_of(RELEASE_PLANS))))
        people = tuple(dict.fromkeys((str(row["prepared_by"]), *_preparers(run.books, plan))))
    return Released(
        prepared=prepared, debtor=debtor, prepared_by=people, run_id=run.run_id if is_written else None
    )


def _approve(request: ReleaseRequest, debtor: Debtor | None, call: Call, clock: Clock) -> Released:
    """Write an approved release in the books; one that is there already stays as it is."""
    with _open_run(request, clock) as run:
        refuse_held(run.books, request.home)
        created = clock()
        prepared = call(plan_month, run.books, request, created)
        shown = Released(prepared=prepared, debtor=debtor)
        released = queries.all_batches(run.books)
        before = Batches(released.filter(month=request.month, fingerprint=request.approved_plan))
        if before.height:
            return replace(shown, batches=before)
        request.require_approved_plan(prepared.plan.fingerprint)
        if prepared.plan.is_empty:
            return shown
        terms = _terms(run, request, shown, created)
        rows = call(release_rows, prepared.plan, terms)
        refuse_unwritable(request.home, rows.files)
        if rows.files:
            mark_due(request.home, rows.files)
        _mark_specifications(run.books, request, rows.payments)
        call(write_release, run, request.month, rows)
        one_account = _one_account(run.books, prepared.plan, terms.prepared_by)
    return replace(
        shown,
        prepared_by=(terms.prepared_by,),
        run_id=run.run_id,
        batches=rows.batches,
        one_account=one_account,
    )


def _one_account(books: Books, plan: ReleasePlan, prepared_by: str) -> str | None:
    """Return the account of the operating system that prepared a plan, where it is the one that runs now."""
    known = queries.prepared_plans(books, plan.month, plan.fingerprint).filter(prepared_by=prepared_by)
    users = [user_of_run(books, run_id) for run_id in known["run_id"]]
    mine = os_user()
    return mine.words() if users and all(one and one.person == mine.person for one in users) else None


def _terms(run: Run, request: ReleaseRequest, shown: Released, created: datetime) -> ReleaseTerms:
    """Return who pays, when, and who decided.

    Raises:
        Refused: two people or the account that pays are lacking.
    """
    plan = shown.prepared.plan
    named = _with_preparer(run.books, request, plan)
    named.require_four_eyes()
    payer = _payer(run.books, named, shown.debtor, plan)
    people = named.people()
    return ReleaseTerms(
        run_id=run.run_id,
        debtor_name=payer.name,
        debtor_iban=payer.iban,
        debtor_bic=payer.bic,
        execution_date=shown.prepared.execution_date,
        prepared_by=str(people["prepared_by"]),
        approved_by=str(people["approved_by"]),
        created_at=created,
    )


def _open_run(request: ReleaseRequest, clock: Clock) -> AbstractContextManager[Run]:
    return open_run(
        request.home,
        "release",
        clock,
        subject=month_text(request.month),
        wait_seconds=request.wait_seconds,
    )


def plan_month(books: Books, request: ReleaseRequest, moment: datetime) -> Prepared:
    """Step: plan what a release of the month would send and withhold, with what whoever approves it should know.

    Raises:
        Refused: nothing was paid in the month, or the day of execution has gone by.
    """
    today = day_of(moment)
    day = request.pay_on or today
    if day < today:
        raise Refused(f"{day}: that day has gone by; ask the bank to pay today ({today}) or later")
    if day > (latest := today + _AHEAD):
        raise Refused(f"{day}: no bank keeps a payment for so long; ask it to pay by {latest}")
    if request.month not in paid_months(books):
        name = month_text(request.month)
        raise Refused(f"nothing was paid in {name}, so there is nothing to release; see `npo pay --month {name}`")
    accounts = queries.payment_accounts(books)
    unsent = queries.unsent_payments(books, request.month, AFTER_ALL_RUNS)
    number = queries.number_of_release(books, request.month, AFTER_ALL_RUNS)
    plan = plan_release(request.month, unsent, account_on(accounts, day), number=number, pay_on=request.pay_on)
    changed = changed_accounts(accounts, queries.account_confirmations(books), day)
    sent = plan.lines.filter(pl.col("sent_cents") > 0)
    unconfirmed = changed.filter(pl.col("confirmed_by").is_null()).join(
        sent, on=["recipient_kind", "recipient"], how="semi"
    )
    prepared = Prepared(plan=plan, execution_date=day, changed=ChangedAccounts(unconfirmed), remarks=())
    return replace(prepared, remarks=tuple(_remarks(books, prepared)))


def _remarks(books: Books, prepared: Prepared) -> Iterator[str]:
    """Describe what whoever approves a release should know, a sentence each."""
    plan = prepared.plan
    if found := hold_in_force(books):
        yield f"{hold_words(found)}; nothing is released until `npo unhold` releases them"
    for recipient, old, iban, since in prepared.changed["recipient", "old_iban", "iban", "since"].iter_rows():
        yield (
            f"{recipient}: the account changed from {old} to {iban} on {since}, and nobody confirmed that; ask "
            f"the recipient by a number that you know, then `npo confirm-account {recipient} {iban} --by NAME`"
        )
    again = plan.lines.filter(pl.col("failed").is_not_null())
    for recipient, iban, failed in again["recipient", "iban", "failed"].iter_rows():
        yield f"{recipient}: {iban} gave back {failed} before, and would be sent this; ask for another account"
    if (lacking := plan.lines.filter(kept=NO_ACCOUNT)).height:
        first = lacking["recipient"][0]
        yield f"{lacking.height} recipients have no account (first {first}); deliver it with `npo ingest`"
    yield from _may_be_paid_already(books, plan)
    others = [one for one in queries.unreleased_months(books, AFTER_ALL_RUNS) if one != plan.month]
    if others:
        names = ", ".join(month_text(one) for one in others)
        yield f"{names}: paid and never released; where that was not paid outside, release it too"
    yield from paid_again(books, but=plan.month)


def _may_be_paid_already(books: Books, plan: ReleasePlan) -> Iterator[str]:
    """Describe transfers that may have been paid twice to those who would be sent something."""
    if queries.all_events(books).is_empty():
        return
    # Answers of banks are read by a library that loads for a while.
    from npo_pipeline.commands.bank import contradictions_in

    sent = plan.lines.filter(pl.col("sent_cents") > 0)
    yield from contradictions_in(books, to=set(sent["recipient"]))


def paid_again(books: Books, *, but: Month | None = None) -> Iterator[str]:
    """Describe the months, all but one, that were paid again since their release, a sentence per currency."""
    for month, currency, amount, recipients in queries.paid_since_release(books).iter_rows():
        if month != but:
            paid = f"{dutch.money(amount, currency)} of {dutch.number(recipients)} recipients"
            yield f"{month_text(month)}: paid again since its release ({paid}); release it again too"


def _preparers(books: Books, plan: ReleasePlan) -> tuple[str, ...]:
    """Return who prepared this very plan, the last one first."""
    return tuple(dict.fromkeys(queries.prepared_plans(books, plan.month, plan.fingerprint)["prepared_by"]))


def _with_preparer(books: Books, request: ReleaseRequest, plan: ReleasePlan) -> ReleaseRequest:
    """Return the request with the name of who prepared its plan: as given, else the last other in the books."""
    if request.prepared_by is not None:
        return request
    tried = [replace(request, prepared_by=one) for one in _preparers(books, plan)]
    for one in tried:
        with suppress(Refused):
            one.require_four_eyes()
            return one
    return tried[0] if tried else request


def _payer(books: Books, request: ReleaseRequest, debtor: Debtor | None, plan: ReleasePlan) -> Debtor:
    """Return the account that pays.

    Raises:
        Refused: none is named, or the plan was prepared with another.
    """
    if debtor is None:
        raise Refused("no account is named that pays; name its file with --debtor FILE or NPO_DEBTOR")
    known = queries.prepared_plans(books, plan.month, plan.fingerprint)
    person = request.people()["prepared_by"]
    prepared_with = known.filter(prepared_by=person)["debtor_iban"].drop_nulls().unique()
    if prepared_with.len() and debtor.iban not in prepared_with:
        raise Refused(
            f"{request.debtor}: pays from {debtor.iban}, and {person} prepared the release with "
            f"{prepared_with[0]}; name that account, or have it prepared again"
        )
    return debtor


def write_release(run: Run, month: Month, rows: ReleaseRows) -> None:
    """Step: add a release to the books: its batches, its transfers with their payments, and what is withheld."""
    run.month = month
    run.append(BATCHES, rows.batches)
    run.append(TRANSFER_ORDERS, rows.orders)
    run.append(TRANSFER_PAYMENTS, rows.payments)
    run.append(WITHHELD, rows.withheld)
