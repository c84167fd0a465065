"""The accounts of 2021 as a finance person makes them, from files that are in order."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import read_books
from npo_pipeline.commands.account.command import AccountRequest
from npo_pipeline.commands.account.command import account as account_in_books
from npo_pipeline.commands.account.write import AccountResult
from npo_pipeline.commands.status import Subject, open_findings
from npo_pipeline.commands.verify.accounts import account_faults
from tests.books.home.npo import Ended, here

RECEIVED = {"01AA": "8413.88", "02BB": "1227.03", "03CC": "3566.62", "04DD": "1051.74"}
"""August to October 2021. Of 01AA: 12 x 701,16 = 8.413,92 and 100,50 x 251,16 = 25.241,58, of both 3/12."""


IN_ORDER = (
    "10001;01AA;2021;A;Uitbreiding onderwijs;school;4000,00;1000,00",
    "10002;02BB;2021;B;Feedback;school;500,50;0",
    "10002;02BB;2021;E;Klassenverkleining;bovenschools;100,00;0",
    "10002;04DD;2021;C;Cultuureducatie;school;0;0",
    "10003;03CC;2021;D;Samenwerkend leren;school;3.566,62;0",
)


CONSENTED = (
    "10001;01AA;2021-2022;J;J;20210615;0;N;;ouderavond;J;meer plezier in lezen",
    "10002;02BB;2021-2022;J;J;2021-06-16;100,00;J;2021-06-20;;;",
    "10002;04DD;2021-2022;J;J;20210617;0;J;20210620;;;",
    "10003;03CC;2021-2022;J;J;20210618;;;;;;",
)


def account(home: Path, *arguments: object, year: int = 2021) -> Ended:
    return here("account", "--year", year, *arguments, "--home", home)


def done(home: Path, *arguments: object, year: int = 2021) -> dict:
    ended = account(home, *arguments, "--json", year=year)
    assert ended.status == 0, ended.stderr
    return json.loads(ended.stdout)


def run(home: Path, *arguments: object) -> Ended:
    return here(*arguments, "--home", home)


def booked(home: Path, *spending: Path, year: int = 2021, **asked: Any) -> AccountResult:
    """Account for a year in the books alone: its reports take longer, and few tests ask for them."""
    return account_in_books(AccountRequest(home=Home(home), year=year, spending=spending, **asked))


def faults(home: Path) -> list[str]:
    """What `npo verify` finds of the accounts."""
    with read_books(Home(home)) as books:
        return list(account_faults(books))


def stale(home: Path) -> list[str]:
    """What `npo status` says is older than what came in since."""
    at = Home(home)
    with read_books(at) as books:
        return [words for subject, words in open_findings(books, at, date.today()) if subject is Subject.STALE]
