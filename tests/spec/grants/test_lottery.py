"""Window a of catch-up programmes: groups in order, lots in the one that no longer fits, or 90% for all of it."""

import polars as pl
import pytest

from npo_pipeline.grants.decide import assumptions, decide_grants, undecided
from npo_pipeline.rulebook.subsidy import Subsidy
from tests.spec.grants.applying import applied, decided, grant_inputs, outcomes, scheme, why, with_ceilings

HEAD = "brin board applied_on pupils amount before\n"
SCHOOLS = {f"{number:02}AA": f"{10000 + number}" for number in range(1, 7)}
PUPILS = "brin school_type pupils\n" + "\n".join(f"{brin} bao 100" for brin in SCHOOLS)
DIRECTORY = "vestiging board valid_from valid_to\n" + "\n".join(
    f"{brin}00 {board} 2010-01-01 -" for brin, board in SCHOOLS.items()
)


def apply(*asked: tuple[str, int, str]) -> str:
    """Schools, pupils asked for at 900 euro, and whether they had the subsidy before."""
    rows = [f"{brin} {SCHOOLS[brin]} 2021-04-20 {n} {n * 900} {before}" for brin, n, before in asked]
    return HEAD + "\n".join(rows)


def with_seed(seed: int, euro: int) -> Subsidy:
    subsidy = with_ceilings(scheme("IOP"), a=euro)
    window = subsidy.windows["a"]
    lottery = window.lottery.model_copy(update={"seed": window.lottery.seed.model_copy(update={"value": seed})})
    windows = {**subsidy.windows, "a": window.model_copy(update={"lottery": lottery})}
    return subsidy.model_copy(update={"windows": windows})


def judged(text: str, euro: int, seed: int = 20210502, **others):
    return decided(with_seed(seed, euro), text, pupils=PUPILS, schools=DIRECTORY, **others)


def test_where_the_money_is_enough_nobody_is_ranked():
    found = judged(apply(("01AA", 10, "N"), ("02AA", 10, "J")), 18000)
    assert [row[1] for row in outcomes(found)] == ["granted", "granted"]
    assert "lot" not in found["reason"].str.join(" ").item()


def test_schools_without_the_subsidy_in_2020_come_first_then_the_larger_share_then_the_others():
    # 9000 is asked by each, 18000 is there: 03AA (new), then 02AA (score), and nothing for 01AA, who applied first
    text = apply(("01AA", 10, "J"), ("02AA", 10, "J"), ("03AA", 10, "N"))
    found = judged(text, 18000, scored=["02AA"])
    assert outcomes(found) == [
        ("01AA", "refused", "0.00"),
        ("02AA", "granted", "9000.00"),
        ("03AA", "granted", "9000.00"),
    ]
    assert found["reason"][0] == (
        "nothing was left of the ceiling of 18000.00 for po in window a for schools of group others"
    )
    assert found["article"][0] == (
        "BWBR0043564, artikel 5a(1)(a) (Stcrt. 2021, 19015); BWBR0043564, artikel 8a(1) (Stcrt. 2021, 19015)"
    )


def test_in_the_group_that_no_longer_fits_lots_decide_and_the_last_one_gets_what_is_left():
    # three new schools ask 9000 each, 13500 is there: the first lot 9000, the second 4500, the third nothing
    found = judged(apply(*((brin, 10, "N") for brin in ("01AA", "02AA", "03AA"))), 13500)
    by_lot = {
        reason.split("lot ")[1][0]: str(amount) for reason, amount in found.select("reason", "amount").rows()
    }
    assert by_lot == {"1": "9000.00", "2": "4500.00", "3": "0.00"}
    reasons = sorted(found["reason"], key=lambda reason: reason.split("lot ")[1])
    assert reasons == [
        "10 pupils x 900.00 = 9000.00; lot 1 of 3 (seed 20210502)",
        "10 pupils x 900.00 = 9000.00; lot 2 of 3 (seed 20210502): 4500.00 was left of the ceiling of 13500.00 "
        "for po in window a",
        "lot 3 of 3 (seed 20210502): nothing was left of the ceiling of 13500.00 for po in window a "
        "for schools of group not granted before",
    ]
    assert set(found["status"]) == {"derived"}  # how lots are drawn is no law


def test_another_seed_draws_other_lots():
    text = apply(*((brin, 10, "N") for brin in SCHOOLS))
    first = {judged(text, 9000, seed).filter(pl.col("amount") > 0)["brin"].item() for seed in range(20)}
    assert len(first) > 1


