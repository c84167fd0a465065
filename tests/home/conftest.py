"""Homes to try things on: made once, copied for each test."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.corrections.declaring import REPLACES, SET, but, declare
from tests.home.delivery import (
    BOARDS,
    PUPILS,
    write_addresses,
    write_applications,
    write_changes,
    write_consents,
    write_country,
    write_newcomers,
    write_register,
    write_scores,
    write_spending,
)
from tests.home.npo import Npo, here
from tests.home.seeing import select, tables

NEWCOMER = but(SET, file="newcomers.csv", column="NIEUWKOMERS", expect="2", value="3")


@pytest.fixture(scope="session")
def npo(tmp_path_factory) -> Npo:
    return Npo(tmp_path_factory.mktemp("said"))


@pytest.fixture(scope="session")
def country(tmp_path_factory) -> Path:
    return write_country(tmp_path_factory.mktemp("country"))


@pytest.fixture(scope="session")
def decided_once(tmp_path_factory, country) -> Path:
    home = tmp_path_factory.mktemp("decided") / "home"
    run(home, "ingest", country, "--reference-date", "2020-10-01")
    run(home, "decide", "--school-year", "2021-2022")
    return home


@pytest.fixture(scope="session")
def paid_once(tmp_path_factory, decided_once) -> Path:
    home = tmp_path_factory.mktemp("paid") / "home"
    shutil.copytree(decided_once, home)
    run(home, "pay", "--month", "2021-10", "--catch-up")
    return home


@pytest.fixture
def decided(tmp_path, decided_once) -> Path:
    """A home in which 2021-2022 is decided and nothing is paid."""
    return Path(shutil.copytree(decided_once, tmp_path / "decided"))


@pytest.fixture
def paid(tmp_path, paid_once) -> Path:
    """A home in which September and October 2021 are paid."""
    return Path(shutil.copytree(paid_once, tmp_path / "paid"))


@dataclass(frozen=True)
class Stage:
    """A command, the home in which it is given, and all tables after it was done undisturbed."""

    command: tuple
    before: Path
    after: dict[str, list[tuple]]


@pytest.fixture(scope="session")
def stages(tmp_path_factory, paid_once) -> dict[str, Stage]:
    """A corrected delivery is taken in, decided upon, and the difference paid: ingest, decide, pay."""
    corrected = write_register(tmp_path_factory.mktemp("corrected"), {**PUPILS, "02BB00 Bo": 9}, broken=True)
    write_scores(corrected, {"01AA00": "80,25", "02BB00": "12,00"})
    write_addresses(corrected, {**BOARDS, "02BB00": "10004"})
    commands = {
        "ingest": ("ingest", corrected, "--reference-date", "2020-10-01", "--max-rejected", "0.1"),
        "decide": ("decide", "--school-year", "2021-2022", "--reason", "corrected"),
        "pay": ("pay", "--month", "2021-11"),
    }
    found, home = {}, paid_once
    for name, command in commands.items():
        before, home = home, tmp_path_factory.mktemp("after") / name
        shutil.copytree(before, home)
        run(home, *command)
        found[name] = Stage(command, before, tables(home))
    return found


@pytest.fixture(scope="session")
def rich_once(tmp_path_factory, stages) -> Path:
    """A home with superseded deliveries, two decisions, corrections, refused rows, differences, a transfer."""
    home = tmp_path_factory.mktemp("rich") / "home"
    shutil.copytree(stages["pay"].before, home)
    run(home, *stages["pay"].command)
    transfer = write_changes(tmp_path_factory.mktemp("changes"), "20211201;bestuursoverdracht;02BB00;10009;01AA00")
    run(home, "ingest", transfer)
    run(home, "pay", "--month", "2021-12")
    return home


@pytest.fixture(scope="session")
def whole_once(tmp_path_factory, rich_once) -> Path:
    """The same with a merger, newcomers, applications that are decided on, a declared correction, a refused
    row that was resolved, and a board that tells its spending twice, so that every table has rows."""
    folder = tmp_path_factory.mktemp("whole")
    home = Path(shutil.copytree(rich_once, folder / "home"))
    run(home, "ingest", write_changes(folder / "merger", "20211101;fusie;04DD00;;02BB00"))
    people = ("--prepared-by", "A. Preparer", "--approved-by", "B. Approver")
    run(home, "decide", "--school-year", "2021-2022", *people)
    run(home, "pay", "--month", "2022-01")
    run(home, "ingest", write_register(folder / "before", PUPILS), "--reference-date", "2019-10-01")
    newcomers = write_newcomers(folder / "newcomers", "20201001;01AA;00;1;2", "20201001;02BB;00;1;x")
    run(home, "ingest", declare(newcomers, NEWCOMER), "--max-rejected", "0.5")
    ((named,),) = select(home, "select max(delivery_id) from deliveries")
    resolving = write_newcomers(folder / "resolving", "20201001;02BB;00;1;4")
    entry = but(REPLACES, delivery=named, lines=[3], file="newcomers.csv")
    run(home, "ingest", declare(resolving, replaces=(entry,)))
    in_time, too_late = "10001;01AA;IOP;20210416;1;900,00", "10001;01AA;IOP;20210714;1;900,00"
    run(home, "ingest", write_applications(folder / "applications", in_time, too_late))
    run(home, "decide", "--school-year", "2020-2021")
    for number, amount in enumerate(("900,00", "950,00"), 1):
        spent = (f"10001;01AA;2021;B;Een-op-een-begeleiding;school;{value};100,00" for value in (amount, "veel"))
        told = write_spending(folder / f"spent-{number}", *spent)
        write_consents(told, "10001;01AA;2021-2022;J;J;2021-07-01;0;J;2021-07-05;Ouderavond;J;Op niveau")
        run(home, "ingest", told, "--max-rejected", "0.5")
    run(home, "account", "--year", "2021")
    return home


def run(home: Path, *arguments: object) -> None:
    ended = here(*arguments, "--home", home)
    assert ended.status == 0, ended.stderr
