"""Answers of a bank on the transfers that were sent: on one, on a batch, or on a whole message."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.bank.answers import BATCH, MESSAGE, STATEMENT, TRANSFER, Answer, BankMessage
from npo_pipeline.bank.reasons import PARTLY, WAITS
from npo_pipeline.bank.statuses import TransferHistory
from npo_pipeline.errors import Refused
from npo_pipeline.money import to_cents
from schemas.frames.bank import (
    FACTS,
    Answers,
    Facts,
    KnownAnswers,
    OrderAmounts,
)
from schemas.released import (
    ACCEPTED,
    REJECTED,
    RETURNED,
    Batches,
)

_LEVELS = {MESSAGE: 0, BATCH: 1, TRANSFER: 2}


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """Hold what one message says of our transfers.

    `unknown`: references that are none of ours, with what is said of them, a sentence each.
    """

    facts: Facts
    unknown: tuple[str, ...]


def resolve(
    message: BankMessage, sha256: str, released: TransferHistory, rejected: Iterable[str] = ()
) -> Resolved:
    """Return what a message says of the transfers that were sent.

    `rejected`: transfers that other messages of the same moment reject, beside those that are known to be.

    Raises:
        Refused: it is of another account or currency, or names another amount than was sent.
    """
    _refuse_other_account(message, released)
    answers = message.answers
    is_transfer = pl.col("level") == TRANSFER
    orders = _orders(released)
    known = KnownAnswers(
        answers.filter(is_transfer).join(orders, left_on="reference", right_on="end_to_end_id", how="inner")
    )
    _refuse_other_amounts(message, known)
    is_ours = pl.col("reference").is_in(orders["end_to_end_id"].implode())
    is_batch = ~is_transfer & pl.col("reference").is_in(released.batches["batch_id"].implode())
    unknown = _unknown(message, Answers(answers.filter(~(is_transfer & is_ours | is_batch))))
    not_sent = {*rejected, *released.events.filter(pl.col("status") == REJECTED)["end_to_end_id"]}
    said = [known.select(pl.col("reference").alias("end_to_end_id"), *_SAID, "level")]
    for answer in answers.filter(is_batch).iter_rows(named=True):
        row = Answer(**answer)
        of_batch, words = _of_batch(message, row, orders, not_sent)
        if row.status == PARTLY:
            of_batch = _beside_named(of_batch, answers)
        said.append(of_batch.select("end_to_end_id", *_said_of(row)))
        unknown += words
    every = pl.concat(said)
    if message.kind == "pain.002":
        rank = pl.col("level").replace_strict(_LEVELS, return_dtype=pl.Int64)
        every = every.filter(rank == rank.max().over("end_to_end_id"))
    facts = every.filter(pl.col("status") != WAITS).with_columns(
        sha256=pl.lit(sha256), is_statement=pl.lit(message.kind == STATEMENT)
    )
    return Resolved(facts=Facts(facts.select(list(FACTS))), unknown=tuple(unknown))


_SAID = ("status", "happened_on", "reason_code", "reason", "amount_cents")


def _said_of(row: Answer) -> list[pl.Expr]:
    """Return what an answer on a whole batch says of each transfer in it; the amount is that of the transfer."""
    said = {
        "status": (ACCEPTED if row.status == PARTLY else row.status, pl.String),
        "happened_on": (row.happened_on, pl.Date),
        "reason_code": (row.reason_code, pl.String),
        "reason": (row.reason, pl.String),
    }
    words = [pl.lit(value, kind).alias(name) for name, (value, kind) in said.items()]
    return [*words, pl.col("ordered_cents").alias("amount_cents"), pl.lit(row.level).alias("level")]


def _beside_named(orders: OrderAmounts, answers: Answers) -> OrderAmounts:
    """Return the transfers of a batch that a message does not name; none where it names none of them."""
    named = answers.filter(pl.col("level") == TRANSFER)["reference"].implode()
    is_named = pl.col("end_to_end_id").is_in(named)
    return OrderAmounts(orders.filter(~is_named) if orders.filter(is_named).height else orders.clear())


def _orders(released: TransferHistory) -> OrderAmounts:
    accounts = released.batches.select("batch_id", "debtor_iban")
    orders = released.orders.select(
        "end_to_end_id",
        "batch_id",
        pl.col("currency").alias("ordered_currency"),
        ordered_cents=to_cents(pl.col("amount")),
    )
    return OrderAmounts(orders.join(accounts, on="batch_id", how="left"))


def _refuse_other_account(message: BankMessage, released: TransferHistory) -> None:
    accounts = released.batches["debtor_iban"].unique().sort().to_list()
    if message.account is not None and message.account not in accounts:
        raise Refused(
            f"{message.name}: is of account {message.account}, and releases are paid from {', '.join(accounts)}; "
            "give the file of that account"
        )
    mine = released.batches
    if message.account is not None:
        mine = Batches(mine.filter(pl.col("debtor_iban") == message.account))
    currencies = mine["currency"].unique().sort().to_list()
    if message.currency is not None and message.currency not in currencies:
        raise Refused(
            f"{message.name}: is in {message.currency}, and releases are in {', '.join(currencies)}; give the "
            "file of the account in that currency"
        )


def _refuse_other_amounts(message: BankMessage, known: KnownAnswers) -> None:
    """Refuse a message that names another amount, currency or account of a transfer than was ordered."""
    for row in known.iter_rows(named=True):
        where = f"{message.name}, line {row['line']}: transfer {row['reference']}"
        if row["currency"] is not None and row["currency"] != row["ordered_currency"]:
            raise Refused(
                f"{where} is in {row['currency']}, and was sent in {row['ordered_currency']}; ask the bank"
            )
        if row["amount_cents"] is not None and row["amount_cents"] != row["ordered_cents"]:
            said, sent = dutch.cents(row["amount_cents"]), dutch.cents(row["ordered_cents"])
            raise Refused(f"{where} is of {said}, and {sent} was sent; ask the bank")
        _refuse_account_of(where, message, row["debtor_iban"])


def _refuse_account_of(where: str, message: BankMessage, account: str) -> None:
    if message.account is not None and account != message.account:
        raise Refused(f"{where} was paid from {account}, and the file is of {message.account}; ask the bank")


def _unknown(message: BankMessage, answers: Answers) -> list[str]:
    return [
        f"{message.name}, line {row['line']}: {row['level']} {row['reference']} is not of these books"
        for row in answers.iter_rows(named=True)
    ]


def _of_batch(
    message: BankMessage, row: Answer, orders: OrderAmounts, rejected: Collection[str]
) -> tuple[OrderAmounts, list[str]]:
    """Return the transfers of a batch that an answer is about, and what could not be read from it.

    Raises:
        Refused: the amount, the number of transfers or the currency is not that of the batch.
    """
    mine = OrderAmounts(orders.filter(pl.col("batch_id") == row.reference))
    where = f"{message.name}, line {row.line}: batch {row.reference}"
    if message.kind == "pain.002":
        _refuse_other_totals(where, row, mine)
        return mine, []
    for account, currency in mine.select("debtor_iban", "ordered_currency").unique().iter_rows():
        _refuse_account_of(where, message, account)
        if row.currency not in {None, currency}:
            raise Refused(f"{where} is in {row.currency}, and was sent in {currency}; ask the bank")
    remaining = OrderAmounts(mine.filter(~pl.col("end_to_end_id").is_in(list(rejected))))
    for one in (remaining, mine):
        if one.height and row.amount_cents == _sum(one):
            _refuse_other_number(where, row, one)
            return one, []
    amount = "an unknown amount" if row.amount_cents is None else dutch.cents(row.amount_cents)
    if row.status == RETURNED:
        words = f"{where}: {amount} came back, and it is not said of which transfer; ask the bank"
        return OrderAmounts(mine.clear()), [words]
    sent = dutch.cents(_sum(remaining))
    raise Refused(
        f"{where} is booked for {amount}, and {sent} was sent and not rejected; "
        "where the bank rejected a part, give the pain.002 that says so first, or in the same folder"
    )


def _refuse_other_totals(where: str, row: Answer, orders: OrderAmounts) -> None:
    total = _sum(orders)
    if row.amount_cents is not None and row.amount_cents != total:
        raise Refused(
            f"{where} has a control sum of {dutch.cents(row.amount_cents)}, and {dutch.cents(total)} was sent; "
            "ask the bank"
        )
    _refuse_other_number(where, row, orders)


def _refuse_other_number(where: str, row: Answer, orders: OrderAmounts) -> None:
    if row.transfers is not None and row.transfers != orders.height:
        raise Refused(f"{where} has {row.transfers} transfers, and {orders.height} were sent; ask the bank")


def _sum(orders: OrderAmounts) -> int:
    return int(orders["ordered_cents"].sum())
