"""A country that was taken in and decided, with a pupil who is enrolled twice and a row with a fault."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.books.blank import blank
from tests.books.corrections.declaring import DAY, REPLACES, declare, ingest
from tests.books.home.delivery import BROKEN, REGISTER, write_country
from tests.books.home.npo import here

DOUBLE = ("Pdouble;01AA;00;Bo;nvt;1;20190801;;J;N", "Pdouble;02BB;00;Bo;nvt;1;20190801;;J;N")


@pytest.fixture
def country(tmp_path) -> Path:
    return write_country(tmp_path / "country")


@pytest.fixture(scope="session")
def refusing_once(tmp_path_factory) -> Path:
    """d000002 is a register with lines 34 and 35 (a double enrolment) and 36 (no date) refused; it is decided."""
    folder = tmp_path_factory.mktemp("refusing")
    register = write_country(folder / "country") / "register.csv"
    register.write_text("\n".join([register.read_text().rstrip(), *DOUBLE, BROKEN, ""]))
    home = blank(folder / "home")
    ingest(home, folder / "country", "--max-rejected", "0.2")
    assert here("decide", "--school-year", "2021-2022", *DAY, "--home", home).status == 0
    return home


@pytest.fixture
def refusing(tmp_path, refusing_once) -> Path:
    return Path(shutil.copytree(refusing_once, tmp_path / "home"))


@pytest.fixture(scope="session")
def replayed_once(tmp_path_factory, refusing_once) -> Path:
    folder = tmp_path_factory.mktemp("replayed")
    home = Path(shutil.copytree(refusing_once, folder / "home"))
    ingest(home, declare(write_fixed(folder / "fixed"), replaces=(REPLACES,)))
    return home


@pytest.fixture
def replayed(tmp_path, replayed_once) -> Path:
    """The same, in which lines 34 and 35 are resolved by d000004, which is `fixed` with its declaration."""
    return Path(shutil.copytree(replayed_once, tmp_path / "home"))


@pytest.fixture
def fixed(tmp_path) -> Path:
    """The double enrolment with the row that is right."""
    return write_fixed(tmp_path / "fixed")


def write_fixed(folder: Path) -> Path:
    folder.mkdir()
    (folder / "fixed.csv").write_text("\n".join([REGISTER, DOUBLE[1], ""]))
    return folder
