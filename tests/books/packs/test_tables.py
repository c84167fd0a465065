"""The workbook and the table: real numbers, findings first, and text that stays text."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from npo_pipeline import dutch
from npo_pipeline.reports.board_pack.workbook import board_table, fact_table, workbook
from npo_pipeline.reports.board_page.context import menu
from npo_pipeline.reports.national import national_summary
from npo_pipeline.reports.report_data import in_fixed_order
from npo_pipeline.reports.xbrl.concepts import BY_NAME
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.reports.xlsx import LINE_HEIGHT, Column, Sheet, height_of, totals_of, write_sheets
from tests.books.packs.conftest import FORMULA, MARKUP, PATH, odd, ordinary
from tests.books.packs.country import SMALL_GROUPS, Board, Finding, School, Spent, told

HEADER = 4
"""The row of the header: above it stand what the sheet holds, of whom, in which currency, and an empty row."""

SHEETS = ["Bevindingen", "Scholen", "Ontvangen", "Interventies", "Instemming", "Kerncijfers"]


def book(board: Board, folder: Path) -> dict[str, pl.DataFrame]:
    story = told(board)
    path = folder / "book.xlsx"
    path.write_bytes(workbook(facts_of(story), story))
    read = fastexcel.read_excel(path)
    assert read.sheet_names == SHEETS
    return {name: read.load_sheet(name, header_row=HEADER).to_polars() for name in SHEETS}


def rows_of(sheet: pl.DataFrame) -> pl.DataFrame:
    """The rows of a sheet without its totals."""
    return sheet.filter(~pl.first().cast(pl.String).str.starts_with("Totaal"))


def lines(board: Board) -> list[list[str]]:
    content = dutch.csv(fact_table(facts_of(told(board)), 2021)).decode("utf-8-sig")
    assert content.endswith("\r\n")
    return [line.split(";") for line in content.split("\r\n")[:-1]]


def cents(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.01"))


def test_findings_come_first_the_gravest_on_top(tmp_path):
    # In the order in which a pack hands them over.
    story = in_fixed_order(told(odd()))
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook(facts_of(story), story))
    read = fastexcel.read_excel(path).load_sheet("Bevindingen", header_row=HEADER).to_polars()
    assert read["Ernst"].to_list() == ["fout", "waarschuwing", "opmerking"]
    assert read.row(0)[1:4] == ("02CD", "De Linde", 400.1)


def test_a_workbook_without_findings_says_so(tmp_path):
    assert book(ordinary(), tmp_path)["Bevindingen"].row(0)[0] == "geen bevindingen"


def test_amounts_of_schools_are_numbers_that_add_up_to_the_cent(tmp_path):
    schools = book(odd(), tmp_path)["Scholen"]
    rows = {row["BRIN"]: row for row in schools.iter_rows(named=True)}
    names = [f"Nog te besteden op 31-12-{year}" for year in (2020, 2021)]
    for brin, (start, received, spent, end) in {
        "02CD": ("125.00", "25000.00", "17655.60", "7469.40"),
        "03EF": ("-1234.56", "1234.55", "250.50", "-250.51"),
        "04GH": ("0.00", "8000.00", "0.00", "8000.00"),
    }.items():
        row = rows[brin]
        assert cents(row[names[0]]) == Decimal(start)
        assert cents(row["Ontvangen"]) == Decimal(received)
        assert cents(row["Besteed"]) == Decimal(spent)
        assert cents(row[names[1]]) == Decimal(end)
    assert rows["02CD"]["Aandeel personeel niet in loondienst"] == 0.0598
    assert rows["04GH"]["Aandeel personeel niet in loondienst"] is None


def test_every_figure_of_the_board_is_on_its_sheet(tmp_path):
    figures = book(odd(), tmp_path)["Kerncijfers"]
    told_of = {row[0]: row[1:] for row in figures.iter_rows()}
    facts = facts_of(told(odd())).filter(pl.all_horizontal(pl.col("brin", "member", "level").is_null()))
    assert len(told_of) == facts.height
    for concept, period, value in facts.select("concept", "period", "value").iter_rows():
        day = {"start": " op 31-12-2020", "end": " op 31-12-2021"}.get(period, "")
        amount, share, count, text = told_of[BY_NAME[concept].nl + day]
        shown = [one for one in (amount, share, count) if one is not None]
        assert (Decimal(repr(shown[0])) == Decimal(value)) if shown else (text == value)


def test_each_sheet_says_what_it_holds_of_whom_and_when_and_closes_with_totals_that_tie(tmp_path):
    sheets = book(odd(), tmp_path)
    whole = fastexcel.read_excel(tmp_path / "book.xlsx")
    for name in SHEETS:
        about, title, note, empty = whole.load_sheet(name, header_row=None).to_polars().to_series(0)[:4]
        assert about.startswith(name)
        assert title == "Verantwoording NPO 2021, bevoegd gezag 40002 (met fouten)"
        assert (note, empty) == ("Bedragen in euro. Gemaakt op 1 maart 2022.", None)
    totals = {name: sheet.row(-1, named=True) for name, sheet in sheets.items()}
    # 125,00 - 1.234,56 + 0,00; 25.000,00 + 1.234,55 + 8.000,00; 17.655,60 + 250,50 + 0,00 and what is left over.
    schools = totals["Scholen"]
    assert schools["BRIN"] == "Totaal"
    assert cents(schools["Nog te besteden op 31-12-2020"]) == Decimal("-1109.56")
    assert cents(schools["Ontvangen"]) == cents(totals["Ontvangen"]["Ontvangen"]) == Decimal("34234.55")
    assert cents(schools["Besteed"]) == cents(totals["Interventies"]["Besteed"]) == Decimal("17906.10")
    assert cents(schools["Nog te besteden op 31-12-2021"]) == Decimal("15218.89")


def test_a_reserve_that_moved_and_a_correction_of_a_closed_year_have_a_sheet_where_there_are_any(tmp_path):
    own = {"board": ["40001"], "brin": ["01AB"], "currency": ["EUR"]}
    moved = {
        **own,
        "from_board": ["40001"],
        "to_board": ["40009"],
        "moved_on": [date(2021, 8, 1)],
        "from_told": [Decimal("10.00")],
        "to_told": [None],
        "amount": [Decimal("10.00")],
    }
    amounts = ("received", "spent", "external", "board_level", "transferred", "accrued")
    corrected = {**own, "year": [2021], "of_year": [2020], **{name: [Decimal("-5.00")] for name in amounts}}
    board = Board("40001", [School("01AB", spent=[])])
    story = replace(
        told(board),
        transfers=pl.DataFrame(moved, schema_overrides={"to_told": pl.Decimal(18, 2)}),
        corrections=pl.DataFrame(corrected),
    )
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook(facts_of(story), story))
    read = fastexcel.read_excel(path)
    assert read.sheet_names[3:5] == ["Overgedragen saldo", "Correcties"]
    (one,) = read.load_sheet("Overgedragen saldo", header_row=HEADER).to_polars().rows()
    assert (one[2:4], one[5:]) == (("40001", "40009"), (10.0, None, 10.0))
    rows = read.load_sheet("Correcties", header_row=HEADER).to_polars()
    assert rows["Ontvangen"].to_list() == [-5.0, -5.0]  # the row and its total


def test_received_is_split_in_instalments_and_corrections_where_that_is_known(tmp_path):
    story = told(Board("40001", [School("01AB", received="1000", spent=[])]))
    split = story.receipts.select(
        *("board", "brin", "school_year", "component", "school_type", "currency"),
        instalments=pl.lit(Decimal("1100.00")),
        corrections=pl.lit(Decimal("-100.00")),
    )
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook(facts_of(story), replace(story, received_parts=split)))
    rows = fastexcel.read_excel(path).load_sheet("Ontvangen", header_row=HEADER).to_polars()
    names = ("Ontvangen", "Waarvan termijnen", "Waarvan correcties van eerdere maanden")
    # The row, and its total.
    assert [rows[name].to_list() for name in names] == [[1000, 1000], [1100, 1100], [-100, -100]]


def test_a_titled_sheet_without_a_row_says_so(tmp_path):
    write_sheets("Titel", [Sheet("Leeg", [Column("Wat")], [], about="Leeg: niets")], tmp_path / "leeg.xlsx")
    cells = fastexcel.read_excel(tmp_path / "leeg.xlsx").load_sheet("Leeg", header_row=None).to_polars()
    assert cells.to_series(0).to_list() == ["Leeg: niets", "Titel", None, "Wat", "niets"]


def test_amounts_of_two_currencies_have_a_total_each():
    rows = [("EUR", ["a", Decimal("1.10")]), ("USD", ["b", Decimal("2.20")]), ("EUR", ["c", None])]
    sheet = Sheet("x", [Column("Wat"), Column("Bedrag", "money", total=True)], rows)
    expected = [("EUR", ["Totaal €", Decimal("1.10")]), ("USD", ["Totaal US$", Decimal("2.20")])]
    assert totals_of(sheet) == expected


def test_a_long_text_makes_its_row_higher_and_a_short_one_does_not():
    assert height_of([("kort", 10)]) == LINE_HEIGHT
    # Of a column of ten characters eight are counted on: the words of this text take seven lines then.
    assert height_of([("een tekst van vijf regels in een smalle kolom", 10), ("kort", 60)]) == 7 * LINE_HEIGHT
    assert height_of([("a" * 20_000, 10)]) == 409  # no spreadsheet has a higher row


def test_what_is_asked_about_consent_is_shown_and_what_is_not_needed_is_not_alarming(tmp_path):
    story = [
        School("01AA", "Bovenschools", spent=[Spent(SMALL_GROUPS, "10", level="bovenschools")], gmr=False),
        School("02BB", "Alleen school", gmr=False, informed=True, agreed="50.07"),
        School("03CC", "Niets gezegd", gmr=None, informed=False, agreed="0"),
    ]
    board = Board("40001", story)
    consents = rows_of(book(board, tmp_path)["Instemming"])
    assert consents[BY_NAME["GmrConsent"].nl].to_list() == ["nee", "n.v.t.", "n.v.t."]
    assert consents["Gemeente geïnformeerd"].to_list() == ["onbekend", "ja", "nee"]
    agreed = "Bovenschools: bedrag waarmee de MR tot nu toe instemde"
    assert consents[agreed].to_list() == [None, 50.07, 0.0]
    story = told(board)
    table = pl.read_csv(dutch.csv(board_table(facts_of(story), story)), separator=";", infer_schema=False)
    asked = table.filter(pl.col("GEGEVEN").is_in(["Gemeente geïnformeerd", agreed]))
    assert asked.select("BRIN_NUMMER", "EENHEID", "GETAL", "TEKST").rows() == [
        ("02BB", "EUR", "50,07", None),
        ("03CC", "EUR", "0,00", None),
        ("01AA", None, None, "onbekend"),
        ("02BB", None, None, "ja"),
        ("03CC", None, None, "nee"),
    ]


def test_consents_are_answers_and_real_days(tmp_path):
    consents = rows_of(book(odd(), tmp_path)["Instemming"])
    first = consents.row(0, named=True)
    assert first[BY_NAME["GmrConsent"].nl] == "ja"
    assert str(first[BY_NAME["GmrConsentDate"].nl])[:10] == "2021-05-01"
    assert consents[BY_NAME["MrConsent"].nl].to_list() == ["ja", "onbekend", "ja"]
    assert consents[BY_NAME["SchoolScan"].nl].to_list() == ["ja", "nee", "ja"]


def test_the_table_holds_every_fact_with_dutch_words_and_numbers():
    head, *rows = lines(odd())
    facts = facts_of(told(odd()))
    assert len(rows) == facts.height
    assert head[:4] == ["BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER", "SCHOOL", "JAAR"]
    for row, fact in zip(rows, facts.iter_rows(named=True), strict=True):
        told_of = dict(zip(head, row, strict=True))
        assert told_of["GEGEVEN"] == BY_NAME[fact["concept"]].nl
        assert told_of["BRIN_NUMMER"] == (fact["brin"] or "")
        if fact["unit"]:
            assert told_of["GETAL"] == fact["value"].replace(".", ",")
            assert told_of["TEKST"] == ""
        else:
            assert told_of["GETAL"] == ""
        if fact["member"]:
            key = "CATEGORIE" if fact["member"].isupper() else "INTERVENTIE"
            assert told_of[key] == menu().names[fact["member"]]


def test_the_table_closes_with_the_findings_and_what_each_rests_on():
    story = told(odd())
    read = pl.read_csv(dutch.csv(board_table(facts_of(story), story)), separator=";", infer_schema=False)
    findings = read.tail(3).select("BRIN_NUMMER", "SCHOOL", "GEGEVEN", "EENHEID", "GETAL", "TEKST")
    assert findings.row(1) == (
        *("02CD", "De Linde", "Bevinding: fout, rust op keuze", "EUR", "400,10"),
        "Uitje naar het pretpark staat er niet op. Bron: nponderwijs.nl, Verantwoording (4).",
    )
    assert findings["GEGEVEN"].to_list()[::2] == [
        "Bevinding: opmerking, rust op keuze",
        "Bevinding: waarschuwing, rust op keuze",
    ]


def test_receipts_say_how_they_are_accounted_for_in_the_workbook_and_in_the_table(tmp_path):
    first = book(odd(), tmp_path)["Ontvangen"].row(0)
    article = "BWBR0045533, artikel 12(2) (Stcrt. 2021, 39244)"
    manner = "vragen via XBRL over het NPO"
    assert first == (
        *("02CD", "De Linde", "2021-2022", "Bedrag per leerling", "basisonderwijs", "EUR"),
        *(25000.0, manner, article),
    )
    story = told(odd())
    read = pl.read_csv(dutch.csv(board_table(facts_of(story), story)), separator=";", infer_schema=False)
    received = read.filter(pl.col("GEGEVEN").str.starts_with("Ontvangen: "))
    assert received.select("BRIN_NUMMER", "GEGEVEN", "EENHEID", "GETAL", "TEKST").row(0) == (
        *("02CD", "Ontvangen: Bedrag per leerling, basisonderwijs, 2021-2022", "EUR", "25000,00"),
        f"Te verantwoorden met {manner}: {article}.",
    )


def test_the_country_is_summed_by_how_money_is_accounted_for_too():
    story = told(odd(), ordinary())
    types = pl.DataFrame(schema={"brin": pl.String, "school_type": pl.String})
    [row] = national_summary(story, types).filter(dimension="accounted_under").rows(named=True)
    # 25.000,00 + 1.234,55 + 8.000,00 of three schools, and 1.000,00 of the other board; spending is not split.
    assert (row["value"], row["boards"], row["schools"]) == ("vragen via XBRL over het NPO", 2, 4)
    assert (row["received"], row["spent"], row["carried_out"]) == (Decimal("35234.55"), None, None)


def test_an_intervention_stands_under_its_category_in_the_table():
    head, *rows = lines(odd())
    found = [dict(zip(head, row, strict=True)) for row in rows]
    (summer,) = (
        one for one in found if one["INTERVENTIE"] == "Zomer- of lentescholen" and one["GETAL"] == "4000,00"
        and one["BRIN_NUMMER"] == "02CD"
    )  # fmt: skip
    assert summer["CATEGORIE"].startswith("A. Meer onderwijs")


@pytest.mark.parametrize(
    "planted", [FORMULA, MARKUP, PATH, "@SUM(A1)", "-1+1", "+31 6", "a;b", 'a"b', "a\r\n=1+1"]
)
def test_text_stays_text_in_workbook_and_table(planted, tmp_path):
    spent = [Spent(SMALL_GROUPS, "10"), Spent(("C", planted), "5", on_menu=False)]
    school = School("01AB", planted, municipality=planted, parents=planted, result=planted, spent=spent)
    board = Board("40001", [school], [Finding("warning", planted, "01AB", advice=planted, file=planted)])
    book(board, tmp_path)
    with zipfile.ZipFile(tmp_path / "book.xlsx") as parts:
        for name in parts.namelist():
            content = parts.read(name).decode("utf-8")
            assert "<f>" not in content
            assert "<hyperlink" not in content
            assert "<script" not in content
    csv = dutch.csv(fact_table(facts_of(told(board)), 2021))
    read = pl.read_csv(csv, separator=";", infer_schema=False)
    assert read.height == facts_of(told(board)).height
    texts = pl.concat([read["SCHOOL"], read["TEKST"]]).drop_nulls()
    assert texts.str.contains(r"^[=+\-@\t\r]").sum() == 0


def test_the_workbook_is_the_same_to_the_byte():
    story = told(odd())
    assert workbook(facts_of(story), story) == workbook(facts_of(story), story)


@pytest.mark.parametrize("planted", [FORMULA, "@SUM(A1)", "-1+1", "\t=1"])
def test_the_table_itself_makes_text_harmless_whatever_the_facts_hold(planted):
    facts = facts_of(told(ordinary(result="x")))
    is_text = pl.col("concept").is_in(["SchoolName", "Results"])
    planted_in = facts.with_columns(value=pl.when(is_text).then(pl.lit(planted)).otherwise("value"))
    read = pl.read_csv(dutch.csv(fact_table(planted_in, 2021)), separator=";", infer_schema=False)
    texts = pl.concat([read["SCHOOL"], read["TEKST"]]).drop_nulls()
    assert texts.str.starts_with("'").sum() > 2
    assert texts.str.contains(r"^[=+\-@\t\r]").sum() == 0


def test_the_table_says_when_a_year_was_closed_and_by_whom_and_nothing_while_it_is_open():
    story = told(ordinary())
    closed = replace(story, closed_on=date(2022, 6, 1), closed_by=("A. Vaan", "B. Bos"))
    rows = board_table(facts_of(closed), closed).filter(GEGEVEN="Jaar afgesloten op")
    assert rows.select("BEVOEGD_GEZAG_NUMMER", "TEKST").rows() == [("40001", "01-06-2022 door A. Vaan en B. Bos")]
    assert board_table(facts_of(story), story).filter(GEGEVEN="Jaar afgesloten op").is_empty()
