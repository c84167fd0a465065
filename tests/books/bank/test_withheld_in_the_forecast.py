"""What releases kept back is to come with the next month, until a release sends it or sets it off."""

from datetime import date
from decimal import Decimal

import pytest

from npo_pipeline.books.queries.bank import kept_back_by_month, open_withheld
from tests.books.bank.ledger import empty_ledger

SEP, OCT = (date(2021, month, 1) for month in (9, 10))


@pytest.fixture(scope="module")
def ledger():
    with empty_ledger() as made:
        yield made


@pytest.fixture
def books(ledger):
    with ledger.forgotten():
        yield ledger


def withheld(books):
    return [(recipient, amount) for _, recipient, _, amount in open_withheld(books.books).rows()]


def test_a_claim_is_open_until_it_is_set_off(books):
    books.accounts = {"10001"}
    books.pay(SEP, ("10001", "EUR", -10000))
    books.release(SEP)
    assert withheld(books) == [("10001", Decimal("-100.00"))]
    books.pay(OCT, ("10001", "EUR", 30000))
    books.release(OCT)
    assert withheld(books) == []


def test_what_the_bank_gave_back_is_open_until_it_is_sent_again(books):
    books.accounts = {"10001"}
    books.pay(SEP, ("10001", "EUR", 20000), ("10002", "EUR", 500))
    books.release(SEP)
    ((sent, *_),) = books.live()
    books.answer(sent, "returned")
    assert withheld(books) == [("10001", Decimal("200.00")), ("10002", Decimal("5.00"))]
    books.release(OCT)
    assert withheld(books) == [("10002", Decimal("5.00"))]


def test_what_is_paid_of_a_month_after_its_release_is_open_until_the_month_is_released_again(books):
    books.accounts = {"10001"}
    books.pay(SEP, ("10001", "EUR", 20000))
    assert withheld(books) == []
    books.release(SEP)
    books.pay(SEP, ("10001", "EUR", -5000))
    assert withheld(books) == [("10001", Decimal("-50.00"))]
    assert kept_back_by_month(books.books, "10001").rows() == [(SEP, "EUR", Decimal("-50.00"))]
    assert kept_back_by_month(books.books, "10002").is_empty()
    books.release(SEP)
    assert withheld(books) == [("10001", Decimal("-50.00"))]
    books.pay(OCT, ("10001", "EUR", 30000))
    books.release(OCT)
    assert withheld(books) == []
