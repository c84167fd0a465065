"""Homes to try things on: made once, copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.home.delivery import write_country
from tests.home.npo import Npo, here


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
    return Path(shutil.copytree(decided_once, tmp_path / "home"))


@pytest.fixture
def paid(tmp_path, paid_once) -> Path:
    """A home in which September and October 2021 are paid."""
    return Path(shutil.copytree(paid_once, tmp_path / "home"))


def run(home: Path, *arguments: object) -> None:
    ended = here(*arguments, "--home", home)
    assert ended.status == 0, ended.stderr
