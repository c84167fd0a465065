"""Corrections small enough to add up by hand: what is paid, and what each cent of it is for. Amounts in euro."""

from datetime import date

from tests.books.recalibration.stories import FLOORED, NEXT, SPREAD, Story

SEP, OCT, NOV, DEC, JAN = "2021-09-01", "2021-10-01", "2021-11-01", "2021-12-01", "2022-01-01"


def test_a_correction_that_is_spread():
    story = Story(1, 4, SPREAD)
    story.decide([100, 100, 100, 100])
    story.pay()
    story.decide([200, 100, 100, 100])
    story.pay(3)
    assert story.rows() == [
        (SEP, "instalment", 1.00),
        (OCT, "instalment", 1.00),
        (OCT, "correction", 0.33),  # 1.00 x 1/3
        (NOV, "instalment", 1.00),
        (NOV, "correction", 0.34),  # 1.00 x 2/3 = 0.67
        (DEC, "instalment", 1.00),
        (DEC, "correction", 0.33),
    ]
    assert story.causes() == [(OCT, "002", SEP, 0.33), (NOV, "002", SEP, 0.34), (DEC, "002", SEP, 0.33)]


def test_an_instalment_of_a_month_that_was_run_before_waits_when_it_is_spread():
    """The other school makes September a month that was run; only then the first gets an instalment in it."""
    story = Story(2, 4, SPREAD)
    story.decide([0, 0, 0, 0], [100, 100, 100, 100])
    story.pay()
    story.decide([300, 0, 0, 0], [100, 100, 100, 100])
    story.again()
    assert story.rows() == []  # not an instalment of 3.00 and a correction of -3.00 without a cause
    story.pay(3)
    assert story.rows() == [(OCT, "correction", 1.00), (NOV, "correction", 1.00), (DEC, "correction", 1.00)]
    assert story.causes() == [(OCT, "002", SEP, 1.00), (NOV, "002", SEP, 1.00), (DEC, "002", SEP, 1.00)]


def test_a_year_that_was_never_run_has_nothing_to_spread():
    """September and October were run of another year; then this one is decided twice, and October is run again."""
    other = Story(1, 2)
    other.decide([100, 100])
    other.pay(2)
    story = Story(1, 4, SPREAD, beside=other)
    story.decide([4, 2, 2, 2])
    story.decide([400, 200, 200, 200])
    other.again()
    assert story.rows() == [(OCT, "instalment", 2.00), (OCT, "correction", 4.00)]
    assert story.causes() == [(OCT, "001", SEP, 0.04), (OCT, "002", SEP, 3.96)]
    story.decide([400, 260, 200, 200])
    other.pay(2)
    assert story.rows()[2:] == [
        (NOV, "instalment", 2.00),
        (NOV, "correction", 0.30),  # 0.60 x 1/2: now October was run
        (DEC, "instalment", 2.00),
        (DEC, "correction", 0.30),
    ]


def test_when_the_next_decision_does_not_spread_nothing_waits_any_longer():
    """3.00 more for September is spread; then it is 1.00, to be paid at once: nothing was paid, or comes back."""
    story, other = Story(2, 4, SPREAD), [100] * 4
    story.decide([0] * 4, other)
    story.pay()
    story.decide([300, 0, 0, 0], other)
    story.settle(NEXT)
    story.decide([100, 0, 0, 0], other)
    story.pay(3)
    assert story.rows() == [(OCT, "correction", 1.00)]


def test_what_is_decided_between_two_runs_goes_together_by_the_last_terms():
    """3.00 more to be paid at once, and taken back before any run: nobody is owed anything."""
    story = Story(1, 4, NEXT)
    story.decide([100] * 4)
    story.pay()
    story.decide([400, 100, 100, 100])
    story.settle(SPREAD)
    story.decide([100] * 4)
    story.pay(3)
    assert [reason for _, reason, _ in story.rows()] == ["instalment"] * 4


