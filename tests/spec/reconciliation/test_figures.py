"""What a reconciliation says at a glance: how much matches, why the rest does not, and what that comes to."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.reconciliation.model import CAUSE_WORDS, OUTCOME_WORDS, Figures
from npo_pipeline.translation import catalogue, translated
from schemas.reconciled import MATCH, RECONCILED_CAUSES, RECONCILED_OUTCOMES
from tests.reading import rows
from tests.spec.reconciliation.beside import FOUR, reconciled


def test_the_share_that_matches_is_counted_in_amounts_and_in_money():
    figures = Figures(reconciled(FOUR))
    assert rows(figures.by_component, "component", "compared", "matching", "share", "share_of_money") == [
        # 1 of 4; 701,16 of the larger of both sides: 701,16 + 1.402,32 + 701,16 + 350,58 = 3.155,22
        ("per_pupil", 4, 1, 2500, 2222),
        ("achterstandsscore", 1, 0, 0, 0),
    ]


def test_money_that_the_file_lacks_is_no_money_that_matches():
    figures = Figures(reconciled("brin ours theirs outcome\n01AA 1.00 1.00 match\n02BB 9.00 - missing_there"))
    assert rows(figures.by_component, "share", "share_of_money") == [(5000, 1000)]
    negative = Figures(reconciled("brin ours theirs outcome\n01AA 1.00 1.00 match\n02BB 1.00 -1.00 differs"))
    assert rows(negative.by_component, "share", "share_of_money") == [(5000, 5000)]


def test_an_amount_that_several_files_have_is_said_to_be_counted_more_than_once():
    head = "brin file component ours theirs outcome\n01AA a.csv per_pupil 1.00 1.00 match\n"
    words = "1 amounts are in several files, and the sums count each; first 01AA; compare these files one by one"
    assert list(Figures(reconciled(head + "01AA b.csv per_pupil 1.00 1.00 match")).conclusion())[1:] == [words]
    for other in ("01AA b.csv cumi 1.00 1.00 match", "02BB b.csv per_pupil 1.00 1.00 match"):
        assert len(list(Figures(reconciled(head + other)).conclusion())) == 1


def test_a_file_of_one_board_is_known_where_the_decision_has_others():
    head = "brin board ours theirs outcome\n01AA 10001 1.00 1.00 match\n"
    assert Figures(reconciled(head + "02BB 10002 9.00 - missing_there")).alone == "10001"
    assert Figures(reconciled(head + "02BB 10002 9.00 9.00 match\n03CC 10003 9.00 - missing_there")).alone is None
    assert Figures(reconciled(head + "02BB 10001 9.00 - missing_there")).alone is None
    assert Figures(reconciled(head)).alone is None


def test_a_component_adds_up_both_sides_also_what_one_of_them_lacks():
    figures = Figures(reconciled(FOUR))
    assert rows(figures.by_component, "ours", "theirs", "difference") == [
        (Decimal("2804.64"), Decimal("2839.70"), Decimal("35.06")),
        (Decimal("96.28"), Decimal("0.00"), Decimal("-96.28")),
    ]


def test_the_causes_add_up_to_the_difference():
    figures = Figures(reconciled(FOUR))
    assert rows(figures.by_cause, "component", "cause", "amounts", "difference") == [
        ("per_pupil", "count", 1, Decimal("-198.66")),
        ("per_pupil", "unexplained", 1, Decimal("-116.86")),
        ("per_pupil", "missing_here", 1, Decimal("350.58")),
        ("achterstandsscore", "missing_there", 1, Decimal("-96.28")),
    ]
    assert figures.by_cause["difference"].sum() == figures.by_component["difference"].sum()


def test_the_largest_difference_comes_first_up_or_down():
    assert Figures(reconciled(FOUR)).differing["code"].to_list() == ["04DD", "02BB", "03CC", "05EE"]


def test_a_share_is_not_rounded_up_to_all():
    text = "brin ours theirs outcome cause\n" + "".join(f"{n:02d}AA 1.00 1.00 match -\n" for n in range(99))
    many = reconciled(text + "99ZZ 1.00 2.00 differs unexplained")
    twice = many.vstack(many).vstack(many.filter(outcome=MATCH))
    # 297 of 299 is 99,3311%; 199.999 of 200.000 would be 99,99% and never 100%.
    assert Figures(twice).share == Decimal("0.9933")
    assert Figures(many.filter(outcome=MATCH)).share == 1


def test_the_conclusion_of_all_that_matches_is_one_sentence():
    all_match = reconciled(FOUR).filter(outcome=MATCH)
    assert list(Figures(all_match).conclusion()) == ["It is right: all 1 amounts match to the cent"]
    within = Figures(all_match, Decimal("0.05"))
    assert list(within.conclusion()) == ["It is right: all 1 amounts match within 0,05"]


def test_the_conclusion_says_what_is_unexplained_and_where_to_begin():
    assert list(Figures(reconciled(FOUR)).conclusion()) == [
        # -198,66 - 116,86 + 350,58 - 96,28
        "20,00% matches: 1 of 5 amounts. For the other 4 the file has € 61,22 less than the decision",
        "per_pupil: 25,00% matches; 1 differences are unexplained, € 116,86 less than the decision; begin with "
        "03CC (€ -116,86)",
        "achterstandsscore: 0,00% matches; of 1 amounts one of the two has none",
    ]


def test_the_conclusion_of_one_component_does_not_name_it():
    of_one = reconciled(FOUR).filter(component="per_pupil")
    assert list(Figures(of_one).conclusion())[1:] == [
        "In the file only: 1",
        "1 differences are unexplained, € 116,86 less than the decision; begin with 03CC (€ -116,86)",
    ]


def test_a_component_that_all_matches_is_said_to_be_right():
    text = """
        brin component         ours theirs outcome cause
        01AA per_pupil         1.00 1.00   match   -
        01AA achterstandsscore 1.00 2.00   differs rate
        """
    assert list(Figures(reconciled(text)).conclusion())[1:] == [
        "achterstandsscore: 0,00% matches, and every difference has a cause",
        "per_pupil: all 1 amounts match",
    ]


def test_the_largest_of_each_cause_are_shown_and_not_those_of_one_alone():
    many = "".join(f"{n:02d}AA {n}00.00 1.00 differs unexplained\n" for n in range(10, 30))
    figures = Figures(reconciled(f"brin ours theirs outcome cause\n{many}31DN 2.00 1.00 differs part_of_year"))
    assert figures.largest()["code"].to_list() == ["31DN", "29AA", "28AA", "27AA"]
    assert figures.largest(most=3)["code"].to_list() == ["31DN", "29AA"]


def test_the_conclusion_says_that_every_difference_has_a_cause():
    explained = reconciled("brin ours theirs outcome cause\n01AA 12.00 3.00 differs part_of_year")
    assert list(Figures(explained).conclusion())[1:] == ["Every difference has a cause; none is unexplained"]


def test_an_amount_that_one_side_lacks_is_no_unexplained_difference():
    lacking = reconciled(
        "brin ours theirs outcome cause\n01AA 12.00 - missing_there unexplained\n02BB - 701.16 missing_here count"
    )
    figures = Figures(lacking)
    assert rows(figures.by_cause, "cause", "amounts") == [("count", 1), ("missing_there", 1)]
    assert list(figures.conclusion())[1:] == [
        "In the file only: 1; in the decision only: 1",
        "Every difference has a cause; none is unexplained",
    ]
    alone = Figures(reconciled("brin ours theirs outcome cause\n01AA 12.00 - missing_there unexplained"))
    assert list(alone.conclusion())[1:] == ["In the decision only: 1"]


def test_the_conclusion_names_what_matches_and_is_with_another_board():
    text = """
        brin ours theirs outcome explanation
        02BB 1.00 1.00   match   bij_bestuur_10002
        01AA 1.00 1.00   match   bij_bestuur_10002
        03CC 1.00 1.00   match   -
        """
    assert list(Figures(reconciled(text)).conclusion()) == [
        "It is right: all 3 amounts match to the cent",
        "2 of what matches is with another board in the file, first 01AA",
    ]


def test_currencies_are_not_added_up():
    both = reconciled(
        """
        brin currency ours theirs outcome cause
        01AA EUR      1.00 3.00   differs unexplained
        30AA USD      5.00 4.00   differs unexplained
        """
    )
    assert rows(Figures(both).by_component, "currency", "difference") == [("EUR", 2), ("USD", -1)]
    first, euro, dollar = Figures(both).conclusion()
    assert "€ 2,00 more than the decision, US$ 1,00 less than the decision" in first
    assert euro.startswith("per_pupil, EUR: 0,00% matches")
    assert dollar.startswith("per_pupil, USD: 0,00% matches")


def test_every_cause_and_outcome_has_words_in_two_languages():
    assert set(CAUSE_WORDS) == {*RECONCILED_CAUSES, "missing_here", "missing_there"}
    assert set(OUTCOME_WORDS) == set(RECONCILED_OUTCOMES)
    words = {one for words in CAUSE_WORDS.values() for one in words} | set(OUTCOME_WORDS.values())
    assert words <= set(catalogue()[0])


@pytest.mark.parametrize("text", [FOUR, "brin ours theirs outcome\n01AA 1.00 1.00 match"])
def test_the_conclusion_is_dutch_where_dutch_is_asked(text):
    for sentence in Figures(reconciled(text)).conclusion():
        assert not {"the", "amounts", "of", "more", "less"} & set(translated(sentence).split())


CENTS = st.integers(-(10**8), 10**8)


@given(st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=30))
def test_the_figures_add_up_whatever_the_amounts_are(pairs):
    text = "".join(
        f"{n:02d}AA {Decimal(ours).scaleb(-2):f} {Decimal(theirs).scaleb(-2):f} "
        f"{'match -' if ours == theirs else 'differs unexplained'}\n"
        for n, (ours, theirs) in enumerate(pairs)
    )
    figures = Figures(reconciled(f"brin ours theirs outcome cause\n{text}"))
    whole = Decimal(sum(theirs - ours for ours, theirs in pairs)).scaleb(-2)
    assert figures.by_component["difference"].sum() == whole
    assert (figures.by_cause["difference"].sum() or 0) == whole
    assert figures.matching + figures.by_cause["amounts"].sum() == figures.compared == len(pairs)