def test_no_lots_are_drawn_where_ninety_percent_of_the_pupils_fit():
    # two schools ask 10 pupils each, 18000 euro; 90% is 9 + 9 = 18 pupils, 16200 euro: that fits in 17100,
    # and so does one pupil more: 19 x 900 = 17100
    found = judged(apply(("01AA", 10, "N"), ("02AA", 10, "N")), 17100)
    assert outcomes(found) == [("01AA", "reduced", "8100.00"), ("02AA", "granted", "9000.00")]
    assert found["reason"][0] == (
        "10 pupils x 900.00 = 9000.00; no lots are drawn, for at least 90% of the pupils of its group fit: "
        "9 pupils, 8100.00"
    )


@pytest.mark.parametrize(("euro", "amounts"), [(16200, ["8100.00", "8100.00"]), (16199, ["7199.00", "9000.00"])])
def test_just_ninety_percent_spares_the_lottery_and_a_euro_less_does_not(euro, amounts):
    found = judged(apply(("01AA", 10, "N"), ("02AA", 10, "N")), euro)
    assert sorted(row[2] for row in outcomes(found)) == amounts


def test_ninety_percent_is_rounded_up_to_whole_pupils():
    # 90% of 4 pupils is 3.6: 4 pupils each, 3 x 4 x 900 = 10800 do not fit in 10000, so lots are drawn
    found = judged(apply(*((brin, 4, "N") for brin in ("01AA", "02AA", "03AA"))), 10000)
    assert sorted(row[2] for row in outcomes(found)) == ["2800.00", "3600.00", "3600.00"]


def test_after_the_group_that_did_not_fit_the_next_one_gets_nothing():
    # 90% of 20 pupils fits in 17000, 800 of which are left; 03AA asks 900
    text = apply(("01AA", 10, "N"), ("02AA", 10, "N"), ("03AA", 1, "J"))
    found = judged(text, 17000)
    assert [row[2] for row in outcomes(found)] == ["8100.00", "8100.00", "0.00"]


def test_a_school_of_which_nothing_is_said_counts_as_new_and_that_is_said():
    text = apply(("01AA", 10, "-"), ("02AA", 10, "J"))
    assert [row[1] for row in outcomes(judged(text, 9000))] == ["granted", "refused"]
    inputs = grant_inputs(applied(text), pupils=PUPILS, schools=DIRECTORY, scored=["06AA"])
    (words,) = undecided([(with_seed(1, 9000), inputs)])
    assert words.startswith("IOP: 1 rows of applications count as schools without the subsidy in the year before")


def test_window_b_stays_closed_to_a_group_whose_money_of_window_a_is_gone():
    text = apply(("01AA", 10, "N"), ("02AA", 10, "N")) + f"\n 03AA {SCHOOLS['03AA']} 2021-06-02 1 900 N"
    found = judged(text, 17100)
    assert why(found.filter(pl.col("brin") == "03AA")) == (
        "window b is open to po only while money of window a is left, and none was"
    )


def test_vo_has_a_ceiling_and_lots_of_its_own():
    rows = applied(apply(("01AA", 10, "N")) + "\n 09VO 10009 2021-04-20 20 18000 N")
    inputs = grant_inputs(
        rows,
        pupils=f"{PUPILS}\n 09VO vo 200",
        schools=f"{DIRECTORY}\n 09VO00 10009 2010-01-01 -",
    )
    assert outcomes(decide_grants([(with_seed(1, 900), inputs)])) == [
        ("01AA", "reduced", "900.00"),
        ("09VO", "granted", "18000.00"),
    ]


def test_a_decision_rests_on_the_seed_only_where_lots_were_drawn():
    rows = apply(*((brin, 10, "N") for brin in ("01AA", "02AA", "03AA")))
    subsidy = with_seed(7, 13500)
    assert "windows a lottery seed (IOP)" in assumptions([subsidy], judged(rows, 13500))
    assert assumptions([subsidy], judged(rows, 90000)) == "derived: share over (IOP), rounding (IOP)"


def test_an_application_for_schools_of_two_sectors_is_under_two_ceilings():
    # 5a(4): board 10001 asks for a po school and a vo school; of po 900 is available, of vo enough
    rows = applied(
        "brin board applied_on pupils amount\n 01AA 10001 2021-04-20 10 9000\n 09VO 10001 2021-04-20 20 18000"
    )
    inputs = grant_inputs(
        rows, pupils=f"{PUPILS}\n 09VO vo 200", schools=f"{DIRECTORY}\n 09VO00 10001 2010-01-01 -"
    )
    assert outcomes(decide_grants([(with_seed(1, 900), inputs)])) == [
        ("01AA", "reduced", "900.00"),
        ("09VO", "granted", "18000.00"),
    ]
