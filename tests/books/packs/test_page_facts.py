"""The page is the filing: every fact of the frame stands on it once, as what it is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.board_page.context import PageContext, menu
from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.board_page.tagged_facts import TaggedFacts
from npo_pipeline.reports.report_data import select_boards, split_by_board
from npo_pipeline.reports.xbrl.concepts import BY_NAME, TOP
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.rulebook.year_end import year_end_rules
from schemas.accounted import ACCOUNTABILITY_CORRECTIONS
from schemas.columns import schema_of
from schemas.frames.accounts import RECEIVED_PARTS, REPORT_TRANSFERS
from tests.books.packs.big import many
from tests.books.packs.conftest import odd, ordinary
from tests.books.packs.country import told
from tests.books.packs.reading import Page

FACT = ["concept", "brin", "member", "level", "period", "unit", "value"]


def read(board) -> tuple[pl.DataFrame, Page]:
    story = told(board)
    facts = facts_of(story)
    return facts, Page(page(facts, story))


@pytest.mark.parametrize(
    "board",
    [
        ordinary(),
        odd(),
        ordinary(spent=[], received="0", name="Ça va, señor"),
        ordinary(carried_in="-0.01", received="1000000.00"),
        ordinary(name=None, municipality=None, scan=None, mr=None, mr_date=None),
    ],
)
def test_every_fact_is_on_the_page_once_and_none_beside_them(board):
    facts, read_back = read(board)
    expected = {tuple(row): 1 for row in facts.select(FACT).rows()}
    assert dict(read_back.facts()) == expected


def test_so_it_is_with_boards_made_by_chance():
    story = many(12, seed=3)
    boards = list(split_by_board(story, facts_of(story)))
    assert len(boards) == 12
    for _, mine, facts in boards:
        assert dict(Page(page(facts, mine)).facts()) == {tuple(row): 1 for row in facts.select(FACT).rows()}


def test_each_amount_stands_in_the_row_and_column_of_its_label():
    facts, read_back = read(odd())
    names = dict(facts.filter(pl.col("concept") == "SchoolName").select("brin", "value").iter_rows())
    seen = 0
    for one in read_back.shown():
        concept, brin, member, level, _, _, _ = one.fact
        if not one.table:
            continue
        seen += 1
        label = BY_NAME[concept].nl
        if member and brin:
            assert one.row.startswith(names[brin]), one
            # A category has a column, an intervention its name before the amount.
            assert menu().names[member] in (one.column if member in TOP else one.text), one
            assert concept == "Spent" or "extern " in one.text, one
        elif member:
            assert one.row == menu().names[member], one
            assert one.column == label, one
        elif brin:
            assert one.row.startswith(names[brin]), one
            assert brin in one.row, one
            # The day of a consent stands with the consent, and says itself what it is.
            assert one.column.startswith(label) or f"{label}: " in one.text, one
        else:
            assert one.row.startswith(label), one
        if level:
            assert menu().levels[level].lower() in f"{one.row} {one.column}", one
    assert seen == 80


def test_a_matrix_has_what_each_school_spent_on_each_category_and_adds_up():
    _, read_back = read(odd())
    assert read_back.table("Besteed per school en categorie") == [
        ["School", "A", "B", "E", "Niet op de kaart", "Samen"],
        [
            "De Linde 02CD",
            "4.000,00 extern 0,00",
            "12.250,50 extern 50,50",
            "1.005,00 extern 1.005,00",
            "400,10 extern 0,00",
            "17.655,60",
        ],
        ["'t Kompas 03EF", "", "250,50 extern 50,50", "", "", "250,50"],
        ["Alle scholen", "4.000,00", "12.501,00", "1.005,00", "400,10", "17.906,10"],
    ]
    assert read_back.table("Interventies per school")[1] == [
        "De Linde 02CD",
        "A. Zomer- of lentescholen 4.000,00 extern 0,00B. Instructie in kleine groepen 12.250,50 extern 50,50"
        "E. Onderwijsassistenten/instructeurs 1.005,00 extern 1.005,00",
    ]


def test_last_year_stands_beside_this_year():
    story = told(odd())
    before = story.accountability.filter(pl.col("brin") != "04GH").with_columns(
        year=2020, received=pl.lit("100.25").cast(pl.Decimal(18, 2)), carried_out=pl.col("carried_in")
    )
    page_of_both = Page(page(facts_of(story), replace(story, previous=before)))
    assert page_of_both.table("Kerncijfers van het bevoegd gezag over 2021")[:3] == [
        ["Kerncijfer", "2021", "2020"],
        ["Toe te rekenen aan het jaar", "34.234,55", "26.234,55"],
        ["Ontvangen min besteed", "16.328,45", "-17.705,60"],  # 2 x 100.25 - 17,655.60 - 250.50
    ]
    share = next(
        row for row in page_of_both.table("Kerncijfers van het bevoegd gezag over 2021") if "Aandeel" in row[0]
    )
    assert share[1:] == ["6,18%", "6,18%"]
    assert page_of_both.table("Per school, 2021 naast 2020")[2:] == [
        ["De Linde 02CD", "100,25", "25.000,00", "17.655,60", "17.655,60", "125,00", "7.469,40"],
        ["'t Kompas 03EF", "100,25", "1.234,55", "250,50", "250,50", "-1.234,56", "-250,51"],
        ["Sint-Jan & Co 04GH", "", "8.000,00", "", "0,00", "", "8.000,00"],
        ["Alle scholen", "200,50", "34.234,55", "17.906,10", "17.906,10", "-1.109,56", "15.218,89"],
    ]
    assert "in 2020: -1.109,56" in page_of_both.text()  # 125.00 - 1,234.56
    assert "2020" not in [
        cell for row in read(odd())[1].table("Kerncijfers van het bevoegd gezag over 2021") for cell in row
    ]


def test_amounts_of_another_currency_do_not_stand_beside_these():
    story = told(odd())
    dollars = story.accountability.with_columns(year=2020, currency=pl.lit("USD"))
    assert "in 2020:" not in Page(page(facts_of(story), replace(story, previous=dollars))).text()


def test_what_is_received_is_split_in_instalments_and_corrections():
    story = told(odd())
    part = {"school_year": "2021-2022", "component": "per_pupil", "school_type": "bao", "currency": "EUR"}
    parts = [
        {
            "board": "40002",
            "brin": "02CD",
            **part,
            "instalments": Decimal("25123.00"),
            "corrections": Decimal("-123.00"),
        },
        {
            "board": "40002",
            "brin": "04GH",
            **part,
            "instalments": Decimal("8000.00"),
            "corrections": Decimal("0.00"),
        },
    ]
    split = replace(story, received_parts=pl.DataFrame(parts, schema=RECEIVED_PARTS))
    read_back = Page(page(facts_of(story), split))
    rows = read_back.table("Ontvangen in 2021, per onderdeel")
    assert rows[0][3:] == ["Termijnen", "Correcties", "Ontvangen"]
    assert rows[1][3:] == ["34.357,55", "-123,00", "34.234,55"]
    received = [row[2] for row in read_back.table("Geld per school over 2021")[1:]]
    assert received == ["25.000,00 correcties -123,00", "1.234,55", "8.000,00", "34.234,55"]


def test_a_consent_that_is_not_needed_is_not_alarming():
    story = told(odd())
    consents = read(odd())[1].table("Schoolscan en instemming per school over 2021")
    assert consents[2][3] == "n.v.t. niets bovenschools besteed; opgegeven: onbekend"
    assert consents[1][3].startswith("ja ")
    answers = story.consents.with_columns(
        municipality_informed=pl.Series([True, False, None]),
        board_level_agreed=pl.Series(["4000.00", None, None]).cast(pl.Decimal(18, 2)),
    )
    asked = Page(page(facts_of(story), replace(story, consents=answers))).table(
        "Schoolscan en instemming per school over 2021"
    )
    assert [row[4:] for row in asked] == [
        ["Bovenschools, waarmee de MR instemde", "Gemeente geïnformeerd"],
        ["4.000,00", "ja"],
        ["", "nee"],
        ["", "onbekend"],
    ]


def test_a_sum_has_the_sign_of_what_it_adds():
    story = told(odd())
    facts = facts_of(story)
    found = PageContext(
        board="40002",
        report=story,
        facts=TaggedFacts(facts, 2021, tagged=False),
        rules=year_end_rules(),
        menu=menu(),
        filing=False,
    )
    assert found.signed("-", "Spent") == "- € 17.906,10"
    assert found.signed("+", "NetChange") == "+ € 16.328,45"
    less = facts.with_columns(
        value=pl.when(pl.col("concept") == "NetChange").then(pl.lit("-2.19")).otherwise("value")
    )
    moved = replace(found, facts=TaggedFacts(less, 2021, tagged=False))
    assert moved.signed("+", "NetChange") == "- € 2,19"


def test_a_board_has_its_name_on_the_page_where_a_list_of_boards_has_it():
    story = told(ordinary())
    named = replace(story, board_names=pl.DataFrame({"board": ["40001"], "name": ['Stichting "De Boog" & co']}))
    content = page(facts_of(story), named)
    assert 'Stichting "De Boog" & coNummer bevoegd gezag 40001' in Page(content).text()
    assert (
        "<title>Verantwoording NPO 2021, Stichting &#34;De Boog&#34; &amp; co (40001)</title>" in content.decode()
    )
    assert "bevoegd gezag 40001</title>" in page(facts_of(story), story).decode()


@pytest.mark.parametrize("name", ['"}body{display:none}', "</style><script>", "\\a };*{color:red", "\n}*{", "]]>"])
def test_a_name_cannot_get_out_of_the_running_header(name):
    story = told(ordinary())
    named = replace(story, board_names=pl.DataFrame({"board": ["40001"], "name": [name]}))
    header = page(facts_of(story), named).decode().split("@top-right")[1].split("</style>")[0]
    (text,) = re.findall(r'^\{content:"([^"]*)"\}@bottom-right\{[^{}]*\}\}$', header)
    assert re.fullmatch(r"(?:[A-Za-z0-9 ]|\\[0-9a-f]{6})*", text)


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (("CarriedOver", "03EF", {"period": "start"}), "-1.234,56"),
        (("CarriedOver", "02CD", {"period": "start"}), "125,00"),
        (("Spent", "02CD", {}), "17.655,60"),
        (("Spent", "04GH", {}), "0,00"),
        (("NetChange", "03EF", {}), "984,05"),
        (("ExternalShare", "02CD", {}), "5,98%"),
        (("GmrConsentDate", "02CD", {}), "ja Datum instemming GMR: 1 mei 2021"),
        (("MrConsent", "03EF", {}), "onbekend Datum instemming MR: 15 juni 2021"),
        (("SchoolScan", "03EF", {}), "nee"),
        (("ReportStatus", None, {}), "Stand van de verantwoording met fouten"),
        (("Errors", None, {}), "Aantal fouten 1"),
        (("BoardNumber", None, {}), "Nummer bevoegd gezag 40002"),
    ],
)
def test_figures_read_as_a_dutch_reader_writes_them(fact, text):
    concept, brin, of = fact
    assert read(odd())[1].one(concept, brin, **of).text == text


def test_nothing_is_minus_nothing():
    board = ordinary(carried_in="-1000.00", received="1000.00", spent=[])
    facts, read_back = read(board)
    assert "-0,00" not in read_back.text()
    assert read_back.one("CarriedOver", "01AB", period="end").text == "0,00"
    # Even a frame that says so is not shown so.
    minus = facts.with_columns(value=pl.when(pl.col("value") == "0.00").then(pl.lit("-0.00")).otherwise("value"))
    assert "-0,00" not in Page(page(minus, told(board))).text()


def test_dollars_are_dollars_everywhere():
    board = ordinary()
    board.currency = "USD"
    facts, read_back = read(board)
    assert {one for one in facts["unit"].drop_nulls()} == {"USD", "pure"}
    assert {one.fact[5] for one in read_back.shown() if one.fact[5]} == {"USD", "pure"}
    assert "Amerikaanse dollar" in read_back.text()
    assert "€" not in read_back.text()


def test_a_fact_that_no_part_of_the_page_shows_is_a_fault_of_ours():
    story = told(ordinary())
    facts = facts_of(story)
    more = facts.filter(pl.col("concept") == "Received").head(1).with_columns(member=pl.lit("A"))
    with pytest.raises(NpoError, match="Received of A of duration is not on the page"):
        page(pl.concat([facts, more]), story)


def test_a_fact_twice_in_the_frame_is_a_fault_of_ours():
    story = told(ordinary())
    facts = facts_of(story)
    with pytest.raises(NpoError, match="one fact twice"):
        page(pl.concat([facts, facts.head(1)]), story)


def test_a_page_is_of_one_board():
    story = told(ordinary(), odd())
    with pytest.raises(NpoError, match="of one board, not of 2"):
        page(facts_of(story), story)


def test_reserves_that_moved_and_corrections_of_closed_years_stand_below_the_money_of_schools():
    story = told(odd())
    moved = {"board": "40002", "brin": "02CD", "from_board": "40009", "to_board": "40002", "moved_on": None}
    moved |= {"from_told": Decimal("10.00"), "to_told": None, "amount": Decimal("10.00"), "currency": "EUR"}
    moved |= {"from_name": "Stichting De Boog", "to_name": None}
    correction = {"year": 2021, "of_year": 2020, "board": "40002", "brin": "02CD", "currency": "EUR"}
    amounts = ("received", "spent", "external", "board_level", "transferred", "accrued")
    correction |= {name: Decimal(f"{place}.50") for place, name in enumerate(amounts)}
    whole = replace(
        story,
        transfers=pl.DataFrame([moved], schema=REPORT_TRANSFERS),
        corrections=pl.DataFrame([correction], schema=schema_of(ACCOUNTABILITY_CORRECTIONS)),
    )
    read_back = Page(page(facts_of(story), whole))
    assert read_back.table("Saldo dat met scholen overging in 2021")[1] == [
        *("De Linde 02CD", "Stichting De Boog (40009)", "40002", "", "10,00", "niets", "10,00"),
    ]
    assert read_back.table("Correcties van eerdere jaren")[1] == [
        *("2020", "De Linde 02CD", "0,50", "1,50", "4,50", "5,50"),
    ]
    assert "Correcties van eerdere jaren" not in read(odd())[1].text()


def test_every_fact_on_the_page_has_an_id_of_its_own():
    story = told(ordinary(), odd())
    for board in ("40001", "40002"):
        facts = facts_of(story).filter(board=board)
        ids = re.findall(r'<ix:non\w+ id="(\w+)"', page(facts, select_boards(story, {board})).decode())
        assert len(ids) == len(set(ids)) == facts.height
    assert "Received_D2021_S02CD" in ids


def test_a_closed_year_says_since_when_and_by_whom():
    story = told(ordinary())
    closed = replace(story, closed_on=date(2022, 7, 1), closed_by=("A. Opsteller", "B. Goedkeurder"))
    text = Page(page(facts_of(story), closed)).text()
    assert "Jaar afgesloten op 1 juli 2022door A. Opsteller en B. Goedkeurder" in text
    alone = Page(page(facts_of(story), replace(closed, closed_by=()))).text()
    assert "Jaar afgesloten op 1 juli 2022Dit is een samenvatting" in alone
    assert "afgesloten" not in Page(page(facts_of(story), story)).text()
