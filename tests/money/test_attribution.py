"""What each cent of a correction is for (docs/recalibration.md): the items that no instalment covers."""

from datetime import date

import polars as pl
import pytest

from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.payments.attribution import causes_of, open_items
from npo_pipeline.payments.booking import Made, correction_causes
from tests.reading import rows, table

OCT = date(2021, 10, 1)
KIND = {"school_year": "2021-2022", "currency": "EUR", "school_type": "bao", "component": "per_pupil"}
READ = {"month": "d", "sequence": "i", "cents": "i"}


def of_kind(text: str) -> pl.DataFrame:
    """A table of schools of one school year, currency, school type and component."""
    told = table(text, **READ).rename({"cents": "amount_cents"}, strict=False)
    return told.with_columns(**{name: pl.lit(word) for name, word in KIND.items()})


ITEMS = """
    vestiging decision_id sequence month      cause           cents
    01AA00    one         1        2021-09-01 first_decision  100
    01AA00    two         2        2021-09-01 reference_count 30
    01AA00    three       3        2021-09-01 rate_change     20
    """
NONE_SETTLED = of_kind("vestiging decision_id month cause cents\n 01AA00 one 2021-09-01 merger 0").clear()
NONE_BOOKED = of_kind("vestiging month sequence\n 01AA00 2021-09-01 1").clear()
FIRST_RUN = table("school_year currency month sequence\n 2021-2022 EUR 2021-09-01 1", month="d", sequence="i")


def opened(items: str, settled=NONE_SETTLED, booked=NONE_BOOKED, first_runs=FIRST_RUN) -> list[tuple]:
    found = open_items(of_kind(items), settled, booked, first_runs)
    return rows(found.sort("vestiging", "sequence"), "decision_id", "amount_cents")


def test_what_was_decided_when_a_month_was_first_run_is_not_open():
    assert opened(ITEMS) == [("two", 30), ("three", 20)]


def test_a_school_whose_instalment_was_booked_later_is_covered_until_then():
    booked = of_kind("vestiging month sequence\n 01AA00 2021-09-01 2")
    assert opened(ITEMS, booked=booked) == [("three", 20)]
    other_school = of_kind("vestiging month sequence\n 02BB00 2021-09-01 2")
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
    items = "\n".join(["vestiging decision_id sequence month cause cents", *reversed(lines)])
    assert opened(items) == [(f"d{place}", cents) for place, cents in enumerate(left, 2)]


def test_what_another_cause_takes_back_stays_apart():
    # a pupil less and a higher rate in one decision, and a higher rate in the next: a row for each cause
    items = """
        vestiging decision_id sequence month      cause           cents
        01AA00    two         2        2021-09-01 rate_change     28
        01AA00    two         2        2021-09-01 reference_count -175
        01AA00    three       3        2021-09-01 rate_change     -8
        """
    found = open_items(of_kind(items), NONE_SETTLED, NONE_BOOKED, FIRST_RUN).sort("cause", "sequence")
    assert rows(found, "cause", "decision_id", "amount_cents") == [
        ("rate_change", "two", 28 - 8),
        ("rate_change", "three", 0),
        ("reference_count", "two", -175),
    ]


def test_what_was_taken_back_of_another_month_or_school_goes_off_against_nothing():
    items = """
        vestiging decision_id sequence month      cause           cents
        01AA00    two         2        2021-09-01 reference_count 100
        01AA00    three       3        2021-10-01 reference_count -100
        02BB00    four        4        2021-09-01 reference_count -50
        """
    assert opened(items) == [("two", 100), ("three", -100), ("four", -50)]
    schools = """
        vestiging decision_id sequence month      cause           cents
        01AA00    two         2        2021-09-01 reference_count 100
        02BB00    two         2        2021-09-01 reference_count 50
        01AA00    three       3        2021-09-01 reference_count -40
        02BB00    three       3        2021-09-01 reference_count -20
        """
    assert opened(schools) == [("two", 100 - 40), ("three", 0), ("two", 50 - 20), ("three", 0)]


