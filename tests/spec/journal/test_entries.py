"""Entries of what was paid to a board: debit what OCW is to pay, credit the income; what returns the other way."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.errors import Refused
from npo_pipeline.journal.entries import journal_entries
from npo_pipeline.money import to_cents
from tests.spec.journal.ledgers import Paid, booked, changed, ledger, mapping, sides

OCTOBER = date(2021, 10, 1)


def test_a_payment_is_debited_to_the_receivable_and_credited_to_income():
    assert sides(booked(Paid(amount="1234.56"))) == [
        ("NPO-202109-01", "1330", 123456, 0),
        ("NPO-202109-01", "8051", 0, 123456),
    ]


def test_what_comes_back_is_booked_the_other_way_round():
    assert sides(booked(Paid(amount="-10.00", reason="correction"))) == [
        ("NPO-202109-01", "1330", 0, 1000),
        ("NPO-202109-01", "8059", 1000, 0),
    ]


def test_a_correction_beside_an_instalment_lowers_the_receivable():
    lines = booked(Paid(amount="100.00"), Paid(amount="-30.00", reason="correction"))
    assert sides(lines) == [
        ("NPO-202109-01", "1330", 7000, 0),
        ("NPO-202109-01", "8059", 3000, 0),
        ("NPO-202109-01", "8051", 0, 10000),
    ]


def test_a_month_that_takes_back_more_than_it_pays_leaves_a_debt():
    lines = booked(Paid(amount="30.00"), Paid(amount="-100.00", reason="correction"))
    assert sides(lines)[0] == ("NPO-202109-01", "1330", 0, 7000)


def test_the_vestigingen_of_a_school_are_one_line_on_the_cost_centre_of_its_brin():
    lines = booked(
        Paid(amount="1.00", vestiging="01AA00"),
        Paid(amount="2.00", vestiging="01AA01"),
        Paid(amount="4.00", vestiging="02BB00"),
    )
    assert lines.select("cost_centre", "credit_cents").rows() == [(None, 0), ("01AA", 300), ("02BB", 400)]


def test_a_cost_centre_can_be_the_vestiging():
    text = changed('  receivable: "1330"', '  receivable: "1330"\n  cost_centre: vestiging').replace(
        "{school_year} {brin}", "{vestiging}"
    )
    lines = booked(Paid(amount="1.00"), Paid(amount="2.00", vestiging="01AA01"), text=text)
    assert lines.select("cost_centre", "text").rows()[1:] == [
        ("01AA00", "bedrag per leerling 01AA00"),
        ("01AA01", "bedrag per leerling 01AA01"),
    ]


def test_a_cost_centre_can_have_a_code_of_the_board_or_be_left_out():
    own = changed('  receivable: "1330"', '  receivable: "1330"\n  cost_centres: {01AA: "1010"}')
    none = changed('  receivable: "1330"', '  receivable: "1330"\n  cost_centre: none')
    assert booked(Paid(amount="1.00"), text=own)["cost_centre"].to_list() == [None, "1010"]
    assert booked(Paid(amount="1.00"), text=none)["cost_centre"].to_list() == [None, None]


def test_what_is_nothing_together_is_no_line():
    moved = Paid(amount="5.00", vestiging="01AA01", reason="correction")
    assert sides(booked(Paid(amount="-5.00", reason="correction"), moved)) == []


def test_what_moves_between_two_schools_is_an_entry_without_a_receivable():
    lines = booked(
        Paid(amount="-5.00", reason="correction"), Paid(amount="5.00", vestiging="02BB00", reason="correction")
    )
    assert lines.select("brin", "debit_cents", "credit_cents").rows() == [("01AA", 500, 0), ("02BB", 0, 500)]


def test_each_payment_run_is_an_entry_and_a_later_run_leaves_the_earlier_entries_as_they_were():
    first, october = Paid(amount="1.00"), Paid(amount="2.00", month=OCTOBER, run=4)
    again = Paid(amount="4.00", run=5, reason="correction")
    before, after = booked(first, october), booked(first, october, again)
    assert after["entry"].unique(maintain_order=True).to_list() == [
        "NPO-202109-01",
        "NPO-202109-02",
        "NPO-202110-01",
    ]
    assert after.filter(pl.col("run_id") != "000005-pay-2021-09").equals(before)


def test_an_entry_is_booked_in_the_month_that_is_paid_with_the_dutch_day_of_the_run_as_date_of_the_document():
    # 22:30 UTC on 20 September is 00:30 on the 21st in the Netherlands.
    lines = booked(Paid(amount="1.00"))
    assert lines.select("paid_month", "document_date").unique().rows() == [(date(2021, 9, 1), date(2021, 9, 21))]


def test_texts_are_filled_in_with_dutch_words_and_the_reference_of_the_run():
    lines = booked(
        Paid(amount="1.00"),
        Paid(amount="1.00", component="achterstandsscore"),
        Paid(amount="1.00", reason="correction"),
    )
    assert lines["text"].to_list() == [
        "september 2021 000003-pay-2021-09",
        "achterstandsscore basisonderwijs 01AA",
        "bedrag per leerling 01AA correctie",
        "bedrag per leerling 2021-2022 01AA",
    ]


def test_the_receivable_has_a_line_per_transfer_by_which_the_bank_statement_is_matched():
    # September takes back 30, which the transfer of October sets off; 5 more is in no transfer that arrived.
    lines = booked(
        Paid(amount="-30.00", reason="correction", transfer="NPO-202110-10001-a"),
        Paid(amount="100.00", month=OCTOBER, run=4, transfer="NPO-202110-10001-a"),
        Paid(amount="5.00", month=OCTOBER, run=4, component="achterstandsscore"),
    )
    receivable = lines.filter(account="1330").select("entry", "reference", "debit_cents", "credit_cents", "line")
    assert receivable.rows() == [
        ("NPO-202109-01", "NPO-202110-10001-a", 0, 3000, 1),
        ("NPO-202110-01", "NPO-202110-10001-a", 10000, 0, 1),
        ("NPO-202110-01", "000004-pay-2021-10", 500, 0, 2),
    ]


def test_a_release_changes_references_and_no_amount_of_an_account():
    def of_accounts(lines):
        net = pl.col("debit_cents").sum() - pl.col("credit_cents").sum()
        return lines.group_by("entry", "account").agg(net).sort("entry", "account").rows()

    before = booked(Paid(amount="100.00"), Paid(amount="-30.00", reason="correction"))
    after = booked(
        Paid(amount="100.00", transfer="NPO-202109-10001-a"),
        Paid(amount="-30.00", reason="correction", transfer="NPO-202109-10001-a"),
    )
    assert of_accounts(before) == of_accounts(after)


def test_the_cause_of_an_instalment_is_that_it_is_one():
    lines = booked(Paid(amount="1.00"), text=changed("{school_year} {brin}", "{brin} {cause}"))
    assert lines["text"].to_list()[1] == "bedrag per leerling 01AA termijn"


def test_a_correction_is_a_line_per_cause_where_the_text_names_the_cause():
    corrections = (
        Paid(amount="-30.00", reason="correction", cause="merger"),
        Paid(amount="10.00", reason="correction", cause="rate_change"),
    )
    lines = booked(*corrections, Paid(amount="100.00"), text=changed("{brin} {reason}", "{brin} {cause}"))
    assert lines.select("text", "cause", "debit_cents", "credit_cents").rows() == [
        ("september 2021 000003-pay-2021-09", None, 8000, 0),
        ("bedrag per leerling 2021-2022 01AA", "instalment", 0, 10000),
        ("bedrag per leerling 01AA correctie: fusie", "merger", 3000, 0),
        ("bedrag per leerling 01AA correctie: ander bedrag per leerling", "rate_change", 0, 1000),
    ]
    assert sides(booked(*corrections)) == [
        ("NPO-202109-01", "1330", 0, 2000),
        ("NPO-202109-01", "8059", 2000, 0),
    ]


def test_dollars_and_euros_are_never_in_one_entry():
    lines = booked(Paid(amount="1.00"), Paid(amount="2.00", vestiging="30AA00", school_type="cn", currency="USD"))
    assert lines.select("currency", "entry", "debit_cents", "credit_cents").rows() == [
        ("EUR", "NPO-202109-01", 100, 0),
        ("EUR", "NPO-202109-01", 0, 100),
        ("USD", "NPO-202109-01", 200, 0),
        ("USD", "NPO-202109-01", 0, 200),
    ]


def test_nothing_paid_is_no_entry():
    assert sides(booked()) == []


def test_what_no_line_books_is_refused_by_name():
    of_so = [Paid(amount=one, component="cumi", school_type="so") for one in ("6.00", "4.00")]
    payments = [*of_so, Paid(amount="2.50", component="cumi")]
    with pytest.raises(Refused) as refusal:
        booked(Paid(amount="1.00"), *payments)
    cumi = "no line books cumi, bao, 2021-2022, instalment: € 2,50 in 1 payments; add a line for it"
    assert str(refusal.value) == f"own.yaml, line 13: {cumi}"
    assert refusal.value.details == ("cumi, so, 2021-2022, instalment: € 10,00 in 2 payments",)


def test_a_school_without_a_cost_centre_is_refused_by_name():
    own = changed('  receivable: "1330"', '  receivable: "1330"\n  cost_centres: {01AA: "1010"}')
    with pytest.raises(Refused, match=r"own.yaml, line 12: cost_centres: has no cost centre of 02BB; add it"):
        booked(Paid(amount="1.00"), Paid(amount="1.00", vestiging="02BB00"), text=own)


payments = st.builds(
    Paid,
    amount=st.integers(-(10**12), 10**12).filter(bool).map(lambda cents: str(Decimal(cents).scaleb(-2))),
    vestiging=st.sampled_from(["01AA00", "01AA01", "02BB00", "03CC00"]),
    month=st.sampled_from([date(2021, 9, 1), OCTOBER, date(2021, 12, 1)]),
    run=st.integers(3, 6),
    component=st.sampled_from(["per_pupil", "achterstandsscore"]),
    reason=st.sampled_from(["instalment", "correction"]),
    cause=st.sampled_from(["merger", "rate_change", "board_transfer"]),
    school_year=st.sampled_from(["2021-2022", "2022-2023"]),
    currency=st.sampled_from(["EUR", "USD"]),
    transfer=st.sampled_from([None, "NPO-202110-10001-a", "NPO-202110-10001-b"]),
)


@given(
    st.lists(payments, max_size=30),
    st.sampled_from(["brin", "vestiging", "none"]),
    st.sampled_from(["reason", "cause"]),
)
def test_debit_is_credit_in_every_entry_and_the_receivable_is_what_was_paid(paid, centre, word):
    text = changed('  receivable: "1330"', f'  receivable: "1330"\n  cost_centre: {centre}')
    text = text.replace("{reason}", f"{{{word}}}")
    lines = booked(*paid, text=text)
    assert (lines["debit_cents"].eq(0) != lines["credit_cents"].eq(0)).all()
    per_entry = lines.group_by("currency", "entry").agg(pl.col("debit_cents", "credit_cents").sum())
    assert per_entry["debit_cents"].to_list() == per_entry["credit_cents"].to_list()

    net = (pl.col("debit_cents").sum() - pl.col("credit_cents").sum()).alias("cents")
    receivable, income = lines.filter(account="1330"), lines.filter(pl.col("account") != "1330")
    paid_cents = ledger(*paid).with_columns(
        cents=to_cents(pl.col("amount")), reference=pl.coalesce("end_to_end_id", "run_id")
    )
    for keys in (["currency", "paid_month"], ["currency", "reference"]):
        expected = not_zero(paid_cents.group_by(keys).agg(pl.col("cents").sum()))
        assert not_zero(receivable.group_by(keys).agg(net)) == expected
    booked_income = income.group_by("currency", "paid_month").agg(-net)
    assert not_zero(booked_income) == not_zero(
        paid_cents.group_by("currency", "paid_month").agg(pl.col("cents").sum())
    )


def not_zero(sums: pl.DataFrame) -> list[tuple[object, ...]]:
    return sorted(row for row in sums.rows() if row[-1])


@given(st.lists(payments, max_size=12), st.randoms(use_true_random=False))
def test_the_order_in_which_payments_are_read_changes_nothing(paid, random):
    rows = ledger(*paid)
    shuffled = rows.sample(fraction=1, shuffle=True, seed=random.randint(0, 999)) if rows.height else rows
    assert journal_entries(shuffled, mapping()).equals(journal_entries(rows, mapping()))
