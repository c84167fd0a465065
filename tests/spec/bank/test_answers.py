"""What a message of a bank says: per code and per shape of file; its own totals must tie."""

from __future__ import annotations

import pytest

from npo_pipeline.bank.answers import BankMessage, read_answers
from npo_pipeline.bank.reasons import REASONS, reason_in_dutch, reason_words
from npo_pipeline.errors import Refused
from tests.spec.bank.messages import (
    balance,
    batch_status,
    booked,
    detail,
    entry,
    given_back,
    money,
    notification,
    reason,
    rejected,
    statement,
    status_report,
    tag,
    text,
    transfer_status,
)

T1, T2 = "NPO-202109-40045-0123456789ab", "NPO-202109-40046-ba9876543210"
BATCH = "NPO-2021-09-001"


def answers(data: bytes, *columns: str) -> list[tuple]:
    return message(data).answers.select("level", "reference", "status", *columns).rows()


def message(data: bytes) -> BankMessage:
    return read_answers("answer.xml", data)


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        message(data)
    return str(caught.value)


@pytest.mark.parametrize("code", ["ACTC", "ACCP", "ACSP", "ACSC", "ACWC"])
def test_a_batch_that_the_bank_accepts_at_any_stage_is_accepted(code):
    data = status_report(group=text("GrpSts", code))
    assert answers(data) == [("message", BATCH, "accepted")]


@pytest.mark.parametrize(
    ("code", "status"), [("RJCT", "rejected"), ("CANC", "rejected"), ("PART", "partly"), ("PDNG", "waits")]
)
def test_the_other_statuses_of_a_batch(code, status):
    assert answers(status_report(group=text("GrpSts", code))) == [("message", BATCH, status)]
    assert answers(status_report(batches=batch_status(text("PmtInfSts", code)))) == [("batch", BATCH, status)]


def test_a_rejected_transfer_has_its_reason_and_the_day_of_the_message():
    found = message(rejected(T1, code="AC04", made="2021-09-20T10:15:00")).answers.row(0, named=True)
    assert found["status"] == "rejected"
    assert found["reason_code"] == "AC04"
    assert found["reason"] == "the account is closed"
    assert str(found["happened_on"]) == "2021-09-20"


def test_a_moment_with_a_zone_is_of_the_day_in_the_netherlands():
    found = message(rejected(T1, made="2021-09-20T22:30:00Z")).answers
    assert str(found["happened_on"][0]) == "2021-09-21"


def test_what_the_bank_says_stands_beside_the_meaning_of_its_code():
    row = transfer_status(T1, "RJCT", why=reason("MS03", "see letter"))
    found = answers(status_report(batches=batch_status(row)), "reason")
    assert found == [("transfer", T1, "rejected", "the bank refuses it, and does not say why (see letter)")]


@pytest.mark.parametrize("code", ["AM05", "DU01", "DU04"])
def test_a_rejection_of_what_the_bank_has_already_rejects_nothing(code):
    found = message(rejected(T1, code=code))
    assert found.answers["status"].to_list() == ["waits"]
    assert f"the bank says that it has {T1} already ({code}), so it is not taken as rejected" in found.remarks[0]


def test_a_reason_in_dutch_keeps_what_the_bank_says():
    assert reason_in_dutch("AC04", reason_words("AC04", "12345")) == "de rekening is opgeheven (12345)"
    assert reason_in_dutch("ZZ99", "own words") == "own words"
    assert all(english and dutch for english, dutch in REASONS.values())


def test_a_transfer_without_a_status_has_that_of_its_batch():
    row = transfer_status(T1, None)
    data = status_report(batches=batch_status(text("PmtInfSts", "RJCT"), row))
    assert answers(data)[-1] == ("transfer", T1, "rejected")


def test_a_status_that_is_not_known_is_refused_by_its_code():
    assert "XXXX is no status of a payment that npo knows" in refusal(status_report(group=text("GrpSts", "XXXX")))


def test_control_sum_and_number_of_transfers_are_read_where_they_are_given():
    given = text("OrgnlNbOfTxs", 12) + text("OrgnlCtrlSum", "1234.50") + text("GrpSts", "ACCP")
    assert answers(status_report(group=given), "amount_cents", "transfers") == [
        ("message", BATCH, "accepted", 123450, 12)
    ]


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_debit_books_and_a_credit_brings_back(version):
    entries = (
        entry("10.00", detail(T1, "10.00", version=version), version=version),
        entry("7.5", detail(T2, "7.5", why=reason("AC04", name="RtrInf")), side="CRDT", version=version),
    )
    found = answers(notification(*entries, version=f"camt.054.001.{version}"), "amount_cents", "reason_code")
    assert found == [("transfer", T1, "booked", 1000, None), ("transfer", T2, "returned", 750, "AC04")]


def test_an_entry_that_is_not_booked_yet_says_nothing():
    assert answers(statement(entry("10.00", detail(T1, "10.00"), status="PDNG"))) == []


