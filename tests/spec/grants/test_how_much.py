"""900 euro per pupil, for 10% or 20% of the pupils; extra help: at most 72 euro per po pupil, 62 in vo."""

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
    assert "900 euro" in found["article"].item()


def test_more_pupils_than_ten_percent_are_reduced_to_that():
    found = one("01AA 2021-04-20 12 10800")
    assert outcomes(found) == [("01AA", "reduced", "9000.00")]
    assert why(found) == (
        "asks for 12 pupils, and 10% of 100 pupils on 2019-10-01 allows 10; 10 pupils x 900.00 = 9000.00, "
        "and it asks 10800.00"
    )
    assert "10% van de leerlingen" in found["article"].item()


def test_a_school_with_a_score_may_ask_for_twenty_percent():
    text = "01AA 2021-04-20 25 22500"
    assert outcomes(one(text, scored=["01AA"])) == [("01AA", "reduced", "18000.00")]  # 20% of 100: 20 x 900
    assert "20% als de school" in one(text, scored=["01AA"])["article"].item()
    assert outcomes(one(text, scored=["02BB"])) == [("01AA", "reduced", "9000.00")]


def test_a_part_of_a_pupil_is_none():
    assert outcomes(one("02BB 2021-04-20 6 5400")) == [("02BB", "reduced", "4500.00")]  # 10% of 55 is 5.5: 5 x 900


def test_a_school_too_small_for_one_pupil_gets_nothing():
    found = one("03CC 2021-04-20 1 900")
    assert outcomes(found) == [("03CC", "refused", "0.00")]
    assert why(found) == "10% of 9 pupils on 2019-10-01 is no whole pupil"
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
    assert "900 euro" in found["article"].item()


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


def test_extra_help_is_at_most_72_euro_per_po_pupil():
    found = one("01AA 2021-05-10 100 8000", "EHK")
    assert outcomes(found) == [("01AA", "reduced", "7200.00")]  # 100 x 72
    assert "maximaal 72 euro" in found["article"].item()


def test_extra_help_is_at_most_62_euro_per_vo_pupil():
    assert outcomes(one("09VO 2021-05-10 200 14400", "EHK")) == [("09VO", "reduced", "12400.00")]  # 200 x 62


def test_extra_help_is_for_no_more_pupils_than_there_are():
    found = one("01AA 2021-05-10 110 7920", "EHK")
    assert outcomes(found) == [("01AA", "reduced", "7200.00")]
    assert why(found).startswith("asks for 110 pupils, and 100% of 100 pupils on 2019-10-01 allows 100; ")


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


def test_what_is_reckoned_is_as_sure_as_the_least_sure_of_its_values():
    ehk = scheme("EHK")
    assert decided(ehk, f"{HEAD} 01AA 2021-05-10 10 720")["status"].item() == "derived"  # the share is
    sure = ehk.model_copy(update={"share": ehk.share.model_copy(update={"status": "published"})})
    assert decided(sure, f"{HEAD} 01AA 2021-05-10 10 720")["status"].item() == "published"
    about = sure.model_copy(
        update={"reference_date": ehk.reference_date.model_copy(update={"status": "approximate"})}
    )
    assert decided(about, f"{HEAD} 01AA 2021-05-10 10 720")["status"].item() == "approximate"
