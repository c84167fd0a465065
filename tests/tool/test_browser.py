"""The page in a real browser: found, opened, read, with the keyboard alone, on paper, and quickly."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from npo_pipeline.reports.tool import page
from tests.tool.big import SCHOOLS, big_tool
from tests.tool.conftest import select
from tests.tool.delivery import IMAGE, SCRIPT, TEMPLATE


@pytest.fixture
def opened(chromium, tool):
    """The page of 2021-2022, just opened; whatever a test does, the page may not complain or ask for anything."""
    chromium.size(1280, 900)
    chromium.open(tool.html)
    yield chromium
    assert chromium.complaints() == []
    assert chromium.asked_for() == []
    assert not [one for one in chromium.events if one.get("method") == "Page.javascriptDialogOpening"]


def typed(browser, text: str) -> list[str]:
    browser.run("document.getElementById('query').focus(), document.getElementById('query').select()")
    browser.type(text)
    return browser.texts("[role=option]")


def shown_options(browser) -> list[str]:
    return browser.run("[...document.querySelectorAll('[role=option]')].map(one => one.dataset.link)")


@pytest.mark.parametrize(
    ("text", "first", "count"),
    [
        ("de ei", "#/school/01AA00", 2),
        ("de h", "#/school/02BB00", 2),  # that begins with it, before `De Eik` in 's-Gravenhage that holds both
        ("01AA", "#/school/01AA00", 2),
        ("01aa01", "#/school/01AA01", 1),
        ("10003", "#/bestuur/10003", 4),
        ("gravenhage", "#/school/01AA01", 1),
        ("dependance de", "#/school/01AA01", 1),
        ("emmen", "#/gemeente/Emmen", 3),
        ("KÓLEGIO", "#/school/28PW00", 1),
        ("haven", "#/school/02BB00", 1),
    ],
)
def test_a_school_is_found_by_name_brin_vestiging_board_and_place(opened, text, first, count):
    typed(opened, text)
    assert shown_options(opened)[0] == first
    assert opened.text("#count").startswith(f"{count} scho")


def test_what_is_not_there_is_said(opened):
    assert typed(opened, "bestaat niet") == []
    assert opened.text("#count").startswith("Niets gevonden")


def test_a_school_shows_its_amounts_months_explanation_and_sources(opened):
    typed(opened, "01AA00")
    opened.run("document.querySelector('[role=option]').click()")
    opened.run("new Promise(done => setTimeout(done, 50))")
    assert opened.run("document.title") == "De Eik - Informatietool NP Onderwijs 2021-2022"
    assert opened.text(".total .amount") == "Totaal 2021-2022 € 33.658,01"
    assert opened.text(".total .rests").startswith("Niet alles staat letterlijk in de bronnen. Afgeleid: ")
    assert opened.rows(".school table")[1:4] == [
        ["Bedrag per leerling basisonderwijs", "12", "€ 701,16 per leerling", "€ 8.413,92"],
        ["Achterstandsscore basisonderwijs", "100,51", "€ 251,16 per eenheid score", "€ 25.244,09"],
        ["Totaal", "", "", "€ 33.658,01"],
    ]
    months = dict(opened.rows(".beside table")[1:])
    # 8,413.92 / 6 = 1,402.32 and 25,244.09 / 6 = 4,207.348...
    assert months["september 2021"] == "€ 5.609,67"
    assert list(months)[0::11] == ["september 2021", "Totaal"]
    assert "100,51 × € 251,16 = € 25.244,0916, afgerond op hele centen € 25.244,09." in opened.text(".explained")
    assert "Bron: Regeling NPO po/vo, Stcrt. 2021, 39244" in opened.text(".explained")
    links = opened.run("[...document.querySelectorAll('.explained a')].map(one => one.href)")
    assert all(link.startswith("https://avs.nl/") for link in links)
    assert "september 2021 € 5.609,67" in opened.run(
        "document.querySelector('.chart').getAttribute('aria-label')"
    ).replace("\u00a0", " ")
    assert opened.run("document.querySelectorAll('.chart rect').length") == 11
    assert "(Ofb) van DUO is definitief" in opened.text("main")
    assert "net als in de officiële informatietool" in opened.text("main")


def test_every_school_board_and_municipality_adds_up_to_the_books(opened, made):
    query = """
        select vestiging, e.currency, sum(e.amount) from entitlements e join latest_decisions d using (decision_id)
        where d.school_year = '2021-2022' and component <> 'newcomers' group by all"""
    signs = {"EUR": "€", "USD": "US$"}
    for code, currency, amount in select(made, query):
        opened.run(f"location.hash = '#/school/{code}'; new Promise(done => setTimeout(done, 30))")
        dutch = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
        assert opened.text(".total .amount") == f"Totaal 2021-2022 {signs[currency]} {dutch}"
    opened.run("location.hash = '#/besturen'; new Promise(done => setTimeout(done, 50))")
    rows = {row[0].split()[0]: row[1:] for row in opened.rows("main table")[1:]}
    # 10002: 7 x 701.16 in euros, and 3 x 1,333.84296330 in dollars that stands apart
    assert rows["10002"] == ["2", "€ 4.908,12 deels afgeleid US$ 4.001,53 deels afgeleid"]


def test_dollars_are_told_apart_and_never_added(opened):
    opened.run("location.hash = '#/bestuur/10002'; new Promise(done => setTimeout(done, 50))")
    assert opened.texts(".total .amount") == ["Totaal 2021-2022 € 4.908,12", "Totaal 2021-2022 US$ 4.001,53"]
    assert "nooit bij euro's opgeteld" in opened.text("main")
    euros, dollars = opened.texts(".total .rests")
    assert "Caribisch Nederland" not in euros
    assert "Caribisch Nederland" in dollars


def test_a_threshold_is_explained(opened):
    opened.run("location.hash = '#/school/03CC00'; new Promise(done => setTimeout(done, 50))")
    words = "7 CUMI-leerlingen op de hele school (alle vestigingen met deze BRIN samen)."
    assert f"{words} De eerste 4 tellen niet mee, dus 3 wel." in opened.text(".explained")


def test_an_amount_below_a_euro_has_its_zero(opened):
    opened.run("location.hash = '#/school/06FF00'; new Promise(done => setTimeout(done, 50))")
    # 0.01 x 251.16 = 2.5116; after 2 of 12 terms 0.42 is paid, after 11 2.30, after 12 2.51
    assert "= € 2,5116, afgerond op hele centen € 2,51." in opened.text(".explained")
    assert "de eerste is € 0,42, de laatste € 0,21." in opened.text(".explained")


def test_newcomers_are_left_out_and_said(opened):
    opened.run("location.hash = '#/school/02VO00'; new Promise(done => setTimeout(done, 50))")
    assert opened.text(".total .amount") == "Totaal 2021-2022 € 10.867,98"  # 13 x 701.16 + 5 x 350.58
    assert "staat in het besluit ook een bedrag voor nieuwkomers; dat is hier niet opgenomen" in opened.text(
        "main"
    )
    assert "Nieuwkomers" not in opened.text("table")
    opened.run("location.hash = '#/toelichting'; new Promise(done => setTimeout(done, 50))")
    assert "Samenwerkingsverbanden (langer verblijf)" in opened.text("main")


def test_a_rate_that_is_not_known_is_no_zero(chromium, tool_2022):
    chromium.open(tool_2022.html, "#/school/04DD00")
    assert "Voor deze school is geen bedrag te berekenen." in chromium.text("main")
    assert "Bedrag per leerling (speciaal basisonderwijs): het bedrag is niet bekend." in chromium.text(".note")
    assert "€" not in chromium.text("article")
    chromium.open(tool_2022.html, "#/bestuur/10003")
    assert "Dit totaal is onvolledig" in chromium.text(".total")
    assert [row[-1] for row in chromium.rows("section:last-of-type table")[1:]].count("niet bekend") == 2
    chromium.open(tool_2022.html, "#/besturen")
    incomplete = {row[0].split()[0] for row in chromium.rows("main table")[1:] if "onvolledig" in row[-1]}
    assert incomplete == {"10003", "10004"}
    chromium.open(tool_2022.html, "#/school/02VO00")
    assert "bij benadering" in chromium.text(".mark")


@pytest.mark.parametrize(("code", "name"), [("03CC00", IMAGE), ("04DD00", SCRIPT), ("06FF00", TEMPLATE)])
def test_a_name_is_text_and_never_markup(opened, code, name):
    typed(opened, code)
    assert opened.texts("[role=option] strong") == [" ".join(name.split())]
    opened.run(f"location.hash = '#/school/{code}'; new Promise(done => setTimeout(done, 50))")
    assert opened.run("document.querySelector('h1').textContent") == name
    assert opened.run("document.images.length + document.querySelectorAll('script').length") == 2


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
