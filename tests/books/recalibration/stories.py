"""Short stories of schools by hand: what was decided, which months were run, and what was paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import product
from typing import TypeAlias

import polars as pl

from npo_pipeline.entitlements.beneficiaries import with_beneficiary
from npo_pipeline.money import to_euro
from npo_pipeline.months import month_after
from tests.books.recalibration.books import InMemory
from tests.books.recalibration.model import Decided, Run, paid_after

SEP = date(2021, 9, 1)

_SCHEMA = {
    "vestiging": pl.String,
    "school_type": pl.String,
    "month": pl.Date,
    "cause": pl.String,
    "amount": pl.Int64,
}
_SETTLING = {"school_type": pl.String, "month": pl.Date, "corrections": pl.String, "floor_zero": pl.String}

DIRECTORY = {
    "vestiging": pl.String,
    "brin": pl.String,
    "board": pl.String,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
}

Table: TypeAlias = Sequence[Sequence[int]]
"""Cents per school, by month."""


Way: TypeAlias = tuple[str, str]
"""How corrections are settled: `next_payment` or `spread`, and whether with a floor of zero."""

NEXT, FLOORED, SPREAD, SPREAD_FLOORED = ALL_WAYS = tuple(product(("next_payment", "spread"), ("no", "yes")))
_TYPES = ("bao", "sbo", "so", "vso")


class Story:
    """Schools of one school year, from September on; of two that are settled two ways each is of another type."""

    def __init__(self, schools: int, months: int, *ways: Way, beside: Story | None = None) -> None:
        """`ways`: of the first school, the second, and over again. `beside`: in the books of another story."""
        self.schools = [f"{number:02d}AA00" for number in range(schools)]
        self.months = [SEP]
        while len(self.months) < months:
            self.months.append(month_after(self.months[-1]))
        self._ways, self._next = ways or (NEXT,), SEP
        listed = [(v, v[:4], "10001", SEP, None) for v in self.schools]
        self.books = beside.books if beside else InMemory(pl.DataFrame(listed, schema=DIRECTORY, orient="row"))
        self._year = "2020-2021" if beside else "2021-2022"
        self._before: Table | None = None
        self.told: list[list[Decided | Run]] = [[] for _ in self.schools]

    def settle(self, *ways: Way) -> None:
        """From the next decision on settle other ways, as many as before."""
        assert len(ways) == len(self._ways)
        self._ways = ways

    def goes_over(self, to: str, on: date) -> None:
        """The first school goes over to another board on a day; told now, late or not."""
        first = self.schools[0]
        self.books.tell_schools(pl.DataFrame([(first, first[:4], to, on, None)], schema=DIRECTORY, orient="row"))

    def between_boards(self) -> list[tuple]:
        """What the boards settle of the first school: board, month, cause, euro."""
        return self.books.select(f"""
            select board, month::text, cause, amount::double from receivables
            where settled_by = 'the boards' and vestiging = '{self.schools[0]}' order by all""")

    def decide(self, *each: Sequence[int], cause: str = "reference_count") -> None:
        """The next decision: the instalments of each school by month, in cents."""
        last = self.books.last_paid()
        ways = [
            (kind, month, *way) for kind, way in zip(_TYPES, self._ways, strict=False) for month in self.months
        ]
        settling = pl.DataFrame(ways, schema=_SETTLING, orient="row")
        changes = self._rows(cause, _less(each, self._before)) if self._before else self._rows(cause, [])
        self.books.decide(self._rows("", each).drop("cause"), self._told(settling), changes)
        self._before = each
        for number, (story, amounts) in enumerate(zip(self.told, each, strict=True)):
            corrections, floor_zero = self._way(number)
            terms = (corrections == "spread", floor_zero == "yes")
            story.append(Decided(dict(enumerate(amounts, start=1)), _number(last) if last else 0, *terms))

    def pay(self, months: int = 1) -> None:
        for _ in range(months):
            self._run(self._next)
            self._next = month_after(self._next)

    def again(self) -> None:
        last = self.books.last_paid()
        if last:
            self._run(last)

    def finish(self) -> None:
        """Run the months that are left, and at least one after the last."""
        self.pay()
        while self._next <= month_after(self.months[-1]):
            self.pay()

    def close(self) -> None:
        self.books.close()

    def rows(self) -> list[tuple]:
        """What the first school got: month, reason, euro."""
        return self.books.select(f"""
            select paid_month::text, reason, amount::double from payments
            where school_year = '{self._year}' and vestiging = '{self.schools[0]}' order by run_id, reason desc""")

    def causes(self) -> list[tuple]:
        """What the corrections of the first school are for: month of the run, decision, month, euro."""
        return self.books.select(f"""
            select p.paid_month::text, c.decision_id[-3:], c.month::text, c.amount::double
            from correction_causes c join payments p using (payment_id)
            where school_year = '{self._year}' and vestiging = '{self.schools[0]}' order by all""")

    def paid(self, of: str = "payments") -> list[int]:
        """What was paid to each school in all."""
        sums = dict(self.books.select(f"select vestiging, (100 * sum(amount))::bigint from {of} group by 1"))
        return [sums.get(vestiging, 0) for vestiging in self.schools]

    def latest(self) -> Table:
        """The instalments of the latest decision."""
        assert self._before
        return self._before

    def expected(self) -> list[int]:
        """What the model says was paid to each."""
        schedule = list(range(1, len(self.months) + 1))
        return [(paid_after(story, schedule) or [0])[-1] for story in self.told]

    def _run(self, month: date) -> None:
        payments, _ = self.books.pay(month)
        for story in self.told if payments.height else ():
            story.append(_number(month))

    def _rows(self, cause: str, each: Table) -> pl.DataFrame:
        rows = [
            (vestiging, _TYPES[number % len(self._ways)], month, cause, cents)
            for number, (vestiging, amounts) in enumerate(zip(self.schools, each, strict=False))
            for month, cents in zip(self.months, amounts, strict=True)
            if cents
        ]
        frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row").with_columns(amount=to_euro(pl.col("amount")))
        return self._told(with_beneficiary(frame.with_columns(beneficiary="vestiging")))

    def _way(self, number: int) -> Way:
        return self._ways[number % len(self._ways)]

    def _told(self, frame: pl.DataFrame) -> pl.DataFrame:
        words = {"school_year": self._year, "component": "per_pupil", "currency": "EUR"}
        return frame.with_columns(**{name: pl.lit(word) for name, word in words.items()})


def _less(one: Table, other: Table) -> Table:
    return [[new - old for new, old in zip(*both, strict=True)] for both in zip(one, other, strict=True)]


def _number(month: date) -> int:
    """September is 1."""
    return (month.year - SEP.year) * 12 + month.month - SEP.month + 1
