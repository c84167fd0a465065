"""Within a window, by the board of the school on that day, for a school with pupils, once."""

import pytest

from npo_pipeline.grants.decide import decide_grants, undecided
from tests.spec.grants.applying import applied, decided, grant_inputs, older, outcomes, scheme, why, with_ceilings

HEAD = "brin applied_on pupils amount\n"


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        ("2021-04-14", "refused"),
        ("2021-04-15", "granted"),
        ("2021-05-02", "granted"),
        ("2021-05-03", "refused"),
        ("2021-05-31", "refused"),
        ("2021-06-01", "granted"),
        ("2021-06-13", "granted"),
        ("2021-06-14", "refused"),
    ],
)
def test_the_first_and_the_last_day_belong_to_a_window(day, outcome):
    assert decided(scheme("IOP"), f"{HEAD} 01AA {day} 5 4500")["outcome"].item() == outcome


def test_outside_any_window_the_windows_are_named():
    found = decided(scheme("IOP"), f"{HEAD} 01AA 2021-05-10 5 4500")
    assert why(found) == "applied on 2021-05-10, outside 2021-04-15 to 2021-05-02 and 2021-06-01 to 2021-06-13"
    assert found["article"].item() == (
        "BWBR0043564, artikel 4(2)(a) (Stcrt. 2021, 19015); BWBR0043564, artikel 4(2)(b) (Stcrt. 2021, 19015)"
    )
    assert (found["status"].item(), found["window_name"].item()) == ("published", None)


def test_extra_help_has_two_windows():
    days = {"2020-12-17": 0, "2020-12-18": 1, "2021-01-24": 1, "2021-01-25": 0}
    days |= {"2021-04-30": 0, "2021-05-01": 1, "2021-06-01": 1, "2021-06-02": 0}
    for day, is_open in days.items():
        found = decided(scheme("EHK"), f"{HEAD} 01AA {day} 5 360")
        assert outcomes(found)[0][1] == ("granted" if is_open else "refused"), day


def test_a_board_applies_for_its_own_schools_only():
    found = decided(scheme("IOP"), "brin board applied_on pupils amount\n 01AA 10002 2021-04-20 5 4500")
    assert outcomes(found) == [("01AA", "refused", "0.00")]
    assert why(found) == "01AA was not of board 10002 on 2021-04-20 but of 10001"


def test_the_board_is_the_one_of_the_day_of_application():
    moved = "vestiging board valid_from valid_to\n 01AA00 10001 2010-01-01 2021-04-19\n 01AA00 10002 2021-04-20 -"
    text = "brin board applied_on pupils amount\n 01AA {} 2021-04-{} 5 4500"
    cases = {
        ("10001", 19): "granted",
        ("10001", 20): "refused",
        ("10002", 19): "refused",
        ("10002", 20): "granted",
    }
    for (board, day), outcome in cases.items():
        found = decided(scheme("IOP"), text.format(board, day), schools=moved)
        assert found["outcome"].item() == outcome, (board, day)


def test_before_the_first_day_known_of_a_school_its_first_board_counts():
    late = "vestiging board valid_from valid_to\n 01AA00 10001 2021-10-01 -"
    assert outcomes(decided(scheme("IOP"), f"{HEAD} 01AA 2021-04-20 5 4500", schools=late))[0][1] == "granted"


def test_a_school_that_nobody_is_known_to_hold_gets_nothing():
    found = decided(scheme("IOP"), f"{HEAD} 05XX 2021-04-20 5 4500")
    assert why(found) == "05XX was not of board 99999 on 2021-04-20: no board is known for it"


def test_a_school_without_counted_pupils_gets_nothing():
    found = decided(
        scheme("IOP"), f"{HEAD} 01AA 2021-04-20 5 4500", pupils="brin school_type pupils\n 02BB bao 55"
    )
    assert outcomes(found) == [("01AA", "refused", "0.00")]
    assert why(found) == "no pupils of 01AA are counted on 2020-10-01"
    assert found["status"].item() == "published"


