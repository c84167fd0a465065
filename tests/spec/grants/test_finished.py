"""After the grant: a board of whose participants fewer than 85% finished keeps the part that did."""

import pytest

from npo_pipeline.grants.decide import assumptions, decide_grants, undecided
from tests.spec.grants.applying import applied, decided, grant_inputs, outcomes, scheme

ASKED = "brin applied_on pupils amount\n 01AA 2021-04-20 10 9000"
TWO = "brin board applied_on pupils amount\n 01AA 10001 2021-04-20 10 9000\n 02BB 10001 2021-04-20 5 4500"
BOTH = "vestiging board valid_from valid_to\n 01AA00 10001 2010-01-01 -\n 02BB00 10001 2010-01-01 -"
HEAD = "board brin finished\n"


def after(reports: str, asked: str = ASKED, **others):
    return decided(scheme("IOP"), asked, finished=HEAD + reports, **others)


def said(reports: str, asked: str = ASKED, code: str = "IOP", **others) -> list[str]:
    inputs = grant_inputs(applied(asked, code), finished=HEAD + reports, scored=["09VO"], **others)
    return list(undecided([(scheme(code), inputs)]))


@pytest.mark.parametrize(
    ("finished", "outcome", "amount"),
    [
        (10, "granted", "9000.00"),
        (9, "granted", "9000.00"),  # 90%
        (8, "reduced", "7200.00"),  # 80% is below 85%: 9000 x 8 / 10
        (1, "reduced", "900.00"),
        (0, "reduced", "0.00"),
    ],
)
def test_below_85_percent_the_grant_is_lowered_in_proportion(finished, outcome, amount):
    assert outcomes(after(f"10001 01AA {finished}")) == [("01AA", outcome, amount)]


def test_just_85_percent_lowers_nothing():
    many = "brin school_type pupils\n 01AA bao 200"
    asked = "brin applied_on pupils amount\n 01AA 2021-04-20 20 18000"  # 85% of 20 is 17
    assert outcomes(after("10001 01AA 17", asked, pupils=many)) == [("01AA", "granted", "18000.00")]
    assert outcomes(after("10001 01AA 16", asked, pupils=many)) == [("01AA", "reduced", "14400.00")]


def test_the_reason_and_the_article_say_so():
    found = after("10001 01AA 8")
    assert found["reason"].item() == (
        "10 pupils x 900.00 = 9000.00; 8 of the 10 pupils of board 10001 finished, less than 85%: 7200.00"
    )
    assert found["article"].item() == "BWBR0043564, artikelen 13(6) en 13(7) (Stcrt. 2021, 19015)"
    assert found["status"].item() == "derived"  # that all schools and windows count together is
    assert "completion over (IOP)" in assumptions([scheme("IOP")], found)
    assert "completion over" not in assumptions([scheme("IOP")], after(""))


def test_the_schools_of_a_board_are_taken_together():
    # 10 + 5 = 15 pupils; 10 + 3 = 13 finished, which is 86.7%
    assert [row[2] for row in outcomes(after("10001 01AA 10\n 10001 02BB 3", TWO, schools=BOTH))] == [
        "9000.00",
        "4500.00",
    ]
    # 9 + 3 = 12 finished, 80%: 9000 x 12 / 15 and 4500 x 12 / 15
    assert [row[2] for row in outcomes(after("10001 01AA 9\n 10001 02BB 3", TWO, schools=BOTH))] == [
        "7200.00",
        "3600.00",
    ]


def test_both_windows_are_taken_together():
    asked = "brin applied_on pupils amount\n 01AA 2021-04-20 6 5400\n 01AA 2021-06-02 4 3600"
    # 8 of 10: 5400 x 8 / 10 and 3600 x 8 / 10
    assert [row[2] for row in outcomes(after("10001 01AA 8", asked))] == ["4320.00", "2880.00"]


def test_a_board_that_does_not_report_on_all_its_schools_keeps_its_grant_for_now_and_is_named():
    assert [row[2] for row in outcomes(after("10001 01AA 0", TWO, schools=BOTH))] == ["9000.00", "4500.00"]
    assert said("10001 01AA 0", TWO, schools=BOTH) == [
        "IOP: board 10001 does not report on 02BB, so its grants are not lowered yet"
    ]


def test_of_two_reports_on_a_school_the_later_one_counts():
    assert outcomes(after("10001 01AA 2\n 10001 01AA 10")) == [("01AA", "granted", "9000.00")]


def test_more_who_finished_than_were_granted_count_as_many_as_were_granted_and_are_named():
    # 30 at 01AA count as 10: 10 + 2 = 12 of 15 is 80%
    reports = "10001 01AA 30\n 10001 02BB 2"
    assert [row[2] for row in outcomes(after(reports, TWO, schools=BOTH))] == ["7200.00", "3600.00"]
    assert said(reports, TWO, schools=BOTH) == [
        "IOP: board 10001 reports that 30 finished at 01AA, where 10 were granted; 10 count"
    ]


def test_a_report_on_a_school_without_a_grant_is_named_and_passed_over():
    assert said("10001 01AA 10\n 10002 02BB 4") == [
        "IOP: board 10002 reports on 02BB, for which it was granted nothing; that is passed over"
    ]


def test_without_reports_nothing_is_lowered_and_nothing_is_said():
    assert outcomes(after("")) == [("01AA", "granted", "9000.00")]
    assert said("") == []


def test_a_report_under_a_subsidy_without_that_rule_changes_nothing_and_is_named():
    asked = "brin applied_on pupils amount region\n 01AA 2021-05-10 100 7200 R1"
    inputs = grant_inputs(applied(asked, "EHK"), finished=f"{HEAD}10001 01AA 1", of_scheme="EHK")
    assert outcomes(decide_grants([(scheme("EHK"), inputs)])) == [("01AA", "granted", "7200.00")]
    assert list(undecided([(scheme("EHK"), inputs)])) == [
        "EHK: its rules lower no grant, so 1 reports of participants change nothing"
    ]
