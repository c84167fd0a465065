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

    Another IBAN of the recipient counts when it began before, also where a later file replaced it for the same
    day; or when it begins later and was known before this one was: a swapped account must not pass because of the
    order of files. A list that states an old account again for a day on which it held changes nothing.
    A confirmation counts for the rows with the account since that other one: when it comes back later, it is asked
    for again.

    Args:
        accounts: of any deliveries.
        confirmations: of any accounts.
        day: the day on which the money is sent.
    """
    now = _with_first_known(account_on(accounts, day), accounts)
    others = accounts.select(*_WHO, old_iban="iban", old_from="valid_from", old_delivery="delivery_id")
    pairs = now.join(others, on=_WHO).with_columns(is_before=_COMES_AFTER_OLD.fill_null(False))
    other = pairs.filter(
        pl.col("old_iban") != pl.col("iban"),
        pl.col("is_before") | (pl.col("old_delivery") < pl.col("first_known")),
    )
    last = other.sort("is_before", "old_from", "old_delivery").unique(_WHO, keep="last")
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


_COMES_AFTER_OLD = (pl.col("valid_from") > pl.col("old_from")) | (
    (pl.col("valid_from") == pl.col("old_from")) & (pl.col("delivery_id") > pl.col("old_delivery"))
)
"""True where an account begins after another one, or was delivered after it for the same day."""


def _with_first_known(now: RecipientAccounts, accounts: PaymentAccounts) -> pl.DataFrame:
    """Add the first delivery that gave each account of a day its IBAN, for that first day or an earlier one."""
    stated = accounts.select(*_WHO, "iban", begins="valid_from", first_known="delivery_id")
    earlier = now.join(stated, on=[*_WHO, "iban"]).filter(pl.col("begins") <= pl.col("valid_from"))
    return now.join(earlier.group_by(_WHO).agg(pl.col("first_known").min()), on=_WHO)


def _rows_since(changed: pl.DataFrame, accounts: PaymentAccounts) -> pl.DataFrame:
    """Return the rows with a new IBAN since the old one: its days and deliveries."""
    of_changed = changed.select(*_WHO, "iban", "old_from", "old_delivery", "is_before", holds_from="valid_from")
    both = of_changed.join(accounts.select(*_WHO, "iban", "valid_from", "delivery_id"), on=[*_WHO, "iban"])
    # Where the other one begins later, all that begins up to the one that holds is new.
    is_new = pl.when("is_before").then(_COMES_AFTER_OLD).otherwise(pl.col("valid_from") <= pl.col("holds_from"))
    return both.filter(is_new).select(*_WHO, "iban", since="valid_from", since_delivery="delivery_id")


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