def test_what_was_settled_before_is_not_open_any_more():
    settled = of_kind(
        """
        vestiging decision_id month      cause           cents
        01AA00    two         2021-09-01 reference_count 10
        01AA00    two         2021-09-01 reference_count 15
        """
    )
    assert opened(ITEMS, settled) == [("two", 30 - 10 - 15), ("three", 20)]


def attributed(corrections: str, items: str) -> list[tuple]:
    found = causes_of(of_kind(corrections), of_kind(items))
    return rows(found, "payment_id", "decision_id", "amount_cents")


def test_a_correction_is_shared_over_what_is_open_of_its_own_school_in_proportion():
    assert attributed(
        """
        vestiging payment_id cents
        01AA00    p1         50
        02BB00    p2         50
        03CC00    p3         30
        """,
        """
        vestiging decision_id sequence month      cause  cents
        03CC00    three       3        2021-09-01 merger 30
        03CC00    two         2        2021-09-01 merger 60
        02BB00    two         2        2021-09-01 merger 60
        02BB00    three       3        2021-09-01 merger 40
        01AA00    two         2        2021-09-01 merger 30
        01AA00    three       3        2021-09-01 merger 20
        04DD00    two         2        2021-09-01 merger 70
        """,
    ) == [
        ("p1", "three", 20),  # all that is open
        ("p1", "two", 30),
        ("p2", "three", 20),  # 50 of 100: a half of each
        ("p2", "two", 30),
        ("p3", "three", 10),  # 30 of 90: a third of each
        ("p3", "two", 20),
    ]


def test_the_older_decision_comes_first_when_cents_are_rounded():
    # 1 of 2: a half of the first cent is a cent, and nothing is left for the second
    assert attributed(
        "vestiging payment_id cents\n 01AA00 p1 1",
        """
        vestiging decision_id sequence month      cause  cents
        01AA00    three       3        2021-09-01 merger 1
        01AA00    two         2        2021-09-01 merger 1
        """,
    ) == [("p1", "two", 1)]


def test_a_part_is_shared_over_the_items_of_its_own_sign():
    # 100 more and 40 less are open; 35 is paid, and 20 comes back of the other school
    assert attributed(
        """
        vestiging payment_id cents
        01AA00    p1         35
        02BB00    p2         -20
        """,
        """
        vestiging decision_id sequence month      cause  cents
        01AA00    two         2        2021-09-01 merger 100
        01AA00    three       3        2021-09-01 merger -40
        02BB00    two         2        2021-09-01 merger 100
        02BB00    three       3        2021-09-01 merger -40
        """,
    ) == [("p1", "two", 35), ("p2", "three", -20)]


def test_what_settles_all_that_is_open_settles_both_signs():
    # 100 - 40 = 60 is all; of the other school a half of 120
    assert attributed(
        """
        vestiging payment_id cents
        01AA00    p1         60
        02BB00    p2         60
        """,
        """
        vestiging decision_id sequence month      cause  cents
        01AA00    two         2        2021-09-01 merger 100
        01AA00    three       3        2021-09-01 merger -40
        02BB00    two         2        2021-09-01 merger 120
        """,
    ) == [("p1", "three", -40), ("p1", "two", 100), ("p2", "two", 60)]


def test_where_nothing_of_its_sign_is_open_it_is_for_the_others():
    # -0.01 of rounding, and 30 and 20 that are still to be paid; the other school has one of its sign
    assert attributed(
        """
        vestiging payment_id cents
        01AA00    p1         -1
        02BB00    p2         10
        """,
        """
        vestiging decision_id sequence month      cause  cents
        01AA00    two         2        2021-09-01 merger 30
        01AA00    three       3        2021-09-01 merger 20
        02BB00    two         2        2021-09-01 merger 30
        02BB00    three       3        2021-09-01 merger -5
        """,
    ) == [("p1", "two", -1), ("p2", "two", 10)]


