"""A specification as page, workbook and CSV: one content, in Dutch, to the cent."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from html import unescape
from io import BytesIO, StringIO

import openpyxl
import pytest

from npo_pipeline.reports.specification.model import BoardRows, SpecificationHeader, in_fixed_order, rows_by_board
from npo_pipeline.reports.specification.page import fault_page, page
from npo_pipeline.reports.specification.workbook import table, workbook
from tests.spec.specification.boards import SEPTEMBER, correction, full, instalment, specified, transfer

MARKUP, FORMULA = "<b>&Co</b>", "=1+1"


def only(data) -> tuple[BoardRows, SpecificationHeader]:
    (rows,) = rows_by_board(in_fixed_order(data))
    return rows, data.header


def text_of(content: bytes) -> str:
    """The words of a page, as a reader has them."""
    shown = re.sub(r"<style.*?</style>", "", content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", shown)))


@pytest.fixture(scope="module")
def words() -> str:
    return text_of(page(*only(full())))


def test_the_page_says_whose_it_is_and_what_the_month_comes_to_per_currency(words):
    assert "Betaalspecificatie september 2021" in words
    assert "Bevoegd gezag 40045" in words
    # 17,756.60 of instalments less 1,746.18 of corrections.
    assert (
        "€ 17.756,60 + Correcties van eerdere maanden € -1.746,18 = Samen over september 2021 € 16.010,42" in words
    )
    assert (
        "US$ 4.120,00 + Correcties van eerdere maanden US$ -5.000,00 = Samen over september 2021 US$ -880,00"
        in words
    )
    assert "Euro en Amerikaanse dollar worden niet bij elkaar opgeteld" in words


def test_the_page_says_by_which_transfer_money_came_and_what_was_withheld_and_why(words):
    assert (
        "Betaald door de bank 03-09-2021, rekening eindigt op 4300 Kenmerk op uw afschrift: "
        "NPO-202109-40045-0a1b2c3d4e5f 15.160,02 15.160,02"
    ) in words
    assert "Teruggekomen van de bank: de rekening is opgeheven 04-10-2021" in words
    assert "Vrijgegeven met oktober 2021 18.030,12 850,40" in words
    assert (
        "Ingehouden omdat het saldo niet boven nul is; het wordt verrekend met de volgende betaling -880,00"
        in words
    )


def test_an_account_is_known_by_its_last_digits_alone(words):
    assert "NL91ABNA0417164300" not in words
    assert b"NL91ABNA" not in table(*only(full()))
    book = openpyxl.load_workbook(BytesIO(workbook(*only(full()))))
    texts = [str(cell.value) for sheet in book for row in sheet for cell in row]
    assert "eindigt op 4300" in texts
    assert [one for one in texts if "NL91ABNA" in one] == []


def test_the_page_says_of_each_school_what_it_got_and_why_it_was_corrected(words):
    assert "De Linde 16AH01 · 's-Gravenhage Bedrag per leerling, basisonderwijs 3.505,42 246,20 3.751,62" in words
    # 1,250.10 + 11,684.75 + 3,505.42; corrections -934.78 + 246.20.
    assert "BRIN 16AH samen 16.440,27 -688,58 15.751,69" in words
    assert (
        "Over augustus 2021 tot en met september 2021, omdat de telling, of wat daarin meetelt, is gecorrigeerd. "
        "Besluit 2021-2022-002 -934,78"
    ) in words
    assert "Over augustus 2021; waarom is niet vastgelegd." in words


def test_the_page_says_what_is_to_come_and_what_is_taken_back(words):
    assert "oktober 2021 8.049,09 -312,40 850,40 8.587,09" in words  # 5,842.38 + 1,752.71 + 454.00
    assert "De Linde 16AH01 · 's-Gravenhage Bedrag per leerling, basisonderwijs oktober 2021 -312,40" in words
    assert "Naar de besluiten van 1 september 2021." in words


def test_what_is_not_released_yet_is_said_in_a_sentence():
    words = text_of(page(*only(specified([instalment("40045", "16AH00", "1000.00")]))))
    assert "€ 1.000,00: nog niet vrijgegeven." in words
    assert "Er is in deze maand niets gecorrigeerd" in words
    assert "Naar de besluiten van 1 september 2021 komt er niets meer." in words
    assert "wordt er niets teruggenomen" in words


def test_an_amount_below_zero_that_waits_is_named_where_it_is_taken_back():
    words = text_of(page(*only(specified([instalment("40045", "16AH00", "-153.04")]))))
    assert "€ -153,04: nog niet vrijgegeven. Er is niets over te boeken: wat onder nul is" in words
    assert "Over september 2021 is € -153,04 nog te verrekenen: dat gaat af van wat u hierna krijgt." in words
    assert "wordt er niets teruggenomen" not in words


def test_what_cancels_out_is_a_nought_and_no_empty_row():
    paid = [
        correction("40045", "16AH00", "5.00", "2021-08", "merger"),
        correction("40045", "16AH00", "-5.00", "2021-08", "opening"),
    ]
    assert "Bedrag per leerling, basisonderwijs 0,00" in text_of(page(*only(specified(paid))))


def test_a_board_and_a_school_without_a_name_go_by_their_codes():
    words = text_of(page(*only(specified([instalment("40045", "16AH00", "1.00")]))))
    assert "Betaalspecificatie september 2021, bevoegd gezag 40045" in words
    assert "None" not in words


def test_no_name_is_markup_or_a_formula():
    paid = [instalment("40045", "16AH00", "1.00", name=MARKUP, place=FORMULA)]
    rows, header = only(specified(paid, names={"40045": FORMULA}))
    assert "&lt;b&gt;&amp;Co" in page(rows, header).decode()
    assert f";'{FORMULA};" in table(rows, header).decode("utf-8-sig")
    cells = [
        cell for sheet in openpyxl.load_workbook(BytesIO(workbook(rows, header))) for row in sheet for cell in row
    ]
    assert {cell.data_type for cell in cells if cell.value == FORMULA} == {"s"}


def records(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_csv_has_a_row_per_instalment_and_cause_with_the_reference_of_the_bank():
    paid = [
        instalment(
            "40045", "16AH00", "1234.50", name="De Linde", place="Velsen", end_to_end_id="NPO-1", state="sent"
        ),
        correction("40045", "16AH00", "-0.05", "2021-08", "merger"),
    ]
    sent = transfer("40045", "sent", "1234.50", end_to_end_id="NPO-1", iban="NL91ABNA0417164300")
    one, other = records(table(*only(specified(paid, transfers=[sent, transfer("40045", "open", "-0.05")]))))
    assert other["SOORT"] == "termijn"
    assert other["BEDRAG"] == "1234,50"
    assert (other["KENMERK"], other["REKENING"], other["STAND"]) == (
        "NPO-1",
        "eindigt op 4300",
        "aangeboden aan de bank",
    )
    assert (one["SOORT"], one["OVER_MAAND"], one["OORZAAK"]) == ("correctie", "2021-08", "fusie")
    assert (one["BEDRAG"], one["KENMERK"], one["STAND"]) == ("-0,05", "", "nog niet vrijgegeven")


def test_csv_and_workbook_add_up_to_the_page_per_currency():
    rows, header = only(full())
    sums: dict[str, Decimal] = {}
    for one in records(table(rows, header)):
        sums[one["VALUTA"]] = sums.get(one["VALUTA"], Decimal(0)) + Decimal(one["BEDRAG"].replace(",", "."))
    assert sums == {"EUR": Decimal("16010.42"), "USD": Decimal("-880.00")}
    book = openpyxl.load_workbook(BytesIO(workbook(rows, header)))
    assert book.sheetnames == ["In het kort", "Betaald", "Overboekingen", "Nog te komen"]
    totals = {
        sheet.title: [
            [cell.value for cell in row if cell.value is not None]
            for row in sheet.iter_rows()
            if str(row[0].value).startswith("Totaal")
        ]
        for sheet in book
    }
    assert [row[-1] for row in totals["In het kort"]] == [16010.42, -880]
    assert totals["Betaald"] == [["Totaal €", 16010.42], ["Totaal US$", -880]]
    assert totals["Overboekingen"] == [["Totaal €", 16010.42], ["Totaal US$", -880]]
    assert totals["Nog te komen"][0][-1] == 46562.54  # as on the page


def test_amounts_and_days_in_the_workbook_are_numbers_and_dates():
    sheet = openpyxl.load_workbook(BytesIO(workbook(*only(full()))))["Betaald"]
    heads = {cell.value: cell.column for row in sheet.iter_rows(max_row=6) for cell in row}
    row = next(row for row in sheet.iter_rows(min_row=6) if row[heads["Soort"] - 1].value == "termijn")
    assert row[heads["Bedrag"] - 1].data_type == "n"
    assert row[heads["Over de maand"] - 1].is_date
    assert sheet.print_title_rows


def test_the_same_rows_give_the_same_bytes():
    for make in (page, workbook, table):
        assert make(*only(full())) == make(*only(full()))


def test_the_page_of_a_fault_gives_no_reason():
    words = text_of(fault_page("40045", SEPTEMBER))
    assert "De betaalspecificatie van september 2021 van bevoegd gezag 40045 kon niet worden gemaakt" in words
    assert "npo specification --month 2021-09 --board 40045" in words
