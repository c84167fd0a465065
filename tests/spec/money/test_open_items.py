"""What is still open of what decisions made due: what no instalment covers, and nobody took back."""

import pytest

from npo_pipeline.payments.attribution import open_items
from tests.reading import rows, table
from tests.spec.money.items import FIRST_RUN, NONE_BOOKED, NONE_SETTLED, of_kind

ITEMS = """
    beneficiary decision_id sequence month      cause           cents
    01AA00      one         1        2021-09-01 first_decision  100
    01AA00      two         2        2021-09-01 reference_count 30
    01AA00      three       3        2021-09-01 rate_change     20
    """


def opened(items: str, settled=NONE_SETTLED, booked=NONE_BOOKED, first_runs=FIRST_RUN) -> list[tuple]:
    found = open_items(of_kind(items), settled, booked, first_runs)
    return rows(found.sort("beneficiary", "sequence"), "decision_id", "amount_cents")


def test_what_was_decided_when_a_month_was_first_run_is_not_open():
    assert opened(ITEMS) == [("two", 30), ("three", 20)]


def test_a_school_whose_instalment_was_booked_later_is_covered_until_then():
    booked = of_kind("beneficiary month sequence\n 01AA00 2021-09-01 2")
    assert opened(ITEMS, booked=booked) == [("three", 20)]
    other_school = of_kind("beneficiary month sequence\n 02BB00 2021-09-01 2")
    assert opened(ITEMS, booked=other_school) == [("two", 30), ("three", 20)]


def test_of_a_month_that_was_never_run_all_is_open():
    assert opened(ITEMS, first_runs=FIRST_RUN.clear()) == [("one", 100), ("two", 30), ("three", 20)]


def test_a_run_of_another_school_year_or_currency_covers_nothing():
    elsewhere = table(
        """
        school_year currency month      sequence
        2020-2021   EUR      2021-09-01 3
        2021-2022   USD      2021-09-01 3
        """,
        month="d",
        sequence="i",
    )
    assert opened(ITEMS, first_runs=elsewhere) == [("one", 100), ("two", 30), ("three", 20)]


@pytest.mark.parametrize(
    ("decided", "left"),
    [
        ([100, -100, 30], [0, 0, 30]),  # all of the first was taken back
        ([100, -40], [60, 0]),
        ([50, 50, -60], [40, 0, 0]),  # the latest goes first: 50 of the second, 10 of the first
        ([30, -100], [0, -70]),
        ([-100, 30], [-70, 0]),
        ([-20, 50, -10], [0, 20, 0]),  # 20 of the 50 makes good the first, 10 the third takes back
        ([100, -100], [0, 0]),
    ],
)
def test_what_was_taken_back_before_it_was_settled_is_open_on_neither_side(decided, left):
    lines = [
        f"01AA00 d{place} {place} 2021-09-01 reference_count {cents}" for place, cents in enumerate(decided, 2)
    ]
    items = "\n".join(["beneficiary decision_id sequence month cause cents", *reversed(lines)])
    assert opened(items) == [(f"d{place}", cents) for place, cents in enumerate(left, 2)]


def test_what_another_cause_takes_back_stays_apart():
    # a pupil less and a higher rate in one decision, and a higher rate in the next: a row for each cause
    items = """
        beneficiary decision_id sequence month      cause           cents
        01AA00      two         2        2021-09-01 rate_change     28
        01AA00      two         2        2021-09-01 reference_count -175
        01AA00      three       3        2021-09-01 rate_change     -8
        """
    found = open_items(of_kind(items), NONE_SETTLED, NONE_BOOKED, FIRST_RUN).sort("cause", "sequence")
    assert rows(found, "cause", "decision_id", "amount_cents") == [
        ("rate_change", "two", 28 - 8),
        ("rate_change", "three", 0),
        ("reference_count", "two", -175),
    ]


def test_what_was_taken_back_of_another_month_or_school_goes_off_against_nothing():
    items = """
        beneficiary decision_id sequence month      cause           cents
        01AA00      two         2        2021-09-01 reference_count 100
        01AA00      three       3        2021-10-01 reference_count -100
        02BB00      four        4        2021-09-01 reference_count -50
        """
    assert opened(items) == [("two", 100), ("three", -100), ("four", -50)]
    schools = """
        beneficiary decision_id sequence month      cause           cents
        01AA00      two         2        2021-09-01 reference_count 100
        02BB00      two         2        2021-09-01 reference_count 50
        01AA00      three       3        2021-09-01 reference_count -40
        02BB00      three       3        2021-09-01 reference_count -20
        """
    assert opened(schools) == [("two", 100 - 40), ("three", 0), ("two", 50 - 20), ("three", 0)]


def test_what_was_settled_before_is_not_open_any_more():
    settled = of_kind(
        """
        beneficiary decision_id month      cause           cents
        01AA00      two         2021-09-01 reference_count 10
        01AA00      two         2021-09-01 reference_count 15
        """
    )
    assert opened(ITEMS, settled) == [("two", 30 - 10 - 15), ("three", 20)]
