"""One batch of Arelle for all tests of filings."""

from __future__ import annotations

import pytest

from tests.books.filing.arelle_batch import Batch, judged
from tests.integration.tool.chromium import chromium

__all__ = ["chromium"]


@pytest.fixture(scope="session")
def arelle(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    return judged(tmp_path_factory.mktemp("arelle"))
