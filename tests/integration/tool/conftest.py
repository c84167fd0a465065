"""The page of the informatietool, opened in a browser."""

import pytest

from tests.books.tool.conftest import made, tool, tool_2022
from tests.integration.tool.chromium import chromium

__all__ = ["chromium", "made", "tool", "tool_2022"]


@pytest.fixture
def opened(chromium, tool):
    """The page of 2021-2022, just opened; whatever a test does, the page may not complain or ask for anything."""
    chromium.size(1280, 900)
    chromium.open(tool.html)
    yield chromium
    assert chromium.complaints() == []
    assert chromium.asked_for() == []
    assert not [one for one in chromium.events if one.get("method") == "Page.javascriptDialogOpening"]
