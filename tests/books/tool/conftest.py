"""A home in which two school years are decided, and the informatietool of each."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import fastexcel
import polars as pl
import pytest

from tests.books.home.npo import here
from tests.books.tool.delivery import (
    CARIBBEAN,
    IN_2021,
    NEWCOMER_DAYS,
    NEWCOMER_RATE,
    write_delivery,
    write_overlays,
)


class Written:
    """The two files of a school year, and what the command said of them."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said, self.html, self.xlsx = said, Path(said["html"]), Path(said["xlsx"])
        self.page = self.html.read_text(encoding="utf-8")
        (found,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', self.page, re.DOTALL)
        self.data = json.loads(found)

    def sheet(self, name: str) -> pl.DataFrame:
        return fastexcel.read_excel(self.xlsx).load_sheet(name).to_polars()


def run(home: Path, *words: object) -> dict[str, Any]:
    ended = here(*words, "--home", home, "--json")
    assert ended.status == 0, ended.stderr
    return json.loads(ended.stdout)


def select(home: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as connection:
        return connection.sql(query).fetchall()


def cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tool")
    home = folder / "home"
    delivery = write_delivery(folder / "delivery")
    run(
        home,
        "ingest",
        *(delivery / f"{name}.csv" for name in ("list", "po", "vo", "scores", "newcomers-20201001")),
        "--reference-date",
        "2020-10-01",
    )
    # Newcomers are counted on days of their own as well, which these files name themselves.
    run(home, "ingest", *(delivery / f"newcomers-{day}.csv" for day in NEWCOMER_DAYS if day != "20201001"))
    # Other rates for Caribisch Nederland and newcomers; and 2022-2023 as known in 2021, with two rates of bao.
    others = write_overlays(folder, caribbean=CARIBBEAN, newcomers=NEWCOMER_RATE)
    overlays = [word for path in others for word in ("--regulation", path)]
    run(home, "decide", "--school-year", "2021-2022", *overlays)
    (of_bao,) = write_overlays(folder, in_2021=IN_2021)
    in_2021 = ("--as-of", "2021-12-31", "--regulation", of_bao)
    run(home, "decide", "--school-year", "2022-2023", "--reference-date", "2020-10-01", *in_2021)
    return home


@pytest.fixture(scope="session")
def tool(made) -> Written:
    return Written(run(made, "tool", "--school-year", "2021-2022"))


@pytest.fixture(scope="session")
def tool_2022(made) -> Written:
    return Written(run(made, "tool", "--school-year", "2022-2023"))
