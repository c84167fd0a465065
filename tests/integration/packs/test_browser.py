"""The page in a real browser: on a desk, on a phone and on paper, without a complaint or a question to anyone."""

from __future__ import annotations

import pytest

from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.xbrl.facts import facts_of
from tests.books.packs.conftest import MARKUP, odd, ordinary
from tests.books.packs.country import told


@pytest.fixture(params=[".xhtml", ".html"])
def opened(chromium, tmp_path, request):
    board = odd()
    board.schools[0].name = MARKUP
    story = told(board)
    path = tmp_path / f"page{request.param}"
    path.write_bytes(page(facts_of(story), story, filing=request.param == ".xhtml"))
    chromium.size(1280, 900)
    chromium.open(path)
    yield chromium
    assert chromium.complaints() == []
    # Pictures are within the page; a browser counts them as asked for all the same.
    assert [one for one in chromium.asked_for() if not one.startswith("data:")] == []
    assert not [one for one in chromium.events if one.get("method") == "Page.javascriptDialogOpening"]


def test_it_shows_what_the_frame_holds(opened):
    assert opened.text("h1") == "Verantwoording 2021"
    assert opened.text(".outcome .amount") == "15.218,89"
    rows = opened.rows("#geld ~ .scroll table")
    assert rows[1][0] == f"{MARKUP} 02CD · Emmen"
    assert rows[2][1:] == ["-1.234,56", "1.234,55", "250,50", "984,05", "-250,51", "1.234,55"]
    assert rows[4][1:] == ["-1.109,56", "34.234,55", "17.906,10", "16.328,45", "15.218,89", "34.234,55"]


def test_what_only_a_processor_needs_is_not_seen(opened):
    assert "iso4217" not in opened.text("body")
    assert opened.run("getComputedStyle(document.querySelector('.top')).display") == "block"


def test_no_name_of_a_bar_is_cut_off(opened):
    for width in (1280, 390, 320):
        opened.size(width, 800)
        cut = "[...document.querySelectorAll('.bars .name')].filter(one => one.scrollWidth > one.clientWidth + 1)"
        assert opened.run(f"{cut}.map(one => one.innerText)") == []


def test_nothing_is_wider_than_a_phone(opened):
    opened.size(390, 800, scale=2, phone=True)
    assert opened.run("document.documentElement.scrollWidth") == 390


def test_links_lead_to_their_part(opened):
    opened.run("document.querySelector('.contents a[href=\"#instemming\"]').click()")
    assert opened.run("Math.abs(document.getElementById('instemming').getBoundingClientRect().top) < 900")


def test_it_prints_on_few_sheets(opened):
    assert 2 <= opened.pages_printed() <= 5


def test_letters_stand_out_from_what_is_behind_them(opened):
    """Contrast of 4.5 to 1 at least, as WCAG asks of text."""
    worst = opened.run(_CONTRAST)
    assert worst[0] >= 4.5, worst


def test_a_board_with_one_school_looks_the_same(chromium, tmp_path):
    story = told(ordinary())
    path = tmp_path / "page.xhtml"
    path.write_bytes(page(facts_of(story), story))
    chromium.open(path)
    assert chromium.complaints() == []
    assert chromium.text(".banner") == ""


_CONTRAST = """
(() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const linear = one => one / 255 <= 0.03928 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4;
    const [x, y, z] = [r, g, b].map(linear);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = one => {
    for (let place = one; place; place = place.parentElement) {
      const colour = parts(getComputedStyle(place).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.5) return colour;
    }
    return [255, 255, 255];
  };
  let worst = [99, ''];
  for (const one of document.body.querySelectorAll('*')) {
    const told = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!told || getComputedStyle(one).display === 'none' || !one.getClientRects().length) continue;
    const [a, b] = [light(parts(getComputedStyle(one).color)), light(behind(one))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < worst[0]) worst = [contrast, one.className + ': ' + one.textContent.slice(0, 40)];
  }
  return worst;
})()
"""
