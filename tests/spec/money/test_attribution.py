"""What each cent of a correction is for (docs/explanation/recalibration.md): it is shared over what is open."""

from datetime import date

import polars as pl
import pytest

from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.payments.attribution import BY_SIGN, WITHIN_DUE, attribute_corrections, open_items
from npo_pipeline.payments.booking import AttributionInputs, correction_causes
from tests.reading import rows, table
from tests.spec.money.items import FIRST_RUN, NONE_BOOKED, of_kind

OCT = date(2021, 10, 1)


both_rules = pytest.mark.parametrize("rule", [WITHIN_DUE, BY_SIGN], ids=["within due", "by sign"])
"""Where nothing was settled the other way, older versions attributed the same."""


def attributed(rule: int, corrections: str, items: str) -> list[tuple]:
    whole = of_kind(items).with_columns(left_cents="amount_cents", settled_cents=pl.lit(0, pl.Int64))
    found = attribute_corrections(of_kind(corrections), whole, rule)
    return rows(found, "payment_id", "decision_id", "amount_cents")


@both_rules
def test_a_correction_is_shared_over_what_is_open_of_its_own_school_in_proportion(rule):
    assert attributed(
        rule,
        """
        beneficiary payment_id cents
        01AA00      p1         50
        02BB00      p2         50
        03CC00      p3         30
        """,
        """
        beneficiary decision_id sequence month      cause  cents
        03CC00      three       3        2021-09-01 merger 30
        03CC00      two         2        2021-09-01 merger 60
        02BB00      two         2        2021-09-01 merger 60
        02BB00      three       3        2021-09-01 merger 40
        01AA00      two         2        2021-09-01 merger 30
        01AA00      three       3        2021-09-01 merger 20
        04DD00      two         2        2021-09-01 merger 70
        """,
    ) == [
        ("p1", "three", 20),  # all that is open
        ("p1", "two", 30),
        ("p2", "three", 20),  # 50 of 100: a half of each
        ("p2", "two", 30),
        ("p3", "three", 10),  # 30 of 90: a third of each
        ("p3", "two", 20),
    ]


@both_rules
def test_the_older_decision_comes_first_when_cents_are_rounded(rule):
    # 1 of 2: a half of the first cent is a cent, and nothing is left for the second
    assert attributed(
        rule,
        "beneficiary payment_id cents\n 01AA00 p1 1",
        """
        beneficiary decision_id sequence month      cause  cents
        01AA00      three       3        2021-09-01 merger 1
        01AA00      two         2        2021-09-01 merger 1
        """,
    ) == [("p1", "two", 1)]


@both_rules
def test_no_item_is_settled_beyond_what_is_open_of_it_and_each_school_is_rounded_by_itself(rule):
    # 2 of 3 items of a cent: 0.67 is 1, 1.33 is 1, and 2; then 1 of 2, and 1 of 2: 0.5 is 1
    assert attributed(
        rule,
        """
        beneficiary payment_id cents
        01AA00      p1         2
        02BB00      p2         1
        03CC00      p3         1
        """,
        """
        beneficiary decision_id sequence month      cause  cents
        01AA00      two         2        2021-09-01 merger 1
        01AA00      three       3        2021-09-01 merger 1
        01AA00      four        4        2021-09-01 merger 1
        02BB00      two         2        2021-09-01 merger 2
        03CC00      two         2        2021-09-01 merger 1
        03CC00      three       3        2021-09-01 merger 1
        """,
    ) == [("p1", "four", 1), ("p1", "two", 1), ("p2", "two", 1), ("p3", "two", 1)]


@both_rules
def test_a_part_is_shared_over_the_items_of_its_own_sign(rule):
    # 100 more and 40 less are open; 35 is paid, and 20 comes back of the other school
    assert attributed(
        rule,
        """
        beneficiary payment_id cents
        01AA00      p1         35
        02BB00      p2         -20
        """,
        """
        beneficiary decision_id sequence month      cause  cents
        01AA00      two         2        2021-09-01 merger 100
        01AA00      three       3        2021-09-01 merger -40
        02BB00      two         2        2021-09-01 merger 100
        02BB00      three       3        2021-09-01 merger -40
        """,
    ) == [("p1", "two", 35), ("p2", "three", -20)]


@both_rules
def test_what_settles_all_that_is_open_settles_both_signs(rule):
    # 100 - 40 = 60 is all; of the other school a half of 120
    assert attributed(
        rule,
        """
        beneficiary payment_id cents
        01AA00      p1         60
        02BB00      p2         60
        """,
        """
        beneficiary decision_id sequence month      cause  cents
        01AA00      two         2        2021-09-01 merger 100
        01AA00      three       3        2021-09-01 merger -40
        02BB00      two         2        2021-09-01 merger 120
        """,
    ) == [("p1", "three", -40), ("p1", "two", 100), ("p2", "two", 60)]