def test_where_nothing_is_open_it_is_for_the_last_item():
    assert attributed(
        """
        vestiging payment_id cents
        01AA00    p1         1
        02BB00    p2         10
        """,
        """
        vestiging decision_id sequence month      cause  cents
        01AA00    three       3        2021-09-01 merger 0
        01AA00    two         2        2021-10-01 merger 0
        02BB00    two         2        2021-09-01 merger 30
        02BB00    three       3        2021-09-01 merger 0
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
    made = Made(in_euro(items), in_euro(NOTHING).clear(), of_kind(booked), runs)
    found = correction_causes(OCT, paid, latest, made)
    cents = found.select(
        "payment_id", pl.col("month").dt.strftime("%m"), "decision_id", to_cents(pl.col("amount"))
    )
    return cents.rows()


def in_euro(text: str) -> pl.DataFrame:
    return of_kind(text).with_columns(amount=to_euro(pl.col("amount_cents"))).drop("amount_cents")


NOTHING = "vestiging decision_id month cause cents\n 01AA00 one 2021-09-01 merger 0"


def test_the_instalment_of_this_run_covers_its_month():
    # September was booked by the first decision; of October the school gets all that the second one says
    assert causes_in_october(
        """
        vestiging payment_id reason     cents
        01AA00    p1         instalment 100
        01AA00    p2         correction 5
        """,
        """
        vestiging decision_id sequence month      cause           cents
        01AA00    two         2        2021-09-01 reference_count 5
        01AA00    two         2        2021-10-01 reference_count 100
        """,
        "vestiging month sequence\n 01AA00 2021-09-01 1",
        """
        school_year currency month      sequence
        2021-2022   EUR      2021-09-01 1
        2021-2022   EUR      2021-10-01 1
        """,
    ) == [("p2", "09", "two", 5)]


def test_a_correction_covers_nothing_and_a_month_keeps_the_decision_of_its_first_run():
    # October was run by the first decision, and the second gives the school 7 in it
    assert causes_in_october(
        "vestiging payment_id reason cents\n 01AA00 p1 correction 7",
        """
        vestiging decision_id sequence month      cause           cents
        01AA00    two         2        2021-10-01 reference_count 7
        """,
        "vestiging month sequence\n 02BB00 2021-10-01 1",
        "school_year currency month sequence\n 2021-2022 EUR 2021-10-01 1",
    ) == [("p1", "10", "two", 7)]


def test_a_month_that_is_run_again_counts_what_is_new_in_it_once():
    # October was run and booked by the first decision; the second has 7 more, which this run of October pays
    assert causes_in_october(
        "vestiging payment_id reason cents\n 01AA00 p1 correction 7",
        """
        vestiging decision_id sequence month      cause           cents
        01AA00    one         1        2021-10-01 first_decision  100
        01AA00    two         2        2021-10-01 reference_count 7
        """,
        "vestiging month sequence\n 01AA00 2021-10-01 1",
        "school_year currency month sequence\n 2021-2022 EUR 2021-10-01 1",
    ) == [("p1", "10", "two", 7)]


def test_the_first_run_of_a_month_covers_what_was_taken_back_before_it():
    # 10 for October was decided, and taken back before any run of it; other years and currencies had theirs
    assert causes_in_october(
        "vestiging payment_id reason cents\n 01AA00 p1 correction 5",
        """
        vestiging decision_id sequence month      cause           cents
        01AA00    one         1        2021-10-01 first_decision  10
        01AA00    two         2        2021-10-01 reference_count -10
        01AA00    two         2        2021-09-01 reference_count 5
        """,
        "vestiging month sequence\n 01AA00 2021-09-01 1",
        """
        school_year currency month      sequence
        2020-2021   EUR      2021-10-01 1
        2021-2022   USD      2021-10-01 1
        2021-2022   EUR      2021-09-01 1
        """,
    ) == [("p1", "09", "two", 5)]
