"""Extra help in the classroom: the penvoerder applies for its region, per pupil of those that take part."""

import pytest

from npo_pipeline.grants.decide import undecided
from tests.spec.grants.applying import applied, decided, grant_inputs, outcomes, scheme, why

HEAD = "brin board applied_on pupils amount region new\n"
PLACED = "brin vestiging board applied_on pupils amount region\n"


def of(text: str, head: str = HEAD, **others):
    return decided(scheme("EHK"), head + text, **others)


def said(text: str, head: str = HEAD) -> list[str]:
    return list(undecided([(scheme("EHK"), grant_inputs(applied(head + text, "EHK")))]))


def test_a_region_gets_72_euro_per_po_pupil_and_62_in_vo_of_all_its_schools():
    # 01AA 100 and 02BB 55 pupils: 155 x 72 = 11160; 09VO 200 pupils: 200 x 62 = 12400, an application of its own
    found = of(
        "01AA 10001 2021-05-10 100 7200 R1 N\n 02BB 10001 2021-05-10 55 3960 R1 N\n"
        "09VO 10001 2021-05-10 200 14400 R1 N"
    )
    assert outcomes(found) == [
        ("01AA", "granted", "7200.00"),
        ("02BB", "granted", "3960.00"),  # a school of another board that takes part
        ("09VO", "reduced", "12400.00"),
    ]
    assert why(found.filter(found["brin"] == "09VO")) == (
        "200 pupils x 62.00 = 12400.00; region R1 may have 12400.00 and asks 14400.00"
    )
    assert found["article"].to_list() == [
        "BWBR0044510, artikel 8(1)(a) (Stcrt. 2021, 21730)",
        "BWBR0044510, artikel 8(1)(a) (Stcrt. 2021, 21730)",
        "BWBR0044510, artikel 8(1)(b) (Stcrt. 2021, 21730)",
    ]
    assert found["region"].to_list() == ["R1", "R1", "R1"]


def test_the_maximum_is_of_the_region_and_not_of_a_school():
    # 155 x 72 = 11160 for the region, which asks 11000 in all: it is granted, though 01AA alone is 100 x 72 = 7200
    text = "01AA 10001 2021-05-10 100 9000 R1 N\n 02BB 10001 2021-05-10 55 2000 R1 N"
    assert outcomes(of(text)) == [("01AA", "granted", "9000.00"), ("02BB", "granted", "2000.00")]


def test_a_region_that_asks_more_is_reduced_and_its_schools_share_that_by_what_they_ask():
    # 15000 + 7320 = 22320 is asked, 11160 is the maximum: half of each
    text = "01AA 10001 2021-05-10 100 15000 R1 N\n 02BB 10001 2021-05-10 55 7320 R1 N"
    assert outcomes(of(text)) == [("01AA", "reduced", "7500.00"), ("02BB", "reduced", "3660.00")]


def test_the_penvoerder_may_ask_all_of_it_with_one_school():
    text = "01AA 10001 2021-05-10 100 11160 R1 N\n 02BB 10001 2021-05-10 55 0 R1 N"
    assert outcomes(of(text)) == [("01AA", "granted", "11160.00"), ("02BB", "granted", "0.00")]


def test_a_new_region_has_ten_percent_more():
    found = of("01AA 10001 2021-05-10 100 9000 R1 J")  # 100 x 79.20
    assert outcomes(found) == [("01AA", "reduced", "7920.00")]
    assert why(found) == (
        "100 pupils x 79.20 = 7920.00 (10% more per pupil in a new region); region R1 may have 7920.00 and asks "
        "9000.00"
    )
    assert found["article"].item() == "BWBR0044510, artikel 8(4) (Stcrt. 2021, 21730)"
    vo = of("09VO 10009 2021-05-10 200 20000 R1 J")
    assert outcomes(vo) == [("09VO", "reduced", "13640.00")]  # 200 x 68.20


def test_a_region_that_differs_about_being_new_is_not_new_and_is_named():
    text = "01AA 10001 2021-05-10 100 9000 R1 J\n 02BB 10001 2021-05-10 55 9000 R1 N"
    assert sum(float(row[2]) for row in outcomes(of(text))) == 11160  # 155 x 72
    assert said(text) == ["EHK: NIEUWE_REGIO of region R1 differs between rows, so it counts as no new one"]


def test_never_more_than_asked():
    assert outcomes(of("01AA 10001 2021-05-10 100 500.50 R1 J")) == [("01AA", "granted", "500.50")]


def test_without_a_region_each_board_is_one_of_its_own_and_that_is_said():
    text = "01AA 10001 2021-05-10 100 8000 - -\n 02BB 10001 2021-05-10 55 3960 - -"
    found = of(text)
    assert outcomes(found) == [("01AA", "reduced", "7200.00"), ("02BB", "refused", "0.00")]
    assert found["reason"].to_list() == [
        "100 pupils x 72.00 = 7200.00; the region of board 10001 may have 7200.00 and asks 8000.00",
        "02BB was not of board 10001 on 2021-05-10 but of 10002",
    ]
    assert said(text) == ["EHK: no REGIO is stated by board 10001, so each is a region of its own"]


