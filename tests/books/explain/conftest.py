"""Homes made once; a test that changes one copies it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.books.explain.homes import caribbean_home, decided_home, run, write_register


@pytest.fixture(scope="session")
def decided(tmp_path_factory) -> Path:
    """2021-2022 is decided and nothing is paid."""
    return decided_home(tmp_path_factory.mktemp("decided"))


@pytest.fixture(scope="session")
def corrected(tmp_path_factory, decided) -> Path:
    """September and October are paid; then 01AA00 has 14 pupils, and BRIN 03CC one cumi pupil more."""
    folder = tmp_path_factory.mktemp("corrected")
    home = Path(shutil.copytree(decided, folder / "home"))
    run(home, "pay", "--month", "2021-10", "--catch-up")
    register = write_register(folder / "again", pupils={"01AA00 Bo": 14}, cumi={"03CC01 So": 2})
    run(home, "ingest", register, "--reference-date", "2020-10-01")
    run(home, "decide", "--school-year", "2021-2022", "--reason", "telling verbeterd")
    return home


@pytest.fixture(scope="session")
def caribbean(tmp_path_factory) -> Path:
    return caribbean_home(tmp_path_factory.mktemp("caribbean"))


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A made-up country of a few boards with some forty schools, decided, and paid up to December 2021."""
    folder = tmp_path_factory.mktemp("made")
    home = folder / "home"
    run(home, "generate", folder / "country", "--boards", 7, "--pupils", 11_000, "--seed", 6)
    run(home, "ingest", folder / "country", "--reference-date", "2020-10-01")
    run(home, "decide", "--school-year", "2021-2022")
    run(home, "pay", "--month", "2021-12", "--catch-up")
    return home
