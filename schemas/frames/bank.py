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
"""The outcome of a release for each recipient and currency: WHO, new_cents (payments that it presents),
open_cents (all that is not sent), sent_cents (open_cents or 0), withheld_cents (new less sent), reason (of
withheld_cents; null where that is 0), kept (why nothing is sent; null where it is), iban, account_name and
remittance (null where nothing is sent), failed (the end_to_end_id of a transfer to this account that the bank gave
back; null where there is none), new_payments (their number), payment_ids (a sorted list, of all not sent)."""

BankReferences = NewType("BankReferences", pl.DataFrame)
"""payment_id, end_to_end_id, batch_id, status: the transfer in which each payment was sent last; those never
sent are left out."""

Answers = NewType("Answers", pl.DataFrame)
"""The answers in one message of a bank, in its order; see ANSWERS."""

ANSWERS = {
    "line": pl.Int64,
    "level": pl.String,
    "reference": pl.String,
    "status": pl.String,
    "happened_on": pl.Date,
    "reason_code": pl.String,
    "reason": pl.String,
    "amount_cents": pl.Int64,
    "currency": pl.String,
    "transfers": pl.Int64,
}
"""`level`: `message`, `batch` or `transfer`, which `reference` names. `status`: one of a transfer, `partly` (of a
batch) or `waits`. `amount_cents`, `currency`, `transfers` (their number): null where the bank does not say."""

OrderAmounts = NewType("OrderAmounts", pl.DataFrame)
"""end_to_end_id, batch_id, ordered_currency, ordered_cents, debtor_iban: what was sent, of all transfers."""

KnownAnswers = NewType("KnownAnswers", pl.DataFrame)
"""The columns of Answers, with those of OrderAmounts, of the transfers that were sent."""

Facts = NewType("Facts", pl.DataFrame)
"""The transfers of these books in one message, and what it says of each; see FACTS."""

FACTS = {
    "end_to_end_id": pl.String,
    "status": pl.String,
    "happened_on": pl.Date,
    "reason_code": pl.String,
    "reason": pl.String,
    "amount_cents": pl.Int64,
    "sha256": pl.String,
    "is_statement": pl.Boolean,
}
"""`is_statement`: of a camt.053, in which two bookings are never the same one."""

DistinctFacts = NewType("DistinctFacts", pl.DataFrame)
"""The columns of FACTS, each fact once; entry_day (of an entry of a statement; else null), nth (from 0, of those
of one transfer, status and entry_day in one file)."""

FreshFacts = NewType("FreshFacts", pl.DataFrame)
"""The columns of FACTS, in the order in which they count; applied: whether it would raise the status."""

Claims = NewType("Claims", pl.DataFrame)
"""end_to_end_id (of a rejected transfer), happened_on and sha256 of its booking, amount_cents, is_new."""

RealEvents = NewType("RealEvents", pl.DataFrame)
"""Rows of table `transfer_events` that a file says itself; is_entry (of a statement)."""

EventFacts = NewType("EventFacts", pl.DataFrame)
"""end_to_end_id, status, happened_on, reason_code, reason, amount_cents, applied, sha256; not numbered yet."""

SentAgain = NewType("SentAgain", pl.DataFrame)
"""end_to_end_id, again (text: the transfers that did not fail and that hold a payment of it)."""

TransferStates = NewType("TransferStates", pl.DataFrame)
"""The columns TRANSFER_STATES: an order and its status now."""

TRANSFER_STATES = (
    "end_to_end_id",
    "batch_id",
    "month",
    "recipient_kind",
    "recipient",
    "currency",
    "amount",
    "status",
)

Contradictions = NewType("Contradictions", pl.DataFrame)
"""The transfers that may have been paid twice; see CONTRADICTIONS."""

CONTRADICTIONS = {
    "end_to_end_id": pl.String,
    "month": pl.Date,
    "recipient_kind": pl.String,
    "recipient": pl.String,
    "currency": pl.String,
    "amount": pl.Decimal(18, 2),
    "status": pl.String,
    "booked_on": pl.Date,
    "again": pl.String,
}
"""`again`: the transfers in which its payments were sent again (null: it was booked twice itself)."""

PaymentsOnTheirWay = NewType("PaymentsOnTheirWay", pl.DataFrame)
"""Transfers by payment: payment_id, state (of its last transfer; `withheld` or `open` without one), end_to_end_id,
released_month, execution_date, iban, whole (its amount in DECIMAL(18,2)), reason_code and reason (of the bank;
without a transfer why it is withheld, or `after_release`). Null where there is none."""

TransfersOut = NewType("TransfersOut", pl.DataFrame)
"""currency, transfers (their number), amount, oldest (the day on which the bank was asked to pay the first), days
(since then, where today is known; 0 where that day is still to come)."""

FailedTransfers = NewType("FailedTransfers", pl.DataFrame)
"""month, recipient_kind, recipient, currency, amount, status, happened_on, reason_code, reason, end_to_end_id."""

ReadMessages = NewType("ReadMessages", pl.DataFrame)
"""The messages that were taken in; see READ_MESSAGES."""

READ_MESSAGES = {
    "file": pl.String,
    "kind": pl.String,
    "message_id": pl.String,
    "transfers": pl.Int64,
}
"""`transfers`: the number that it says something of."""

AnswerFaults = NewType("AnswerFaults", pl.DataFrame)
"""end_to_end_id, status, withheld (for what the bank gave back), expected, currency; where the two differ."""

AnsweredTransfers = NewType("AnsweredTransfers", pl.DataFrame)
"""Transfers whose status changed: recipient_kind, recipient, currency, amount, status, happened_on, reason_code,
reason, end_to_end_id."""


ReleaseBalances = NewType("ReleaseBalances", pl.DataFrame)
"""month, recipient, currency, payments, transferred, withheld (DECIMAL(18,2)), as view `transfer_balance`."""

PaidSinceRelease = NewType("PaidSinceRelease", pl.DataFrame)
"""paid_month, currency, amount (DECIMAL(18,2)), recipients (their number): paid since the release of the month."""

WithoutAccount = NewType("WithoutAccount", pl.DataFrame)
"""currency, amount (DECIMAL(18,2)), recipients (their number): withheld, for no account was known."""

PaymentsSentTwice = NewType("PaymentsSentTwice", pl.DataFrame)
"""payment_id, transfers (how many of them did not fail)."""

StrayRows = NewType("StrayRows", pl.DataFrame)
"""fault (the table and the kind of row), name (the id of the row)."""

EventFaults = NewType("EventFaults", pl.DataFrame)
"""fault (words), end_to_end_id."""