@both_rules
def test_where_nothing_of_its_sign_is_open_it_is_for_the_others(rule):
    # -0.01 of rounding, and 30 and 20 that are still to be paid; the other school has one of its sign
    assert attributed(
        rule,
        """
        beneficiary payment_id cents
        01AA00      p1         -1
        02BB00      p2         10
        """,
        """
        beneficiary decision_id sequence month      cause  cents
        01AA00      two         2        2021-09-01 merger 30
        01AA00      three       3        2021-09-01 merger 20
        02BB00      two         2        2021-09-01 merger 30
        02BB00      three       3        2021-09-01 merger -5
        """,
    ) == [("p1", "two", -1), ("p2", "two", 10)]


@both_rules
def test_where_nothing_is_open_it_is_for_the_last_item(rule):
    assert attributed(
        rule,
        """
        beneficiary payment_id cents
        01AA00      p1         1
        02BB00      p2         10
        """,
        """
        beneficiary decision_id sequence month      cause  cents
        01AA00      three       3        2021-09-01 merger 0
        01AA00      two         2        2021-10-01 merger 0
        02BB00      two         2        2021-09-01 merger 30
        02BB00      three       3        2021-09-01 merger 0
        """,
    ) == [("p1", "three", 1), ("p2", "two", 10)]


def causes_in_october(payments: str, items: str, booked: str, first_runs: str) -> list[tuple]:
    """The causes of a run of October by the second decision."""
    paid = in_euro(payments).with_columns(paid_month=pl.lit(OCT), run_id=pl.lit("r"))
    latest = table(
        """
        school_year currency sequence
        2020-2021   EUR      1
        2021-2022   EUR      2
        2021-2022   USD      1
        """,
        sequence="i",
    )
    runs = table(first_runs, month="d", sequence="i")
    made = AttributionInputs(
        items=in_euro(items), settled=in_euro(NOTHING).clear(), booked=of_kind(booked), first_runs=runs
    )
    found = correction_causes(OCT, paid, latest, made)
    cents = found.select(
        "payment_id", pl.col("month").dt.strftime("%m"), "decision_id", to_cents(pl.col("amount"))
    )
    return cents.rows()


def in_euro(text: str) -> pl.DataFrame:
    return of_kind(text).with_columns(amount=to_euro(pl.col("amount_cents"))).drop("amount_cents")


NOTHING = "beneficiary decision_id month cause cents\n 01AA00 one 2021-09-01 merger 0"


def test_the_instalment_of_this_run_covers_its_month():
    # September was booked by the first decision; of October the school gets all that the second one says
    assert causes_in_october(
        """
        beneficiary payment_id reason     cents
        01AA00      p1         instalment 100
        01AA00      p2         correction 5
        """,
        """
        beneficiary decision_id sequence month      cause           cents
        01AA00      two         2        2021-09-01 reference_count 5
        01AA00      two         2        2021-10-01 reference_count 100
        """,
        "beneficiary month sequence\n 01AA00 2021-09-01 1",
        """
        school_year currency month      sequence
        2021-2022   EUR      2021-09-01 1
        2021-2022   EUR      2021-10-01 1
        """,
    ) == [("p2", "09", "two", 5)]


def test_a_correction_covers_nothing_and_a_month_keeps_the_decision_of_its_first_run():
    # October was run by the first decision, and the second gives the school 7 in it
    assert causes_in_october(
        "beneficiary payment_id reason cents\n 01AA00 p1 correction 7",
        """
        beneficiary decision_id sequence month      cause           cents
        01AA00      two         2        2021-10-01 reference_count 7
        """,
        "beneficiary month sequence\n 02BB00 2021-10-01 1",
        "school_year currency month sequence\n 2021-2022 EUR 2021-10-01 1",
    ) == [("p1", "10", "two", 7)]


def test_a_month_that_is_run_again_counts_what_is_new_in_it_once():
    # October was run and booked by the first decision; the second has 7 more, which this run of October pays, and
    # 5 more of September
    assert causes_in_october(
        "beneficiary payment_id reason cents\n 01AA00 p1 correction 12",
        """
        beneficiary decision_id sequence month      cause           cents
        01AA00      one         1        2021-10-01 first_decision  100
        01AA00      two         2        2021-10-01 reference_count 7
        01AA00      two         2        2021-09-01 reference_count 5
        """,
        """
        beneficiary month      sequence
        01AA00      2021-09-01 1
        01AA00      2021-10-01 1
        """,
        """
        school_year currency month      sequence
        2021-2022   EUR      2021-09-01 1
        2021-2022   EUR      2021-10-01 1
        """,
    ) == [("p1", "09", "two", 5), ("p1", "10", "two", 7)]


