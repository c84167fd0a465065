"""A release sends to each recipient one transfer of all that is not sent, or withholds it and says why."""

import re
from decimal import Decimal

import pytest

from npo_pipeline.bank.release import file_of, release_rows, remittance_text
from npo_pipeline.errors import Refused
from tests.spec.bank.releases import ACCOUNT, IBAN, OCTOBER, OTHER_IBAN, payment, plan, rows, terms


def outcome(*payments, **given):
    columns = ("recipient", "sent_cents", "withheld_cents", "reason", "kept")
    return plan(*payments, **given).lines.select(columns).rows()


def test_payments_and_corrections_of_a_recipient_are_one_transfer():
    assert outcome(payment(1, 300_00), payment(2, -50_00), payment(3, 25)) == [("40045", 250_25, 0, None, None)]


def test_a_net_that_is_not_above_zero_is_withheld():
    assert outcome(payment(1, 100_00), payment(2, -300_00)) == [
        ("40045", 0, -200_00, "not_above_zero", "not_above_zero")
    ]
    assert outcome(payment(1, 100_00), payment(2, -100_00)) == [("40045", 0, 0, None, "not_above_zero")]


def test_a_recipient_without_an_account_is_named_and_its_amount_withheld():
    assert outcome(payment(1, 100_00), accounts=()) == [("40045", 0, 100_00, "no_account", "no_account")]


def test_what_was_withheld_below_zero_is_set_off():
    """September brought -100 and October 300: October sends 200, and withholds the 100 that September owes."""
    september = payment(1, -100_00, is_new=False)
    assert outcome(september, payment(2, 300_00)) == [("40045", 200_00, 100_00, "set_off", None)]
    cent = payment(1, -1, is_new=False)
    assert outcome(cent, payment(2, 300_00)) == [("40045", 299_99, 1, "set_off", None)]


def test_what_came_back_is_sent_again_beside_what_is_new():
    back = payment(1, 200_00, is_new=False, last_iban=OTHER_IBAN, last_status="returned", last_transfer="NPO-1")
    assert outcome(back, payment(2, 30_00)) == [("40045", 230_00, -200_00, "sent_again", None)]


def test_what_is_withheld_already_is_not_withheld_twice():
    assert outcome(payment(1, -100_00, is_new=False)) == [("40045", 0, 0, None, "not_above_zero")]
    assert outcome(payment(1, 100_00, is_new=False), accounts=()) == [("40045", 0, 0, None, "no_account")]


def test_two_currencies_are_never_added():
    found = plan(payment(1, 100_00), payment(2, 30_00, currency="USD")).lines
    assert found.select("currency", "sent_cents").rows() == [("EUR", 100_00), ("USD", 30_00)]


def test_recipients_of_two_kinds_are_two():
    accounts = (ACCOUNT, ("gemeente", "0363", OTHER_IBAN, "Gemeente Amsterdam"))
    found = plan(payment(1, 100_00), payment(2, 30_00, recipient="0363"), accounts=accounts).lines
    assert found.select("recipient", "iban", "sent_cents").rows() == [
        ("40045", IBAN, 100_00),
        ("0363", OTHER_IBAN, 30_00),
    ]


def test_recipients_of_two_kinds_with_one_number_have_each_their_account():
    accounts = (ACCOUNT, ("gemeente", "40045", OTHER_IBAN, "Gemeente"))
    other = payment(2, 30_00, recipient_kind="gemeente")
    found = plan(payment(1, 100_00), other, accounts=accounts).lines
    assert found.select("recipient_kind", "iban", "sent_cents").rows() == [
        ("bestuur", IBAN, 100_00),
        ("gemeente", OTHER_IBAN, 30_00),
    ]


def test_the_text_of_a_transfer_names_each_year_and_decision_once_in_order():
    of_2020 = {"school_year": "2020-2021", "decision_id": "2020-2021-003"}
    found = plan(payment(1, 1), payment(2, 1), payment(3, 1, **of_2020), payment(4, 1, **of_2020)).lines
    assert found.select("new_payments", "remittance").rows() == [
        (4, "NPO 2021-10 schooljaar 2020-2021, 2021-2022 kenmerk 2020-2021-003, 2021-2022-001")
    ]


