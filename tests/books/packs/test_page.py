"""The page as a person meets it: what it says it is, what it finds first, and that text stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from html import unescape

import polars as pl
import pytest

from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.rulebook.year_end import year_end_rules
from tests.books.packs.conftest import FORMULA, MARKUP, PATH, odd, ordinary
from tests.books.packs.country import SMALL_GROUPS, Board, Finding, School, Spent, told
from tests.books.packs.reading import H, Page

NO_FILING_TO_DUO = (
    "Dit is een samenvatting met een eigen XBRL-taxonomie. Zij is geen aanlevering aan DUO en vervangt noch het "
    "jaarverslag, noch de opgave in het XBRL-onderwijsportaal."
)
NOT_FILED = (
    "Nog niet in orde: er zijn fouten. Dit overzicht is om te lezen en te herstellen en is geen XBRL-rapport. "
    "Herstel de fouten hieronder en maak de verantwoording opnieuw."
)
FILED_WITH_ERRORS = "Met fouten: er waren nog fouten toen dit werd gemaakt. Zij staan bij de bevindingen."


def made(board: Board, **more) -> str:
    story = told(board)
    return page(facts_of(story), story, **more).decode()


def tables_of(content: str) -> str:
    """All words between the first table and the explanation at the end."""
    words = unescape(re.sub(r"<[^>]*>", "", content[content.index("<body>") :]))
    return words[words.rindex("Wat een school aan het begin") : words.rindex("Waar de cijfers vandaan komen")]


def test_it_says_that_it_is_no_filing_to_duo():
    assert NO_FILING_TO_DUO in made(ordinary())


@pytest.mark.parametrize(
    ("board", "filing", "banner"),
    [
        (ordinary(), True, None),
        (odd(), True, FILED_WITH_ERRORS),
        (odd(), False, NOT_FILED),
    ],
)
def test_errors_and_what_is_no_filing_have_a_banner(board, filing, banner):
    text = made(board, filing=filing)
    assert ('class="banner"' in text) == (banner is not None)
    assert banner is None or banner in text


def test_a_page_to_be_read_holds_no_xbrl_and_the_same_words():
    read, filed = made(odd(), filing=False), made(odd())
    assert "ix:" not in read
    assert "xbrl.org" not in read
    assert read.startswith("<!DOCTYPE html>")
    assert tables_of(read) == tables_of(filed)


def test_findings_stand_before_the_tables_the_gravest_first():
    text = made(odd())
    marks = re.findall(r'class="mark">(\w+)<', text)
    assert marks == ["fout", "waarschuwing", "opmerking"]
    assert text.index('id="bevindingen"') < text.index('id="geld"')


def test_a_finding_says_whose_how_much_what_to_do_and_by_what_rule():
    items = [" ".join("".join(one.itertext()).split()) for one in Page(made(odd()).encode()).root.iter(f"{H}li")]
    (finding,) = [one for one in items if one.startswith("fout")]
    assert finding == (
        "fout De Linde02CD€ 400,10Uitje naar het pretpark staat er niet op.Wat te doen: Vul de datum in."
        "Rust op: keuze. Bron: nponderwijs.nl, Verantwoording (4). Bestand: a.csv, regel 7."
    )


def test_policy_of_the_programme_is_not_called_law():
    text = " ".join(made(odd()).split())
    assert "Het programma vraagt dat de MR van elke school vooraf met haar deel instemt" in text
    assert "De wet geeft de GMR daarover advies" in text
    assert "Dat mag alleen" not in text


def test_the_page_says_how_the_money_is_accounted_for_and_what_the_questions_are_about():
    story = told(ordinary(received="1000"))
    salaries = {"component": "arbeidsmarkttoelage", "accounted_under": "annual_report"}
    more = {**story.receipts.row(0, named=True), **salaries, "received": Decimal("523.80")}
    receipts = pl.concat([story.receipts, pl.DataFrame([more], schema=story.receipts.schema)])
    text = page(facts_of(story), replace(story, receipts=receipts)).decode()
    part = text[text.index('id="regeling"') : text.index('id="interventies"')]
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", part)
    words = [re.sub(r"<[^>]+>", " ", cell).strip() for cell in cells]
    article = "BWBR0045533, artikel 12(2) (Stcrt. 2021, 39244)"
    assert words[4:12] == [
        *("Bedrag per leerling  2021-2022", "vragen via XBRL over het NPO", article, "1.000,00"),
        *("Arbeidsmarkttoelage  2021-2022", "alleen het jaarverslag", article, "523,80"),
    ]
    assert "gaan over € 1.000,00 van de" in text
    assert "dat gaat in 2021 over € 1.000,00" in text
    in_the_balance = "Het telt wel mee in wat is ontvangen en in wat nog te besteden is."
    assert in_the_balance in " ".join(text.split())
    assert in_the_balance not in " ".join(made(ordinary()).split())


def test_findings_are_no_facts():
    with_none, with_one = ordinary(), ordinary()
    with_one.findings = [Finding("note")]
    assert Page(made(with_none).encode()).facts() == Page(made(with_one).encode()).facts()
    assert "Er zijn geen bevindingen." in made(with_none)


def test_every_question_that_is_asked_leads_to_a_place_on_the_page():
    read = Page(made(odd()).encode())
    (asked,) = [one for one in read.root.iter(f"{H}ol")]
    anchors = {one.get("id") for one in read.root.iter(f"{H}h2")}
    questions = year_end_rules().accountability.must_report
    assert len(asked) == len(questions)
    for item, question in zip(asked, questions, strict=True):
        link, cite = item.iter(f"{H}a")
        assert item.text.startswith(str(question.value))
        assert link.get("href").removeprefix("#") in anchors
        assert cite.text == question.where


def test_what_is_not_on_the_menukaart_is_named_as_the_board_wrote_it():
    assert "C. Uitje naar het pretpark" in made(odd())


def test_the_sum_of_the_board_is_written_out():
    assert "€ -1.109,56 + € 34.234,55 - € 17.906,10 = € 15.218,89" in made(odd())


def test_a_board_with_one_school_has_no_row_that_adds_up():
    assert "Alle scholen</span>" not in made(ordinary())
    assert "van 1 school samen" in made(ordinary())
    assert "Alle scholen</span>" in made(odd())


def test_it_runs_nothing_and_asks_for_nothing():
    for text in (made(odd()), made(odd(), filing=False)):
        assert not re.search(r"<script|javascript:|\son\w+=|@import|url\(|<link |<iframe|<object|<form", text)
        assert not re.search(r"\ssrc=|<img|<svg", text)


def test_bars_have_their_whole_name_and_their_amount_and_the_longest_category_comes_first():
    bars = [_bar(one) for one in Page(made(odd()).encode()).root.iterfind(f".//{H}ul[@class='bars']/{H}li")]
    assert [(name, amount) for name, amount, _ in bars[:4]] == [
        ("Nog te besteden op 31 december 2020", "-1.109,56"),
        ("Ontvangen", "34.234,55"),
        ("Besteed", "17.906,10"),
        ("Nog te besteden op 31 december 2021", "15.218,89"),
    ]
    # From -1,109.56 to 34,234.55: below zero to the left of 3.1%.
    assert [style for *_, style in bars[:2]] == ["margin-left:0.0%;width:3.1%", "margin-left:3.1%;width:96.8%"]
    assert [(name[0], amount) for name, amount, _ in bars[4:]] == [
        ("B", "12.501,00"), ("A", "4.000,00"), ("E", "1.005,00"), ("N", "400,10"),
    ]  # fmt: skip
    assert bars[5][0].endswith("om bij groepen leerlingen kennis en vaardigheden bij te spijkeren")


def _bar(item) -> tuple[str, str, str]:
    name, amount, track = item
    return name.text, amount.text, track[0].get("style")


def test_heads_of_tables_say_of_what_they_are_and_the_page_in_which_language_it_is():
    root = Page(made(odd()).encode()).root
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "nl"
    heads = list(root.iter(f"{H}th"))
    assert heads
    assert {one.get("scope") for one in heads} == {"col", "row"}
    assert all(table.find(f"{H}caption").text for table in root.iter(f"{H}table"))


def written_everywhere(text: str) -> Board:
    spent = [Spent(SMALL_GROUPS, "10"), Spent(("C", text), "5", on_menu=False)]
    school = School("01AB", text, spent=spent, municipality=text, parents=text, result=text)
    return Board("40001", [school], [Finding("warning", text, "01AB", advice=text, file=text)])


@pytest.mark.parametrize("planted", [MARKUP, FORMULA, PATH, "]]>", "\x07bel", "a\u2028b", "{{ 7 * 7 }}"])
@pytest.mark.parametrize("filing", [True, False])
def test_text_from_files_stays_text(planted, filing):
    content = made(written_everywhere(planted), filing=filing)
    tags = [re.findall(r"</?[a-zA-Z:]+", one) for one in (content, made(written_everywhere("x"), filing=filing))]
    assert tags[0] == tags[1]
    if filing:
        Page(content.encode())


def test_the_same_input_gives_the_same_bytes():
    assert made(odd()) == made(odd())
