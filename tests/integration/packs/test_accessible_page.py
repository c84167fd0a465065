"""The page of a board as WCAG 2.2 AA asks: for eyes, ears and keys, wide and narrow, in light and in dark."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.xbrl.facts import facts_of
from tests.books.packs.conftest import odd
from tests.books.packs.country import told
from tests.integration.tool.axe import NOT_IN_XHTML, WIDTHS, need_axe, prefer, violations


@pytest.fixture(params=[".xhtml", ".html"])
def opened(chromium, tmp_path, request):
    board = odd()
    board.schools[0].name = "Onderwijsgemeenschap voor speciaal basisonderwijs De Noordzeekanaalkust"
    story = told(board)
    names = pl.DataFrame({"board": ["40002"], "name": ["Stichting Samenwerkingsbestuur voor Openbaar Onderwijs"]})
    story = replace(story, previous=story.accountability.with_columns(year=2020), board_names=names)
    path = tmp_path / f"page{request.param}"
    path.write_bytes(page(facts_of(story), story, filing=request.param == ".xhtml"))
    chromium.size(1280, 900)
    chromium.open(path)
    yield chromium, NOT_IN_XHTML if request.param == ".xhtml" else set()
    prefer(chromium, "light")


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(opened, width):
    need_axe()
    browser, but = opened
    browser.size(width, 900, phone=WIDTHS[width])
    for mode in ("light", "dark"):
        prefer(browser, mode)
        assert violations(browser, but) == [], mode


def test_nothing_is_wider_than_the_narrowest_window(opened):
    browser, _ = opened
    browser.size(320, 800, phone=True)
    assert browser.run("document.documentElement.scrollWidth") == 320


def test_keys_alone_reach_every_table_and_it_is_seen_where_they_are(opened):
    browser, _ = opened
    browser.run("document.activeElement.blur()")
    browser.press("Tab")
    assert browser.run("document.activeElement.innerText") == "Naar de cijfers"
    reached = set()
    for _ in range(browser.run("document.querySelectorAll('a').length")):
        where = "[...document.querySelectorAll('.scroll')].findIndex(one => one.contains(document.activeElement))"
        reached.add(browser.run(where))
        assert browser.run("parseInt(getComputedStyle(document.activeElement).outlineWidth)") >= 3
        box = browser.run("(b => [b.left, b.right, b.width])(document.activeElement.getBoundingClientRect())")
        assert box[0] >= 0, browser.run("document.activeElement.outerHTML")
        browser.press("Tab")
    assert reached - {-1} == set(range(browser.run("document.querySelectorAll('.scroll').length")))


def test_dark_is_dark_and_paper_is_not(opened):
    browser, _ = opened
    behind = "getComputedStyle(document.body).backgroundColor"
    prefer(browser, "dark")
    assert browser.run(behind) == "rgb(20, 24, 29)"
    is_dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser("Emulation.setEmulatedMedia", media="print", features=is_dark)
    assert browser.run(behind) == "rgb(255, 255, 255)"
    assert browser.run("getComputedStyle(document.querySelector('.signature')).display") == "block"
    browser("Emulation.setEmulatedMedia", media="")
    assert browser.run("getComputedStyle(document.querySelector('.signature')).display") == "none"