def test_the_first_run_of_a_month_covers_what_was_taken_back_before_it():
    # 10 for October was decided, and taken back before any run of it; other years and currencies had theirs
    assert causes_in_october(
        "beneficiary payment_id reason cents\n 01AA00 p1 correction 5",
        """
        beneficiary decision_id sequence month      cause           cents
        01AA00      one         1        2021-10-01 first_decision  10
        01AA00      two         2        2021-10-01 reference_count -10
        01AA00      two         2        2021-09-01 reference_count 5
        """,
        "beneficiary month sequence\n 01AA00 2021-09-01 1",
        """
        school_year currency month      sequence
        2020-2021   EUR      2021-10-01 1
        2021-2022   USD      2021-10-01 1
        2021-2022   EUR      2021-09-01 1
        """,
    ) == [("p1", "09", "two", 5)]


def test_what_is_taken_back_faster_than_it_was_spread_settles_its_own_decision():
    """100 more was spread over ten months, of which 10 is paid; the next decision takes it back over two.

    In November 10 more and 50 less: 40 comes back; in December again. All of it is of the last decision.
    """
    items = """
        beneficiary decision_id sequence month      cause           cents
        01AA00      two         2        2021-09-01 reference_count 100
        01AA00      three       3        2021-09-01 reference_count -100
        """
    settled = "beneficiary decision_id month cause cents\n 01AA00 two 2021-09-01 reference_count 10"
    november = "\n 01AA00 three 2021-09-01 reference_count -40"
    for before in (settled, settled + november):
        left = open_items(of_kind(items), of_kind(before), NONE_BOOKED, FIRST_RUN)
        found = attribute_corrections(of_kind("beneficiary payment_id cents\n 01AA00 p1 -40"), left)
        assert rows(found, "decision_id", "amount_cents") == [("three", -40)]


def test_what_comes_back_beyond_all_that_is_left_undoes_what_was_settled_the_other_way():
    """50 more was settled of 80, and its terms now say that none of it was due yet."""
    items = "beneficiary decision_id sequence month cause cents\n 01AA00 two 2 2021-09-01 merger 80"
    settled = "beneficiary decision_id month cause cents\n 01AA00 two 2021-09-01 merger 50"
    left = open_items(of_kind(items), of_kind(settled), NONE_BOOKED, FIRST_RUN)
    found = attribute_corrections(of_kind("beneficiary payment_id cents\n 01AA00 p1 -50"), left)
    assert rows(found, "decision_id", "amount_cents") == [("two", -50)]


def test_the_room_of_one_school_is_not_that_of_another():
    """50 more was settled of 80 of one, and its terms now say that none was due yet. Of the other a cent comes
    back, and nothing was settled of it.
    """
    items = of_kind(
        """
        beneficiary decision_id sequence month      cause  cents
        01AA00      two         2        2021-09-01 merger 80
        02BB00      two         2        2021-09-01 merger 30
        """
    )
    settled = of_kind("beneficiary decision_id month cause cents\n 01AA00 two 2021-09-01 merger 50")
    left = open_items(items, settled, NONE_BOOKED, FIRST_RUN)
    found = attribute_corrections(of_kind("beneficiary payment_id cents\n 01AA00 p1 -50\n 02BB00 p2 -1"), left)
    assert rows(found, "payment_id", "amount_cents") == [("p1", -50), ("p2", -1)]


def test_manifests_that_are_there_name_the_rules_by_these_numbers():
    assert (BY_SIGN, WITHIN_DUE) == (1, 2)


def test_a_run_of_an_older_version_is_attributed_by_the_sign_of_what_is_open():
    items = of_kind(
        """
        beneficiary decision_id sequence month      cause           cents
        01AA00      two         2        2021-09-01 reference_count 100
        01AA00      three       3        2021-09-01 reference_count -100
        """
    )
    settled = of_kind(
        """
        beneficiary decision_id month      cause           cents
        01AA00      two         2021-09-01 reference_count 10
        01AA00      three       2021-09-01 reference_count -40
        """
    )
    left = open_items(items, settled, NONE_BOOKED, FIRST_RUN)
    december = of_kind("beneficiary payment_id cents\n 01AA00 p1 -40")
    assert rows(attribute_corrections(december, left, BY_SIGN), "decision_id", "amount_cents") == [("two", -40)]
