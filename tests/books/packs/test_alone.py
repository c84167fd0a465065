"""One board sees one board: a stranger in what is about to be written stops it, whatever the format."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from npo_pipeline.accounts.findings.registry import RULES
from npo_pipeline.errors import NpoError
from npo_pipeline.reports.board_pack.isolation import REFUSED_ROW, assert_only_own_data, known_parties
from npo_pipeline.reports.board_pack.pack import FORMATS
from npo_pipeline.reports.xbrl.facts import facts_of
from tests.books.packs.conftest import content, ordinary
from tests.books.packs.country import Board, Finding, School, Spent, told

OTHER = Board("40077", [School("19ZZ", "Het Zonnelied"), School("20YY", "De Vijver & Co")])
TEXT_OF_FINDINGS = [".xhtml", ".html", ".xlsx", ".csv"]


def test_the_rule_of_refused_rows_is_one_of_the_rules():
    assert REFUSED_ROW in {rule.__name__ for rule in RULES}


def looked_through(board: Board, end: str, facts=None, mine=None) -> None:
    """Write a format of a board and look for strangers in it."""
    story = told(board)
    everyone = known_parties(told(board, OTHER))
    content = FORMATS[end](facts if facts is not None else facts_of(story), mine or story)
    assert_only_own_data(board.number, {f"npo-2021-{board.number}{end}": content}, story, everyone)


@pytest.mark.parametrize("end", FORMATS)
def test_a_pack_of_ones_own_passes(end):
    looked_through(ordinary(), end)


@pytest.mark.parametrize("end", FORMATS)
@pytest.mark.parametrize("name", ["Het Zonnelied", "De Vijver & Co"])
def test_the_name_of_anothers_school_is_found(end, name):
    story = told(ordinary())
    swapped = story.schools.with_columns(name=pl.lit(name))
    mine = replace(story, schools=swapped)
    with pytest.raises(NpoError, match=rf"^npo-2021-40001{end} of board 40001 was not written: it names {name}"):
        looked_through(ordinary(), end, facts_of(mine), mine)


def claim(amount: str, other: str | None = "40077", name: str | None = "Stichting De Vijver") -> dict:
    told = {"year": 2021, "board": "40001", "other_board": other, "brin": "01AB", "school_year": "2021-2022"}
    why = {"month": date(2021, 10, 1), "cause": "reference_count", "settled_by": "the boards", "currency": "EUR"}
    return {**told, **why, "amount": Decimal(amount), "other_name": name, "since": 2021}


@pytest.mark.parametrize("end", FORMATS)
def test_the_other_board_of_a_claim_is_named_and_no_other(end):
    story = told(ordinary())
    claims = pl.DataFrame([claim("-30.00"), claim("5.00", None, None)], schema=story.claims.schema)
    mine = replace(story, claims=claims)
    content = FORMATS[end](facts_of(mine), mine)
    everyone = known_parties(told(ordinary(), OTHER))
    assert_only_own_data("40001", {f"npo-2021-40001{end}": content}, mine, everyone)
    if end != ".xbrl":
        with pytest.raises(NpoError, match="it names 40077"):
            assert_only_own_data("40001", {f"npo-2021-40001{end}": content}, story, everyone)
        if end in (".xhtml", ".html", ".csv"):
            words = content.decode("utf-8")
            assert "Stichting De Vijver (40077)" in words
            assert "de volgende betaling" in words
            assert "ander aantal leerlingen" in words
            assert "30,00" in words


@pytest.mark.parametrize("end", FORMATS)
def test_anothers_brin_is_found(end):
    story = told(ordinary())
    as_other = {
        name: getattr(story, name).with_columns(brin=pl.lit("19ZZ"))
        for name in ("accountability", "schools", "consents", "interventions")
    }
    mine = replace(story, **as_other)
    with pytest.raises(NpoError, match="it names 19ZZ"):
        looked_through(ordinary(), end, facts_of(mine), mine)


@pytest.mark.parametrize("end", [".xbrl", ".xhtml", ".html", ".csv"])
def test_anothers_number_is_found(end):
    facts = facts_of(told(ordinary()))
    number = pl.when(pl.col("concept") == "BoardNumber").then(pl.lit("40077")).otherwise("value")
    with pytest.raises(NpoError, match="it names 40077"):
        looked_through(ordinary(), end, facts.with_columns(value=number))


@pytest.mark.parametrize("end", TEXT_OF_FINDINGS)
@pytest.mark.parametrize("stranger", ["40077", "19ZZ", "19ZZ03"])
@pytest.mark.parametrize("sentence", ["Zie bestuur {}.", "({})", "{}, regel 4", "x/{}/y"])
def test_a_stranger_within_a_finding_is_found(end, stranger, sentence):
    board = ordinary()
    wrong = Finding("warning", sentence.format(stranger))
    with pytest.raises(NpoError, match=f"it names {stranger}"):
        looked_through(replace(board, findings=[wrong]), end)


@pytest.mark.parametrize("end", FORMATS)
def test_amounts_and_numbers_that_look_like_a_board_are_no_strangers(end):
    spent = [Spent(("B", "Feedback"), "40077.00", "40077.40")]
    board = ordinary(received="40077.00", carried_in="-40077.00", spent=spent)
    looked_through(
        replace(board, findings=[Finding("note", "Er is € 40.077,00 of 40077,00 besteed; 140077.")]), end
    )


@pytest.mark.parametrize("end", TEXT_OF_FINDINGS)
def test_the_number_of_a_staatscourant_is_no_stranger(end):
    board = ordinary()
    board.findings = [Finding(article="BWBR0045533, artikel 12(3) (Stcrt. 2021, 40077)")]
    looked_through(board, end)


@pytest.mark.parametrize("end", FORMATS)
def test_a_name_that_an_own_school_has_too_is_no_stranger(end):
    looked_through(ordinary(name="Het Zonnelied"), end)


@pytest.mark.parametrize("end", FORMATS)
def test_what_a_board_wrote_itself_is_its_own(end):
    spent = [Spent(("C", "Zwemmen met 20YY"), "5", on_menu=False)]
    looked_through(ordinary(parents="Samen met 19ZZ.", result="Met bestuur 40077.", spent=spent), end)


@pytest.mark.parametrize(
    "finding",
    [
        Finding("warning", "Regel 40077 staat er twee keer.", file="besteding.csv", line=40077),
        Finding("error", "BRIN_NUMMER '19ZZ' is no school of board 40001", rule="refused_row"),
    ],
)
@pytest.mark.parametrize("end", TEXT_OF_FINDINGS)
def test_the_number_of_a_line_and_what_a_refused_row_says_are_its_own(end, finding):
    looked_through(replace(ordinary(), findings=[finding]), end)


@pytest.mark.parametrize("end", FORMATS)
def test_a_municipality_that_is_called_like_anothers_school_is_no_stranger(end):
    looked_through(ordinary(municipality="Het Zonnelied"), end)


def test_the_name_of_a_file_that_names_others_is_not_shown(packed, tmp_path):
    mine = [Finding("warning", file=name) for name in ("besteding 40001 40077.csv", "besteding.csv")]
    packed(told(replace(ordinary(), findings=mine), OTHER))
    page = (tmp_path / "2021" / "40001" / "npo-2021-40001.xhtml").read_text()
    assert "40077" not in page
    assert "een bestand van meer besturen" in page
    assert "besteding.csv" in page


def test_a_school_that_the_board_told_of_may_be_named_in_its_findings():
    board = replace(ordinary(), findings=[Finding("error", "Over 19ZZ is niets betaald.", brin="19ZZ")])
    looked_through(board, ".html")


def test_a_stranger_stops_the_pack_and_no_other(packed, tmp_path):
    packed(told(ordinary(), OTHER))
    before = content(tmp_path / "2021" / "40077")
    wrong = replace(ordinary(), findings=[Finding("note", "Zie ook 40077.")])
    result = packed(told(wrong, OTHER))
    assert "this is a fault of the program" in result.faults["40001"]
    assert result.up_to_date == ("40077",)
    assert content(tmp_path / "2021" / "40077") == before
    assert not any(b"40077" in one for one in content(tmp_path / "2021" / "40001").values())


def test_rows_of_another_board_never_get_into_a_pack(packed, monkeypatch):

    from npo_pipeline.reports.board_pack import pack

    story = told(ordinary(), OTHER)
    monkeypatch.setattr(pack, "split_by_board", lambda *_: [("40001", story, facts_of(story))])
    assert "rows of another board among those of board 40001" in packed(story).faults["40001"]
