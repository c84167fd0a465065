"""Where each payment of a month is, after releases and what the bank said: every cent once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from npo_pipeline.books.queries.bank import payments_on_their_way
from tests.books.bank.ledger import empty_ledger

BOARD, OTHER = "40001", "40002"
SEPTEMBER, OCTOBER = date(2021, 9, 1), date(2021, 10, 1)


@pytest.fixture(scope="module")
def ledger():
    with empty_ledger() as found:
        yield found


def states(ledger, month) -> dict[str, Decimal]:
    """Board, state and reason -> the payments of a month that are so."""
    way = payments_on_their_way(ledger.books, month)
    paid = {name: (board, amount) for name, board, amount in _paid(ledger)}
    found: dict[str, Decimal] = {}
    for name, state, reason in way.select("payment_id", "state", "reason").iter_rows():
        board, amount = paid[name]
        key = " ".join(filter(None, (board, state, reason)))
        found[key] = found.get(key, Decimal(0)) + amount
    return found


def _paid(ledger):
    return ledger.select("select payment_id, recipient, amount from payments")


def test_a_payment_is_open_until_it_is_released_and_then_as_its_last_transfer_is(ledger):
    with ledger.forgotten():
        ledger.accounts |= {BOARD}
        ledger.pay(SEPTEMBER, (BOARD, "EUR", 100_00), (OTHER, "EUR", 7_00))
        assert states(ledger, SEPTEMBER) == {f"{BOARD} open": 100, f"{OTHER} open": 7}
        ledger.release(SEPTEMBER)
        assert states(ledger, SEPTEMBER) == {f"{BOARD} sent": 100, f"{OTHER} withheld no_account": 7}
        ((sent, *_),) = ledger.live()
        ledger.answer(sent, "returned")
        assert states(ledger, SEPTEMBER)[f"{BOARD} returned"] == 100
        ledger.release(SEPTEMBER)
        assert states(ledger, SEPTEMBER)[f"{BOARD} sent"] == 100


def test_what_is_below_zero_is_withheld_and_goes_out_with_a_later_month(ledger):
    with ledger.forgotten():
        ledger.accounts |= {BOARD}
        ledger.pay(SEPTEMBER, (BOARD, "EUR", -100_00))
        ledger.release(SEPTEMBER)
        assert states(ledger, SEPTEMBER) == {f"{BOARD} withheld not_above_zero": -100}
        ledger.pay(OCTOBER, (BOARD, "EUR", 300_00))
        assert states(ledger, OCTOBER) == {f"{BOARD} open": 300}
        ledger.release(OCTOBER)
        assert (states(ledger, SEPTEMBER), states(ledger, OCTOBER)) == (
            {f"{BOARD} sent": -100},
            {f"{BOARD} sent": 300},
        )
        (way,) = payments_on_their_way(ledger.books, SEPTEMBER).rows(named=True)
        assert (way["released_month"], way["whole"]) == (OCTOBER, 200)


def test_what_is_paid_after_the_release_of_its_month_is_not_withheld(ledger):
    with ledger.forgotten():
        ledger.accounts |= {BOARD}
        ledger.pay(SEPTEMBER, (BOARD, "EUR", 100_00))
        ledger.release(SEPTEMBER)
        ledger.pay(SEPTEMBER, (BOARD, "EUR", 5_00))
        assert states(ledger, SEPTEMBER) == {f"{BOARD} sent": 100, f"{BOARD} open after_release": 5}
