"""The page is the filing: every fact of the frame stands on it once, as what it is."""

from __future__ import annotations

import polars as pl
import pytest

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.board_page.context import menu
from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.report_data import split_by_board
from npo_pipeline.reports.xbrl.concepts import BY_NAME
from npo_pipeline.reports.xbrl.facts import facts_of
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
        if member:
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


def test_categories_of_a_school_stand_under_the_name_of_that_school():
    _, read_back = read(odd())
    (table,) = (
        one
        for one in read_back.root.iter("{*}table")
        if "".join(one.find("{*}caption").itertext()) == "Per school"
    )
    for body in table.findall("{*}tbody"):
        group = "".join(body[0].itertext())
        of = {
            read_back.contexts[one.get("contextRef")][0]
            for one in body.iter("{http://www.xbrl.org/2013/inlineXBRL}nonFraction")
        }
        (brin,) = of
        assert brin in group


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