def test_a_transfer_in_another_currency_than_the_account_has_the_amount_that_was_ordered():
    amounts = tag("InstdAmt", money("Amt", "12.00", "USD")) + tag("TxAmt", money("Amt", "10.00"))
    one = tag("TxDtls", tag("Refs", text("EndToEndId", T1)), tag("AmtDtls", amounts))
    found = answers(statement(entry("10.00", one)), "amount_cents", "currency")
    assert found == [("transfer", T1, "booked", 1200, "USD")]


def test_the_only_detail_of_an_entry_has_its_amount():
    assert answers(notification(entry("10.00", detail(T1, None))), "amount_cents")[0][-1] == 1000


def test_an_entry_of_many_transfers_names_each():
    many = entry("30.00", detail(T1, "10.00"), detail(T2, "20.00"))
    assert answers(statement(many)) == [("transfer", T1, "booked"), ("transfer", T2, "booked")]


def test_details_that_do_not_add_up_to_their_entry_are_refused():
    words = refusal(statement(entry("30.00", detail(T1, "10.00"), detail(T2, "19.99"))))
    assert "the entry is 30,00, and its 2 details add up to 29,99" in words


def test_details_without_amounts_are_read_with_a_remark():
    found = message(notification(entry("30.00", detail(T1, None), detail(T2, "20.00"))))
    assert found.answers["amount_cents"].to_list() == [None, 2000]
    assert "not every transfer in the entry has its amount" in found.remarks[0]


def test_an_entry_for_a_whole_batch_names_the_batch():
    whole = entry("30.00", batch=tag("Btch", text("PmtInfId", BATCH), text("NbOfTxs", 2)))
    assert answers(statement(whole), "amount_cents", "transfers") == [("batch", BATCH, "booked", 3000, 2)]


def test_a_batch_may_be_named_by_the_message_it_came_in():
    whole = entry("30.00", batch=tag("Btch", text("MsgId", BATCH)))
    assert answers(statement(whole)) == [("batch", BATCH, "booked")]


def test_details_without_an_id_of_their_own_are_added_up_per_batch():
    parts = entry("30.00", detail(None, "10.00", batch=BATCH), detail("NOTPROVIDED", "20.00", batch=BATCH))
    assert answers(statement(parts), "amount_cents") == [("batch", BATCH, "booked", 3000)]


def test_a_batch_whose_total_is_not_that_of_its_entry_is_refused():
    whole = entry("30.00", batch=tag("Btch", text("PmtInfId", BATCH), money("TtlAmt", "31.00")))
    assert "the entry is 30,00, and its batch 31,00" in refusal(statement(whole))


def test_entries_without_a_reference_are_counted():
    assert message(statement(entry("30.00"), entry("1.00", detail("NOTPROVIDED", "1.00")))).nameless == 2


@pytest.mark.parametrize(("closing", "side"), [("70.00", "CRDT"), ("30.00", "DBIT")])
def test_opening_balance_and_booked_entries_make_the_closing_balance(closing, side):
    opening = "100.00" if side == "CRDT" else "0.00"
    balances = (balance("OPBD", opening), balance("CLBD", closing, side))
    waiting = entry("5.00", status="PDNG")
    found = message(statement(booked(T1, "40.00"), given_back(T2, "10.00"), waiting, balances=balances))
    assert found.answers.height == 2
    assert found.remarks == ()


def test_a_statement_that_does_not_tie_is_refused():
    balances = (balance("PRCD", "100.00"), balance("CLBD", "70.00"))
    words = refusal(statement(booked(T1, "40.00"), balances=balances))
    assert (
        "the statement does not tie: opening balance 100,00 and booked entries -40,00 make 60,00, and its closing "
        "balance is 70,00; have the bank send the file again" in words
    )


def test_a_part_of_a_statement_ties_by_the_balances_between():
    balances = (balance("ITBD", "100.00"), balance("ITBD", "60.00"))
    assert message(statement(booked(T1, "40.00"), balances=balances)).remarks == ()


def test_a_statement_without_balances_is_read_with_a_remark():
    (remark,) = message(statement(booked(T1, "40.00"))).remarks
    assert "statement STATEMENT-1 has no opening or no closing balance" in remark


def test_a_credit_that_the_bank_takes_back_is_left_to_a_person():
    found = message(statement(entry("10.00", detail(T1, "10.00"), reversal=True)))
    assert found.answers.is_empty()
    assert "line 3: the bank takes back a credit of € 10,00; npo does not read that" in found.remarks[-1]


def test_a_debit_that_the_bank_takes_back_is_a_return():
    assert answers(statement(given_back(T1, "10.00", reversal=True)))[0][-1] == "returned"


def test_a_file_is_of_one_account_and_one_currency():
    two = statement(booked(T1, "1.00"), booked(T2, "2.00", currency="USD"))
    assert "answer.xml: is of more than one currency (EUR, USD); ask the bank for a file for each" in refusal(two)


@pytest.mark.parametrize("amount", ["10.005", "9999999999999999.00"])
def test_an_amount_that_is_not_in_whole_cents_is_refused(amount):
    assert "is no amount in whole cents that can be" in refusal(statement(booked(T1, amount)))


def test_a_day_that_cannot_be_is_refused():
    assert "is no day that can be" in refusal(statement(entry("1.00", detail(T1, "1.00"), day="-0044-03-15")))
