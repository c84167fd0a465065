"""The viewer of a page in a real browser: one file, opened from disk, without a network."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.xbrl.arelle import viewer
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, write_taxonomy
from tests.books.filing.edges import edge
from tests.integration.tool.chromium import Chromium


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("viewer")
    write_taxonomy(folder / FILE_NAME)
    told, facts = edge("40001")
    (folder / "40001.xhtml").write_bytes(page(facts, told))
    viewer(folder / "40001.xhtml", folder / "40001.html", folder / FILE_NAME)
    return folder / "40001.html"


_FRAME = "document.querySelector('iframe')?.contentDocument"
_INSPECTOR = "document.querySelector('#inspector')?.innerText ?? ''"
_READY = "!!document.querySelector('#ixv.post-processing-complete')"


def _until(browser: Chromium, ready: str) -> None:
    until = time.monotonic() + 60
    while not browser.run(ready):
        assert time.monotonic() < until, ready
        time.sleep(0.1)


def test_the_viewer_opens_from_disk_tells_of_a_fact_and_asks_for_nothing(chromium: Chromium, made: Path) -> None:
    chromium.size(1400, 900)
    chromium.open(made)
    _until(chromium, _READY)
    chromium.run(
        f"[...{_FRAME}.querySelectorAll('.ixbrl-element')].find(one => one.innerText == '2.100,10').click()"
    )
    # Its labels are in the language of the chromium.
    _until(chromium, f"['Spent', 'Besteed'].some(label => ({_INSPECTOR}).includes(label))")
    chromium.screenshot(made.with_suffix(".png"))
    errors = [one for one in chromium.complaints() if '"type": "log"' not in one]
    assert errors == []
    assert [one for one in chromium.asked_for() if not one.startswith(("data:", "blob:"))] == []
