"""Why theirs differs from ours: each cause is found where it was planted, and nothing where nothing was."""

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from npo_pipeline.reconciliation.causes import Evidence, explain
from npo_pipeline.reconciliation.compare import compare, left_out
from schemas.reconciled import OurAmounts, TheirAmounts
from tests.effort import examples
from tests.spec.reconciliation.amounts import (
    RATES,
    Said,
    School,
    beside,
    causes,
    cents_of,
    changed,
    explained,
    ours,
    said_of,
    school,
    theirs,
)

few = settings(max_examples=examples(8))
"""A comparison takes some hundredths of a second, whatever its size."""

LEVELS = ("vestiging", "school", "board")
BRINS = [f"{number:02d}{letters}" for number in range(1, 10) for letters in ("AA", "BC", "ZX")]


@st.composite
def countries(draw: st.DrawFn, *, least: int = 2):
    """Schools of one to three vestigingen, with pupils and, some of them, a score; four boards."""
    brins = draw(st.lists(st.sampled_from(BRINS), min_size=least, max_size=8, unique=True))
    schools = []
    for brin in brins:
        board = draw(st.sampled_from(("10001", "10002", "10003", "10004")))
        for number in range(draw(st.integers(1, 3))):
            pupils = draw(st.integers(1, 900))
            score = draw(st.one_of(st.just("0"), st.decimals("0.01", "900", places=2).map(str)))
            schools.append(school(f"{brin}{number:02d}", pupils, board=board, score=score))
    return schools


def different(pairs) -> dict:
    return {key: why for key, why in causes(pairs).items() if why != "match"}


@few
@given(countries(), st.sampled_from(LEVELS), st.booleans())
def test_where_nothing_was_planted_all_match(schools, level, counts):
    assert different(explained(schools, said_of(ours(schools), level, counts=counts), level)) == {}


@few
@given(countries(), st.sampled_from(LEVELS), st.data())
def test_the_differences_add_up_to_theirs_less_ours(schools, level, data):
    amounts = ours(schools)
    said = [
        Said(code=one.code, component=one.component, cents=data.draw(st.integers(0, 10**8)))
        for one in said_of(amounts, level)
        if data.draw(st.booleans())
    ]
    said += [Said(code={"vestiging": "99ZZ00", "school": "99ZZ", "board": "99999"}[level], cents=12345)]
    pairs = explained(schools, said, level)
    named = {one.component for one in said}
    ours_of_named = amounts.filter(pl.col("component").is_in(named))["amount_cents"].sum()
    assert pairs["gap_cents"].sum() == sum(one.cents for one in said) - ours_of_named
    assert pairs["theirs_cents"].sum() == sum(one.cents for one in said)
    assert pairs["ours_cents"].sum() == ours_of_named


@few
@given(countries(), st.sampled_from(LEVELS), st.randoms(), st.integers(-20, 20))
def test_the_order_of_rows_does_not_matter(schools, level, random, more):
    said = said_of(ours(schools), level)
    first = said[0]
    said = changed(said, first.code, cents=max(first.cents + more * 70116, 0))
    turned, asked = random.sample(schools, len(schools)), random.sample(said, len(said))
    one, other = (explained(*given, level).drop("line") for given in ((schools, said), (turned, asked)))
    assert one.equals(other)


@few
@given(countries(), st.sampled_from(LEVELS), st.integers(-40, 40).filter(bool), st.booleans())
def test_another_count_is_found(schools, level, more, counts):
    """Theirs is the rate times some pupils more or fewer; their count says so too where the file has one."""
    said = said_of(ours(schools), level, counts=counts)
    code, cents, count = said[0].code, said[0].cents, said[0].count_e2
    assume(cents + more * 70116 >= 0)
    their_count = {} if count is None else {"count_e2": count + more * 100}
    planted = changed(said, code, cents=cents + more * 70116, **their_count)
    assert different(explained(schools, planted, level)) == {(code, "per_pupil"): "count"}


