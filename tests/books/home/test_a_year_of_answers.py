"""A whole year is paid, released, answered with rejects and returns, and released again: to the cent."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from tests.books.bank.made_up_bank import START, MadeUpBank
from tests.books.home import story as chapters
from tests.books.home.delivery import write_debtor, write_payment_accounts
from tests.books.home.npo import here
from tests.books.home.seeing import published, select

YEAR = [f"2021-{month:02d}" for month in range(9, 13)] + [f"2022-{month:02d}" for month in range(1, 8)]
ACCOUNTS = (
    "10001;NL91ABNA0417164300;Stichting De Linde;20210801",
    "10002;NL20INGB0001234567;Drie & Vier;20210801",
    "10003;NL36RABO0417164300;Stichting Zuid;20210801",
)
LATE = "10004;NL62TRIO0417164300;Stichting Noord;20210801"


class Year:
    """A home, its bank, and what is done with them month by month."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home, self.bank = folder, home, MadeUpBank(folder / "answers")
        self.debtor = write_debtor(folder)

    def do(self, *arguments: object) -> dict:
        ended = here(*arguments, "--json", "--home", self.home)
        assert (ended.status, ended.stderr) == (0, ""), arguments
        return ended.document

    def release(self, month: str) -> bool:
        """Prepare and approve what is there to release; whether there was anything to send."""
        self.do("release", "--month", month, "--prepared-by", "A. Preparer", "--debtor", self.debtor)
        ((plan,),) = select(self.home, "select fingerprint from release_plans order by run_id desc limit 1")
        approval = ("--approved-by", "B. Approver", "--approved-plan", plan, "--debtor", self.debtor)
        self.do("release", "--month", month, *approval)
        last = "select file from batches where run_id = (select max(run_id) from runs) and file is not null"
        for (file,) in select(self.home, last):
            self.bank.take(self.home / "bank" / file)
            return True
        return False

    def read(self) -> dict:
        """Read all that the bank said so far; what was read before changes nothing."""
        return self.do("bank", self.bank.folder)


@pytest.fixture(scope="module")
def year(story, tmp_path_factory) -> Year:
    """The year: each month is paid, released and answered in another way; in February counts are corrected."""
    folder = tmp_path_factory.mktemp("year")
    year = Year(folder, Path(shutil.copytree(story.at("decided"), folder / "home")))
    bank = year.bank
    year.do("ingest", write_payment_accounts(folder / "accounts", *ACCOUNTS))
    for month in YEAR:
        if month == "2022-02":
            for chapter in (chapters.ingest, chapters.decide):
                for command in chapter(folder / "corrected", year.home):
                    year.do(*command)
        if month == "2022-05":
            year.do("ingest", write_payment_accounts(folder / "late", LATE))
        year.do("pay", "--month", month)
        if not year.release(month):
            continue
        answer(bank, month)
        year.read()
    # What came back of the last month goes out too.
    assert year.release(YEAR[-1])
    bank.book_together()
    year.read()
    return year


def answer(bank: MadeUpBank, month: str) -> None:
    """Answer a release in the way of its month."""
    if month == "2021-10":
        bank.reject("10001")
    if month == "2022-01":
        bank.reject()
        return
    if month in {"2021-12", "2022-03"}:
        bank.accept()
    if month in {"2021-11", "2022-04"}:
        bank.book_with_details()
        bank.give_back("10003")
    elif month in {"2021-12", "2022-07"}:
        bank.book_each()
        bank.give_back("10001", "10003")
    else:
        bank.book_together()


def test_every_payment_reached_its_recipient_once(year):
    rows = """
        select recipient, p.paid, t.sent, coalesce(w.kept, 0) from
            (select recipient, sum(amount) as paid from payments group by 1) p
            join (select recipient, sum(amount) as sent from transfers where status = 'booked' group by 1) t
                using (recipient)
            left join (select recipient, sum(amount) as kept from withheld group by 1) w using (recipient)
        order by 1"""
    found = select(year.home, rows)
    assert [recipient for recipient, *_ in found] == ["10001", "10002", "10003", "10004"]
    assert {recipient: paid - sent - kept for recipient, paid, sent, kept in found} == dict.fromkeys(
        ("10001", "10002", "10003", "10004"), Decimal("0.00")
    )
    assert {recipient: kept for recipient, *_, kept in found if kept} == {}


def test_what_the_bank_paid_is_what_the_books_say(year):
    ((booked,),) = select(year.home, "select sum(amount) from transfers where status = 'booked'")
    assert START - year.bank.balance == booked
    twice = "select payment_id from transfer_payments join transfers using (end_to_end_id) where status = 'booked'"
    assert select(year.home, f"select payment_id from ({twice}) group by 1 having count(*) > 1") == []


def test_everything_was_answered(year):
    statuses = "select status, count(*) > 2 from transfers group by 1 order by 1"
    assert select(year.home, statuses) == [("booked", True), ("rejected", True), ("returned", True)]
    document = here("status", "--json", "--home", year.home).document
    assert (document["sent_out"], document["came_back"]) == ([], [])


def test_the_books_tie(year):
    ended = here("verify", "--home", year.home)
    assert (ended.status, ended.stderr) == (0, "")
    assert select(year.home, "select count(*) from transfer_balance where payments <> transferred + withheld") == [
        (0,)
    ]


def test_all_files_again_change_nothing(year):
    before = published(year.home)
    assert year.read()["run_id"] is None
    assert published(year.home) == before


def test_there_is_nothing_left_to_release(year):
    before = published(year.home)
    ended = here("release", "--month", YEAR[-1], "--home", year.home)
    assert "2022-07: nothing is left to release" in ended.stdout
    assert published(year.home) == before
