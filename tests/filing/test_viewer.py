"""The viewer of a page in a real browser: one file, opened from disk, without a network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.xbrl.arelle import viewer
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, write_taxonomy
from tests.filing.edges import edge
from tests.tool.chromium import Chromium, installed


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if not installed():
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    pytest.importorskip("websockets.sync.client")
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


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


def test_the_viewer_opens_from_disk_tells_of_a_fact_and_asks_for_nothing(browser: Chromium, made: Path) -> None:
    browser.size(1400, 900)
    browser.open(made)
    _until(browser, _READY)
    browser.run(
        f"[...{_FRAME}.querySelectorAll('.ixbrl-element')].find(one => one.innerText == '2.100,10').click()"
    )
    # Its labels are in the language of the browser.
    _until(browser, f"['Spent', 'Besteed'].some(label => ({_INSPECTOR}).includes(label))")
    browser.screenshot(made.with_suffix(".png"))
    errors = [one for one in browser.complaints() if '"type": "log"' not in one]
    assert errors == []
    assert [one for one in browser.asked_for() if not one.startswith(("data:", "blob:"))] == []
