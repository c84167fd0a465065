"""Releases for tests: batches of transfers, the payments in them, and what the bank said so far."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from npo_pipeline.bank.answers import read_answers
from npo_pipeline.bank.resolve import resolve
from npo_pipeline.bank.statuses import Outcome, TransferHistory, new_events, transfer_states
from schemas.columns import schema_of
from schemas.released import (
    BATCHES,
    TRANSFER_EVENTS,
    TRANSFER_ORDERS,
    TRANSFER_PAYMENTS,
    WITHHELD,
    Batches,
    TransferEvents,
    TransferOrders,
    TransferPayments,
    Withheld,
)
from tests.spec.bank.messages import ACCOUNT


def batch_row(batch: str, *, currency: str = "EUR", account: str = ACCOUNT) -> dict[str, object]:
    number = int(batch[12:15])
    return {
        "batch_id": batch,
        "month": date(2021, 9, 1),
        "currency": currency,
        "file": f"{batch.lower()}.xml",
        "sha256": f"{number:064x}",
        "transfers": 1,
        "total": Decimal("1.00"),
        "debtor_name": "Ministerie",
        "debtor_iban": account,
        "debtor_bic": None,
        "execution_date": date(2021, 9, 24),
        "fingerprint": f"{number:064x}",
        "prepared_by": "A",
        "approved_by": "B",
        "created_at": datetime(2021, 9, 20, tzinfo=UTC).replace(tzinfo=None),
        "run_id": f"{number:06d}-release-2021-09",
    }


def released(*transfers: tuple[str, str, str, str], accounts: dict[str, str] | None = None) -> TransferHistory:
    """Return releases of transfers (batch, id, amount, payments apart by a space), all euro of board 40045."""
    batches = sorted({batch for batch, *_ in transfers})
    orders = [
        {
            "end_to_end_id": name,
            "batch_id": batch,
            "month": date(2021, 9, 1),
            "recipient_kind": "bestuur",
            "recipient": "40045",
            "currency": "EUR",
            "amount": Decimal(amount),
            "iban": "NL91ABNA0417164300",
            "account_name": "Stichting A",
            "remittance": "NPO 2021-09",
            "run_id": "000001-release-2021-09",
        }
        for batch, name, amount, _ in transfers
    ]
    payments = [
        {"end_to_end_id": name, "payment_id": f"{int(one):032x}", "run_id": "000001-release-2021-09"}
        for _, name, _, numbers in transfers
        for one in numbers.split()
    ]
    rows = [batch_row(one, account=(accounts or {}).get(one, ACCOUNT)) for one in batches]
    return TransferHistory(
        batches=Batches(pl.DataFrame(rows, schema=schema_of(BATCHES))),
        orders=TransferOrders(pl.DataFrame(orders, schema=schema_of(TRANSFER_ORDERS))),
        payments=TransferPayments(pl.DataFrame(payments, schema=schema_of(TRANSFER_PAYMENTS))),
        events=TransferEvents(pl.DataFrame(schema=schema_of(TRANSFER_EVENTS))),
    )


class Bank:
    """Feed messages to releases, one call of `npo bank` after the other, and keep what comes of them."""

    def __init__(self, known: TransferHistory) -> None:
        self.known, self.files = known, 0
        self.withheld = Withheld(pl.DataFrame(schema=schema_of(WITHHELD)).drop("run_id"))
        self.outcome: Outcome | None = None
        self.unknown: list[str] = []

    def read(self, *messages: bytes) -> Outcome:
        """Read messages in one call."""
        facts, not_sent = [], set[str]()
        for data in messages:
            self.files += 1
            found = resolve(read_answers(f"{self.files}.xml", data), f"{self.files:064x}", self.known, not_sent)
            not_sent |= set(found.facts.filter(pl.col("status") == "rejected")["end_to_end_id"])
            facts.append(found.facts)
            self.unknown += found.unknown
        done = new_events(facts, self.known)
        rows = done.events.with_columns(run_id=pl.lit("000002-bank")).select(self.known.events.columns)
        self.known = replace(
            self.known,
            events=TransferEvents(pl.concat([self.known.events, rows])),
            statements=self.known.statements.union(*(one.filter("is_statement")["sha256"] for one in facts)),
        )
        self.withheld = Withheld(pl.concat([self.withheld, done.withheld]))
        self.outcome = done
        return done

    def add(self, more: TransferHistory) -> None:
        """Release again: more batches, with transfers and payments."""
        self.known = TransferHistory(
            batches=Batches(pl.concat([self.known.batches, more.batches])),
            orders=TransferOrders(pl.concat([self.known.orders, more.orders])),
            payments=TransferPayments(pl.concat([self.known.payments, more.payments])),
            events=self.known.events,
            statements=self.known.statements,
        )

    @property
    def statuses(self) -> dict[str, str]:
        """Return the status of each transfer."""
        return dict(
            transfer_states(self.known).select("end_to_end_id", "status").sort("end_to_end_id").iter_rows()
        )

    @property
    def deltas(self) -> list[tuple[str, str, str]]:
        """Return what was withheld: transfer, amount, reason."""
        rows = self.withheld.select("end_to_end_id", pl.col("amount").cast(pl.String), "reason")
        return list(rows.iter_rows())
