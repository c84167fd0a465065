"""The informatietool as WCAG 2.2 AA asks: for eyes, ears and keys, wide and narrow, in light and in dark."""

from __future__ import annotations

import pytest

from tests.integration.tool.axe import WIDTHS, need_axe, prefer, violations
from tests.integration.tool.searching import typed

VIEWS = ("#/", "#/school/01AA00", "#/bestuur/10003", "#/besturen", "#/gemeente/Emmen", "#/toelichting")


@pytest.fixture
def read_by_axe(opened):
    need_axe()
    yield opened
    prefer(opened, "light")


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_any_view(read_by_axe, width):
    read_by_axe.size(width, 900, phone=WIDTHS[width])
    for mode in ("light", "dark"):
        prefer(read_by_axe, mode)
        for view in VIEWS:
            read_by_axe.run(f"location.hash = {view!r}; new Promise(done => setTimeout(done, 30))")
            assert violations(read_by_axe) == [], (view, mode)


def test_axe_finds_nothing_while_somebody_searches(read_by_axe):
    for mode in ("light", "dark"):
        prefer(read_by_axe, mode)
        typed(read_by_axe, "e")
        read_by_axe.press("ArrowDown")
        assert violations(read_by_axe) == [], mode


def test_nothing_is_wider_than_the_narrowest_window(opened):
    opened.size(320, 800, phone=True)
    for view in VIEWS:
        opened.run(f"location.hash = {view!r}; new Promise(done => setTimeout(done, 30))")
        assert opened.run("document.documentElement.scrollWidth") == 320, view