def test_what_came_at_once_and_was_paid_is_no_part_of_what_is_spread_later():
    story = Story(1, 4, NEXT)
    story.decide([100] * 4)
    story.pay()
    story.decide([400, 100, 100, 100])
    story.pay()
    story.settle(SPREAD)
    story.decide([300, 100, 100, 100])
    story.pay(2)
    corrections = [(month, euro) for month, reason, euro in story.rows() if reason == "correction"]
    assert corrections == [(OCT, 3.00), (NOV, -0.50), (DEC, -0.50)]


def test_a_month_that_is_run_again_books_what_came_when_nothing_is_spread():
    story = Story(2, 4)
    story.decide([0, 0, 0, 0], [100, 100, 100, 100])
    story.pay()
    story.decide([300, 0, 0, 0], [100, 100, 100, 100])
    story.again()
    assert story.rows() == [(SEP, "instalment", 3.00)]


def test_two_corrections_that_cancel_out_differ_by_a_cent_on_the_way_and_the_last_bears_it():
    """0.02 more over four months, and after one of them 0.02 less over the three that remain."""
    story = Story(1, 5, SPREAD)
    story.decide([100, 100, 100, 100, 100])
    story.pay()
    story.decide([102, 100, 100, 100, 100])
    story.pay()  # 0.02 x 1/4 = 0.005: 0.01
    story.decide([100, 100, 100, 100, 100])
    story.pay()  # 0.02 x 2/4 - 0.02 x 1/3 = 0.01 - 0.01
    story.pay()  # 0.02 x 3/4 - 0.02 x 2/3 = 0.02 - 0.01
    story.pay()  # 0.02 - 0.02
    corrections = [(month, euro) for month, reason, euro in story.rows() if reason == "correction"]
    assert corrections == [(OCT, 0.01), (NOV, -0.01), (DEC, 0.01), (JAN, -0.01)]
    assert story.causes() == [
        (OCT, "002", SEP, 0.01),
        (NOV, "003", SEP, -0.01),  # all that is open: 0.01 less went off against what was still to be paid
        (DEC, "003", SEP, 0.01),  # nothing is
        (JAN, "003", SEP, -0.01),
    ]


def test_a_cent_of_rounding_is_paid_to_a_school_that_never_got_anything():
    """0.01 over six months rounds to nothing until the third; 0.01 less over five until the third of those."""
    story = Story(2, 7, SPREAD)
    other = [100] * 7
    story.decide([0] * 7, other)
    story.pay()
    story.decide([1, *[0] * 6], other)
    story.pay()
    story.decide([0] * 7, other)
    story.pay(5)
    # 0.01 x 3/6 rounds to 0.01 where 0.01 x 2/5 rounds to nothing, and a month later to 0.01 too
    assert story.rows() == [(DEC, "correction", 0.01), (JAN, "correction", -0.01)]


def test_what_is_not_taken_back_waits_and_is_claimed_after_the_last_month():
    story = Story(1, 4, FLOORED)
    story.decide([100, 100, 100, 100])
    story.pay(2)
    story.decide([20, 20, 20, 20])
    story.pay()
    assert story.rows()[2:] == [(NOV, "instalment", 0.20), (NOV, "correction", -0.20)]
    assert story.paid("receivables") == [-160 + 20]
    story.finish()
    assert story.rows()[4:] == [(DEC, "instalment", 0.20), (DEC, "correction", -0.20), (JAN, "correction", -1.20)]
    # 0.80 too much for each of two months: a half of each part
    assert story.causes() == [
        (NOV, "002", SEP, -0.10),
        (NOV, "002", OCT, -0.10),
        (DEC, "002", SEP, -0.10),
        (DEC, "002", OCT, -0.10),
        (JAN, "002", SEP, -0.60),
        (JAN, "002", OCT, -0.60),
    ]


