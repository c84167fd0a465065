"""`npo status`: deliveries, decisions, months paid, and what is open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import Enum

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import decisions, deliveries
from npo_pipeline.books.queries.accounts import (
    changes_since_account,
    closed_years,
    errors_per_year,
    latest_accounts,
    years_to_report_again,
)
from npo_pipeline.books.queries.bank import (
    account_confirmations,
    all_batches,
    failed_transfers,
    payment_accounts,
    transfers_out,
    unreleased_months,
    withheld_without_account,
)
from npo_pipeline.books.queries.ledger import AFTER_ALL_RUNS
from npo_pipeline.books.queries.payments import amounts_to_come, hold_in_force, months_paid
from npo_pipeline.books.reader import Books, read_books
from npo_pipeline.books.run import Clock
from npo_pipeline.books.tables import FORMAT
from npo_pipeline.books.witness import witness_findings
from npo_pipeline.commands.account.pack_records import cut_off_reports
from npo_pipeline.commands.account.reports import stale_reports
from npo_pipeline.commands.hold import hold_words
from npo_pipeline.commands.steps import now
from npo_pipeline.commands.undecided import older_books, undecided
from npo_pipeline.errors import NpoError
from npo_pipeline.months import day_of, month_text
from schemas.accounted import Accounts
from schemas.decided import Decisions
from schemas.frames.bank import FailedTransfers, TransfersOut
from schemas.frames.books import AmountsToCome, MonthsPaid, ResolvedLines
from schemas.received import Deliveries
from schemas.reconciled import LastReconciliations

_DELIVERY_COLUMNS = (
    *("delivery_id", "reference_date", "kind", "file", "rows", "rejected", "ingested_at", "superseded_by"),
)
_DECISION_COLUMNS = (
    *("decision_id", "school_year", "reference_date", "regulation", "reason", "decided_at", "total", "currency"),
    "rests_on",
)
_ACCOUNT_COLUMNS = (
    *("year", "run_id", "accounted_on", "treatment", "boards", "schools", "received", "spent", "carried_out"),
    *("received_usd", "spent_usd", "carried_out_usd", "errors", "warnings", "notes", "closed_on"),
)


@dataclass(frozen=True, kw_only=True)
class Status:
    """Hold the state of a home; amounts of two currencies are separate.

    `deliveries`, `decisions`: columns of the tables of those names. `to_come`: what is due less what was paid.
    `findings`: open things, a sentence each. `accounts`: the latest of each calendar year, and the day on which it
    was closed. `resolved`: rejected
    lines that a later delivery resolves. `reconciled`: the last comparison with what others say, of each year.
    `sent_out`: what the bank was asked to pay and has not booked yet. `came_back`: what it rejected or returned,
    and was not sent again.
    """

    deliveries: Deliveries
    decisions: Decisions
    months_paid: MonthsPaid
    to_come: AmountsToCome
    findings: tuple[str, ...]
    accounts: Accounts
    resolved: ResolvedLines
    reconciled: LastReconciliations
    sent_out: TransfersOut
    came_back: FailedTransfers


def status(home: Home, *, clock: Clock = now) -> Status:
    """Read the state of a home; it may be empty. Never waits for a run that is busy.

    Raises:
        Refused: the books cannot be read.
    """
    with read_books(home) as books:
        found = open_findings(books, home, day_of(clock()))
        return Status(
            deliveries=Deliveries(deliveries.all_deliveries(books).select(_DELIVERY_COLUMNS)),
            decisions=Decisions(decisions.all_decisions(books).select(_DECISION_COLUMNS)),
            months_paid=months_paid(books),
            to_come=amounts_to_come(books),
            findings=tuple(words for _, words in found),
            accounts=_accounts(books),
            resolved=deliveries.resolved_lines(books),
            reconciled=decisions.last_reconciliations(books),
            sent_out=sent_out(books, day_of(clock())),
            came_back=failed_transfers(books),
        )


class Subject(Enum):
    """Represent what a finding is about, for whoever watches a home."""

    HOLD = "hold"
    WITNESS = "witness"
    ACCOUNTS = "payment accounts"
    BANK = "bank"
    RELEASE = "payments that nobody was sent"
    STALE = "stale"
    FORMAT = "format"
    RUN = "a run that is busy, or died"
    OTHER = "other"


def open_findings(books: Books, home: Home, today: date) -> list[tuple[Subject, str]]:
    """Describe all that is open in a home, a sentence each, with what it is about."""
    held = hold_in_force(books)
    groups: list[tuple[Subject, Iterable[str]]] = [
        (Subject.HOLD, [f"{hold_words(held)}; `npo unhold` releases them"] if held else []),
        (Subject.WITNESS, witness_findings(home, books)),
        (Subject.ACCOUNTS, unconfirmed_accounts(books, today)),
        (Subject.BANK, bank_findings(books, home)),
        (Subject.RELEASE, release_findings(books)),
        (Subject.OTHER, _rejection_findings(books)),
        (Subject.STALE, undecided(books)),
        (Subject.WITNESS, older_books(books)),
        (Subject.FORMAT, _format_findings(books)),
        (Subject.RUN, _leftovers(home)),
        (Subject.OTHER, correction_findings(books, today)),
        (Subject.OTHER, _account_errors(books)),
        (Subject.STALE, _stale_accounts(books, home)),
        (Subject.STALE, _lacking_specifications(books, home)),
        (Subject.STALE, _reconciled_findings(decisions.last_reconciliations(books))),
    ]
    return [(subject, words) for subject, sentences in groups for words in sentences]


def sent_out(books: Books, today: date) -> TransfersOut:
    """Return what the bank was sent and has not booked, with the number of days since the oldest of it."""
    days = (pl.lit(today) - pl.col("oldest")).dt.total_days().clip(0)
    return TransfersOut(transfers_out(books).with_columns(days=days))


def unconfirmed_accounts(books: Books, today: date) -> Iterator[str]:
    """Describe the payment accounts that were changed and that nobody confirmed."""
    if not (accounts := payment_accounts(books)).is_empty():
        from npo_pipeline.bank.payment_accounts import changed_accounts

        changed = changed_accounts(accounts, account_confirmations(books), today)
        for row in changed.filter(pl.col("confirmed_by").is_null()).iter_rows(named=True):
            yield (
                f"{row['recipient']} has account {row['iban']} since {row['since']}, and had {row['old_iban']}; "
                "ask the recipient, and confirm it by `npo confirm-account`"
            )


def bank_findings(books: Books, home: Home) -> Iterator[str]:
    """Describe payment files that differ from the books, and what may be paid twice."""
    if (batches := all_batches(books)).is_empty():
        return
    # Payment files and messages of banks take libraries that load for a while.
    from npo_pipeline.commands.bank import contradictions_in
    from npo_pipeline.commands.payment_files import due_files, file_faults
    from npo_pipeline.commands.release import paid_again

    yield from paid_again(books)
    yield from file_faults(batches, home)
    yield from due_files(batches, home)
    yield from contradictions_in(books)


def release_findings(books: Books) -> Iterator[str]:
    """Describe paid months that no release sent, and what was withheld because no account was known.

    Months before the first that was released were paid outside.
    """
    released = all_batches(books)["month"].unique()
    if released.is_empty():
        return
    first = min(released)
    if waiting := [one for one in unreleased_months(books, AFTER_ALL_RUNS) if one > first]:
        months = ", ".join(map(month_text, waiting))
        yield f"{months}: paid and never released; where that was not paid outside, release it too"
    for currency, amount, recipients in withheld_without_account(books).iter_rows():
        yield (
            f"{dutch.money(amount, currency)} of {dutch.number(recipients)} recipients is withheld, for no "
            "account was known; deliver it with `npo ingest`, and release the month again"
        )


def _lacking_specifications(books: Books, home: Home) -> Iterator[str]:
    if home.specifications.is_dir():
        # Specifications are written by libraries that load for a while.
        from npo_pipeline.commands.specification import lacking_specifications

        yield from lacking_specifications(books, home)


def _reconciled_findings(reconciled: LastReconciliations) -> Iterator[str]:
    for school_year, newer in reconciled.select("school_year", "newer").drop_nulls().iter_rows():
        yield f"{school_year}: {newer} came after the last reconciliation; run `npo reconcile` again"


def _accounts(books: Books) -> Accounts:
    closed = closed_years(books).select("year", "closed_on")
    return Accounts(latest_accounts(books).join(closed, on="year", how="left").select(_ACCOUNT_COLUMNS))


def _rejection_findings(books: Books) -> Iterator[str]:
    for file, rows, rules in deliveries.open_rejections(books).iter_rows():
        yield f"{file}: {rows} rows in quarantine ({rules})"
    for file, rows in deliveries.rejections_with_board(books):
        yield f"{file}: the schools of {rows} refused rows have a board now; ingest the file again to count them"
    if differences := deliveries.open_differences(books):
        yield f"{len(differences)} differences between files, first: {differences[0]}"


def _format_findings(books: Books) -> Iterator[str]:
    if books.published_format < FORMAT:
        yield (
            f"the books are of format {books.published_format}, which an older npo wrote; they are read as format "
            f"{FORMAT}, and the next run or `npo upgrade` keeps them so"
        )


def _leftovers(home: Home) -> Iterator[str]:
    if home.work.exists() and any(home.work.iterdir()):
        yield "a run is busy, or died half-way; what it left is cleared away by the next and was never published"


def correction_findings(books: Books, today: date) -> Iterator[str]:
    """Describe the corrections that current deliveries were read with, and the ones that have expired."""
    for _, file, line, column, action, reason, by, expires in deliveries.corrected_lines(books).iter_rows():
        what = "the row was dropped" if action == "drop" else f"{column} was corrected"
        until = f"until {expires}" if today <= expires else f"expired on {expires}: have a mended file sent"
        yield f"{file}, line {line}: {what}, declared by {by} ({reason}); {until}"


def _account_errors(books: Books) -> Iterator[str]:
    for year, errors, boards in errors_per_year(books).iter_rows():
        yield f"accounts of {year}: {errors} errors of {boards} boards (table findings)"


def _stale_accounts(books: Books, home: Home) -> Iterator[str]:
    """Describe the years whose payments, board reports or reports changed since their account."""
    later = changes_since_account(books)
    for (year,), of_year in later.group_by("year", maintain_order=True):
        what = ", ".join(of_year["what"])
        yield f"accounts of {year}: {what} came in later; run `npo account --year {year}` again"
    # Where the accounts themselves are older, so are their reports: that is said once.
    for year in sorted(set(years_to_report_again(books)) - set(later["year"])):
        # Books that do not tie are for `npo verify`.
        with suppress(NpoError):
            yield from stale_reports(books, home, year).words()
    yield from cut_off_reports(books, home)
