"""What answers of a bank make of transfers: statuses, what is withheld again, and what contradicts."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.errors import Refused
from tests.spec.bank.messages import (
    batch_status,
    booked,
    detail,
    entry,
    given_back,
    notification,
    rejected,
    statement,
    status_report,
    tag,
    text,
    transfer_status,
)
from tests.spec.bank.released import Bank, released

FIRST, SECOND = "NPO-2021-09-001", "NPO-2021-10-001"
A, B, C = "NPO-A", "NPO-B", "NPO-C"
WHOLE = tag("Btch", text("PmtInfId", FIRST))
FRIDAY, MONDAY = (statement(booked(C, "30.00", day=day)) for day in ("2021-09-24", "2021-09-27"))


def three() -> Bank:
    """Three transfers in one batch: 10, 20 and 30 euro."""
    return Bank(released((FIRST, A, "10.00", "1"), (FIRST, B, "20.00", "2"), (FIRST, C, "30.00", "3 4")))


def sent_again(bank: Bank, amount: str = "30.00", payments: str = "3 4") -> str:
    bank.add(released((SECOND, "NPO-AGAIN", amount, payments)))
    return "NPO-AGAIN"


def refusal(bank: Bank, *messages: bytes) -> str:
    with pytest.raises(Refused) as caught:
        bank.read(*messages)
    return str(caught.value)


def test_a_transfer_is_sent_until_the_bank_answers():
    assert three().statuses == {A: "sent", B: "sent", C: "sent"}


def test_a_batch_that_is_accepted_is_accepted_for_all_its_transfers():
    bank = three()
    bank.read(status_report(group=text("GrpSts", "ACCP")))
    assert set(bank.statuses.values()) == {"accepted"}
    assert bank.deltas == []


def test_a_batch_that_is_rejected_frees_all_its_payments():
    bank = three()
    bank.read(status_report(group=text("GrpSts", "RJCT")))
    assert bank.deltas == [(A, "10.00", "rejected"), (B, "20.00", "rejected"), (C, "30.00", "rejected")]


def test_the_nearest_status_holds():
    bank = three()
    rows = batch_status(text("PmtInfSts", "ACSP"), transfer_status(C, "RJCT"))
    bank.read(status_report(group=text("GrpSts", "ACTC"), batches=rows))
    assert bank.statuses == {A: "accepted", B: "accepted", C: "rejected"}


def test_of_a_batch_that_is_partly_accepted_the_transfers_that_are_not_named_are():
    bank = three()
    rows = transfer_status(C, "RJCT") + transfer_status(B, "PDNG")
    bank.read(status_report(batches=batch_status(text("PmtInfSts", "PART"), rows)))
    assert bank.statuses == {A: "accepted", B: "sent", C: "rejected"}


def test_partly_accepted_without_a_name_says_nothing():
    bank = three()
    bank.read(status_report(group=text("GrpSts", "PART")))
    assert set(bank.statuses.values()) == {"sent"}


def test_a_transfer_is_booked_and_then_returned():
    bank = three()
    bank.read(statement(booked(C, "30.00")))
    assert bank.statuses[C] == "booked"
    assert bank.deltas == []
    bank.read(statement(given_back(C, "30.00")))
    assert bank.statuses[C] == "returned"
    assert bank.deltas == [(C, "30.00", "returned")]


def test_the_same_fact_in_two_files_counts_once():
    bank = three()
    bank.read(notification(booked(C, "30.00")))
    assert not bank.read(statement(booked(C, "30.00"))).events["applied"].any()
    assert bank.read(notification(booked(C, "30.00")), statement(booked(C, "30.00"))).events.is_empty()
    assert bank.outcome.contradictions.is_empty()


@pytest.mark.parametrize("order", [1, -1])
def test_a_notification_of_another_day_is_of_the_booking_that_a_statement_has(order):
    bank = three()
    for file in [notification(booked(C, "30.00")), statement(booked(C, "30.00", day="2021-09-27"))][::order]:
        bank.read(file)
    assert bank.statuses[C] == "booked"
    assert bank.outcome.contradictions.is_empty()


def test_a_transfer_that_is_booked_twice_after_all_does_not_take_back_what_was_sent_again():
    bank = three()
    bank.read(rejected(C))
    again = sent_again(bank)
    for file in (FRIDAY, MONDAY):
        bank.read(file)
        assert (bank.statuses[C], bank.statuses[again]) == ("rejected", "sent")
    assert bank.deltas == [(C, "30.00", "rejected")]
    bank.read(rejected(again, message=SECOND))
    assert (bank.statuses[C], bank.statuses[again]) == ("booked", "rejected")
    assert bank.outcome.contradictions["end_to_end_id"].to_list() == [C]


def test_an_acceptance_that_comes_late_is_no_event():
    bank = three()
    bank.read(statement(booked(C, "30.00")))
    bank.read(status_report(group=text("GrpSts", "ACCP")))
    assert bank.statuses == {A: "accepted", B: "accepted", C: "booked"}
    assert bank.known.events.height == 3


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_whatever_comes_first_a_transfer_that_came_back_is_returned(order):
    files = [rejected(C), statement(booked(C, "30.00")), statement(given_back(C, "30.00"))]
    bank = three()
    for at in order:
        bank.read(files[at])
    assert bank.statuses[C] == "returned"
    assert sum(Decimal(amount) for _, amount, _ in bank.deltas) == Decimal("30.00")
    assert bank.outcome.contradictions.is_empty()


def test_a_whole_batch_is_booked_in_one_entry():
    bank = three()
    bank.read(statement(entry("60.00", batch=WHOLE)))
    assert set(bank.statuses.values()) == {"booked"}


def test_a_batch_is_booked_without_what_was_rejected():
    bank = three()
    bank.read(rejected(C), statement(entry("30.00", batch=WHOLE)))
    assert bank.statuses == {A: "booked", B: "booked", C: "rejected"}


def test_a_batch_that_is_booked_for_another_amount_is_refused():
    words = refusal(three(), statement(entry("59.99", batch=WHOLE)))
    assert (
        "batch NPO-2021-09-001 is booked for 59,99, and 60,00 was sent and not rejected; where the bank" in words
    )


def test_a_batch_that_is_booked_with_another_number_of_transfers_is_refused():
    four = tag("Btch", text("PmtInfId", FIRST), text("NbOfTxs", 4))
    assert "has 4 transfers, and 3 were sent" in refusal(three(), statement(entry("60.00", batch=four)))


def test_a_batch_that_comes_back_whole_is_returned():
    bank = three()
    bank.read(statement(entry("60.00", batch=WHOLE), entry("60.00", batch=WHOLE, side="CRDT")))
    assert set(bank.statuses.values()) == {"returned"}


def test_of_a_part_of_a_batch_that_comes_back_it_must_be_said_which():
    bank = three()
    bank.read(statement(entry("10.00", batch=WHOLE, side="CRDT")))
    assert set(bank.statuses.values()) == {"sent"}
    assert "10,00 came back, and it is not said of which transfer" in bank.unknown[0]


def test_references_that_are_not_ours_are_named():
    bank = three()
    bank.read(statement(booked("E2E-OTHER", "5.00"), entry("1.00", batch=tag("Btch", text("MsgId", "OTHER")))))
    assert bank.unknown == [
        "1.xml, line 3: transfer E2E-OTHER is not of these books",
        "1.xml, line 3: batch OTHER is not of these books",
    ]


def test_another_amount_than_was_sent_is_refused():
    words = refusal(three(), statement(booked(C, "30.01")))
    assert words == "1.xml, line 3: transfer NPO-C is of 30,01, and 30,00 was sent; ask the bank"


@pytest.mark.parametrize(
    ("given_totals", "words"),
    [
        (text("OrgnlNbOfTxs", 2), "has 2 transfers, and 3 were sent"),
        (text("OrgnlCtrlSum", "59.00"), "has a control sum of 59,00, and 60,00 was sent"),
    ],
)
def test_other_totals_of_a_batch_than_were_sent_are_refused(given_totals, words):
    assert words in refusal(three(), status_report(group=given_totals + text("GrpSts", "ACCP")))


def test_a_file_of_another_account_is_refused():
    words = refusal(three(), statement(booked(C, "30.00"), account="NL02ABNA0123456789"))
    assert "is of account NL02ABNA0123456789, and releases are paid from NL27BANK0123456789" in words


def test_a_file_in_another_currency_is_refused():
    words = refusal(three(), statement(entry("30.00", detail(C, "30.00", currency="USD"), currency="USD")))
    assert "1.xml: is in USD, and releases are in EUR; give the file of the account in that currency" in words


def test_a_transfer_that_was_paid_from_another_account_is_refused():
    other = "NL02ABNA0123456789"
    known = released((FIRST, A, "10.00", "1"), (SECOND, B, "20.00", "2"), accounts={SECOND: other})
    assert f"was paid from {other}, and the file is of" in refusal(Bank(known), statement(booked(B, "20.00")))


def test_a_rejected_transfer_that_is_booked_after_all_is_live_again():
    bank = three()
    bank.read(rejected(C))
    bank.read(statement(booked(C, "30.00")))
    assert bank.statuses[C] == "booked"
    assert bank.deltas == [(C, "30.00", "rejected"), (C, "-30.00", "rejected")]
    assert bank.outcome.contradictions.is_empty()


def test_a_rejected_transfer_that_was_sent_again_and_is_booked_after_all_is_a_contradiction():
    bank = three()
    bank.read(rejected(C))
    again = sent_again(bank)
    bank.read(statement(booked(C, "30.00")))
    assert bank.statuses[C] == "rejected"
    assert bank.deltas == [(C, "30.00", "rejected")]
    assert bank.outcome.contradictions.select("end_to_end_id", "again").rows() == [(C, again)]
    assert bank.known.events["applied"].to_list() == [True, False]


def test_a_contradiction_ends_when_the_money_comes_back():
    bank = three()
    bank.read(rejected(C))
    sent_again(bank)
    bank.read(statement(booked(C, "30.00")))
    bank.read(statement(given_back(C, "30.00")))
    assert bank.statuses[C] == "returned"
    assert bank.deltas == [(C, "30.00", "rejected")]
    assert bank.outcome.contradictions.is_empty()


def test_a_contradiction_ends_when_the_other_transfer_fails():
    bank = three()
    bank.read(rejected(C))
    again = sent_again(bank)
    bank.read(statement(booked(C, "30.00")))
    bank.read(rejected(again, message=SECOND))
    assert bank.statuses == {A: "sent", B: "sent", C: "booked", again: "rejected"}
    assert sorted(bank.deltas) == [
        (again, "30.00", "rejected"),
        (C, "-30.00", "rejected"),
        (C, "30.00", "rejected"),
    ]
    assert bank.outcome.contradictions.is_empty()
    assert bank.read(statement(booked(C, "30.00"))).events.is_empty()


def test_two_transfers_of_the_same_payments_that_are_booked_after_all_are_not_both_live():
    bank = three()
    bank.read(rejected(C))
    again = sent_again(bank)
    bank.read(rejected(again, message=SECOND))
    bank.read(statement(booked(C, "30.00", day="2021-09-27"), booked(again, "30.00", day="2021-09-28")))
    assert (bank.statuses[C], bank.statuses[again]) == ("booked", "rejected")
    assert bank.outcome.contradictions["end_to_end_id"].to_list() == [again]


def test_a_transfer_that_is_booked_twice_in_one_statement_is_a_contradiction():
    bank = three()
    bank.read(statement(booked(C, "30.00"), booked(C, "30.00")))
    assert bank.statuses[C] == "booked"
    assert bank.outcome.contradictions.select("end_to_end_id", "again").rows() == [(C, None)]
    bank.read(statement(given_back(C, "30.00")))
    assert bank.statuses[C] == "returned"


@pytest.mark.parametrize("calls", [[(FRIDAY, MONDAY)], [(FRIDAY,), (MONDAY,)], [(MONDAY,), (FRIDAY,)]])
def test_a_transfer_that_is_booked_on_two_days_is_a_contradiction_for_its_file_was_uploaded_twice(calls):
    bank = three()
    bank.read(notification(booked(C, "30.00")))
    for files in calls:
        bank.read(*files)
    assert bank.statuses[C] == "booked"
    assert bank.outcome.contradictions.select("end_to_end_id", "again").rows() == [(C, None)]
    assert bank.read(notification(booked(C, "30.00", day="2021-09-27")), FRIDAY, MONDAY).events.is_empty()
    bank.read(statement(given_back(C, "30.00", day="2021-09-28")))
    assert bank.outcome.contradictions["end_to_end_id"].to_list() == [C]
    bank.read(statement(given_back(C, "30.00", day="2021-09-29")))
    assert bank.outcome.contradictions.is_empty()
    assert bank.deltas == [(C, "30.00", "returned")]


def test_a_rejection_of_what_is_booked_changes_nothing():
    bank = three()
    bank.read(statement(booked(C, "30.00")))
    bank.read(rejected(C))
    assert bank.statuses[C] == "booked"
    assert bank.deltas == []


FILES = (
    status_report(group=text("GrpSts", "ACTC")),
    rejected(B),
    rejected(C, code="MS03"),
    notification(booked(A, "10.00")),
    statement(booked(A, "10.00"), booked(C, "30.00")),
    statement(given_back(A, "10.00")),
    notification(given_back(A, "10.00")),
)
"""A is accepted, booked and returned, each in two files; B is rejected; C is rejected and booked all the same."""


@settings(max_examples=12)
@given(st.permutations(FILES), st.lists(st.integers(1, 3), min_size=7, max_size=7))
def test_any_order_of_files_in_any_number_of_calls_ends_the_same(files, sizes):
    bank, rest = three(), list(files)
    for size in sizes:
        bank.read(*rest[:size])
        rest = rest[size:]
    assert bank.statuses == {A: "returned", B: "rejected", C: "booked"}
    sums = dict.fromkeys((A, B, C), Decimal())
    for transfer, amount, _ in bank.deltas:
        sums[transfer] += Decimal(amount)
    assert sums == {A: Decimal("10.00"), B: Decimal("20.00"), C: Decimal("0.00")}
    assert bank.outcome.contradictions.is_empty()
