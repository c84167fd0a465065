"""The model by hand: what it says can be added up on paper, so that it may judge the program."""

from tests.books.recalibration.model import Decided, paid_after, part

YEAR = [1, 2, 3, 4]


def month_by_month(story) -> list[int]:
    after = paid_after(story, YEAR)
    return [now - before for before, now in zip([0, *after], after, strict=False)]


def flat(cents: int, **terms) -> Decided:
    """The same in each of four months."""
    return Decided(dict.fromkeys(YEAR, cents), **terms)


def test_halves_go_away_from_zero():
    assert [part(5, 1, 2), part(-5, 1, 2), part(100, 1, 3), part(100, 2, 3), part(-1, 1, 3)] == [3, -3, 33, 67, 0]


def test_the_next_payment_settles_all_of_it():
    # September was 100 and should have been 130
    assert month_by_month([flat(100), 1, flat(130, paid_until=1), 2, 3, 4]) == [100, 130 + 30, 130, 130]
    assert month_by_month([flat(100), 1, 2, flat(20, paid_until=2), 3, 4]) == [100, 100, 20 - 160, 20]


def test_a_correction_is_spread_over_the_months_of_payment_that_remain():
    # 100 too little in September: 33, 34 and 33 in the three that remain
    later = flat(200, paid_until=1, spread=True)
    assert month_by_month([flat(100), 1, later, 2, 3, 4]) == [100, 200 + 33, 200 + 34, 200 + 33]


def test_on_other_terms_all_that_waited_is_due_at_once():
    # 100 more in September is spread, of which October pays 33; then the terms change, and November pays the rest
    story = [flat(100), 1, flat(200, paid_until=1, spread=True), 2, flat(200, paid_until=2), 3, 4]
    assert month_by_month(story) == [100, 200 + 33, 200 + 67, 200]


def test_decisions_between_two_runs_are_one_correction():
    # 300 more, then 200 less: 100 is spread over three months
    story = [flat(100), 1, flat(400, paid_until=1), flat(200, paid_until=1, spread=True), 2, 3, 4]
    assert month_by_month(story) == [100, 200 + 33, 200 + 34, 200 + 33]


def test_where_no_month_remains_there_is_nothing_to_spread_over():
    assert month_by_month([flat(100), 1, 2, 3, 4, flat(90, paid_until=4, spread=True), 5]) == [100] * 4 + [-40]


def test_a_month_never_takes_back_more_than_it_pays():
    # 2 x 80 too much: November and December eat 20 each, and 120 is claimed after the last month
    less = flat(20, paid_until=2, floor_zero=True)
    assert month_by_month([flat(100), 1, 2, less, 3, 4, 5]) == [100, 100, 0, 0, -120]


def test_a_month_that_is_run_again_gives_back_what_it_paid_and_no_more():
    less = flat(0, paid_until=2, floor_zero=True)
    assert month_by_month([flat(100), 1, 2, less, 2, 2, 3, 4, 5]) == [100, 100, -100, 0, 0, 0, -100]


def test_spread_and_floored():
    # 300 too much in September, spread: 100 a month, of which 10 can be taken back
    less = Decided({1: 0, 2: 10, 3: 10, 4: 10}, paid_until=1, spread=True, floor_zero=True)
    assert month_by_month([Decided({1: 300}), 1, less, 2, 3, 4, 5]) == [300, 0, 0, 0, -270]
