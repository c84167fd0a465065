"""Whatever is decided, changed, run, run again and broken off: the books follow the rules of settlement.

Each example is one course of events over `HISTORIES` school years, in each of which three schools are settled in
all four ways: what is counted and changed is thrown for each apart. So an example is `HISTORIES` x 4 sequences, of
which only the rates and the months that are run are shared.
"""

from __future__ import annotations

from random import Random

import polars as pl
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from npo_pipeline.decisions.change_causes import no_due_changes
from npo_pipeline.months import month_after
from tests.books.recalibration.books import InMemory
from tests.books.recalibration.country import (
    EVERYWHERE,
    MONTHS,
    SOMEWHERE,
    YEARS,
    Country,
    Facts,
    in_their_years,
    recounted,
    thrown,
    with_changes,
    with_other_rates,
    years_that_differ,
)
from tests.books.recalibration.ledgers import Stories, nothing_is_lost
from tests.effort import examples

DICE = st.integers(0, 2**32).map(Random)
BREADTH = st.sampled_from([0.1, 0.5, 1.0])
CRASHES = st.sampled_from([0, 0, 1])


class Settlement(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.books, self.stories, self.month = InMemory(SOMEWHERE), Stories(), MONTHS[0]
        self.country: Country | None = None

    @initialize(die=DICE, runs_out=st.booleans(), late=st.sampled_from([0, 0.3]))
    def first_decisions(self, die: Random, runs_out: bool, late: float) -> None:
        """The first decisions; those of some years come later."""
        self.country = Country(die, thrown(die, runs_out=runs_out))
        self.to_come = {year for year in YEARS["school_year"].unique().sort() if die.random() < late}
        self._write(sorted(set(YEARS["school_year"]) - self.to_come), NO_CHANGES)

    @rule(die=DICE, breadth=BREADTH)
    def pupils_are_counted_anew(self, die: Random, breadth: float) -> None:
        self._decide(recounted(die, self.country.facts, breadth))

    @rule(die=DICE)
    def a_rate_changes(self, die: Random) -> None:
        self._decide(with_other_rates(die, self.country.facts))

    @rule(die=DICE, breadth=BREADTH)
    def schools_merge_close_and_open(self, die: Random, breadth: float) -> None:
        self._decide(with_changes(die, self.country.facts, breadth))

    @rule(die=DICE, breadth=BREADTH)
    def all_at_once(self, die: Random, breadth: float) -> None:
        facts = recounted(die, self.country.facts, breadth)
        self._decide(with_changes(die, with_other_rates(die, facts), breadth))

    @rule()
    def nothing_changes(self) -> None:
        assert self.country.decide(self.country.facts).is_empty()

    @precondition(lambda self: self.month <= MONTHS[-1])
    @rule(crashes=CRASHES)
    def the_next_month_is_run(self, crashes: int) -> None:
        self._run(crashes)

    @precondition(lambda self: self.month <= MONTHS[-3])
    @rule()
    def months_are_caught_up(self) -> None:
        for _ in range(3):
            self._run(0)

    @precondition(lambda self: self.books.last_paid())
    @rule(crashes=CRASHES)
    def the_last_month_is_run_again(self, crashes: int) -> None:
        month = self.books.last_paid()
        assert month
        payments, _ = self.books.pay(month, crashes=crashes)
        self.stories.ran(month, anything=not payments.is_empty())

    @precondition(lambda self: self.to_come)
    @rule()
    def years_that_were_late_are_decided(self) -> None:
        self._write(sorted(self.to_come), NO_CHANGES)
        self.to_come = set()

    @rule(die=DICE)
    def a_school_goes_over(self, die: Random) -> None:
        """To another board, from a month on that was run or was not."""
        school, board, since = die.choice(EVERYWHERE), die.choice(["10001", "10002", "10003"]), die.choice(MONTHS)
        told = self.books.select(
            f"select count(*) from schools where vestiging = '{school}' and valid_from = '{since}'"
        )
        if told == [(0,)]:
            like = self.books.schools.filter(vestiging=school).head(1)
            self.books.tell_schools(like.with_columns(board=pl.lit(board), valid_from=pl.lit(since)))

    @invariant()
    def the_books_follow_the_rules(self) -> None:
        self.stories.check(self.books)

    def teardown(self) -> None:
        if self.country is not None:
            self._write(sorted(self.to_come), NO_CHANGES)
            forecast, last = self.books.to_come(), self.books.last_paid()
            while self.month <= month_after(MONTHS[-1]):
                self._run(0)
            assert _sums(forecast) == _sums(self.books.paid_after(last))
            self.stories.check(self.books)
            self.stories.check_settled(self.books)
        self.books.close()

    def _run(self, crashes: int) -> None:
        """Run the next month; run once more, it pays nothing."""
        payments, _ = self.books.pay(self.month, crashes=crashes)
        self.stories.ran(self.month, anything=not payments.is_empty())
        assert self.books.looked_at(self.month).is_empty()
        self.month = month_after(self.month)

    def _decide(self, facts: Facts) -> None:
        """The years in which anything differs get a decision, and what they change is told."""
        before = self.country.decided.instalments
        changes = in_their_years(self.country.decide(facts))
        assert years_that_differ(before, self.country.decided.instalments) <= set(changes["school_year"])
        nothing_is_lost(facts, self.country.decided)
        self._write(sorted(set(changes["school_year"]) - self.to_come), changes)

    def _write(self, years: list[str], changes: pl.DataFrame) -> None:
        here = pl.DataFrame({"school_year": years}, schema={"school_year": pl.String})
        due, changes = (
            rows.join(here, on="school_year", how="semi")
            for rows in (in_their_years(self.country.decided.instalments), changes)
        )
        self.stories.decided(years, due)
        if years:
            self.books.decide(due, self.country.decided.settling.join(here, how="cross"), changes)


def _sums(payments: pl.DataFrame) -> dict[tuple, int]:
    """What each month pays, or is to pay, to whom and of what."""
    by = ["month", "school_year", "recipient", "vestiging", "school_type", "component", "currency", "kind"]
    return {tuple(key): rows["amount"].sum() for key, rows in payments.group_by(by)}


NO_CHANGES = no_due_changes().drop("school_year").with_columns(school_year=pl.lit(None, pl.String))

TestSettlement = Settlement.TestCase
TestSettlement.settings = settings(
    max_examples=examples(3, thorough=120),
    stateful_step_count=12,
    deadline=None,
    phases=(Phase.generate,),
    print_blob=False,
)