@few
@given(countries(), st.decimals("-90", "90", places=2))
def test_another_score_is_found_where_the_file_has_it(schools, more):
    said = [
        one for one in said_of(ours(schools), "vestiging", counts=True) if one.component == "achterstandsscore"
    ]
    assume(said and said[0].count_e2 + more * 100 >= 0 and abs(more) >= Decimal("0.01"))
    count = said[0].count_e2 + int(more * 100)
    cents = cents_of("achterstandsscore", Decimal(count) / 100)
    planted = changed(said, said[0].code, "achterstandsscore", cents=cents, count_e2=count)
    assert different(explained(schools, planted, "vestiging")) == {
        (said[0].code, "achterstandsscore"): "count",
    }


def test_a_difference_of_whole_pupils_is_no_count_where_the_file_counts_as_many():
    """6/12 of 100 pupils is the money of 50; the file has 100."""
    schools = [school("01AA00", 100), school("02BB00", 80)]
    said = changed(said_of(ours(schools), "school", counts=True), "01AA", cents=50 * 70116)
    assert different(explained(schools, said, "school")) == {("01AA", "per_pupil"): "part_of_year"}
    said = changed(said_of(ours(schools), "school"), "01AA", cents=50 * 70116)
    assert different(explained(schools, said, "school")) == {("01AA", "per_pupil"): "count"}


def test_pupils_below_a_threshold_give_nothing_to_either():
    """Of 8 cumi pupils 4 give 548.56; of 3 none do, so theirs of 7 is the money of 3."""
    cumi = [School(vestiging=code, units={"cumi": Decimal(4)}) for code in ("01AA00", "02BB00")]
    amounts = OurAmounts(ours(cumi).with_columns(counted_e2=pl.lit(800, pl.Int64), threshold=pl.lit(4, pl.Int64)))
    said = [
        Said(code="01AA", component="cumi", cents=6 * 54856, count_e2=1000),
        Said(code="02BB", component="cumi", cents=0, count_e2=300),
        Said(code="03CC", component="cumi", cents=3 * 54856, count_e2=700),
    ]
    pairs = compare(amounts, theirs(said, "school"), tolerance_cents=0)
    found = causes(explain(pairs, Evidence(amounts, beside())))
    assert found == {(one.code, "cumi"): "count" for one in said}


def test_a_count_is_said_in_words():
    schools = [school("01AA00", 222), school("02BB00", 80)]
    said = changed(said_of(ours(schools), "school", counts=True), "01AA", cents=225 * 70116, count_e2=22500)
    (words,) = explained(schools, said, "school")["explanation"].drop_nulls()
    assert words == "Andere telling: 3 leerlingen meer dan hier (225 tegen 222)."
    said = changed(said_of(ours(schools), "school"), "01AA", cents=221 * 70116)
    (words,) = explained(schools, said, "school")["explanation"].drop_nulls()
    assert words == "Andere telling: 1 leerling minder dan hier, keer € 701,16."
    schools = [school("01AA00", 1222), school("02BB00", 80)]
    said = changed(said_of(ours(schools), "school", counts=True), "01AA", cents=1225 * 70116, count_e2=122500)
    (words,) = explained(schools, said, "school")["explanation"].drop_nulls()
    assert words == "Andere telling: 3 leerlingen meer dan hier (1.225 tegen 1.222)."


@few
@given(countries(), st.sampled_from(LEVELS), st.sampled_from((-1, 1)))
def test_a_cent_per_vestiging_is_rounding(schools, level, cent):
    said = said_of(ours(schools), level)
    code = said[-1].code
    planted = changed(said, code, said[-1].component, cents=said[-1].cents + cent)
    assert different(explained(schools, planted, level)) == {(code, said[-1].component): "rounding"}


def test_two_cents_are_rounding_of_two_vestigingen_and_not_of_one():
    schools = [school("01AA00", 100), school("01AA01", 20), school("02BB00", 80)]
    said = [Said(code="01AA", cents=120 * 70116 + 2), Said(code="02BB", cents=80 * 70116 + 2)]
    assert causes(explained(schools, said, "school")) == {
        ("01AA", "per_pupil"): "rounding",
        ("02BB", "per_pupil"): "unexplained",
    }


