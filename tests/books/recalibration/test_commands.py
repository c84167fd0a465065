"""Whole courses of events through the commands themselves, on disk, with runs that are killed on the way.

Each sequence is thrown by a die of its own: pupils counted anew, changes told, months run, run again, and killed
before or after their books are put in place. After each step the three ledgers agree and nothing paid has changed;
at the end the books tie as a whole, which proves every decision and every run on the way.
"""

from __future__ import annotations

import shutil
import signal
from itertools import count, product
from pathlib import Path
from random import Random

import pytest

from npo_pipeline.months import month_after, month_text
from tests.books.blank import blank
from tests.books.home.delivery import BOARDS, PUPILS, write_addresses, write_changes, write_register
from tests.books.home.npo import MONEY, Npo, checking, here
from tests.books.home.seeing import select
from tests.books.recalibration.stories import SEP
from tests.effort import examples

YEAR = ("--school-year", "2021-2022")
DAY = ("--reference-date", "2020-10-01")
SHORT_YEAR = """
overlay_of: 2021-2022-po
sources:
  letter: {{title: Brief van het ministerie, url: "https://www.example.org/brief", publisher: OCW}}
settlement:
  value: {{corrections: {corrections}, floor_zero: "{floor_zero}", closure: stops}}
  unit: rule
  status: derived
  source: letter
  where: "Brief, bladzijde 2"
  checked_on: 2026-11-24
schedules:
  monthly:
    value:
      rounding: cumulative
      instalments: {{2021-09: 2/5, 2021-10: 1/5, 2021-11: 1/5, 2021-12: 1/5}}
    unit: fraction
    status: derived
    source: letter
    where: "Brief, bladzijde 2"
    checked_on: 2026-11-24
"""
KEY = "school_year, currency, vestiging, school_type, component"
LEDGERS = f"""
    with last as (select max(paid_month) as month from payments),
    made as (select {KEY}, sum(d.amount) as due from due d, last where d.month <= last.month group by all),
    got as (select {KEY}, sum(amount) as paid from ledger group by all),
    left_open as (
        select {KEY}, sum(amount) as open from receivables where settled_by = 'payment run' group by all)
    select *, coalesce(due, 0) - coalesce(paid, 0) as expected
    from made full join got using ({KEY}) full join left_open using ({KEY})
    where coalesce(open, 0) <> expected"""
KILLED = ("die before", "die after")

ALL_WAYS = tuple(product(["next_payment", "spread"], ["no", "yes"]))
in_all_ways = pytest.mark.parametrize(("corrections", "floor_zero"), ALL_WAYS[:: examples(3, thorough=1)])
"""Day by day the first and the last; `test_settlement_machine` goes all four."""


@pytest.fixture(scope="module")
def npo(tmp_path_factory) -> Npo:
    return Npo(tmp_path_factory.mktemp("said"))


class Course:
    """A home, and a die that says what happens in it."""

    def __init__(self, folder: Path, npo: Npo, die: Random, *settlement: str) -> None:
        self.home, self.folder, self.npo, self.die = blank(folder / "home"), folder, npo, die
        self._numbers, self.month, self.paid = count(), SEP, []
        self.rules = folder / "short-year.yaml"
        self.rules.write_text(SHORT_YEAR.format(corrections=settlement[0], floor_zero=settlement[1]))
        country = write_addresses(write_register(folder / "country", PUPILS), BOARDS)
        self.command("ingest", country, *DAY)
        self.decide()

    def step(self) -> None:
        what = self.die.choice([self.counted, self.changed, self.run, self.run, self.again, self.killed])
        what()
        self.check()

    def counted(self) -> None:
        pupils = {place: self.die.choice([0, 1, had, 3 * had]) for place, had in PUPILS.items()}
        self.command("ingest", write_register(self._new(), pupils | {"01AA00 Bo": 12}), *DAY)
        self.decide()

    def changed(self) -> None:
        month = self.die.choice(["20210901", "20211001", "20211102"])
        told = [
            f"{month};fusie;02BB00;;01AA00",
            f"{month};sluiting;02BB00;;",
            f"{month};opening;02BB00;10002;",
            f"{month};bestuursoverdracht;04DD00;10007;",
        ]
        self.command("ingest", write_changes(self._new(), self.die.choice(told)))
        self.decide()

    def decide(self) -> None:
        self.command("decide", *YEAR, "--regulation", self.rules)

    def run(self) -> None:
        self.command("pay", "--month", month_text(self.month))
        self.month = month_after(self.month)

    def again(self) -> None:
        for (month,) in select(self.home, "select max(paid_month) from payments having count(*) > 0"):
            self.command("pay", "--month", month_text(month))
            self.command("pay", "--month", month_text(month))

    def killed(self) -> None:
        """A run that is killed just before its books are put in place, or just after; then it is done again."""
        command, effect = ("pay", "--month", month_text(self.month)), self.die.choice(KILLED)
        twin = Path(shutil.copytree(self.home, self._new()))
        ended = self.npo(*command, "--home", self.home, effects={"os.replace": effect})
        assert ended.status in (-signal.SIGKILL, 0), ended.stderr
        self.run()
        assert here(*command, "--home", twin).status == 0
        rows = "select * from payments order by all"
        assert select(self.home, rows) == select(twin, rows)

    def check(self) -> None:
        rows = select(self.home, "select * from payments order by run_id, payment_id")
        assert rows[: len(self.paid)] == self.paid
        self.paid = rows
        assert select(self.home, LEDGERS) == []

    def finish(self) -> None:
        """Run all that is left and a month after it: what was paid is what was decided last."""
        self.command("pay", "--month", month_text(max(AFTER, self.month)), "--catch-up")
        self.month = month_after(max(AFTER, self.month))
        self.check()
        with checking(*MONEY):
            self.command("verify")
        decided, paid = (
            select(
                self.home,
                f"select vestiging, school_type, component, sum(amount) from {rows} group by all order by 1, 2, 3",
            )
            for rows in ("instalments join latest_decisions using (decision_id, school_year)", "payments")
        )
        assert [row for row in paid if row[-1]] == decided
        assert select(self.home, "select * from receivables where settled_by = 'payment run'") == []

    def command(self, *words: object) -> None:
        ended = here(*words, "--home", self.home)
        assert ended.status == 0, (words, ended.stdout, ended.stderr)

    def _new(self) -> Path:
        return self.folder / f"{next(self._numbers):03d}"


AFTER = SEP.replace(year=2022, month=1)


@in_all_ways
@pytest.mark.parametrize("number", range(examples(1, thorough=20)))
def test_the_three_ledgers_agree_whatever_happens(npo, tmp_path, corrections, floor_zero, number):
    course = Course(tmp_path, npo, Random(f"{corrections} {floor_zero} {number}"), corrections, floor_zero)
    for _ in range(4):
        course.step()
    course.finish()
