"""Frames of releases and of what the bank answers, on their way from one step to the next.

WHO: recipient_kind, recipient, currency. Amounts are whole cents (Int64).
"""

from __future__ import annotations

from typing import NewType

import polars as pl

from schemas.frames.intake import Columns

UnsentPayments = NewType("UnsentPayments", pl.DataFrame)
"""Payments that a release of a month presents, and earlier ones that are in no transfer that did not fail:
payment_id, paid_month, school_year, decision_id, WHO, amount_cents, is_new (no release presented it before),
last_iban, last_status, last_transfer (of the transfer that failed with it last; null where there was none)."""

RecipientAccounts = NewType("RecipientAccounts", pl.DataFrame)
"""The account of each recipient on a day: recipient_kind, recipient, iban, account_name, valid_from,
delivery_id."""

ChangedAccounts = NewType("ChangedAccounts", pl.DataFrame)
"""Accounts that took the place of another IBAN: recipient_kind, recipient, iban, account_name, old_iban, since
(the first day of the new one), delivery_id (of the row that began it), confirmed_by (null: nobody did)."""
CHANGED_ACCOUNTS: Columns = {
    **dict.fromkeys(("recipient_kind", "recipient", "iban", "account_name", "old_iban"), pl.String),
    "since": pl.Date,
    **dict.fromkeys(("delivery_id", "confirmed_by"), pl.String),
}

ReleaseLines = NewType("ReleaseLines", pl.DataFrame)
"""The outcome of a release for each recipient and currency: WHO, sent_cents (0: nothing), new_cents (payments that
it presents), withheld_cents (new less sent), reason (of what is withheld; null where that is 0), payments (their
number), iban, account_name, remittance (the last three are null where nothing is sent)."""

ReleasedPayments = NewType("ReleasedPayments", pl.DataFrame)
"""The payments in the transfers of a release: WHO, payment_id."""

BankReferences = NewType("BankReferences", pl.DataFrame)
"""payment_id, end_to_end_id, batch_id, status: the transfer in which each payment was sent last; those never
sent are left out."""