def test_an_account_that_gave_money_back_is_named():
    def failed(account):
        given = {"is_new": False, "last_status": "returned", "last_transfer": "NPO-1"}
        return plan(payment(1, 200_00, last_iban=account, **given)).lines["failed"].item()

    assert failed(IBAN) == "NPO-1"
    assert failed(OTHER_IBAN) is None


def test_of_two_transfers_that_came_back_the_last_is_named():
    given = {"is_new": False, "last_iban": IBAN, "last_status": "returned"}
    back = [payment(one, 100_00, last_transfer=f"NPO-{one}", **given) for one in (2, 1)]
    assert plan(*back).lines["failed"].to_list() == ["NPO-2"]


def test_an_amount_that_no_transfer_can_carry_is_refused_by_name():
    assert outcome(payment(1, 999_999_999_99))[0][1] == 999_999_999_99
    with pytest.raises(Refused, match=r"^40045: € 1\.000\.000\.000,00 is more than one transfer can carry"):
        plan(payment(1, 999_999_999_99), payment(2, 1))


def test_a_release_without_news_changes_nothing():
    assert plan().is_empty
    assert plan(payment(1, -100_00, is_new=False)).is_empty
    assert not plan(payment(1, -100_00)).is_empty
    assert not plan(payment(1, 1, is_new=False)).is_empty


class TestFingerprint:
    def same_as(self, *payments, accounts=(ACCOUNT,)):
        return plan(*payments, accounts=accounts).fingerprint == plan(payment(1, 100_00)).fingerprint

    def test_it_follows_from_the_plan_alone(self):
        assert self.same_as(payment(1, 100_00))

    @pytest.mark.parametrize(
        "other",
        [
            payment(1, 100_01),
            payment(2, 100_00),
            payment(1, 100_00, recipient="40046"),
            payment(1, 100_00, currency="USD"),
            payment(1, 100_00, decision_id="2021-2022-002"),
            payment(1, 100_00, is_new=False),
        ],
        ids=["amount", "payment", "recipient", "currency", "remittance", "withheld"],
    )
    def test_another_payment_is_another_plan(self, other):
        assert not self.same_as(other)

    @pytest.mark.parametrize("accounts", [(), ((*ACCOUNT[:2], OTHER_IBAN, ACCOUNT[3]),), ((*ACCOUNT[:3], "X"),)])
    def test_another_account_is_another_plan(self, accounts):
        assert not self.same_as(payment(1, 100_00), accounts=accounts)

    def test_the_next_release_of_a_month_is_another_plan(self):
        """A transfer that came back twice from one account is sent a third time for the same, and is no repeat."""
        back = payment(1, 100_00, is_new=False, last_iban=IBAN, last_status="returned", last_transfer="NPO-1")
        assert plan(back, number=2).fingerprint != plan(back, number=3).fingerprint

    def test_it_does_not_depend_on_the_order_of_the_payments(self):
        one, other = (payment(1, 1), payment(2, 2)), (payment(2, 2), payment(1, 1))
        assert plan(*one).fingerprint == plan(*other).fingerprint

    def test_payments_that_swap_their_amounts_within_a_transfer_are_the_same(self):
        """What goes out, for which payments, is the same."""
        one, other = (plan(payment(1, a), payment(2, b)).fingerprint for a, b in ((1, 2), (2, 1)))
        assert one == other


