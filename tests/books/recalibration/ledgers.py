"""What holds of the books at any moment: each check names the first school of which it does not."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import product

import polars as pl

from npo_pipeline.entitlements.model import DecisionTables as Outcome
from tests.books.recalibration.books import InMemory
from tests.books.recalibration.country import SCHEDULE, SETTLEMENTS, YEARS, Facts, decided_on
from tests.books.recalibration.model import Decided, due, holder, paid_after

Key = tuple[str, str, str, str]
"""School year, vestiging, school type, component."""

_KEY = "school_year, vestiging, school_type, component"
_CENTS = "(100 * sum(amount))::bigint"


def number(month: date | None) -> int:
    """A month as the model counts them; before the first there is 0."""
    return month.year * 12 + month.month if month else 0


class Stories:
    """What was told of each school so far, for the model, and what the books must say of it."""

    def __init__(self) -> None:
        self.told: dict[Key, list[Decided | int]] = defaultdict(list)
        self._paid: list[tuple] = []
        self._run_until: dict[str, int] = {}

    def decided(self, years: list[str], instalments: pl.DataFrame) -> None:
        """Every school of these years has another decision, if only of nothing."""
        amounts: dict[Key, dict[int, int]] = defaultdict(dict)
        for *key, month, amount in instalments.select(*_KEY.split(", "), "month", "amount").iter_rows():
            amounts[tuple(key)][number(month)] = int(amount * 100)
        schools = [(year, vestiging) for vestiging, year in YEARS.iter_rows() if year in years]
        for year, vestiging in schools:
            for kind, component in product(SETTLEMENTS, SCHEDULE):
                corrections, floor = SETTLEMENTS[kind]
                terms = (corrections == "spread", floor == "yes")
                key = (year, vestiging, kind, component)
                self.told[key].append(Decided(amounts[key], self._run_until.get(year, 0), *terms))

    def ran(self, month: date, *, anything: bool) -> None:
        """A month is run; where it paid nothing at all, it is as if it was not."""
        if not anything:
            return
        for story in self.told.values():
            story.append(number(month))
        self._run_until.update({year: number(month) for year, *_ in self.told})

    def latest(self, key: Key) -> Decided:
        return next(event for event in reversed(self.told[key]) if isinstance(event, Decided))

    def paid(self, key: Key) -> int:
        after = paid_after(self.told[key], [number(one) for one in SCHEDULE[key[3]]])
        return after[-1] if after else 0

    def check(self, books: InMemory) -> None:
        """All that holds after every step."""
        paid, modelled = _sums(books, "from payments"), {key: self.paid(key) for key in self.told}
        self._never_changed(books)
        self._as_the_model_says(paid, modelled)
        assert _sums(books, "from ledger") == paid
        _causes_add_up(books)
        _nothing_is_settled_twice(books)
        self._decisions_add_up(books)
        self._open_is_due_less_paid(books, modelled)
        _every_month_ends_with_its_holder(books)
        self._signs(books)

    def check_settled(self, books: InMemory) -> None:
        """The months of payment are over, and one more was run: what was paid is what is due, to the cent."""
        sums = _sums(books, "from payments")
        for key in self.told:
            assert sums.get(key, 0) == due(self.latest(key), number(date.max)), self._of(key)
        assert all(cents == 0 for cents in _sums(books, "from receivables").values())
        self._every_board_has_what_is_due_for_its_months(books)

    def _never_changed(self, books: InMemory) -> None:
        rows = books.select("select * from payments order by run_id, payment_id")
        assert rows[: len(self._paid)] == self._paid
        self._paid = rows

    def _as_the_model_says(self, sums: dict[Key, int], modelled: dict[Key, int]) -> None:
        for key in self.told:
            assert sums.get(key, 0) == modelled[key], self._of(key)
        assert set(sums) <= set(self.told)

    def _decisions_add_up(self, books: InMemory) -> None:
        """The instalments of the first decision and all changes after it are the instalments of the last."""
        sums = _sums(books, "from due")
        for key in self.told:
            assert sums.get(key, 0) == due(self.latest(key), number(date.max)), self._of(key)

    def _open_is_due_less_paid(self, books: InMemory, modelled: dict[Key, int]) -> None:
        until = books.last_paid()
        opened: dict[str, dict[Key, int]] = {"payment run": {}, "the boards": {}}
        for settled_by, *key, cents in books.select(
            f"select settled_by, {_KEY}, {_CENTS} from receivables group by all"
        ):
            opened[settled_by][tuple(key)] = cents
        for key in self.told:
            expected = due(self.latest(key), number(until)) - modelled[key] if until else 0
            assert opened["payment run"].get(key, 0) == expected, self._of(key)
        assert not any(opened["the boards"].values())

    def _signs(self, books: InMemory) -> None:
        """Above zero goes to the school: who is only ever due more never gets a correction below zero."""
        query = f"""
            select {_KEY}, max(amount) > 0 as up, min(amount) < 0 as down from due join (
                select decision_id, sequence, (
                    select max(paid_month) from payments p where p.run_id < d.run_id) as last_paid
                from decisions d) using (decision_id)
            where sequence > 1 or month <= last_paid group by all"""
        ways = {tuple(key): (up, down) for *key, up, down in books.select(query)}
        for *key, amount in books.select(f"select {_KEY}, amount from payments where reason = 'correction'"):
            up, down = ways[tuple(key)]
            assert up if amount > 0 else down, self._of(tuple(key))

    def _every_board_has_what_is_due_for_its_months(self, books: InMemory) -> None:
        """Paid and claimed together is what the last decision makes due, by who held the school in each month.

        A change that moves cents between months, and is zero together, is paid by no run: where the school went
        over between those months it stays open.
        """
        holders, expected = _holders(books), defaultdict[tuple[str, str], int](int)
        for key in self.told:
            for month, cents in self.latest(key).instalments.items():
                day = date((month - 1) // 12, (month - 1) % 12 + 1, 1)
                expected[key[1], _holder_on(holders[key[1]], day)] += cents
        due_to = {one: cents for one, cents in expected.items() if cents}
        assert due_to == _of_boards(books, "select vestiging, board, amount from due")
        found = defaultdict(int, _of_boards(books, "select vestiging, board, amount from payments", _CLAIMS))
        for vestiging, month, cents in books.select(
            f"select vestiging, month, {_CENTS} from receivables where settled_by = 'payment run' group by all"
        ):
            found[vestiging, _holder_on(holders[vestiging], month)] += cents
        assert {one: cents for one, cents in found.items() if cents} == due_to

    def _of(self, key: Key) -> str:
        """A school and its story: enough to reckon by hand what went wrong."""
        return "\n".join([str(key), *map(str, self.told[key])])


def _causes_add_up(books: InMemory) -> None:
    """The causes of a correction are the correction; an instalment has none."""
    apart = books.select("""
        select p.payment_id, any_value(p.vestiging), any_value(p.amount), sum(c.amount)
        from payments p left join correction_causes c using (payment_id)
        group by 1 having any_value(p.reason) = 'correction' and sum(c.amount) is distinct from any_value(p.amount)
            or any_value(p.reason) = 'instalment' and count(c.amount) > 0""")
    assert not apart, apart


def _nothing_is_settled_twice(books: InMemory) -> None:
    """Of what is due nothing is settled more than once, nor the wrong way: also of two that are spread over other
    months, which cross on the way. So no receivable has another sign than what was made due, nor exceeds it.
    """
    twice = books.select(f"""
        with settled as (
            select {_KEY}, c.decision_id, c.month, c.cause, sum(c.amount) as amount
            from correction_causes c join payments using (payment_id) group by all)
        select * from settled s left join due d using ({_KEY}, decision_id, month, cause)
        where d.amount is null or s.amount * sign(d.amount) not between 0 and abs(d.amount)""")
    assert not twice, twice[0]


_CLAIMS = "select vestiging, board, amount from receivables where settled_by = 'the boards'"


def _every_month_ends_with_its_holder(books: InMemory) -> None:
    """Paid and claimed together is what was paid for the months of each board, whoever was paid for them."""
    holders, expected = _holders(books), defaultdict[tuple[str, str], int](int)
    for vestiging, month, cents in books.select(
        "select vestiging, month, (100 * sum(amount))::bigint from ledger group by all"
    ):
        expected[vestiging, _holder_on(holders[vestiging], month)] += cents
    found = _of_boards(books, "select vestiging, board, amount from payments", _CLAIMS)
    assert found == {one: cents for one, cents in expected.items() if cents}


def _holders(books: InMemory) -> dict[str, list[tuple[date, str]]]:
    """From which day each board held each school, the earliest first."""
    found = defaultdict[str, list[tuple[date, str]]](list)
    for vestiging, board, since in books.select(
        "select vestiging, board, valid_from from schools order by valid_from"
    ):
        found[vestiging].append((since, board))
    return found


def _holder_on(boards: list[tuple[date, str]], day: date) -> str:
    """Who held it on a day; before the first that is known, that one."""
    return ([board for since, board in boards if since <= day] or [boards[0][1]])[-1]


def _of_boards(books: InMemory, *rows: str) -> dict[tuple[str, str], int]:
    union = " union all ".join(rows)
    sums = books.select(f"select vestiging, board, (100 * sum(amount))::bigint as c from ({union}) group by all")
    return {(vestiging, board): cents for vestiging, board, cents in sums if cents}


def _sums(books: InMemory, rows: str) -> dict[Key, int]:
    return {tuple(key): cents for *key, cents in books.select(f"select {_KEY}, {_CENTS} {rows} group by all")}


def nothing_is_lost(facts: Facts, decided: Outcome) -> None:
    """Every instalment is that of the school that holds it, or of nobody, and none is there twice.

    A merger takes nothing away: what one school loses the other gets.
    """
    plain = decided_on(facts, facts.rates, ())
    expected: dict[tuple, int] = defaultdict(int)
    for school, *rest, month, amount in plain.instalments.select(*_ROW).iter_rows():
        there = holder(school, month, facts.changes, runs_out=facts.runs_out)
        if there:
            expected[(there, *rest, month)] += int(amount * 100)
    found = {tuple(key): int(amount * 100) for *key, amount in decided.instalments.select(*_ROW).iter_rows()}
    assert found == expected, facts.changes
    merged = decided.adjustments.filter(pl.col("cause") == "merger")
    assert merged["amount"].sum() == 0


_ROW = ("vestiging", "school_type", "component", "month", "amount")
