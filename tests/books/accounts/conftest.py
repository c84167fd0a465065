"""The homes of `tests.books.home`, made once and copied for each test, and one in which 2021 is accounted for."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from npo_pipeline.reports.xbrl import arelle
from tests.books.accounts.arelle_server import Server
from tests.books.accounts.filing import home_with_schools
from tests.books.accounts.year import CONSENTED, IN_ORDER, booked, done, run
from tests.books.home.conftest import country, decided_once, paid, paid_once, story
from tests.books.home.delivery import write_consents, write_spending

__all__ = ["country", "decided_once", "paid", "paid_once", "story"]


@pytest.fixture(scope="session", autouse=True)
def arelle_once() -> Iterator[None]:
    """Start no Arelle but where a test asks: whether filings are sound is asked in `tests.integration.filing`."""

    def serve(work: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"file": one["file"], "messages": [], "assertions": {}} for one in work["files"]]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arelle, "_run", serve)
        yield


@pytest.fixture
def with_arelle(tmp_path) -> Iterator[None]:
    """Have what a test files checked by Arelle, in one process for all that it asks."""
    server = Server(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arelle, "_run", server.run)
        yield
    server.close()


@pytest.fixture
def told(tmp_path) -> Path:
    """A folder of files that are in order."""
    return write_consents(write_spending(tmp_path / "told", *IN_ORDER), *CONSENTED)


@pytest.fixture(scope="session")
def accounted_once(tmp_path_factory, paid_once) -> Path:
    home = Path(shutil.copytree(paid_once, tmp_path_factory.mktemp("accounted") / "home"))
    folder = tmp_path_factory.mktemp("told")
    done(home, "--spending", write_consents(write_spending(folder, *IN_ORDER), *CONSENTED))
    return home


@pytest.fixture
def accounted(tmp_path, accounted_once) -> Path:
    """A home in which 2021 is accounted for, in order."""
    return Path(shutil.copytree(accounted_once, tmp_path / "accounted"))


@pytest.fixture(scope="session")
def second_year_once(tmp_path_factory, accounted_once) -> Path:
    home = Path(shutil.copytree(accounted_once, tmp_path_factory.mktemp("second-year") / "home"))
    assert run(home, "pay", "--month", "2022-01", "--catch-up").status == 0
    # November and December 2021 were paid since, so 2021 is accounted for again.
    booked(home)
    done(home, year=2022)
    return home


@pytest.fixture
def second_year(tmp_path, second_year_once) -> Path:
    """A home in which 2021 and 2022 are accounted for."""
    return Path(shutil.copytree(second_year_once, tmp_path / "second-year"))


@pytest.fixture(scope="session")
def form_once(tmp_path_factory, paid_once) -> Path:
    """The workbook of board 10002, to fill in."""
    made = done(paid_once, "--template", "--board", "10002", "--out", tmp_path_factory.mktemp("form"))
    return Path(made["template"])


@pytest.fixture(scope="session")
def schools_once(tmp_path_factory) -> Path:
    return home_with_schools(tmp_path_factory.mktemp("schools"))


@pytest.fixture
def home(schools_once, tmp_path) -> Path:
    """A home that knows four schools of three boards."""
    return Path(shutil.copytree(schools_once, tmp_path / "home"))