class TestRemittance:
    def test_it_says_what_is_paid(self):
        text = remittance_text(OCTOBER, ["2020-2021", "2021-2022"], ["2020-2021-003", "2021-2022-001"])
        assert text == "NPO 2021-10 schooljaar 2020-2021, 2021-2022 kenmerk 2020-2021-003, 2021-2022-001"

    def test_a_period_of_several_years_is_no_school_year(self):
        text = remittance_text(OCTOBER, ["2021-2023"], ["2021-2023-001"])
        assert text == "NPO 2021-10 tijdvak 2021-2023 kenmerk 2021-2023-001"

    def test_a_school_year_and_a_longer_period_are_periods(self):
        text = remittance_text(OCTOBER, ["2021-2022", "2021-2023"], ["2021-2023-001"])
        assert text == "NPO 2021-10 tijdvak 2021-2022, 2021-2023 kenmerk 2021-2023-001"

    def test_it_names_the_last_decisions_where_all_are_too_long(self):
        for last in (29, 30):
            text = remittance_text(OCTOBER, ["2021-2022"], [f"2021-2022-{n:03d}" for n in range(1, last + 1)])
            assert len(text) <= 140
            assert text.endswith(
                f"2021-2022-028, 2021-2022-029{', 2021-2022-030' * (last == 30)} en {last - 5} eerdere"
            )

    def test_a_bank_takes_140_characters(self):
        start = len("NPO 2021-10 schooljaar 2021-2022 kenmerk a, ")
        texts = [remittance_text(OCTOBER, ["2021-2022"], ["a", "b" * (longest - start)]) for longest in (140, 141)]
        assert [len(texts[0]), "kenmerk a, b" in texts[0], "kenmerk b" in texts[1]] == [140, True, False]
        assert texts[1] == "NPO 2021-10 schooljaar 2021-2022 kenmerk"


class TestRows:
    def test_the_books_know_each_transfer_with_its_payments(self):
        found = rows(payment(1, 300_00), payment(2, -50_00))
        (order,) = found.orders.rows(named=True)
        assert re.fullmatch(r"NPO-202110-40045-[0-9a-f]{12}", order["end_to_end_id"])
        assert len(order["end_to_end_id"]) <= 35
        assert (str(order["amount"]), order["iban"], order["account_name"]) == ("250.00", IBAN, "Stichting Drie")
        assert found.payments["payment_id"].to_list() == [f"{1:032x}", f"{2:032x}"]
        assert found.payments["end_to_end_id"].unique().to_list() == [order["end_to_end_id"]]

    def test_a_cent_is_sent(self):
        assert [str(one) for one in rows(payment(1, 1)).orders["amount"]] == ["0.01"]

    def test_the_file_is_the_same_in_whatever_order_the_books_give_its_transfers(self):
        accounts = (ACCOUNT, ("bestuur", "40046", OTHER_IBAN, "Stichting Vier"))
        found = rows(payment(1, 1), payment(2, 2, recipient="40046"), accounts=accounts)
        (batch,) = found.batches.rows(named=True)
        assert file_of(batch, found.orders.reverse()) == found.files[batch["file"]]

    def test_a_batch_adds_up(self):
        found = rows(payment(1, 300_00), payment(2, 5, recipient="40046"), payment(3, -9, recipient="40047"))
        (batch,) = found.batches.rows(named=True)
        assert (batch["batch_id"], batch["file"]) == ("NPO-2021-10-001", "npo-2021-10-001.xml")
        assert (batch["transfers"], str(batch["total"])) == (1, "300.00")
        assert found.withheld.select("recipient", "amount", "reason").rows() == [
            ("40046", Decimal("0.05"), "no_account"),
            ("40047", Decimal("-0.09"), "not_above_zero"),
        ]

    def test_dollars_are_a_batch_of_their_own(self):
        found = rows(payment(1, 300_00), payment(2, 7_00, currency="USD"))
        assert found.batches["batch_id"].to_list() == ["NPO-2021-10-001", "NPO-2021-10-001-USD"]
        assert list(found.files) == ["npo-2021-10-001.xml", "npo-2021-10-001-usd.csv"]

    def test_who_compares_rows_gets_the_names_of_the_files_alone(self):
        found = release_rows(plan(payment(1, 1)), terms(), with_files=False)
        assert found.batches.select("file", "sha256").rows() == [("npo-2021-10-001.xml", None)]
        assert found.files == {}

    def test_where_nothing_goes_out_there_is_no_file(self):
        found = rows(payment(1, -300_00))
        assert found.batches.select("file", "sha256", "transfers").rows() == [(None, None, 0)]
        assert found.files == {}

    def test_the_same_payments_in_another_batch_are_another_transfer(self):
        first, second = (rows(payment(1, 300_00), number=one).orders["end_to_end_id"][0] for one in (1, 2))
        assert first != second

    def test_the_same_plan_is_the_same_bytes(self):
        assert rows(payment(1, 300_00)).files == rows(payment(1, 300_00)).files
