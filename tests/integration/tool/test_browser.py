"""The page in a real browser: a school is found, and what is shown of it is right."""

from __future__ import annotations

import pytest

from tests.books.tool.conftest import select
from tests.books.tool.delivery import IMAGE, SCRIPT, TEMPLATE
from tests.integration.tool.searching import shown_options, typed


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
        ["Achterstandsscore basisonderwijs", "100,51", "€ 251,16 per punt van de score", "€ 25.244,09"],
        ["Totaal", "", "", "€ 33.658,01"],
    ]
    months = dict(opened.rows(".beside table")[1:])
    # 8,413.92 / 6 = 1,402.32 and 25,244.09 / 6 = 4,207.348...
    assert months["september 2021"] == "€ 5.609,67"
    assert list(months)[0::11] == ["september 2021", "Totaal"]
    assert "100,51 × € 251,16 = € 25.244,0916, afgerond op hele centen € 25.244,09." in opened.text(".explained")
    assert "Bron: BWBR0045533, artikel 4(4) (Stcrt. 2021, 39244)" in opened.text(".explained")
    links = opened.run("[...document.querySelectorAll('.explained a')].map(one => one.href)")
    assert set(links) == {"https://wetten.overheid.nl/BWBR0045533"}
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
    assert "Samenwerkingsverband (praktijkonderwijs)" in opened.text("main")


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
