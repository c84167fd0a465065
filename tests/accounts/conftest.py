"""The homes of `tests.home`, made once and copied for each test, and one in which 2021 is accounted for."""

import shutil
from pathlib import Path

import pytest

from tests.accounts.year import CONSENTED, IN_ORDER, done
from tests.home.conftest import country, decided_once, paid, paid_once
from tests.home.delivery import write_consents, write_spending

__all__ = ["country", "decided_once", "paid", "paid_once"]


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
