"""Tables of what leaves the books by bank, and of what the bank answers; `transfers` is a view of them."""

from __future__ import annotations

from typing import NewType

import pandera.polars as pa
import polars as pl

from schemas.columns import (
    CURRENCIES,
    RECIPIENT,
    RECIPIENT_KINDS,
    boolean,
    code,
    day,
    first_of_month,
    moment,
    money,
    money_not_negative,
    money_not_zero,
    one_of,
    table,
    text,
    whole,
)
from schemas.rules import BIC, IBAN, IBAN_NL

SENT, ACCEPTED, REJECTED, BOOKED, RETURNED = TRANSFER_STATUSES = (
    "sent",
    "accepted",
    "rejected",
    "booked",
    "returned",
)
FAILED = (REJECTED, RETURNED)
"""The statuses of a transfer whose money did not arrive: its payments may be released again."""

NOT_ABOVE_ZERO, NO_ACCOUNT, SET_OFF, SENT_AGAIN = "not_above_zero", "no_account", "set_off", "sent_again"
WITHHELD_REASONS = (NOT_ABOVE_ZERO, NO_ACCOUNT, SET_OFF, REJECTED, RETURNED, SENT_AGAIN)

BANK_KINDS = ("pain.002", "camt.053", "camt.054")

_SHA256 = r"^[0-9a-f]{64}$"
_END_TO_END = r"^[A-Za-z0-9-]{1,35}$"
_BATCH = r"^NPO-20[0-9]{2}-[0-9]{2}-[0-9]{3}(-[A-Z]{3})?$"

_SENT_TO = {
    "month": first_of_month("Month of the release, as the date of its first day."),
    "recipient_kind": one_of(RECIPIENT_KINDS),
    "recipient": RECIPIENT,
    "currency": one_of(CURRENCIES),
}
"""The columns that say whom an amount of a release is of."""


def _batch_id() -> pa.Column:
    return code(_BATCH, "The batch: month of the release and number in it (NPO-2021-09-001).")


def _end_to_end_id(description: str = "", *, nullable: bool = False) -> pa.Column:
    shared = "The transfer: the id that the bank carries from end to end (NPO-202109-40045-0123456789ab)."
    return code(_END_TO_END, description or shared, nullable=nullable)


AccountConfirmations = NewType("AccountConfirmations", pl.DataFrame)
ACCOUNT_CONFIRMATIONS = table(
    "account_confirmations",
    "One row per time that somebody confirmed the changed account of a recipient.",
    {
        "run_id": text(),
        "recipient_kind": one_of(RECIPIENT_KINDS),
        "recipient": RECIPIENT,
        "iban": code(IBAN_NL, "The account that was confirmed."),
        "confirmed_by": text("The name of who confirmed it."),
        "confirmed_at": moment("Moment of the confirmation, UTC."),
        "delivery_id": text("The delivery whose row changed to it: a later change back to it is asked for again."),
    },
    ("run_id", "recipient", "iban", "delivery_id"),
)

ReleasePlans = NewType("ReleasePlans", pl.DataFrame)
RELEASE_PLANS = table(
    "release_plans",
    "One row per plan of a release that somebody prepared, for another to approve.",
    {
        "run_id": text(),
        "month": first_of_month("Month of the release, as the date of its first day."),
        "fingerprint": code(_SHA256, "SHA-256 of all that the plan would send and withhold."),
        "prepared_by": text("The name of who prepared it."),
        "prepared_at": moment("Moment at which it was prepared, UTC."),
        "debtor_iban": code(IBAN, "Account that would pay; null where none was named.", nullable=True),
    },
    ("run_id",),
)

Batches = NewType("Batches", pl.DataFrame)
BATCHES = table(
    "batches",
    "One row per release and currency: the payment file, what it adds up to, and who prepared and approved it.",
    {
        "batch_id": _batch_id(),
        "month": first_of_month("Month of the release, as the date of its first day."),
        "currency": one_of(CURRENCIES),
        "file": text("Name of the file in folder `bank`; null where nothing goes out.", nullable=True),
        "sha256": code(_SHA256, "SHA-256 of the bytes of the file.", nullable=True),
        "transfers": whole("Number of transfers."),
        "total": money_not_negative("Sum of the transfers, in the currency of the row."),
        "debtor_name": text("Name of the account that pays."),
        "debtor_iban": code(IBAN, "Account that pays."),
        "debtor_bic": code(BIC, "Bank of the account that pays; null where none was named.", nullable=True),
        "execution_date": day("Day on which the bank is asked to pay."),
        "fingerprint": code(_SHA256, "SHA-256 of the plan that was approved."),
        "prepared_by": text("The name of who prepared it."),
        "approved_by": text("The name of who approved it."),
        "created_at": moment("Moment of the release, UTC; the file says it too."),
        "run_id": text(),
    },
    ("batch_id",),
)

