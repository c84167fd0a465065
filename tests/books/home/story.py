"""The story of one home, chapter by chapter, played as far as a test asks."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.books.corrections.declaring import REPLACES, SET, but, declare
from tests.books.home.delivery import (
    BOARDS,
    PUPILS,
    write_addresses,
    write_amounts_of_others,
    write_answers,
    write_applications,
    write_changes,
    write_completions,
    write_consents,
    write_debtor,
    write_lists,
    write_masked,
    write_newcomers,
    write_payment_accounts,
    write_register,
    write_reserve_transfers,
    write_scores,
    write_spending,
)
from tests.books.home.npo import here
from tests.books.home.seeing import select

ACCOUNTS = (
    "10001;NL91ABNA0417164300;Stichting De Linde;20210801",
    "10002;NL20INGB0001234567;Drie & Vier;20210801",
)
AT_ZERO = "20201001;04DD;00;1;0"
Command = tuple[object, ...]
NEWCOMER = but(SET, file="newcomers.csv", column="NIEUWKOMERS", expect="2", value="3")


def paid(folder: Path, home: Path) -> Iterator[Command]:
    yield "pay", "--month", "2021-10", "--catch-up"


def ingest(folder: Path, home: Path) -> Iterator[Command]:
    """A corrected delivery comes in: other pupils, a refused row, another board."""
    corrected = write_register(folder, {**PUPILS, "02BB00 Bo": 9}, broken=True)
    write_scores(corrected, {"01AA00": "80,25", "02BB00": "12,00"})
    write_addresses(corrected, {**BOARDS, "02BB00": "10004"})
    yield "ingest", corrected, "--reference-date", "2020-10-01", "--max-rejected", "0.1"


def decide(folder: Path, home: Path) -> Iterator[Command]:
    accepted = ("--max-change", "0.05", "--accept-change", "--approved-by", "B. Approver")
    yield "decide", "--school-year", "2021-2022", "--reason", "corrected", *accepted


def pay(folder: Path, home: Path) -> Iterator[Command]:
    yield "pay", "--month", "2021-11"


def rich(folder: Path, home: Path) -> Iterator[Command]:
    """A board transfer; there are superseded deliveries, two decisions, corrections, differences, refused rows."""
    yield "ingest", write_changes(folder, "20211201;bestuursoverdracht;02BB00;10009;01AA00")
    yield "pay", "--month", "2021-12"


def whole(folder: Path, home: Path) -> Iterator[Command]:
    """A merger, a school that started, lists, newcomers, applications, a declared correction, a resolved row, a
    board that reports twice what it spent, a reserve that moved, a year that is closed and corrected,
    decisions of others, payments that were on hold, a changed account: every table has rows."""
    changes = ("20211101;fusie;04DD00;;02BB00", "20210801;opening;06FF00;10001;")
    yield "ingest", write_changes(folder / "merger", *changes)
    yield "ingest", write_register(folder / "started", {"06FF00 Bo": 4}), "--reference-date", "2021-10-01"
    before = write_lists(write_register(folder / "before", PUPILS))
    yield "ingest", before, "--reference-date", "2019-10-01"
    people = ("--prepared-by", "A. Preparer", "--approved-by", "B. Approver")
    yield "decide", "--school-year", "2021-2022", *people
    yield "pay", "--month", "2022-01"
    newcomers = write_newcomers(folder / "newcomers", "20201001;01AA;00;1;2", "20201001;02BB;00;1;x", AT_ZERO)
    yield "ingest", declare(newcomers, NEWCOMER), "--max-rejected", "0.5"
    ((named,),) = select(home, "select max(delivery_id) from deliveries")
    resolving = write_newcomers(folder / "resolving", "20201001;02BB;00;1;4")
    entry = but(REPLACES, delivery=named, lines=[3], file="newcomers.csv")
    yield "ingest", declare(resolving, replaces=(entry,))
    in_time, too_late = "10001;01AA;IOP;20210416;1;900,00;00;R1;N;N", "10001;01AA;IOP;20210714;1;900,00;;;;"
    applied = write_applications(folder / "applications", in_time, too_late, of_regions=True)
    yield "ingest", write_completions(applied, "10001;01AA;IOP;1")
    yield "decide", "--school-year", "2020-2021"
    for number, amount in enumerate(("900,00", "950,00"), 1):
        spent = (f"10001;01AA;2021;B;Een-op-een-begeleiding;school;{value};100,00" for value in (amount, "veel"))
        reports = write_spending(folder / f"spent-{number}", *spent)
        write_consents(reports, "10001;01AA;2021-2022;J;J;2021-07-01;0;J;2021-07-05;Ouderavond;J;Op niveau")
        yield "ingest", reports, "--max-rejected", "0.5"
    yield "ingest", write_reserve_transfers(folder / "moved", "2021;10002;10009;02BB;0,00;20211201")
    yield "account", "--year", "2021", "--board", "10001"
    yield "account", "--year", "2021", "--close", *people
    spent = "10001;01AA;2021;B;Een-op-een-begeleiding;school"
    late = write_spending(folder / "late", f"{spent};950,00;50,00;", f"{spent};-50,00;0,00;Creditnota")
    yield "account", "--year", "2022", "--board", "10001", "--spending", late
    yield (
        "ingest",
        write_masked(folder / "masked", "20171001;03CC;00;School 03CC00;Assen;Assen;So;3/4;10003", "<5"),
    )
    others, mapping = write_amounts_of_others(folder / "others", "01AA00;12;8413,92", "02BB00;9;6310,45")
    yield "reconcile", others, "--mapping", mapping, "--school-year", "2021-2022"
    yield "ingest", write_payment_accounts(folder / "accounts", *ACCOUNTS)
    of_month = ("release", "--month", "2022-01", "--debtor", write_debtor(folder / "debtor"))
    yield *of_month, "--prepared-by", "A. Preparer"
    ((plan,),) = select(home, "select fingerprint from release_plans")
    yield *of_month, "--approved-by", "B. Approver", "--approved-plan", plan
    (sent,) = select(home, "select end_to_end_id, amount from transfers")
    yield "bank", write_answers(folder / "answers", *sent)
    yield "hold", "--reason", "the bank files are checked", "--by", "A. Preparer"
    yield "unhold", "--by", "B. Approver"
    old, new = (
        "10001;NL91ABNA0417164300;Stichting De Linde;20210801",
        "10001;NL61INGB0417164300;De Linde;20220301",
    )
    yield "ingest", write_payment_accounts(folder / "accounts", old, new)
    yield "confirm-account", "10001", "NL61INGB0417164300", "--by", "M. Jansen"


class Story:
    """A home that is taken from chapter to chapter, and what every chapter left.

    All processes that run tests share it: each chapter is played once, by the one that first asks for it.
    """

    def __init__(self, folder: Path, country: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder, self._home = folder, folder / "home"
        self._chapters: dict[str, Callable[[Path, Path], Iterator[Command]]] = {
            "decided": lambda *_: iter(_decided(country)),
            **{chapter.__name__: chapter for chapter in (paid, ingest, decide, pay, rich, whole)},
        }

    def at(self, name: str) -> Path:
        """The home as a chapter left it, to be read or copied."""
        chapters = list(self._chapters)
        with self._alone():
            for chapter in chapters[: chapters.index(name) + 1]:
                if not self._left(chapter).exists():
                    self._play(chapter)
        return self._left(name)

    def before(self, name: str) -> Path:
        """The home as the chapter before one left it."""
        chapters = list(self._chapters)
        return self.at(chapters[chapters.index(name) - 1])

    def commands(self, name: str) -> list[Command]:
        """The commands of a chapter that was played."""
        return [tuple(command) for command in json.loads((self._folder / f"{name}.json").read_text())]

    def _left(self, name: str) -> Path:
        return self._folder / "left" / name

    def _play(self, name: str) -> None:
        played = []
        for command in self._chapters[name](self._folder / name, self._home):
            words = [str(word) for word in command]
            ended = here(*words, "--home", self._home)
            assert ended.status == 0, ended.stderr
            played.append(words)
        (self._folder / f"{name}.json").write_text(json.dumps(played))
        shutil.copytree(self._home, self._left(name))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _decided(country: Path) -> list[Command]:
    return [
        ("ingest", country, "--reference-date", "2020-10-01"),
        ("decide", "--school-year", "2021-2022"),
    ]
