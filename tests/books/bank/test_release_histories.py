"""Whatever is paid, released, given back and released again: it adds up, all goes out, and nothing twice."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.bank.statuses import transfer_states
from npo_pipeline.books.queries import bank as queries
from tests.books.bank.ledger import empty_ledger
from tests.effort import examples

MONTHS = [date(2021, month, 1) for month in (9, 10, 11)]
SEPTEMBER, OCTOBER, NOVEMBER = MONTHS
RECIPIENTS = ("40001", "40002")
CURRENCIES = ("EUR", "USD")

amounts = st.tuples(
    st.sampled_from(RECIPIENTS),
    st.sampled_from(CURRENCIES),
    st.integers(-500_00, 500_00).filter(bool),
)
months = st.sampled_from(MONTHS)
acts = st.one_of(
    st.tuples(st.just("pay"), months, st.lists(amounts, min_size=1, max_size=4)),
    st.tuples(st.just("release"), months),
    st.tuples(st.just("account"), st.sampled_from(RECIPIENTS)),
    st.tuples(
        st.just("answer"),
        st.integers(0, 9),
        st.sampled_from(("accepted", "rejected", "booked", "returned")),
        st.sampled_from((None, date(2021, 10, 21), date(2021, 10, 22))),
    ),
)


@pytest.fixture(scope="module")
def memory():
    with empty_ledger() as ledger:
        yield ledger


@pytest.fixture
def ledger(memory):
    with memory.forgotten():
        yield memory


def do(ledger, act, *given):
    if act == "pay":
        ledger.pay(given[0], *given[1])
    elif act == "release":
        ledger.release(*given)
    elif act == "account":
        ledger.accounts.add(*given)
    elif sent := ledger.sent():
        place, *said = given
        ledger.answer(sent[place % len(sent)], *said)


@settings(max_examples=examples(10, thorough=400))
@given(history=st.lists(acts, max_size=14))
def test_transfers_and_what_is_withheld_are_what_was_presented(memory, history):
    with memory.forgotten() as ledger:
        for act in history:
            do(ledger, *act)
            assert ledger.imbalance() == []
            assert ledger.sent_twice() == []
            assert queries.answer_faults(ledger.books).is_empty()
            states = transfer_states(ledger.known()).select("end_to_end_id", "status").sort("end_to_end_id")
            assert states.rows() == ledger.select("select end_to_end_id, status from transfers order by 1")
        everything_goes_out(ledger)


def everything_goes_out(ledger):
    """With an account for everybody and a net above zero all of it is sent, to the cent."""
    ledger.accounts |= set(RECIPIENTS)
    everybody = [(one, currency, 1_000_000_00) for one in RECIPIENTS for currency in CURRENCIES]
    ledger.pay(NOVEMBER, *everybody)
    for month in MONTHS:
        ledger.release(month)
    assert ledger.imbalance() == ledger.sent_twice() == []
    sent = "select recipient, currency, sum(amount) from transfers where status not in ('rejected', 'returned')"
    paid = "select recipient, currency, sum(amount) from payments"
    by_recipient = "group by all order by all"
    assert ledger.select(f"{sent} {by_recipient}") == ledger.select(f"{paid} {by_recipient}")
    withheld = "select currency, sum(withheld) from transfer_balance group by 1 having sum(withheld) <> 0"
    assert ledger.select(withheld) == []
    assert all(ledger.release(month).is_empty for month in MONTHS)


def withheld(ledger):
    return [
        (f"{month:%m}", str(amount), reason)
        for month, amount, reason in ledger.select(
            "select month, amount, reason from withheld order by run_id, month"
        )
    ]


def sent(ledger):
    return [(f"{month:%m}", str(amount), status) for _, month, _, _, amount, status in ledger.live()]


def test_a_month_below_zero_is_set_off_in_the_next(ledger):
    ledger.accounts.add("40001")
    ledger.pay(SEPTEMBER, ("40001", "EUR", -100_00))
    ledger.release(SEPTEMBER)
    ledger.pay(OCTOBER, ("40001", "EUR", 300_00))
    ledger.release(OCTOBER)
    assert sent(ledger) == [("10", "200.00", "sent")]
    assert withheld(ledger) == [("09", "-100.00", "not_above_zero"), ("10", "100.00", "set_off")]
    assert ledger.imbalance() == []


def test_what_came_back_goes_out_once_more(ledger):
    ledger.accounts.add("40001")
    ledger.pay(OCTOBER, ("40001", "EUR", 200_00))
    ledger.release(OCTOBER)
    ((first, *_),) = ledger.live()
    ledger.answer(first, "booked")
    ledger.answer(first, "returned")
    assert withheld(ledger) == [("10", "200.00", "returned")]
    ledger.pay(NOVEMBER, ("40001", "EUR", 5))
    assert ledger.release(NOVEMBER).lines["failed"].to_list() == [first]
    assert sent(ledger) == [("11", "200.05", "sent")]
    assert withheld(ledger)[1:] == [("11", "-200.00", "sent_again")]
    assert ledger.release(OCTOBER).is_empty
    assert ledger.imbalance() == []


def test_what_comes_back_from_one_account_again_and_again_is_another_plan_each_time(ledger):
    ledger.accounts.add("40001")
    ledger.pay(OCTOBER, ("40001", "EUR", 200_00))
    fingerprints = set()
    for _ in range(4):
        fingerprints.add(ledger.release(OCTOBER).fingerprint)
        ((name, *_),) = ledger.live()
        ledger.answer(name, "returned")
    assert len(fingerprints) == 4
    assert ledger.imbalance() == []


def test_a_payment_is_where_the_bank_booked_it_after_all_and_not_in_a_later_transfer_that_failed(ledger):
    ledger.accounts.add("40001")
    ledger.pay(OCTOBER, ("40001", "EUR", 200_00))
    names = []
    for _ in range(2):
        ledger.release(OCTOBER)
        ((name, *_),) = ledger.live()
        names.append(name)
        ledger.answer(name, "rejected")
    assert queries.payments_on_their_way(ledger.books, OCTOBER)["end_to_end_id"].to_list() == names[1:]
    ledger.answer(names[0], "booked")
    where = ("end_to_end_id", "state")
    assert queries.payments_on_their_way(ledger.books, OCTOBER)[where].rows() == [(names[0], "booked")]
    assert queries.bank_references(ledger.books, OCTOBER)["end_to_end_id"].to_list() == names[:1]
    assert ledger.release(OCTOBER).is_empty
    assert ledger.imbalance() == []


def test_who_gets_an_account_later_is_paid_then(ledger):
    ledger.pay(OCTOBER, ("40001", "EUR", 200_00))
    ledger.release(OCTOBER)
    assert (sent(ledger), withheld(ledger)) == ([], [("10", "200.00", "no_account")])
    ledger.accounts.add("40001")
    ledger.release(OCTOBER)
    assert sent(ledger) == [("10", "200.00", "sent")]
    assert withheld(ledger)[1:] == [("10", "-200.00", "sent_again")]


def test_a_month_that_is_paid_again_is_released_again(ledger):
    ledger.accounts.add("40001")
    for cents in (200_00, 300_00):
        ledger.pay(OCTOBER, ("40001", "EUR", cents))
        ledger.release(OCTOBER)
    assert sent(ledger) == [("10", "200.00", "sent"), ("10", "300.00", "sent")]
    batches = ledger.select("select batch_id from batches order by 1")
    assert batches == [("NPO-2021-10-001",), ("NPO-2021-10-002",)]


def test_months_that_were_never_released_are_not_sent_with_another(ledger):
    ledger.accounts.add("40001")
    ledger.pay(SEPTEMBER, ("40001", "EUR", 200_00))
    ledger.pay(OCTOBER, ("40001", "EUR", 300_00))
    ledger.release(OCTOBER)
    assert sent(ledger) == [("10", "300.00", "sent")]
    ledger.release(SEPTEMBER)
    assert sent(ledger) == [("10", "300.00", "sent"), ("09", "200.00", "sent")]


def test_the_last_word_of_the_bank_counts_in_whatever_order_it_comes(ledger):
    ledger.accounts.add("40001")
    ledger.pay(OCTOBER, ("40001", "EUR", 200_00))
    ledger.release(OCTOBER)
    ((first, *_),) = ledger.live()
    for status in ("booked", "accepted"):
        ledger.answer(first, status)
    assert sent(ledger) == [("10", "200.00", "booked")]


def twice_rejected(ledger):
    """Two transfers of the same payment, both rejected."""
    ledger.accounts.add("40001")
    ledger.pay(OCTOBER, ("40001", "EUR", 200_00))
    for _ in range(2):
        ledger.release(OCTOBER)
        ((name, *_),) = ledger.live()
        ledger.answer(name, "rejected")
    return ledger.sent()


def test_a_rejected_transfer_that_is_booked_after_all_is_not_sent_once_more(ledger):
    first, _ = twice_rejected(ledger)
    ledger.answer(first, "booked")
    assert sent(ledger) == [("10", "200.00", "booked")]
    assert ledger.release(OCTOBER).is_empty
    assert ledger.imbalance() == ledger.sent_twice() == []


def test_of_two_that_are_booked_after_all_the_second_is_a_contradiction(ledger):
    first, second = twice_rejected(ledger)
    assert ledger.answer(second, "booked").contradictions.is_empty()
    found = ledger.answer(first, "booked").contradictions
    assert found.select("end_to_end_id", "again").rows() == [(first, second)]
    assert ledger.answer(first, "returned").contradictions.is_empty()
    assert sent(ledger) == [("10", "200.00", "booked")]
    assert ledger.imbalance() == ledger.sent_twice() == []
