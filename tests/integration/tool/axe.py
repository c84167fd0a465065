"""axe-core, the engine that finds what a reader with a handicap would stumble over, in a page that is open."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.integration.tool.chromium import Chromium

WIDTHS = {1280: False, 390: True}
"""Of a desk and of a phone: width -> whether it is a phone."""

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

NOT_IN_XHTML = {"landmark-one-main", "region"}
"""Rules about landmarks (no criteria of WCAG): the XHTML of inline XBRL has no element or role for them."""


def need_axe() -> None:
    """Skip where the package that holds axe-core is not installed."""
    if not _script():
        pytest.skip("axe-playwright-python is not installed: make setup")


@cache
def _script() -> str:
    # The package itself is not imported: that would need Playwright, and its script alone is wanted.
    spec = find_spec("axe_playwright_python")
    places = spec.submodule_search_locations if spec else None
    path = Path(places[0], "axe.min.js") if places else None
    return path.read_text("utf-8") if path and path.exists() else ""


def prefer(browser: Chromium, mode: str) -> None:
    """Have the reader prefer light or dark."""
    browser("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": mode}])


def violations(browser: Chromium, but: set[str] = frozenset()) -> list[Any]:
    """What axe finds in the page that is open: rule, first element, in what is wrong with it."""
    if not browser.run("typeof axe === 'object'"):
        browser.run(f"{_script()};0")
    found = "result.violations.map(one => [one.id, one.nodes[0].html, one.nodes[0].failureSummary])"
    result = browser.run(f"axe.run(document, {{runOnly: {_TAGS}}}).then(result => {found})")
    return [one for one in result if one[0] not in but]
