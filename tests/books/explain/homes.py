"""Homes for explanations: a BRIN of three sites with cumi pupils, a corrected count, a board of two currencies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.books.home import delivery
from tests.books.home.npo import here

PUPILS = {
    "01AA00 Bo": 12,
    "02BB00 Bo": 7,
    "03CC00 So": 6,
    "03CC00 Vso": 3,
    "03CC01 So": 4,
    "03CC02 So": 1,
    "04DD00 Sbo": 4,
    "05EE00 Sbo": 4,
}
CUMI = {"03CC00 So": 4, "03CC00 Vso": 2, "03CC01 So": 1, "04DD00 Sbo": 4, "05EE00 Sbo": 3}
BOARDS = {
    "01AA00": "10001",
    "02BB00": "10002",
    "03CC00": "10003",
    "03CC01": "10003",
    "03CC02": "10003",
    "04DD00": "10002",
    "05EE00": "10002",
}
SCORES = {"01AA00": "100,55", "02BB00": "0,00"}


def run(home: Path, *arguments: object) -> None:
    """Run a command that must go well."""
    ended = here(*arguments, "--home", home)
    assert ended.status == 0, ended.stderr


def told(home: Path, *arguments: object) -> Any:
    """What `npo explain --json` says."""
    ended = here("explain", *arguments, "--json", "--home", home)
    assert ended.status == 0, ended.stderr
    return ended.document


def said(home: Path, *arguments: object) -> str:
    """What `npo explain` says to a person."""
    ended = here("explain", *arguments, "--home", home)
    assert (ended.status, ended.stderr) == (0, "")
    return ended.stdout


def write_register(folder: Path, *, pupils: Mapping[str, int] = {}, cumi: Mapping[str, int] = {}) -> Path:
    """Write the register of the country, with other numbers for some places."""
    with patch.dict(delivery.CUMI, {**CUMI, **cumi}, clear=True):
        return delivery.write_register(folder, {**PUPILS, **pupils})


def decided_home(folder: Path) -> Path:
    """A home in which 2021-2022 is decided and nothing is paid."""
    country, home = folder / "country", folder / "home"
    write_register(country)
    delivery.write_addresses(country, BOARDS)
    delivery.write_scores(country, SCORES)
    run(home, "ingest", country, "--reference-date", "2020-10-01")
    run(home, "decide", "--school-year", "2021-2022")
    return home


def caribbean_home(folder: Path) -> Path:
    """A home in which one board has De Pelikaan on Bonaire and a school in Assen; 2022-2023 is decided."""
    country, home = folder / "country", folder / "home"
    delivery.write_register(country, {"28PW00 Bo": 361, "01AA00 Bo": 12})
    delivery.write_addresses(country, {"28PW00": "41999", "01AA00": "41999"})
    run(home, "ingest", country, "--reference-date", "2021-10-01")
    run(home, "decide", "--school-year", "2022-2023")
    return home