def test_a_tolerance_makes_a_match_of_cents():
    schools = [school("01AA00", 100)]
    said = [Said(code="01AA", cents=100 * 70116 + 5)]
    assert causes(explained(schools, said, "school", tolerance=5)) == {("01AA", "per_pupil"): "match"}
    assert causes(explained(schools, said, "school", tolerance=4)) == {("01AA", "per_pupil"): "unexplained"}


@few
@given(countries(), st.sampled_from(LEVELS))
def test_components_put_together_are_found(schools, level):
    """They book the score with the base: the base has more by just that, and the score is missing."""
    amounts = ours(schools)
    said, score = (
        said_of(amounts, level, components=["per_pupil"]),
        said_of(amounts, level, components=["achterstandsscore"]),
    )
    of_code = {one.code: one.cents for one in score}
    planted = [Said(code=one.code, cents=one.cents + of_code.get(one.code, 0)) for one in said]
    assume(all(cents % 70116 and cents > 3 for cents in of_code.values()))
    found = different(explained(schools, planted, level))
    assert found == {(code, "per_pupil"): "composition" for code in of_code}


def test_an_amount_that_the_rules_name_beside_the_rate_is_a_composition():
    """797.44 = 701.16 + 96.28 (BWBR0045041, 4(a)): they pay the amount of which ours is a part."""
    schools = [school("01AA00", 100), school("02BB00", 80), school("03CC00", 7)]
    said = [Said(code=one.vestiging[:4], cents=int(one.units["per_pupil"]) * 79744) for one in schools]
    pairs = explained(schools, said, "school", named=beside(("€ 96,28 per leerling", "96.28")))
    assert set(causes(pairs).values()) == {"composition"}
    assert pairs["explanation"][0] == "Het bestand telt hierbij op: € 96,28 per leerling (€ 9.628,00)."


def test_a_vestiging_or_a_school_type_that_they_leave_out_is_a_composition():
    schools = [school("01AA00", 100, score="12.5"), school("01AA01", 30, score="7.25"), school("02BB00", 80)]
    said = [
        Said(code="01AA", cents=cents_of("achterstandsscore", Decimal("12.5")), component="achterstandsscore"),
        Said(code="01AA", cents=130 * 70116),
        Said(code="02BB", cents=80 * 70116),
    ]
    pairs = explained(schools, said, "school")
    assert different(pairs) == {("01AA", "achterstandsscore"): "composition"}
    assert pairs["explanation"].drop_nulls().to_list() == [
        "Het bestand laat hier weg: vestiging 01AA01 (€ 1.820,91)."
    ]


def test_a_school_whose_money_the_file_has_with_another_is_put_together_with_it():
    """A merger that the file knows of: 02BB is not in it, and 01AA has the money of both."""
    schools = [school("01AA00", 100), school("02BB00", 80), school("03CC00", 80 + 7)]
    said = [Said(code="01AA", cents=180 * 70116), Said(code="03CC", cents=87 * 70116)]
    pairs = explained(schools, said, "school")
    assert different(pairs) == {("01AA", "per_pupil"): "composition", ("02BB", "per_pupil"): "composition"}
    assert pairs.sort("code")["explanation"].drop_nulls().to_list() == [
        "Het bestand telt hierbij het geld van 02BB (€ 56.092,80).",
        "Het bestand telt dit bij 01AA.",
    ]
    alike = [*schools, school("04DD00", 80)]
    assert set(different(explained(alike, said, "school")).values()) == {"count", "unexplained"}


def test_what_is_put_with_another_amount_is_not_called_missing():
    schools = [school("01AA00", 100, score="12.5"), school("02BB00", 80, score="3")]
    score = cents_of("achterstandsscore", Decimal("12.5"))
    said = changed(said_of(ours(schools), "school"), "01AA", cents=100 * 70116 + score)
    said = changed(said, "01AA", "achterstandsscore", cents=0)
    pairs = explained(schools, said, "school")
    assert different(pairs) == {("01AA", "per_pupil"): "composition", ("01AA", "achterstandsscore"): "composition"}
    assert pairs.filter(component="achterstandsscore", code="01AA")["explanation"].to_list() == [
        "Het bestand telt dit bij Bedrag per leerling."
    ]