def test_a_region_whose_applicant_takes_no_part_in_it_has_no_penvoerder():
    found = of("02BB 10001 2021-05-10 55 3960 R1 N\n 03CC 10001 2021-05-10 9 648 R1 N")
    assert [row[1:] for row in outcomes(found)] == [("refused", "0.00")] * 2
    assert found["reason"][0] == "region R1 has no penvoerder: board 10001 has no school that takes part"
    assert found["article"][0] == "BWBR0044510, artikelen 4a(1) en 11(1) (Stcrt. 2021, 21730)"


def test_a_region_applies_once_for_po_and_once_for_vo():
    found = of(
        "01AA 10001 2021-05-10 100 7200 R1 N\n 02BB 10002 2021-05-11 55 3960 R1 N\n"
        "09VO 10009 2021-05-12 200 12400 R1 N"
    )
    assert [row[1] for row in outcomes(found)] == ["granted", "refused", "granted"]
    assert found["reason"][1] == (
        "region R1 for po applied in window second already, board 10001 on 2021-05-10; one application counts"
    )


def test_a_region_may_apply_in_both_windows():
    text = "01AA 10001 2021-01-10 100 7200 R1 N\n 01AA 10001 2021-05-10 100 7200 R1 N"
    assert [row[2] for row in outcomes(of(text))] == ["7200.00", "7200.00"]


def test_a_school_in_two_regions_is_refused_in_both():
    found = of(
        "01AA 10001 2021-05-10 100 7200 R1 N\n 03CC 10001 2021-05-10 9 648 R1 N\n"
        "02BB 10002 2021-05-11 55 3960 R2 N\n 03CC 10002 2021-05-11 9 648 R2 N"
    )
    assert [row[1] for row in outcomes(found)] == ["granted", "refused", "granted", "refused"]
    assert found["reason"][1] == found["reason"][3] == "03CC takes part in two regions, R1 and R2"


TWO_PLACES = "vestiging school_type pupils\n 01AA00 bao 60\n 01AA01 bao 40\n 02BB00 bao 55"


@pytest.mark.parametrize(
    ("second", "outcome"),
    [("01AA 01AA01", "granted"), ("01AA 01AA00", "refused"), ("01AA -", "refused")],
)
def test_vestigingen_of_one_school_may_lie_in_different_regions(second, outcome):
    found = of(
        f"01AA 01AA00 10001 2021-05-10 60 4320 R1\n {second} 10001 2021-05-11 40 2880 R2",
        PLACED,
        pupils=TWO_PLACES,
    )
    assert [row[1] for row in outcomes(found)] == [outcome, outcome]


def test_only_the_pupils_of_the_vestigingen_that_take_part_count():
    found = of("01AA 01AA01 10001 2021-05-10 100 7200 R1", PLACED, pupils=TWO_PLACES)
    assert outcomes(found) == [("01AA", "reduced", "2880.00")]  # 40 x 72


def test_a_school_that_an_application_names_twice_counts_once():
    found = of("01AA 10001 2021-05-10 100 7200 R1 N\n 01AA 10001 2021-05-10 100 7200 R1 N")
    assert [row[2] for row in outcomes(found)] == ["7200.00", "0.00"]
    assert found["reason"][1] == "01AA takes part in region R1 already; it counts once"


def test_at_the_ceiling_all_are_lowered_in_proportion_and_nobody_is_refused():
    # 7200 + 3960 + 648 = 11808 may be given, 5904 is available: half for each
    text = (
        "01AA 10001 2021-05-10 100 7200 R1 N\n 02BB 10002 2021-05-31 55 3960 R2 N\n"
        "03CC 10003 2021-06-01 9 648 R3 N\n 09VO 10009 2021-06-01 200 12400 R3 N"
    )
    found = decided(scheme("EHK", second=5904), HEAD + text)
    assert outcomes(found) == [
        ("01AA", "reduced", "3600.00"),
        ("02BB", "reduced", "1980.00"),
        ("03CC", "reduced", "324.00"),
        ("09VO", "granted", "12400.00"),  # another ceiling
    ]
    assert found["reason"][0] == (
        "100 pupils x 72.00 = 7200.00; all for po in window second come to 11808.00 and 5904.00 is available, "
        "so each gets that part: 3600.00"
    )
    assert found["article"][0] == (
        "BWBR0044510, artikel 7(2)(a) (Stcrt. 2021, 21730); BWBR0044510, artikel 9 (Stcrt. 2021, 21730)"
    )


def test_the_cents_of_a_proportion_add_up_to_the_ceiling():
    # three times 100.00, and 100.00 for all: 33.33, 66.67 - 33.33, 100.00 - 66.67
    text = (
        "01AA 10001 2021-05-10 100 100 R1 N\n 02BB 10002 2021-05-11 55 100 R2 N\n 03CC 10003 2021-05-12 9 100 R3 N"
    )
    found = decided(scheme("EHK", second=100), HEAD + text)
    assert [row[2] for row in outcomes(found)] == ["33.33", "33.34", "33.33"]
    assert set(found["status"]) == {"derived"}
