"""The page with the keyboard alone, on paper, on a narrow screen, to a screen reader, and quickly."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from npo_pipeline.reports.informatietool.html import page
from tests.books.tool.big import SCHOOLS, big_tool
from tests.integration.tool.searching import shown_options, typed


def test_the_keyboard_is_enough(opened):
    opened.press("Tab")
    assert opened.run("document.activeElement.className") == "skip"
    opened.press("Tab", 6)
    assert opened.run("document.activeElement.id") == "query"
    opened.type("emmen")
    assert opened.run("document.getElementById('query').getAttribute('aria-expanded')") == "true"
    opened.press("ArrowDown", 2)
    active = opened.run("document.getElementById('query').getAttribute('aria-activedescendant')")
    assert opened.run(f"document.getElementById('{active}').getAttribute('aria-selected')") == "true"
    link = opened.run(f"document.getElementById('{active}').dataset.link")
    assert link == shown_options(opened)[1]
    opened.press("Enter")
    assert opened.run("location.hash") == link
    assert opened.run("document.activeElement.tagName") == "H1"
    assert opened.run("document.getElementById('results').hidden") is True
    assert opened.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    opened.press("Tab")
    assert opened.text(":focus") == "Afdrukken"
    assert opened.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_arrows_go_round_and_escape_closes_and_then_clears(opened):
    typed(opened, "de eik")
    opened.press("ArrowUp")
    assert opened.run("document.querySelector('[aria-selected=true]').id") == "optie-1"
    opened.press("ArrowDown")
    assert opened.run("document.querySelector('[aria-selected=true]')") is None
    opened.press("Escape")
    assert opened.run("[document.getElementById('results').hidden, document.getElementById('query').value]") == [
        True,
        "de eik",
    ]
    opened.press("ArrowDown")
    assert opened.run("document.getElementById('results').hidden") is False
    opened.press("Escape", 2)
    assert opened.run("document.getElementById('query').value") == ""


def test_skipping_to_the_content_keeps_the_view(opened):
    opened.run("location.hash = '#/school/01AA00'; new Promise(done => setTimeout(done, 50))")
    opened.run("document.querySelector('.skip').click(); new Promise(done => setTimeout(done, 50))")
    assert opened.text("h1") == "De Eik"
    assert opened.run("document.activeElement.id") == "inhoud"


@pytest.mark.parametrize(
    "fragment", ["#/school/99ZZ99", "#/bestuur/%E0%A4%A", "#/__proto__/x", "#/school/__proto__"]
)
def test_an_address_that_does_not_exist_is_said(chromium, tool, fragment):
    chromium.open(tool.html, fragment)
    assert chromium.text("h1") == "Niet gevonden"
    assert chromium.complaints() == []


def test_a_kept_link_opens_its_view_and_back_goes_back(opened, tool):
    opened.open(tool.html, "#/gemeente/'s-Gravenhage")
    assert opened.text("h1") == "Gemeente 's-Gravenhage"
    opened.run(
        "document.querySelector('a[href=\"#/school/01AA01\"]').click(); new Promise(d => setTimeout(d, 50))"
    )
    assert opened.text("h1") == "De Eik, dependance"
    opened.run("history.back(); new Promise(done => setTimeout(done, 200))")
    assert opened.text("h1") == "Gemeente 's-Gravenhage"


@pytest.mark.parametrize("code", ["01AA00", "02VO00", "03CC00"])
def test_a_school_is_one_page_on_paper_without_the_search_box(opened, code):
    opened.run(f"location.hash = '#/school/{code}'; new Promise(done => setTimeout(done, 50))")
    assert opened.pages_printed() == 1
    opened("Emulation.setEmulatedMedia", media="print")
    try:
        assert opened.text(".total .amount").startswith("Totaal")
        assert opened.run("getComputedStyle(document.querySelector('.finder')).display") == "none"
        assert opened.run("getComputedStyle(document.querySelector('.print')).display") == "none"
    finally:
        opened("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize("view", ["#/", "#/school/02VO00", "#/bestuur/10003", "#/besturen", "#/toelichting"])
@pytest.mark.parametrize("width", [1280, 640, 360])
def test_nothing_runs_off_the_side(opened, view, width):
    opened.size(width, 800)
    opened.run(f"location.hash = '{view}'; new Promise(done => setTimeout(done, 50))")
    assert opened.run("document.documentElement.scrollWidth") <= width


def test_what_a_screen_reader_needs_is_there(opened):
    opened.run("location.hash = '#/school/01AA00'; new Promise(done => setTimeout(done, 50))")
    assert opened.run("document.documentElement.lang") == "nl"
    assert opened.run(
        "[...document.querySelectorAll('table')].every(one => one.caption && one.querySelector('th[scope]'))"
    )
    assert opened.run("document.querySelector('#count').getAttribute('aria-live')") == "polite"
    assert opened.run("document.querySelector('label').htmlFor") == "query"
    levels = opened.run("[...document.querySelectorAll('h1,h2,h3')].map(one => +one.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = opened.run("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))
    tree = opened("Accessibility.getFullAXTree")["nodes"]
    unnamed = [
        one
        for one in tree
        if one.get("role", {}).get("value") in ("link", "button", "combobox", "table", "image", "region")
        and not one.get("name", {}).get("value")
    ]
    assert unnamed == []


def test_the_contrast_of_all_text_is_at_least_four_and_a_half_to_one(opened):
    for view in ("#/", "#/school/02VO00", "#/besturen", "#/toelichting"):
        opened.run(f"location.hash = '{view}'; new Promise(done => setTimeout(done, 50))")
        assert opened.run(CONTRAST) == []


CONTRAST = """
(() => {
  const channels = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const found = channels(getComputedStyle(one).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
    if (!own || ['SCRIPT', 'NOSCRIPT'].includes(node.tagName)) continue;
    const style = getComputedStyle(node);
    const ink = light(channels(node.namespaceURI.endsWith('svg') ? style.fill : style.color));
    const paper = light(behind(node));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) faint.push([node.tagName, node.className, node.textContent.slice(0, 30), ratio]);
  }
  return faint;
})()
"""


SEARCHES = """
(async () => {
  const box = document.getElementById('query');
  const times = [];
  for (const text of %s) {
    const start = performance.now();
    box.value = text;
    box.dispatchEvent(new Event('input'));
    document.getElementById('results').getBoundingClientRect();  // laid out as well, not only found
    times.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, 0));
  }
  return times;
})()
"""


def test_a_country_of_8000_schools_is_small_and_searched_at_once_on_an_old_laptop(chromium, tmp_path):
    file = tmp_path / "big.html"
    file.write_text(page(big_tool()), encoding="utf-8")
    assert file.stat().st_size < 5_000_000
    words = [
        "e",
        "de",
        "bas",
        "openbare basisschool",
        "dorp 12",
        "gemeente 3",
        "10",
        "10123",
        "00AA",
        "vlinder 77",
    ]
    queries = [f"{word}{end}" for word in words for end in ("", "1", " 2", " d", "zz")]
    assert len(queries) == 50
    chromium.size(1280, 900)
    chromium("Emulation.setCPUThrottlingRate", rate=4)
    try:
        chromium.open(file)
        assert chromium.text("main h2").startswith(f"Alle scholen samen: {SCHOOLS // 1000}.000 scholen")
        # The machine of the tests is shared: of each search the quickest of some rounds counts.
        times = chromium.run(SEARCHES % json.dumps(queries))
        for _ in range(10):
            if max(times) >= 100:
                times = list(map(min, times, chromium.run(SEARCHES % json.dumps(queries))))
    finally:
        chromium("Emulation.setCPUThrottlingRate", rate=1)
    assert max(times) < 100
    assert chromium.complaints() == []
