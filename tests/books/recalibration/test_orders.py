"""The order in which corrections come does not matter, what is undone is undone, and nothing comes of nothing.

Each example settles `SCHOOLS` schools at once, a quarter of them in each of the four ways, and each with amounts
of its own: it is that many sequences.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.books.recalibration.stories import ALL_WAYS, SPREAD, SPREAD_FLOORED, Story, Table, Way
from tests.effort import examples

SCHOOLS, MONTHS = 100, 5
DICE = st.integers(0, 2**32).map(Random)
RUNS = st.integers(0, MONTHS)
CENTS = (0, 0, 1, 2, 7, 100, 33_333, 10**9, 10**13)

# A die is not made smaller: what fails names the school and its amounts.
tried = settings(max_examples=examples(2, thorough=60), deadline=None, phases=[Phase.generate])


def thrown(die: Random) -> Table:
    return [[die.choice(CENTS) for _ in range(MONTHS)] for _ in range(SCHOOLS)]


def mixed(die: Random, one: Table, other: Table) -> Table:
    """Of each month of each school the amount of one or the other."""
    return [[die.choice(both) for both in zip(*rows, strict=True)] for rows in zip(one, other, strict=True)]


def with_both(first: Table, one: Table, other: Table) -> Table:
    """What two corrections of the first decision make of it together; they do not touch the same months."""
    return [
        [a if a != was else b for was, a, b in zip(*rows, strict=True)]
        for rows in zip(first, one, other, strict=True)
    ]


@contextmanager
def begun(first: Table, runs: int, *ways: Way) -> Iterator[Story]:
    """A story in all ways, or in some, of which the first decision is taken and some months are run."""
    with closing(Story(len(first), MONTHS, *(ways or ALL_WAYS))) as story:
        story.decide(*first)
        story.pay(runs)
        yield story


@tried
@given(die=DICE, runs=RUNS, between=st.integers(0, 2))
def test_two_corrections_in_either_order_end_the_same(die, runs, between):
    first, news = thrown(die), thrown(die)
    one = mixed(die, first, news)
    other = [
        [new if a == was else was for was, new, a in zip(*rows, strict=True)]
        for rows in zip(first, news, one, strict=True)
    ]
    both, ends = with_both(first, one, other), []
    for earlier in (one, other):
        with begun(first, runs) as story:
            story.decide(*earlier)
            story.pay(between)
            story.decide(*both)
            story.finish()
            ends.append((story.paid(), story.paid("receivables")))
    assert ends[0] == ends[1] == ([sum(amounts) for amounts in both], [0] * SCHOOLS)


@tried
@given(die=DICE, runs=RUNS, between=st.integers(0, 2))
def test_a_correction_and_its_reversal_end_where_they_began(die, runs, between):
    """A correction of months that were run, so that all that is paid of it is paid as a correction."""
    first, news = thrown(die), thrown(die)
    corrected = [[*new[:runs], *old[runs:]] for old, new in zip(first, news, strict=True)]
    with begun(first, runs) as story:
        story.decide(*corrected)
        story.pay(between)
        story.decide(*first)
        story.finish()
        assert story.paid() == [sum(amounts) for amounts in first]
        for view in ("ledger", "due", "receivables"):
            assert story.paid(f"{view} where cause = 'reference_count'") == [0] * SCHOOLS


@tried
@given(die=DICE, runs=st.integers(1, MONTHS))
def test_what_changes_nothing_of_what_was_due_is_no_correction(die, runs):
    """The same decision again, and one in which what was due in the months that were run is moved among them."""
    first = thrown(die)
    moved = [[sum(amounts[:runs]), *[0] * (runs - 1), *amounts[runs:]] for amounts in first]
    with begun(first, runs) as story:
        for table in (first, moved):
            story.decide(*table)
            before = story.paid()
            story.again()
            assert story.paid() == before
        story.finish()
        assert not story.books.select("from payments where reason = 'correction'")
        assert story.paid() == [sum(amounts) for amounts in first]


@tried
@given(die=DICE, runs=st.integers(1, MONTHS - 1))
def test_after_j_of_the_months_that_remain_a_share_of_the_correction_is_paid(die, runs):
    first, more = thrown(die), thrown(die)
    after = [[old + new for old, new in zip(*rows, strict=True)] for rows in zip(first, more, strict=True)]
    left = MONTHS - runs
    with begun(first, runs, SPREAD, SPREAD_FLOORED) as story:
        story.decide(*after)
        for j in range(1, left + 1):
            story.pay()
            due = [sum(amounts[: runs + j]) for amounts in after]
            waits = [sum(amounts[:runs]) - share(sum(amounts[:runs]), j, left) for amounts in more]
            assert story.paid() == [all_ - later for all_, later in zip(due, waits, strict=True)]


def share(cents: int, j: int, of: int) -> int:
    """round(cents x j / of), by the decimals of Python and not by the model."""
    return int((Decimal(cents) * j / of).quantize(Decimal(1), ROUND_HALF_UP))


@tried
@given(die=DICE, runs=st.lists(st.integers(0, 2), min_size=2, max_size=4))
def test_every_month_pays_what_the_model_says(die, runs):
    """Any amounts at all, and other terms on the way; the machine has pupils times rates, on terms that stay."""
    with closing(Story(SCHOOLS, MONTHS, *ALL_WAYS)) as story:
        for months in runs:
            if die.random() < 0.5:
                story.settle(*die.choices(ALL_WAYS, k=len(ALL_WAYS)))
            story.decide(*thrown(die))
            if die.random() < 0.3:
                story.decide(*thrown(die))
            if die.random() < 0.3:
                story.again()
            story.pay(months)
            assert story.paid() == story.expected()
        story.finish()
        assert story.paid() == story.expected() == [sum(amounts) for amounts in story.latest()]


@tried
@given(die=DICE, runs=st.integers(1, MONTHS))
def test_more_is_never_taken_back_and_less_never_paid(die, runs):
    """One sign: above zero goes to the school. Each school is due more month by month, or less."""
    one, other = thrown(die), thrown(die)
    less, more = bounds(one, other, min), bounds(one, other, max)
    for first, then, sign in ((less, more, 1), (more, less, -1)):
        with begun(first, runs) as story:
            story.decide(*then)
            story.again()
            story.finish()
            wrong = "<" if sign > 0 else ">"
            assert not story.books.select(f"from payments where reason = 'correction' and amount {wrong} 0")


def bounds(one: Table, other: Table, of) -> Table:
    return [[of(*both) for both in zip(*rows, strict=True)] for rows in zip(one, other, strict=True)]
