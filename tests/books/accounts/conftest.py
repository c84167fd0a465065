"""The homes of `tests.books.home`, made once and copied for each test, and one in which 2021 is accounted for."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from npo_pipeline.reports.xbrl import arelle
from tests.books.accounts.arelle_server import Server
from tests.books.accounts.filing import home_with_schools
from tests.books.accounts.year import CONSENTED, IN_ORDER, done, run
from tests.books.home.conftest import country, decided_once, paid, paid_once, story
from tests.books.home.delivery import write_consents, write_spending

__all__ = ["country", "decided_once", "paid", "paid_once", "story"]


@pytest.fixture(scope="session", autouse=True)
def arelle_once(tmp_path_factory) -> Iterator[None]:
    """All accounts of these tests are checked by one process of Arelle, started when the first asks for it."""
    started: list[Server] = []

    def serve(work: dict[str, Any]) -> list[dict[str, Any]]:
        if not started:
            started.append(Server(tmp_path_factory.mktemp("arelle")))
        return started[0].run(work)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arelle, "_run", serve)
        yield
    for server in started:
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
    done(home)
    done(home, year=2022)
    return home


@pytest.fixture
def second_year(tmp_path, second_year_once) -> Path:
    """A home in which 2021 and 2022 are accounted for."""
    return Path(shutil.copytree(second_year_once, tmp_path / "second-year"))


@pytest.fixture(scope="session")
def schools_once(tmp_path_factory) -> Path:
    return home_with_schools(tmp_path_factory.mktemp("schools"))


@pytest.fixture
def home(schools_once, tmp_path) -> Path:
    """A home that knows four schools of three boards."""
    return Path(shutil.copytree(schools_once, tmp_path / "home"))
