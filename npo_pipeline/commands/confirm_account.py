"""`npo confirm-account`: put on record who made sure that a changed payment account is the recipient's."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from npo_pipeline.bank.payment_accounts import changes_of
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.bank import account_confirmations, payment_accounts
from npo_pipeline.books.reader import require_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.commands.steps import now
from npo_pipeline.delivery.sanitize import harmless_name
from schemas.columns import schema_of
from schemas.frames.bank import ChangedAccounts
from schemas.released import ACCOUNT_CONFIRMATIONS


@dataclass(frozen=True, kw_only=True)
class ConfirmRequest:
    """Represent who confirms which account (as a payment file has it) of which recipient."""

    home: Home
    recipient: str
    iban: str
    confirmed_by: str
    wait_seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class AccountConfirmed:
    """Represent what a run confirmed.

    `run_id`: null where there was nothing to confirm. `changes`: to the account, with who confirmed each before.
    """

    run_id: str | None
    changes: ChangedAccounts


def confirm_account(request: ConfirmRequest, *, clock: Clock = now) -> AccountConfirmed:
    """Confirm every change to an account that nobody has confirmed; one that was confirmed stays as it is.

    Raises:
        Refused: there are no books, or the account is none of the recipient's; nothing was changed.
        HomeLocked: another run is busy.
    """
    require_books(request.home)
    command, subject = "confirm-account", request.recipient
    with open_run(request.home, command, clock, subject=subject, wait_seconds=request.wait_seconds) as run:
        accounts, confirmed = payment_accounts(run.books), account_confirmations(run.books)
        changes = changes_of(accounts, confirmed, request.recipient, request.iban)
        unconfirmed = changes.filter(pl.col("confirmed_by").is_null())
        if unconfirmed.is_empty():
            return AccountConfirmed(run_id=None, changes=changes)
        _record(run, request, ChangedAccounts(unconfirmed), clock)
        return AccountConfirmed(run_id=run.run_id, changes=changes)


def _record(run: Run, request: ConfirmRequest, changes: ChangedAccounts, clock: Clock) -> None:
    rows = changes.with_columns(
        run_id=pl.lit(run.run_id),
        confirmed_by=pl.lit(harmless_name(request.confirmed_by)),
        confirmed_at=pl.lit(clock(), schema_of(ACCOUNT_CONFIRMATIONS)["confirmed_at"]),
    )
    run.append(ACCOUNT_CONFIRMATIONS, rows.select(list(ACCOUNT_CONFIRMATIONS.columns)))