@few
@given(countries(least=3))
def test_a_school_that_stands_with_another_board_is_found(schools):
    brin, holder = schools[0].vestiging[:4], schools[0].board
    moved = [one for one in schools if one.vestiging[:4] == brin]
    assume(len({one.vestiging[:4] for one in schools if one.board == holder}) > 1)
    money = sum(cents_of("per_pupil", one.units["per_pupil"]) for one in moved)
    said = said_of(ours(schools), "board", components=["per_pupil"])
    other = next((one.code for one in said if one.code != holder), "10009")
    before = {one.code: one.cents for one in said}
    planted = changed(said, holder, cents=before[holder] - money)
    if other in before:
        planted = changed(planted, other, cents=before[other] + money)
    else:
        planted.append(Said(code=other, cents=money))
    found = different(explained(schools, planted, "board"))
    assert found == {(holder, "per_pupil"): "board", (other, "per_pupil"): "board"}


def test_a_move_between_boards_is_said_to_both():
    schools = [school("01AA00", 100), school("02BB00", 80), school("03CC00", 70, board="10002")]
    said = [Said(code="10001", cents=100 * 70116), Said(code="10002", cents=150 * 70116)]
    words = "Het geld van school 02BB van bestuur 10001 (€ 56.092,80) staat in het bestand bij bestuur 10002."
    assert explained(schools, said, "board")["explanation"].to_list() == [words, words]


