"""What is available in window b goes in order of receipt; it is open only while money of window a is left."""

import pytest

from npo_pipeline.grants.decide import decide_grants, undecided
from tests.spec.grants.applying import applied, decided, grant_inputs, outcomes, scheme

HEAD = "brin applied_on pupils amount\n"
THREE = "brin school_type pupils\n 01AA bao 100\n 02BB bao 100\n 03CC so 100\n 09VO vo 200"


def of_three(text: str, **ceilings):
    return decided(scheme("IOP", **ceilings), HEAD + text, pupils=THREE)


def test_the_one_at_the_ceiling_gets_what_is_left_and_those_after_it_nothing():
    found = of_three("03CC 2021-06-03 4 3600\n 02BB 2021-06-02 4 3600\n 01AA 2021-06-01 4 3600", b=5000)
    assert outcomes(found) == [
        ("01AA", "granted", "3600.00"),
        ("02BB", "reduced", "1400.00"),  # 5000 - 3600
        ("03CC", "refused", "0.00"),
    ]
    assert found["reason"].to_list()[1:] == [
        "4 pupils x 900.00 = 3600.00; 1400.00 was left of the ceiling of 5000.00 for po in window b",
        "nothing was left of the ceiling of 5000.00 for po in window b",
    ]
    assert found["article"][0] == "BWBR0043564, artikel 6(1) (Stcrt. 2021, 19015)"
    assert found["article"][1:].to_list() == 2 * [
        "BWBR0043564, artikel 5a(3)(a) (Stcrt. 2021, 35418); BWBR0043564, artikel 8a(6) (Stcrt. 2021, 19015)"
    ]


def test_a_ceiling_that_is_met_exactly_reduces_nobody():
    found = of_three("01AA 2021-06-01 4 3600\n 02BB 2021-06-02 4 3600", b=7200)
    assert [row[1] for row in outcomes(found)] == ["granted", "granted"]


def test_what_was_refused_or_reduced_takes_nothing_of_the_ceiling():
    # 01AA asks for 20 pupils and may have 10 (9000); the second one of board 10002 is refused: 9000 + 900 + 900
    text = "01AA 2021-06-01 20 18000\n 02BB 2021-06-02 1 900\n 02BB 2021-06-03 9 8100\n 03CC 2021-06-04 1 900"
    assert outcomes(of_three(text, b=10800)) == [
        ("01AA", "reduced", "9000.00"),
        ("02BB", "granted", "900.00"),
        ("02BB", "refused", "0.00"),
        ("03CC", "granted", "900.00"),
    ]


def test_po_and_vo_have_ceilings_of_their_own():
    found = of_three("01AA 2021-06-01 4 3600\n 02BB 2021-06-02 4 3600\n 09VO 2021-06-03 4 3600", b=3600)
    assert [row[1] for row in outcomes(found)] == ["granted", "refused", "granted"]
    first_vo = of_three("09VO 2021-06-01 4 3600\n 01AA 2021-06-02 4 3600", b=3600)
    assert [row[1] for row in outcomes(first_vo)] == ["granted", "granted"]


def test_the_second_window_is_closed_when_the_first_reached_its_ceiling():
    found = of_three("01AA 2021-04-20 4 3600\n 02BB 2021-06-01 4 3600\n 09VO 2021-06-01 4 3600", a=3600)
    assert outcomes(found) == [
        ("01AA", "granted", "3600.00"),
        ("02BB", "refused", "0.00"),
        ("09VO", "granted", "3600.00"),  # of vo money was left
    ]
    assert found["reason"][1] == "window b is open to po only while money of window a is left, and none was"
    assert found["article"][1] == "BWBR0043564, artikelen 4(2)(b) en 5a(2) (Stcrt. 2021, 19015)"
    assert found["status"][1] == "published"


def test_a_cent_that_is_left_opens_the_second_window():
    text = "01AA 2021-04-20 4 3599.99\n 02BB 2021-06-01 4 3600"
    assert [row[1] for row in outcomes(of_three(text, a=3600))] == ["granted", "granted"]


def test_the_second_window_has_its_own_ceiling_and_does_not_inherit_what_was_left():
    found = of_three("01AA 2021-04-20 1 900\n 02BB 2021-06-01 4 3600", a=100_000, b=1000)
    assert outcomes(found) == [("01AA", "granted", "900.00"), ("02BB", "reduced", "1000.00")]


def test_a_ceiling_that_is_not_known_is_said_and_not_applied():
    iop = scheme("IOP", a=None)
    based = grant_inputs(applied(f"{HEAD} 01AA 2021-04-20 4 3600\n 02BB 2021-06-01 4 3600"), pupils=THREE)
    assert [row[1] for row in outcomes(decide_grants([(iop, based)]))] == ["granted", "granted"]
    assert "derived" in decide_grants([(iop, based)])["status"].to_list()
    said = list(undecided([(iop, based)]))
    words = "IOP: the ceiling for po in window a is not known, so none is applied (BWBR0043564, artikel 5a(1)(a)"
    assert any(one.startswith(words) for one in said)
    assert not any("window b" in one and "ceiling" in one for one in said)


@pytest.mark.parametrize(
    ("code", "window", "po", "vo", "articles"),
    [
        ("IOP", "a", 116_000_000, 94_000_000, ["5a(1)(a)", "5a(1)(b)"]),
        ("IOP", "b", 66_849_200, 38_720_200, ["5a(3)(a)", "5a(3)(b)"]),
        ("EHK", "first", 102_000_000, 56_000_000, ["7(1)", "7(1)"]),
        ("EHK", "second", 102_000_000, 56_000_000, ["7(2)(a)", "7(2)(b)"]),
    ],
)
def test_the_ceilings_of_the_regulations(code, window, po, vo, articles):
    ceilings = scheme(code).windows[window].ceilings
    assert {name: one.value for name, one in ceilings.items()} == {"po": po, "vo": vo}
    assert [one.article for one in ceilings.values()] == articles


def test_what_window_a_granted_was_whole_pupils():
    # 5a(2): what is left of window a goes to window b; 116,000,000 - 66,849,200 = 54,612 x 900
    assert (116_000_000 - 66_849_200) == 54_612 * 900
    assert (94_000_000 - 38_720_200) == 61_422 * 900


def test_what_the_rules_do_not_cover_is_said():
    both = grant_inputs(applied(f"{HEAD} 09VO 2021-04-20 4 3600"), pupils="brin school_type pupils\n 01AA bao 100")
    said = list(undecided([(scheme("IOP"), both)]))
    assert "IOP: no vo pupils of 2020-10-01 were delivered, so such schools are refused" in said
    po = grant_inputs(applied(f"{HEAD} 01AA 2021-04-20 4 3600"))
    (no_scores,) = undecided([(scheme("IOP"), po)])
    assert no_scores.startswith("IOP: no scores of 2020-10-01 were delivered, so these raise no share")
    vo = grant_inputs(applied(f"{HEAD} 09VO 2021-04-20 4 3600"))
    (no_list,) = undecided([(scheme("IOP"), vo)])
    assert no_list.startswith("IOP: no leerplus list was delivered, so it raises no share")
    other = grant_inputs(applied(f"{HEAD} 01AA 2021-04-20 4 3600", "XYZ"))
    assert list(undecided([(scheme("IOP"), other)])) == [
        "1 applications for XYZ are not decided on: its rules are not known for this year"
    ]
