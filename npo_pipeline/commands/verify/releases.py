"""Releases planned a second time from the books as each run found them, and their files on the disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from npo_pipeline import dutch
from npo_pipeline.bank.payment_accounts import account_on
from npo_pipeline.bank.release import ReleaseRows, ReleaseTerms, plan_release, release_rows
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import bank as queries
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.approval import is_same_person
from npo_pipeline.commands.payment_files import file_faults
from npo_pipeline.commands.verify.tables import row_differences
from npo_pipeline.months import month_text
from schemas.released import BATCHES, TRANSFER_ORDERS, TRANSFER_PAYMENTS, WITHHELD, Batches


def release_faults(books: Books, home: Home) -> Iterator[str]:
    """Plan every release again, add up what it did, and compare its files, a sentence per difference."""
    batches = queries.all_batches(books)
    for (run_id,), rows in batches.partition_by("run_id", as_dict=True, maintain_order=True).items():
        yield from _faults_of_release(books, str(run_id), Batches(rows))
    yield from _balance_faults(books)
    for fault, name in queries.stray_rows(books).iter_rows():
        yield f"{fault} {name} is of no release"
    for payment_id, transfers in queries.payments_sent_twice(books).iter_rows():
        yield f"transfer_payments: payment {payment_id} is in {transfers} transfers that did not fail"
    for fault, end_to_end_id in queries.event_faults(books).iter_rows():
        yield f"transfer_events: {end_to_end_id} {fault}"
    for name, status, withheld, expected, currency in queries.answer_faults(books).iter_rows():
        kept, due = dutch.money(withheld, currency), dutch.money(expected, currency)
        yield f"withheld: {name} is {status}, so {due} of it is withheld; the books hold {kept}"
    for run_id, hold in queries.releases_during_hold(books):
        yield f"{run_id}: released while payments were on hold ({hold})"
    yield from file_faults(batches, home)


def _faults_of_release(books: Books, run_id: str, batches: Batches) -> Iterator[str]:
    """Compare what a release wrote with what it should have, by the books before it."""
    again = _release_again(books, run_id, batches.row(0, named=True))
    compared = (
        (BATCHES, again.batches, batches, ("sha256",)),
        (TRANSFER_ORDERS, again.orders, queries.orders_of_run(books, run_id), ()),
        (TRANSFER_PAYMENTS, again.payments, queries.transfer_payments_of_run(books, run_id), ()),
        (WITHHELD, again.withheld, queries.withheld_of_run(books, run_id), ()),
    )
    for model, expected, found, other in compared:
        columns = [name for name in model.columns if name not in other]
        yield from row_differences(f"{run_id}, {model.name}", expected, found, columns)
    for prepared, approved in batches["prepared_by", "approved_by"].unique().iter_rows():
        if is_same_person(prepared, approved):
            yield f"{run_id}, batches: {approved} approved what they prepared themselves"


def _release_again(books: Books, run_id: str, batch: Mapping[str, Any]) -> ReleaseRows:
    month, day = batch["month"], batch["execution_date"]
    accounts = account_on(queries.payment_accounts(books, run_id), day)
    number = queries.number_of_release(books, month, run_id)
    unsent = queries.unsent_payments(books, month, run_id)
    # The fingerprint holds the day of payment where it was asked for; the books do not say whether it was.
    asked = (plan_release(month, unsent, accounts, number=number, pay_on=one) for one in (None, day))
    plans = {plan.fingerprint: plan for plan in asked}
    plan = plans.get(batch["fingerprint"], next(iter(plans.values())))
    named = (
        *("run_id", "debtor_name", "debtor_iban", "debtor_bic", "execution_date"),
        *("prepared_by", "approved_by", "created_at"),
    )
    return release_rows(plan, ReleaseTerms(**{name: batch[name] for name in named}), with_files=False)


def _balance_faults(books: Books) -> Iterator[str]:
    """Compare, per month, recipient and currency, transfers and what is withheld with the payments presented."""
    for month, recipient, currency, *amounts in queries.unbalanced_releases(books).iter_rows():
        payments, sent, withheld = (dutch.money(one, currency) for one in amounts)
        yield (
            f"{recipient} in {month_text(month)}: {sent} of transfers and {withheld} withheld are not the "
            f"{payments} that was paid"
        )