@few
@given(countries(least=3), st.integers(40, 199).filter(lambda part: part != 100))
def test_one_ratio_for_all_is_another_rate(schools, percent):
    said = said_of(ours(schools), "vestiging", components=["per_pupil"])
    planted = [Said(code=one.code, cents=(one.cents * percent * 2 + 100) // 200) for one in said]
    assume(len({one.cents for one in said}) > 2)
    found = different(explained(schools, planted, "vestiging"))
    assert set(found.values()) == {"rate"}
    assert len(found) == len(said)


def test_what_all_schools_put_together_is_a_composition_also_where_it_might_be_pupils():
    """Cumi money of 3 x 548.56 and base money of 701.16: of the second school it is that of two pupils."""
    schools = [school("01AA00", 100), school("02BB00", 80), school("03CC00", 50)]
    cumi = {"01AA00": Decimal(3), "02BB00": Decimal(70116), "03CC00": Decimal(7)}
    schools = [replace(one, units={**one.units, "cumi": cumi[one.vestiging]}) for one in schools]
    base, more = (said_of(ours(schools), "school", components=[one]) for one in ("per_pupil", "cumi"))
    said = [replace(one, cents=one.cents + other.cents) for one, other in zip(base, more, strict=True)]
    assert set(causes(explained(schools, said, "school")).values()) == {"composition"}
    assert causes(explained(schools[1:2], said[1:2], "school")) == {("02BB", "per_pupil"): "count"}


def test_a_rate_and_a_count_say_when_it_may_be_a_part_of_the_year():
    schools = [school("01AA00", 120), school("02BB00", 84), school("03CC00", 7)]
    said = [replace(one, cents=(one.cents * 5 + 6) // 12) for one in said_of(ours(schools), "school")]
    (words,) = set(explained(schools, said, "school")["explanation"])
    assert words.endswith("41,67% van dat van hier, zoals bij 5 van de 12 maanden.")
    said = changed(said_of(ours(schools), "school"), "01AA", cents=50 * 70116)
    (words,) = explained(schools, said, "school")["explanation"].drop_nulls()
    assert words == "Andere telling: 70 leerlingen minder dan hier, keer € 701,16. Of 5 van de 12 maanden."


def test_a_ratio_of_a_few_schools_is_no_rate():
    schools = [school(f"{number:02d}AA00", 100 + 7 * number) for number in range(1, 9)]
    said = said_of(ours(schools), "school", counts=True)
    for one in said[:2]:
        said = changed(said, one.code, cents=one.cents * 91 // 100)
    assert set(different(explained(schools, said, "school")).values()) <= {"unexplained", "part_of_year"}


def test_a_ratio_of_two_schools_is_a_count_where_both_have_whole_pupils_more():
    """Ten more of a hundred, and eight more of eighty: with a third school it is a rate ten per cent higher."""
    schools = [school("01AA00", 100), school("02BB00", 80), school("03CC00", 50)]
    said = [replace(one, cents=one.cents * 11 // 10) for one in said_of(ours(schools), "school")]
    assert set(causes(explained(schools, said, "school")).values()) == {"rate"}
    assert set(causes(explained(schools[:2], said[:2], "school")).values()) == {"count"}
    counted = [replace(one, count_e2=11 * pupils * 10) for one, pupils in zip(said, (100, 80, 50), strict=True)]
    assert set(causes(explained(schools, counted, "school")).values()) == {"count"}


def test_a_rate_is_said_as_a_part_of_ours():
    schools = [school("01AA00", 101), school("02BB00", 83), school("03CC00", 7)]
    said = [Said(code=one.code, cents=one.cents * 51 // 100) for one in said_of(ours(schools), "school")]
    words = set(explained(schools, said, "school")["explanation"])
    assert words == {"Ander bedrag per eenheid: voor alle scholen in het bestand 51,00% van dat van hier."}


@few
@given(countries(least=3), st.integers(1, 11), st.sampled_from(("vestiging", "school")))
def test_a_part_of_the_year_is_found(schools, months, level):
    """One school has some twelfths of the year, of as many pupils as here."""
    said = said_of(ours(schools), level, counts=True, components=["per_pupil"])
    assume(len(said) > 2)
    cents = (said[0].cents * months * 2 + 12) // 24
    found = different(explained(schools, changed(said, said[0].code, cents=cents), level))
    assert found.pop((said[0].code, "per_pupil")) in ("part_of_year", "composition")
    assert found == {}


def test_months_at_another_rate_are_a_part_of_the_year_where_nothing_else_is_left():
    """31AE of the real file: 97 pupils, 4,764.40 of 19,394.18, which is 2.95 of 12 months."""
    schools = [school(f"{number:02d}AA00", 50 + number) for number in range(1, 32)]
    said = changed(said_of(ours(schools), "school", counts=True), "20AA", cents=70 * 70116 * 295 // 1200)
    few = schools[5:25]
    of_few = [one for one in said if one.code in {other.vestiging[:4] for other in few}]
    assert different(explained(few, of_few, "school")) == {("20AA", "per_pupil"): "unexplained"}
    pairs = explained(schools, said, "school")
    assert different(pairs) == {("20AA", "per_pupil"): "part_of_year"}
    assert "dezelfde telling, en 2,95 van de 12 maanden" in pairs["explanation"].drop_nulls()[0]
    said = changed(said_of(ours(schools), "school"), "20AA", cents=70 * 70116 * 295 // 1200)
    assert different(explained(schools, said, "school")) == {("20AA", "per_pupil"): "unexplained"}


@few
@given(countries(), st.integers(500, 50_000))
def test_what_fits_no_cause_is_not_explained(schools, more):
    said = said_of(ours(schools), "school", counts=True, components=["per_pupil"])
    amounts = ours(schools).filter(brin=said[0].code)["amount_cents"].to_list()
    assume(all(more != cents for cents in amounts) and more != sum(amounts) - said[0].cents)
    planted = changed(said, said[0].code, cents=said[0].cents + more)
    assume(len(said) > 1)
    assert different(explained(schools, planted, "school")) == {(said[0].code, "per_pupil"): "unexplained"}


@pytest.mark.parametrize(
    ("said", "outcome", "cause"),
    [
        ([("01AA", 7011600), ("09ZZ", 70117)], "missing_here", "unexplained"),
        ([("01AA", 7011600), ("09ZZ", 5 * 70116)], "missing_here", "count"),
        ([("02BB", 80 * 70116)], "missing_there", "unexplained"),
    ],
)
def test_what_one_side_lacks_has_an_outcome_and_a_cause(said, outcome, cause):
    schools = [school("01AA00", 100), school("02BB00", 80)]
    pairs = explained(schools, [Said(code=code, cents=cents) for code, cents in said], "school")
    lacking = pairs.filter(pl.col("outcome") == outcome)
    assert lacking["cause"].to_list()[:1] == [cause]
    assert lacking["explanation"].null_count() == 0


def test_a_school_is_compared_in_its_own_currency():
    euro = ours([school("01AA00", 100)])
    dollar = ours([school("28PW00", 361, board="10002")]).with_columns(
        currency=pl.lit("USD"), decision_id=pl.lit("2021-2022-USD-001")
    )
    both = OurAmounts(pl.concat([dollar, euro]))
    said = [*said_of(both, "school"), Said(code="09ZZ", cents=70117)]
    pairs = compare(both, theirs(said, "school"), tolerance_cents=0)
    assert pairs.select("code", "currency", "decision_id", "outcome").rows() == [
        ("01AA", "EUR", "2021-2022-001", "match"),
        ("09ZZ", "EUR", "2021-2022-001", "missing_here"),
        ("28PW", "USD", "2021-2022-USD-001", "match"),
    ]


def test_what_no_file_names_is_left_out_and_added_up():
    amounts = ours(
        [school("01AA00", 100, score="2"), school("01AA01", 7, score="3"), school("02BB00", 8, score="1")]
    )
    said = said_of(amounts, "school", components=["per_pupil"])
    assert left_out(amounts, theirs(said, "school")).rows() == [
        ("achterstandsscore", "EUR", 2, Decimal("1506.96")),  # 6 x 251.16
    ]


def test_what_is_left_out_and_of_no_school_is_not_counted_as_one():
    amounts = ours([school("01AA00", 100, score="2")])
    of_school = pl.when(pl.col("component") == "per_pupil").then("brin")
    of_area = OurAmounts(amounts.with_columns(brin=of_school))
    said = said_of(amounts, "school", components=["per_pupil"])
    assert left_out(of_area, theirs(said, "school")).rows() == [("achterstandsscore", "EUR", 0, Decimal("502.32"))]


def test_the_right_amount_with_another_board_is_a_match_that_says_so():
    schools = [school("01AA00", 100)]
    said = theirs(said_of(ours(schools), "school"), "school").with_columns(board=pl.lit("10002"))
    pairs = compare(ours(schools), TheirAmounts(said), tolerance_cents=0)
    (row,) = explain(pairs, Evidence(ours(schools), beside())).rows(named=True)
    assert (row["outcome"], row["cause"]) == ("match", None)
    assert row["explanation"] == "Hetzelfde bedrag, in het bestand bij bestuur 10002 en hier bij 10001."


def test_a_sum_of_components_is_compared_with_the_sum_of_ours():
    schools = [school("01AA00", 100, score="12.5"), school("02BB00", 80), school("03CC00", 9, score="1")]
    sums = {
        code: sum(one.cents for one in said_of(ours(schools), "school") if one.code == code)
        for code in ("01AA", "02BB")
    }
    said = [Said(code=code, cents=cents, component="per_pupil+achterstandsscore") for code, cents in sums.items()]
    pairs = explained(schools, said, "school")
    assert causes(pairs) == {
        ("01AA", "per_pupil+achterstandsscore"): "match",
        ("02BB", "per_pupil+achterstandsscore"): "match",
        ("03CC", "per_pupil+achterstandsscore"): "unexplained",
    }
    assert pairs["our_count_e2"].to_list() == [10000, 8000, 900]
    assert left_out(ours(schools), theirs(said, "school")).is_empty()
    part = changed(said, "01AA", "per_pupil+achterstandsscore", cents=100 * 70116)
    (words,) = explained(schools, part, "school").filter(cause="composition")["explanation"]
    assert words == "Het bestand laat hier weg: Achterstandsscore (€ 3.139,50)."


@pytest.mark.parametrize(("count_e2", "told"), [(None, ", keer € 701,16"), (10300, " (103 tegen 100)")])
def test_another_count_is_found_in_a_sum_of_which_one_component_is_per_pupil(count_e2, told):
    schools = [school("01AA00", 100, score="2"), school("02BB00", 80, score="3")]
    both = "per_pupil+achterstandsscore"
    said = [
        Said(code="01AA", component=both, cents=103 * 70116 + 2 * 25116, count_e2=count_e2),
        Said(code="02BB", component=both, cents=80 * 70116 + 6 * 25116),
    ]
    pairs = explained(schools, said, "school")
    assert causes(pairs) == {("01AA", both): "count", ("02BB", both): "unexplained"}
    assert pairs["explanation"][0] == f"Andere telling: 3 leerlingen meer dan hier{told}."


def test_a_sum_of_two_components_per_pupil_has_no_count_of_its_own():
    amounts = ours([school("01AA00", 100, score="2")]).with_columns(measure=pl.lit("pupils"))
    said = [Said(code="01AA", component="per_pupil+achterstandsscore", cents=5)]
    pairs = compare(OurAmounts(amounts), theirs(said, "school"), tolerance_cents=0)
    assert pairs.select("our_count_e2", "rate_low_e8", "measure").row(0) == (None, None, None)


def test_an_amount_that_cannot_be_read_is_not_said_to_be_absent_alone():
    schools = [school("01AA00", 100), school("02BB00", 80), school("03CC00", 9)]
    pairs = compare(ours(schools), theirs([Said(code="01AA", cents=5)], "school"), tolerance_cents=0)
    bad = frozenset({("01AA", "per_pupil"), ("02BB", "per_pupil"), ("03CC", "cumi")})
    words = dict(explain(pairs, Evidence(ours(schools), beside(), bad)).select("code", "explanation").iter_rows())
    assert words["01AA"].endswith("verklaart dit; een deel van wat er staat is niet te lezen.")
    assert words["02BB"] == "Het bestand heeft hiervan geen bedrag; wat er staat is niet te lezen."
    assert words["03CC"] == "Het bestand heeft hiervan geen bedrag."


def test_nothing_beside_nothing_is_no_row():
    schools = [school("01AA00", 100)]
    said = [*said_of(ours(schools), "school"), Said(code="01AA", component="achterstandsscore", cents=0)]
    assert causes(explained(schools, said, "school")) == {("01AA", "per_pupil"): "match"}
    assert RATES["per_pupil"] == Decimal("701.16")


def test_what_is_not_explained_says_what_is_known_of_it():
    schools = [school("01AA00", 100, score="2.5"), school("02BB00", 80)]
    said = said_of(ours(schools), "school", counts=True)
    said = changed(said, "01AA", cents=100 * 70116 + 12345)
    said = changed(said, "02BB", cents=80 * 70116 + 12345, count_e2=8100)
    said = [one for one in said if one.component == "per_pupil" or one.code != "01AA"]
    said += [Said(code="02BB", component="achterstandsscore", cents=500, count_e2=0), Said(code="09ZZ", cents=501)]
    pairs = explained(schools, said, "school")
    open_words = "Geen telling, afronding, samenstelling, tarief of deel van het jaar verklaart dit"
    words = {
        (code, component): why for code, component, why in pairs.select("code", "component", "explanation").rows()
    }
    assert words == {
        ("01AA", "per_pupil"): f"{open_words}; de telling is dezelfde (100).",
        ("02BB", "per_pupil"): f"{open_words}; ook de telling verschilt (81 in het bestand, hier 80).",
        ("01AA", "achterstandsscore"): "Het bestand heeft hiervan geen bedrag.",
        (
            "02BB",
            "achterstandsscore",
        ): "Het besluit heeft hier geen bedrag van dit onderdeel; de telling is dezelfde (0).",
        ("09ZZ", "per_pupil"): "Het besluit kent deze code niet.",
    }
