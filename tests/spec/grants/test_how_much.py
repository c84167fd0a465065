"""Catch-up programmes: 900 euro per pupil, for 10% or 20% of the pupils of the school, over both windows."""

from fractions import Fraction

import polars as pl
import pytest

from npo_pipeline.grants.terms import part_of
from tests.spec.grants.applying import decided, outcomes, scheme, why

HEAD = "brin applied_on pupils amount\n"


def one(text: str, code: str = "IOP", **others):
    return decided(scheme(code), HEAD + text, **others)


def test_what_is_asked_within_the_limits_is_granted():
    found = one("01AA 2021-04-20 10 9000")  # 10% of 100 pupils, 10 x 900
    assert outcomes(found) == [("01AA", "granted", "9000.00")]
    assert why(found) == "10 pupils x 900.00 = 9000.00"
    assert found["article"].item() == "BWBR0043564, artikel 6(1) (Stcrt. 2021, 19015)"


def test_more_pupils_than_ten_percent_are_reduced_to_that():
    found = one("01AA 2021-04-20 12 10800")
    assert outcomes(found) == [("01AA", "reduced", "9000.00")]
    assert why(found) == (
        "asks for 12 pupils, and 10% of 100 pupils on 2020-10-01 allows 10; 10 pupils x 900.00 = 9000.00, "
        "and it asks 10800.00"
    )
    assert found["article"].item() == "BWBR0043564, artikelen 7a(1) en 7a(2) (Stcrt. 2021, 19015)"


def test_a_po_school_with_a_score_may_ask_for_twenty_percent():
    text = "01AA 2021-04-20 25 22500"
    assert outcomes(one(text, scored=["01AA"])) == [("01AA", "reduced", "18000.00")]  # 20% of 100: 20 x 900
    assert outcomes(one(text, scored=["02BB"])) == [("01AA", "reduced", "9000.00")]
    assert outcomes(one(text, leerplus=["01AA"])) == [("01AA", "reduced", "9000.00")]  # the list is of vo


def test_a_vo_school_on_the_leerplus_list_may_ask_for_twenty_percent_and_a_score_gives_it_nothing():
    text = "09VO 2021-04-20 45 40500"
    assert outcomes(one(text, leerplus=["09VO"])) == [("09VO", "reduced", "36000.00")]  # 20% of 200: 40 x 900
    assert outcomes(one(text, scored=["09VO"])) == [("09VO", "reduced", "18000.00")]  # 10%: 20 x 900


def test_the_share_is_one_for_both_windows_together():
    # 10% of 100 is 10: 6 are granted in window a, so 4 are left in window b
    found = one("01AA 2021-04-20 6 5400\n 01AA 2021-06-02 6 5400")
    assert outcomes(found) == [("01AA", "granted", "5400.00"), ("01AA", "reduced", "3600.00")]
    assert found["reason"][1] == (
        "asks for 6 pupils, and 10% of 100 pupils on 2020-10-01 allows 10, of which 4 are left; "
        "4 pupils x 900.00 = 3600.00, and it asks 5400.00"
    )
    assert found["status"][1] == "derived"
    all_of_it = one("01AA 2021-04-20 10 9000\n 01AA 2021-06-02 1 900")
    assert outcomes(all_of_it)[1] == ("01AA", "refused", "0.00")
    assert all_of_it["reason"][1] == "10% of 100 pupils on 2020-10-01 allows 10, which were granted before"


def test_what_window_a_refused_takes_nothing_of_the_share():
    found = one("02BB 2021-04-20 1 900\n 02BB 2021-04-21 5 4500\n 02BB 2021-06-02 4 3600")
    # the second application in window a is refused; 10% of 55 is 5: 1 + 4
    assert [row[2] for row in outcomes(found)] == ["900.00", "0.00", "3600.00"]


def test_a_row_that_asks_no_money_takes_nothing_of_the_share():
    found = one("01AA 2021-04-20 10 0\n 01AA 2021-04-20 10 9000")
    assert [row[2] for row in outcomes(found)] == ["0.00", "9000.00"]


def test_two_programmes_of_one_school_share_its_maximum():
    found = one("01AA 2021-04-20 6 5400\n 01AA 2021-04-20 6 5400")  # one application, of one day: 6 + 4
    assert outcomes(found) == [("01AA", "granted", "5400.00"), ("01AA", "reduced", "3600.00")]