TransferOrders = NewType("TransferOrders", pl.DataFrame)
TRANSFER_ORDERS = table(
    "transfer_orders",
    "One row per transfer, as it was ordered; view `transfers` has what became of it. Rows are never changed.",
    {
        "end_to_end_id": _end_to_end_id(),
        "batch_id": _batch_id(),
        **_SENT_TO,
        "amount": money("Amount of the transfer, above 0, in the currency of the row.", check=pa.Check.gt(0)),
        "iban": code(IBAN_NL, "Account that is paid."),
        "account_name": text("Name of that account, as it was delivered."),
        "remittance": text("The text that the recipient reads on the statement."),
        "run_id": text(),
    },
    ("end_to_end_id",),
)

TransferPayments = NewType("TransferPayments", pl.DataFrame)
TRANSFER_PAYMENTS = table(
    "transfer_payments",
    "The payments in each transfer. A payment is in one transfer; in another only after the first failed.",
    {
        "end_to_end_id": _end_to_end_id(),
        "payment_id": code(r"^[0-9a-f]{32}$"),
        "run_id": text(),
    },
    ("end_to_end_id", "payment_id"),
)

Withheld = NewType("Withheld", pl.DataFrame)
WITHHELD = table(
    "withheld",
    "What was not sent, or was sent on top, per month: transfers that did not fail and these rows add up to the "
    "payments that were presented.",
    {
        "run_id": text(),
        **_SENT_TO,
        "amount": money_not_zero("Amount in the currency of the row; below zero is set off or was sent on top."),
        "reason": one_of(
            WITHHELD_REASONS,
            "`not_above_zero`: there is nothing to send; `no_account`: no account is known; `set_off`: kept for "
            "what was withheld below zero before; `rejected`, `returned`: by the bank; `sent_again`: withheld "
            "before, and sent now.",
        ),
        "end_to_end_id": _end_to_end_id("The transfer that the bank gave back; else null.", nullable=True),
    },
    ("run_id", "month", "recipient", "currency", "reason", "end_to_end_id"),
)

BankFiles = NewType("BankFiles", pl.DataFrame)
BANK_FILES = table(
    "bank_files",
    "One row per file of the bank that was read.",
    {
        "file": text("Name of the file."),
        "sha256": code(_SHA256, "SHA-256 of the bytes of the file."),
        "message_id": text("The id that the bank gave the message."),
        "kind": one_of(BANK_KINDS, "Kind of message: `pain.002`, `camt.053` or `camt.054`."),
        "account_iban": code(IBAN, "Account that it is of; null where the file names none.", nullable=True),
        "run_id": text(),
        "read_at": moment("Moment at which it was read, UTC."),
    },
    ("sha256",),
)

TransferEvents = NewType("TransferEvents", pl.DataFrame)
TRANSFER_EVENTS = table(
    "transfer_events",
    "What the bank said of each transfer, in order.",
    {
        "end_to_end_id": _end_to_end_id(),
        "sequence": whole("Number of the event of its transfer, from 1."),
        "status": one_of(TRANSFER_STATUSES, "Status that the bank gives the transfer."),
        "happened_on": day("Day that the bank gives for it."),
        "reason_code": text("Code of the bank for the reason, such as AC04; null where none.", nullable=True),
        "reason": text("The reason in words; null where none.", nullable=True),
        "amount": money("Amount that the bank names; null where none.", nullable=True),
        "applied": boolean("Whether it raised the status; what came late, or contradicts what is known, did not."),
        "sha256": code(_SHA256, "The file that says so, by its SHA-256 in `bank_files`."),
        "run_id": text(),
    },
    ("end_to_end_id", "sequence"),
)
