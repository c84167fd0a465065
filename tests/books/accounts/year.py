"""The accounts of 2021 as a finance person makes them, from files that are in order."""

from __future__ import annotations

import json
from pathlib import Path

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