def test_what_was_taken_back_before_its_month_was_run_is_not_open():
    """Another school is paid in September; the first was to get 1.00, and lost it before that."""
    story = Story(2, 4)
    other = [100, 100, 100, 100]
    story.decide([100, 0, 0, 0], other)
    story.decide([0, 0, 0, 0], other)
    story.pay()
    assert story.books.select("from receivables") == []
    story.decide([30, 0, 0, 0], other)
    assert story.books.select("select decision_id[-3:], amount::double from receivables") == [("003", 0.30)]
    story.pay()
    assert story.causes() == [(OCT, "003", SEP, 0.30)]


def test_a_correction_is_not_put_down_to_one_that_was_undone():
    story = Story(1, 4, SPREAD)
    story.decide([100] * 4)
    story.pay()
    story.decide([200, 100, 100, 100])  # 002
    story.decide([100] * 4)  # 003 undoes it
    story.decide([130, 100, 100, 100])  # 004
    story.pay(3)
    assert story.causes() == [(month, "004", SEP, 0.10) for month in (OCT, NOV, DEC)]


def test_what_was_decided_and_undone_before_it_was_settled_is_not_open():
    story = Story(1, 4)
    story.decide([100] * 4)
    story.pay()
    story.decide([200, 100, 100, 100])
    assert story.paid("receivables") == [100]
    story.decide([100] * 4)
    assert story.books.select("from receivables") == []
    story.pay(3)
    assert story.books.select("from receivables") == []
    assert [reason for _, reason, _ in story.rows()] == ["instalment"] * 4


def test_a_correction_after_a_transfer_is_settled_between_the_boards():
    """10001 was paid for September and October, 10002 pays back 0.30 of each of them in December."""
    story = Story(1, 5)
    story.decide([100] * 5)
    story.pay(2)
    story.goes_over("10002", date(2021, 11, 1))
    story.pay()
    story.decide([70] * 5)
    story.pay()
    assert story.rows()[3:] == [(DEC, "instalment", 0.70), (DEC, "correction", -0.90)]
    assert story.between_boards() == [
        ("10001", SEP, "reference_count", -0.30),
        ("10001", OCT, "reference_count", -0.30),
        ("10002", SEP, "reference_count", 0.30),
        ("10002", OCT, "reference_count", 0.30),
    ]


def test_a_transfer_that_is_told_late_is_settled_by_the_same_rule():
    """10002 held the school from October on; 10001 was paid for it, and paid back a part of it itself."""
    story = Story(1, 5)
    story.decide([100] * 5)
    story.pay(2)
    story.decide([70] * 5)
    story.pay()  # 10001 gets 0.70 for November and pays back 0.30 for September, and for October
    assert story.between_boards() == []
    story.goes_over("10002", date(2021, 10, 1))
    assert story.between_boards() == [
        ("10001", OCT, "board_transfer", -1.00),
        ("10001", OCT, "reference_count", 0.30),
        ("10001", NOV, "board_transfer", -0.70),
        ("10002", OCT, "board_transfer", 1.00),
        ("10002", OCT, "reference_count", -0.30),
        ("10002", NOV, "board_transfer", 0.70),
    ]
    story.pay(2)
    assert len(story.between_boards()) == 6  # December and January went to 10002: nothing is added


def test_a_correction_in_parts_is_settled_between_the_boards_as_far_as_it_is_paid():
    story = Story(1, 4, SPREAD)
    story.decide([100] * 4)
    story.pay()
    story.goes_over("10002", date(2021, 10, 1))
    story.decide([160, 100, 100, 100])
    assert story.between_boards() == []
    story.pay()
    assert story.between_boards() == [  # 0.60 x 1/3
        ("10001", SEP, "reference_count", 0.20),
        ("10002", SEP, "reference_count", -0.20),
    ]
    story.pay(2)
    assert story.between_boards() == [
        ("10001", SEP, "reference_count", 0.60),
        ("10002", SEP, "reference_count", -0.60),
    ]
