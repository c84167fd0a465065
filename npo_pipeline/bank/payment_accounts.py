"""Payment accounts over time: the account of each recipient on a day, and the accounts that changed.

Files add up. Of a recipient and a first day the row that was delivered last is believed, so a wrong row is taken
back by a file that gives the right account for the same day; the row itself stays on record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.intake.reference_lists import believed_accounts
from schemas.columns import schema_of
from schemas.frames.bank import CHANGED_ACCOUNTS, ChangedAccounts, RecipientAccounts
from schemas.received import PaymentAccounts
from schemas.released import ACCOUNT_CONFIRMATIONS, AccountConfirmations

NO_CONFIRMATIONS = AccountConfirmations(pl.DataFrame(schema=schema_of(ACCOUNT_CONFIRMATIONS)))

_WHO = ["recipient_kind", "recipient"]


def account_on(accounts: PaymentAccounts, day: date) -> RecipientAccounts:
    """Return the account that each recipient is paid on on a day; one that has none yet is not among them.

    Args:
        accounts: of any deliveries.
        day: the day on which the money is sent.
    """
    begun = believed_accounts(accounts).filter(pl.col("valid_from") <= day).sort("valid_from")
    last = begun.unique(_WHO, keep="last").sort(_WHO)
    return RecipientAccounts(last.select(*_WHO, "iban", "account_name", "valid_from", "delivery_id"))


def changed_accounts(accounts: PaymentAccounts, confirmations: AccountConfirmations, day: date) -> ChangedAccounts:
    """Return the accounts of a day that took the place of another IBAN, and by whom each was confirmed.

    Another IBAN of the recipient counts when it began before, or was delivered before: also one that a later file
    replaced for the same day, or that begins later. A swapped account must not pass because of the order of files.
    A confirmation counts for the rows with the account since that other one: when it comes back later, it is asked
    for again.

    Args:
        accounts: of any deliveries.
        confirmations: of any accounts.
        day: the day on which the money is sent.
    """
    now = account_on(accounts, day)
    others = accounts.select(*_WHO, old_iban="iban", old_from="valid_from", old_delivery="delivery_id")
    pairs = now.join(others, on=_WHO).filter(
        pl.col("old_iban") != pl.col("iban"), _begins_before_or_was_delivered_before()
    )
    last = pairs.sort("old_from", "old_delivery").unique(_WHO, keep="last")
    since = _rows_since(last, accounts)
    confirmed = since.join(
        confirmations.select(*_WHO, "iban", "confirmed_by", "confirmed_at", since_delivery="delivery_id"),
        on=[*_WHO, "iban", "since_delivery"],
    )
    first = since.sort("since", "since_delivery").unique(_WHO, keep="first")
    who = confirmed.sort("confirmed_at").unique(_WHO, keep="first").select(*_WHO, "confirmed_by")
    changed = last.drop("delivery_id").join(first.drop("iban"), on=_WHO).join(who, on=_WHO, how="left")
    named = changed.rename({"since_delivery": "delivery_id"})
    return ChangedAccounts(named.select(list(CHANGED_ACCOUNTS)).sort(_WHO))


def _begins_before_or_was_delivered_before() -> pl.Expr:
    return (pl.col("old_from") < pl.col("valid_from")) | (pl.col("old_delivery") < pl.col("delivery_id"))


def _rows_since(changed: pl.DataFrame, accounts: PaymentAccounts) -> pl.DataFrame:
    """Return the rows with a new IBAN since the old one: its days and deliveries."""
    stated = accounts.select(*_WHO, "iban", since="valid_from", since_delivery="delivery_id")
    of_changed = changed.select(*_WHO, "iban", "valid_from", "delivery_id", "old_from", "old_delivery")
    both = of_changed.join(stated, on=[*_WHO, "iban"])
    later = (pl.col("since") > pl.col("old_from")) | (
        (pl.col("since") == pl.col("old_from")) & (pl.col("since_delivery") > pl.col("old_delivery"))
    )
    # Where the other one begins later, only the row that holds is known to be new.
    holds = (pl.col("since") == pl.col("valid_from")) & (pl.col("since_delivery") == pl.col("delivery_id"))
    return both.filter(later | holds).select(*_WHO, "iban", "since", "since_delivery")


def changes_of(
    accounts: PaymentAccounts, confirmations: AccountConfirmations, recipient: str, iban: str
) -> ChangedAccounts:
    """Return the changes to an IBAN of a recipient, on whatever day it begins; empty for its first account.

    Args:
        accounts: of any deliveries.
        confirmations: of any accounts.
        recipient: a board, samenwerkingsverband or municipality.
        iban: as a payment file has it.

    Raises:
        Refused: the recipient has no accounts, or the IBAN is none of those that are believed.
    """
    own = PaymentAccounts(accounts.filter(pl.col("recipient") == recipient))
    if own.is_empty():
        raise Refused(f"{recipient}: has no payment account in the books; deliver one with `npo ingest`")
    believed = believed_accounts(own)
    days = believed.filter(pl.col("iban") == iban)["valid_from"].to_list()
    if not days:
        shown = ", ".join(believed["iban"].unique(maintain_order=True))
        was = "was taken back by a later file" if iban in own["iban"] else "is no account of this recipient"
        raise Refused(f"{recipient}: {iban} {was}; its accounts are {shown}")
    found = [changed_accounts(own, confirmations, day) for day in days]
    return ChangedAccounts(pl.concat(found).unique(["recipient", "iban", "delivery_id"], maintain_order=True))


def change_remarks(accounts: PaymentAccounts, files: Mapping[str, str]) -> Iterator[str]:
    """Report the accounts that new files change, a sentence per file: the commonest fraud begins so.

    Args:
        accounts: of all deliveries, those of the new files among them.
        files: delivery_id -> name of each new file.
    """
    new = believed_accounts(accounts).filter(pl.col("delivery_id").is_in(list(files)))
    own = PaymentAccounts(accounts.join(new.select(_WHO).unique(), on=_WHO, how="semi"))
    days = new["valid_from"].unique().sort().to_list()
    found = [changed_accounts(own, NO_CONFIRMATIONS, day) for day in days]
    if not found:
        return
    changed = pl.concat(found).unique(["recipient", "iban", "delivery_id"]).sort("since", "recipient")
    for name, file in files.items():
        mine = changed.filter(pl.col("delivery_id") == name)
        if mine.height:
            recipient, old, iban, since = mine.select("recipient", "old_iban", "iban", "since").row(0)
            yield (
                f"{file}: the account of {mine.height} recipients changes (first {recipient}: {old} becomes "
                f"{iban} on {since}); every release names them until `npo confirm-account` confirms them"
            )