def test_a_part_of_a_pupil_is_none():
    assert outcomes(one("02BB 2021-04-20 6 5400")) == [("02BB", "reduced", "4500.00")]  # 10% of 55 is 5.5: 5 x 900


def test_a_school_too_small_for_one_pupil_gets_nothing():
    found = one("03CC 2021-04-20 1 900")
    assert outcomes(found) == [("03CC", "refused", "0.00")]
    assert why(found) == "10% of 9 pupils on 2020-10-01 is no whole pupil"
    assert found["pupils_allowed"].item() == 0
    assert outcomes(one("03CC 2021-04-20 1 900", scored=["03CC"])) == [("03CC", "granted", "900.00")]  # 1.8


def test_who_asks_less_gets_what_is_asked():
    found = one("01AA 2021-04-20 3 2000.50")
    assert outcomes(found) == [("01AA", "granted", "2000.50")]
    assert why(found) == "3 pupils x 900.00 = 2700.00, and it asks 2000.50"


def test_who_asks_more_per_pupil_is_reduced():
    found = one("01AA 2021-04-20 3 3000")
    assert outcomes(found) == [("01AA", "reduced", "2700.00")]
    assert why(found) == "3 pupils x 900.00 = 2700.00, and it asks 3000.00"
    assert found["article"].item() == "BWBR0043564, artikel 6(1) (Stcrt. 2021, 19015)"


def test_more_pupils_than_allowed_for_little_money_is_still_granted():
    # 12 pupils are too many, but 5000 euro is less than the 10 that are allowed come to
    found = one("01AA 2021-04-20 12 5000")
    assert outcomes(found) == [("01AA", "granted", "5000.00")]
    assert found["pupils_allowed"].item() == 10


@pytest.mark.parametrize(
    ("asked", "reason"),
    [("0 900", "asks for no pupils"), ("3 0", "asks for no money"), ("0 0", "asks for no money")],
)
def test_asking_for_nothing_is_refused(asked, reason):
    found = one(f"01AA 2021-04-20 {asked}")
    assert outcomes(found) == [("01AA", "refused", "0.00")]
    assert why(found) == reason


def test_the_pupils_of_all_places_and_kinds_of_a_school_count_together():
    split = "brin school_type pupils\n 03CC so 30\n 03CC vso 20"
    assert outcomes(one("03CC 2021-04-20 9 8100", pupils=split)) == [("03CC", "reduced", "4500.00")]  # 10% of 50


def test_an_amount_that_is_not_known_leaves_its_applications_undecided():
    iop = scheme("IOP")
    group = iop.groups["po"]
    unknown = group.per_pupil.model_copy(update={"value": None, "status": "unknown"})
    iop = iop.model_copy(update={"groups": {**iop.groups, "po": group.model_copy(update={"per_pupil": unknown})}})
    found = decided(iop, f"{HEAD} 01AA 2021-04-20 3 2700\n 09VO 2021-04-20 3 2700\n 02BB 2021-05-20 3 2700")
    # not 0: there is no decision on 01AA; 02BB is too late whatever the amount
    assert outcomes(found) == [("09VO", "granted", "2700.00"), ("02BB", "refused", "0.00")]


@pytest.mark.parametrize(
    ("rounding", "parts"),
    [("down", [0, 0, 1, 1]), ("half_away_from_zero", [0, 1, 1, 2]), ("up", [1, 1, 1, 2])],
)
def test_a_share_is_rounded_as_the_file_says(rounding, parts):
    pupils = pl.DataFrame({"pupils": [4, 5, 10, 15]})  # 10%: 0.4, 0.5, 1, 1.5
    assert pupils.select(part_of(pl.col("pupils"), Fraction(1, 10), rounding))["pupils"].to_list() == parts


def test_an_amount_is_as_sure_as_the_least_sure_of_its_values():
    ehk, one_region = scheme("EHK"), f"{HEAD} 01AA 2021-05-10 10 720"
    assert decided(ehk, one_region)["status"].item() == "published"
    about = ehk.model_copy(
        update={"reference_date": ehk.reference_date.model_copy(update={"status": "approximate"})}
    )
    assert decided(about, one_region)["status"].item() == "approximate"
    reduced = decided(scheme("IOP"), f"{HEAD} 01AA 2021-04-20 12 10800")
    assert reduced["status"].item() == "derived"  # the rounding of 10% is