def test_pupils_of_a_kind_that_the_subsidy_is_not_for_do_not_count():
    found = decided(scheme("IOP"), f"{HEAD} 01AA 2021-04-20 5 4500", pupils="brin school_type pupils\n 01AA cn 50")
    assert why(found) == "no pupils of 01AA are counted on 2020-10-01"


BOTH = "vestiging board valid_from valid_to\n 01AA00 10001 2010-01-01 -\n 02BB00 10001 2010-01-01 -"
OF_BOARD = "brin board applied_on pupils amount\n"


def test_a_board_applies_once_in_a_window_for_all_its_schools():
    text = f"{OF_BOARD} 01AA 10001 2021-04-16 2 1800\n 02BB 10001 2021-04-16 3 2700"
    assert [row[1] for row in outcomes(decided(scheme("IOP"), text, schools=BOTH))] == ["granted", "granted"]


def test_rows_of_another_day_are_a_second_application_and_refused_also_for_another_school():
    text = f"{OF_BOARD} 02BB 10001 2021-04-20 3 2700\n 01AA 10001 2021-04-16 2 1800"
    found = decided(scheme("IOP"), text, schools=BOTH)
    assert outcomes(found) == [
        ("01AA", "granted", "1800.00"),  # the first one that came in, whatever the order of the file
        ("02BB", "refused", "0.00"),
    ]
    assert found["reason"][1] == "board 10001 applied in window a already, on 2021-04-16; one application counts"
    assert found["article"][1] == "BWBR0043564, artikel 4(6) (Stcrt. 2021, 19015)"


def test_a_board_may_apply_in_each_window():
    found = decided(scheme("IOP"), f"{HEAD} 01AA 2021-04-20 2 1800\n 01AA 2021-06-02 3 2700")
    assert [row[1] for row in outcomes(found)] == ["granted", "granted"]


def test_an_application_that_is_refused_for_another_reason_does_not_count_as_the_first():
    text = f"{OF_BOARD} 05XX 10001 2021-04-16 2 1800\n 01AA 10001 2021-04-20 3 2700"
    assert [row[1] for row in outcomes(decided(scheme("IOP"), text))] == ["refused", "granted"]


def test_under_older_files_each_school_applies_once():
    text = f"{HEAD} 01AA 2021-04-20 2 1800\n 01AA 2021-04-20 3 2700\n 01AA 2021-06-02 9 8100"
    found = decided(older("IOP"), text)
    assert [row[2] for row in outcomes(found)] == ["1800.00", "0.00", "8100.00"]  # 10% in each window
    assert found["reason"][1] == "01AA applied in window a already, on 2021-04-20; one application counts"
    both = f"{OF_BOARD} 01AA 10001 2021-04-16 2 1800\n 02BB 10001 2021-04-20 3 2700"
    assert [row[1] for row in outcomes(decided(older("IOP"), both, schools=BOTH))] == ["granted", "granted"]


def test_under_older_files_extra_help_is_of_a_school_and_goes_in_order_of_receipt():
    text = "brin applied_on pupils amount region\n 01AA 2021-05-10 100 9000 R1\n 02BB 2021-05-11 55 3960 R1"
    found = decided(with_ceilings(older("EHK"), second=9000), text)
    assert outcomes(found) == [("01AA", "reduced", "7200.00"), ("02BB", "reduced", "1800.00")]


@pytest.mark.parametrize(
    ("code", "article"), [("IOP", "artikelen 6(2) en 7a(6)"), ("EHK", "artikelen 8(3) en 8(5)")]
)
def test_applications_of_caribisch_nederland_are_not_decided_on_and_named(code, article):
    day = "2021-04-20" if code == "IOP" else "2021-05-10"
    rows = applied(f"{HEAD} 01AA {day} 5 4500\n 02BB {day} 1 900", code)
    inputs = grant_inputs(rows, left_out=["02BB"], scored=["01AA"])
    assert decide_grants([(scheme(code), inputs)])["brin"].to_list() == ["01AA"]
    said = [one for one in undecided([(scheme(code), inputs)]) if "REGIO" not in one]
    assert len(said) == 1
    assert said[0].startswith(f"{code}: applications for 02BB in Caribisch Nederland are not decided on (BWBR")
    assert article in said[0]
