"""What is available goes in order of receipt; the second window is open only while money of the first is left."""

from npo_pipeline.grants.decide import decide_grants, undecided
from tests.spec.grants.applying import applied, decided, grant_inputs, outcomes, scheme

HEAD = "brin applied_on pupils amount\n"
THREE = "brin school_type pupils\n 01AA bao 100\n 02BB bao 100\n 03CC so 100\n 09VO vo 200"


def of_three(text: str, **ceilings):
    return decided(scheme("IOP", **ceilings), HEAD + text, pupils=THREE)


def test_the_one_at_the_ceiling_gets_what_is_left_and_those_after_it_nothing():
    found = of_three("03CC 2021-04-22 4 3600\n 02BB 2021-04-21 4 3600\n 01AA 2021-04-20 4 3600", a=5000)
    assert outcomes(found) == [
        ("01AA", "granted", "3600.00"),
        ("02BB", "reduced", "1400.00"),  # 5000 - 3600
        ("03CC", "refused", "0.00"),
    ]
    assert found["reason"].to_list()[1:] == [
        "4 pupils x 900.00 = 3600.00; 1400.00 was left of the ceiling of 5000.00 for po in window a",
        "nothing was left of the ceiling of 5000.00 for po in window a",
    ]
    assert all("Awb, artikel 4:25" in article for article in found["article"][1:])


def test_a_ceiling_that_is_met_exactly_reduces_nobody():
    found = of_three("01AA 2021-04-20 4 3600\n 02BB 2021-04-21 4 3600", a=7200)
    assert [row[1] for row in outcomes(found)] == ["granted", "granted"]


def test_what_was_refused_or_reduced_takes_nothing_of_the_ceiling():
    # 01AA asks for 20 pupils and may have 10 (9000); the second one of 02BB is refused: 9000 + 900 + 900
    text = "01AA 2021-04-20 20 18000\n 02BB 2021-04-21 1 900\n 02BB 2021-04-22 9 8100\n 03CC 2021-04-23 1 900"
    assert outcomes(of_three(text, a=10800)) == [
        ("01AA", "reduced", "9000.00"),
        ("02BB", "granted", "900.00"),
        ("02BB", "refused", "0.00"),
        ("03CC", "granted", "900.00"),
    ]


def test_po_and_vo_have_ceilings_of_their_own():
    found = of_three("01AA 2021-04-20 4 3600\n 02BB 2021-04-21 4 3600\n 09VO 2021-04-22 4 3600", a=3600)
    assert [row[1] for row in outcomes(found)] == ["granted", "refused", "granted"]
    first_vo = of_three("09VO 2021-04-20 4 3600\n 01AA 2021-04-21 4 3600", a=3600)
    assert [row[1] for row in outcomes(first_vo)] == ["granted", "granted"]


def test_the_second_window_is_closed_when_the_first_reached_its_ceiling():
    found = of_three("01AA 2021-04-20 4 3600\n 02BB 2021-06-01 4 3600\n 09VO 2021-06-01 4 3600", a=3600)
    assert outcomes(found) == [
        ("01AA", "granted", "3600.00"),
        ("02BB", "refused", "0.00"),
        ("09VO", "granted", "3600.00"),  # of vo money was left
    ]
    assert found["reason"][1] == "window b is open to po only while money of window a is left, and none was"
    assert found["article"][1].startswith("Artikel 4, tweede lid, onder b")
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
    words = "IOP: the ceiling for po in window a is not known, so none is applied (Artikel 5a, eerste lid"
    assert any(one.startswith(words) for one in said)
    assert not any("window b" in one and "ceiling" in one for one in said)


def test_the_shipped_ceilings_of_the_second_window():
    # Stcrt. 2021, 35418: 66.849.200 for po and 38.720.200 for vo; extra help 102 and 56 million
    assert {name: int(one.value) for name, one in scheme("IOP").windows["b"].ceilings.items()} == {
        "po": 66_849_200,
        "vo": 38_720_200,
    }
    assert {name: int(one.value) for name, one in scheme("EHK").windows["second"].ceilings.items()} == {
        "po": 102_000_000,
        "vo": 56_000_000,
    }


def test_what_the_rules_do_not_cover_is_said():
    both = grant_inputs(applied(f"{HEAD} 09VO 2021-04-20 4 3600"), pupils="brin school_type pupils\n 01AA bao 100")
    said = list(undecided([(scheme("IOP"), both)]))
    assert "IOP: no vo pupils of 2019-10-01 were delivered, so such schools are refused" in said
    assert any("no scores of 2019-10-01 were delivered" in one for one in said)
    assert any("apcg" in one for one in said)
    other = grant_inputs(applied(f"{HEAD} 01AA 2021-04-20 4 3600", "XYZ"))
    assert list(undecided([(scheme("IOP"), other)])) == [
        "1 applications for XYZ are not decided on: its rules are not known for this year"
    ]
