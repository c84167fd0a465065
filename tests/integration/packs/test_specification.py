"""The page of a specification in a browser: wide, narrow, light and dark, as WCAG 2.2 AA asks; and on paper."""

from __future__ import annotations

import pytest

from npo_pipeline.reports.specification.model import in_fixed_order, rows_by_board
from npo_pipeline.reports.specification.page import page
from tests.integration.tool.axe import WIDTHS, need_axe, prefer, violations
from tests.spec.specification.boards import full


@pytest.fixture(scope="module")
def opened(chromium, tmp_path_factory):
    data = in_fixed_order(full())
    (rows,) = rows_by_board(data)
    path = tmp_path_factory.mktemp("specification") / "page.html"
    path.write_bytes(page(rows, data.header))
    chromium.size(1280, 900)
    chromium.open(path)
    yield chromium
    prefer(chromium, "light")
    assert chromium.complaints() == []
    assert chromium.asked_for() == []


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(opened, width):
    need_axe()
    opened.size(width, 900, phone=WIDTHS[width])
    for mode in ("light", "dark"):
        prefer(opened, mode)
        assert violations(opened) == [], mode
        assert opened.run("document.documentElement.scrollWidth") == width


def test_on_a_phone_no_table_scrolls_sideways(opened):
    opened.size(390, 900, phone=True)
    wide = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth + 1)"
    assert opened.run(f"{wide}.map(one => one.innerText.slice(0, 60))") == []


def test_it_prints_on_three_sheets(opened):
    assert opened.pages_printed() == 3
