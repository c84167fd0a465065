"""The workbook of a board: filled in, and read back as it is."""

import re
import zipfile
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import polars as pl
import pytest
import xlsxwriter

from npo_pipeline.delivery.workbook import OpenWorkbook
from tests.books.accounts.filing import AGREED, HEADERS, SPENT, faults_found, ingest, repacked, workbook
from tests.books.accounts.forms import AGREED_ALREADY, FILLED, SCHOOLS, arrived, refusal, template, told
from tests.books.accounts.test_consent_files import FAULTS as WRONG_CONSENTS
from tests.books.accounts.test_spending_files import FAULTS as WRONG_SPENDING
from tests.books.home.seeing import select


def test_a_template_that_is_filled_in_is_read_back_as_it_is(home, tmp_path):
    path = template(tmp_path / "npo.xlsx", spending=FILLED, consents=AGREED_ALREADY)
    ingest(home, path)
    assert select(home, "select count(*) from quarantine") == [(0,)]
    columns = "brin, category, intervention, level, amount, external"
    assert select(home, f"select {columns} from spending order by line") == FILLED.rows()
    columns = ", ".join(AGREED_ALREADY.columns)
    assert select(home, f"select {columns} from consents") == AGREED_ALREADY.rows()
    assert select(home, "select file, kind, encoding from deliveries where kind in ('spending', 'consents')") == [
        ("npo.xlsx, Besteding", "spending", "xlsx"),
        ("npo.xlsx, Instemming", "consents", "xlsx"),
    ]
    assert faults_found(home) == ""


def test_the_same_workbook_again_is_nothing_new(home, tmp_path):
    path = template(tmp_path / "npo.xlsx", spending=FILLED, consents=AGREED_ALREADY)
    ingest(home, path)
    assert "Nothing to do" in ingest(home, path).stdout


def test_the_same_data_gives_the_same_bytes(tmp_path):
    one, other = template(tmp_path / "1.xlsx", spending=FILLED), template(tmp_path / "2.xlsx", spending=FILLED)
    assert one.read_bytes() == other.read_bytes()


def test_a_template_that_is_not_filled_in_is_refused(tmp_path):
    assert refusal(template(tmp_path / "npo.xlsx")) == (
        "npo.xlsx: er is niets ingevuld op 'Besteding' of 'Instemming'; vul het in en stuur het opnieuw"
    )


def test_one_sheet_may_stay_blank(tmp_path):
    assert list(arrived(template(tmp_path / "npo.xlsx", spending=FILLED))) == ["npo.xlsx, Besteding"]
    assert list(arrived(template(tmp_path / "npo.xlsx", consents=AGREED_ALREADY))) == ["npo.xlsx, Instemming"]


def test_names_never_become_a_formula(tmp_path):
    path = template(tmp_path / "npo.xlsx", spending=FILLED)
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(f"xl/worksheets/sheet{number}.xml") for number in range(1, 8)]
    formulas = [one for xml in sheets for one in re.findall(rb"<f[^>]*>(.*?)</f>", xml)]
    assert [one for one in formulas if b"School" in one and b"Scholen" not in one] == []
    assert b"<v>=School</v>" in sheets[1]  # the value of a formula that looks it up
    assert b"=School" not in sheets[4]  # it stands among the shared texts


def test_a_template_says_whose_it_is_and_of_which_year(tmp_path):
    cells = OpenWorkbook("npo.xlsx", "xlsx", template(tmp_path / "npo.xlsx").read_bytes()).cells("Toelichting")
    marks = dict(cells.select("column_0", "column_1").rows()[1:5])
    assert marks == {"Bestuur": "10002", "Jaar": "2021", "Valuta": "EUR", "Formulier": "npo 2"}


def test_headings_and_sheets_to_look_at_are_locked_and_cells_to_fill_in_are_not(tmp_path):
    book = openpyxl.load_workbook(template(tmp_path / "npo.xlsx"))
    for page in book:
        assert page.protection.sheet
        assert page.protection.password is None
    spending = book["Besteding"]
    assert [cell.protection.locked for cell in spending[4]] == [True] * 11
    # A row is deleted only where no cell of it is locked, beside the table too.
    assert not any(cell.protection.locked for cell in spending[5] if cell.value is not None)
    assert not any(spending.column_dimensions[letter].protection.locked for letter in "ABCDEFGHIJKL")
    assert not any(getattr(spending.protection, name) for name in ("insertRows", "deleteRows", "sort"))
    assert book["Scholen"]["D5"].protection.locked


def test_what_is_available_counts_corrections_of_closed_years_and_reserves_that_moved(tmp_path):
    schools = SCHOOLS.with_columns(corrections=pl.Series([Decimal("42905.74"), Decimal("0.00")]))
    moved = pl.DataFrame(
        {
            "from_board": ["10009", "10002"],
            "to_board": ["10002", "10009"],
            "brin": ["04DD", "02BB"],
            "amount": [Decimal("100.00"), Decimal("20.00")],
            "moved_on": [date(2021, 8, 1), date(2021, 9, 1)],
        }
    )
    path = template(tmp_path / "npo.xlsx", schools=schools, transfers=moved)
    book = openpyxl.load_workbook(path, data_only=True)
    head, *rows = [[cell.value for cell in row[:10]] for row in book["Scholen"].iter_rows(min_row=4, max_row=6)]
    places = [head.index(name) for name in ("Correcties van eerdere jaren", "Overgedragen saldo", "Beschikbaar")]
    # 500,00 - 5,00 - 20,00 of 02BB; 1.000,10 + 42.905,74 + 100,00 of 04DD.
    assert {row[0]: [row[place] for place in places] for row in rows} == {
        "02BB": [0, -20, 475],
        "04DD": [42905.74, 100, 44005.84],
    }
    first = [cell.value for cell in book["Overdracht saldo"][5]]
    assert first[:4] == [2021, "10009", "10002", "04DD"]
    assert first[5:7] == [100, datetime(2021, 8, 1)]


def test_no_consent_is_asked_of_a_school_year_without_money(tmp_path):
    schools = SCHOOLS.with_columns(funded=pl.Series([["2021-2022"], []]))
    page = openpyxl.load_workbook(template(tmp_path / "npo.xlsx", schools=schools))["Instemming"]
    asked = [(row[1].value, row[3].value) for row in page.iter_rows(min_row=5) if row[1].value]
    # 02BB has money of earlier years alone, so that it may be about either.
    assert asked == [("02BB", "2020-2021"), ("02BB", "2021-2022"), ("04DD", "2021-2022")]


def test_a_board_with_dollars_sees_dollars_and_one_with_both_has_a_total_of_each(tmp_path):
    schools = SCHOOLS.with_columns(currency=pl.Series(["USD", "EUR"]))
    page = openpyxl.load_workbook(template(tmp_path / "npo.xlsx", schools=schools))["Scholen"]
    rows = {page.cell(row, 1).value: page.cell(row, 4) for row in range(5, 9)}
    assert {name: "US$" in cell.number_format for name, cell in rows.items()} == {
        "02BB": False,
        "04DD": True,
        "Totaal €": False,
        "Totaal US$": True,
    }


@pytest.mark.parametrize(
    ("sheet", "good", "faults"), [("Besteding", SPENT, WRONG_SPENDING), ("Instemming", AGREED, WRONG_CONSENTS)]
)
def test_each_fault_is_caught_by_exactly_its_rule_as_in_a_text_file(home, tmp_path, sheet, good, faults):
    lines = (good, *faults)
    path = workbook(tmp_path / "npo.xlsx", *((lines, ()) if sheet == "Besteding" else ((), lines)))
    ingest(home, path)
    expected = [
        (f"npo.xlsx, {sheet}", line, *fault) for line, all_ in enumerate(faults.values(), 3) for fault in all_
    ]
    found = select(home, "select file, line, rule, column_name, board from quarantine")
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_money_and_days_that_are_typed_as_such_come_back_exactly(tmp_path):
    def typed(pages):
        pages["Besteding"].write_row(1, 0, [10001, "01AA", 2021, "B", "Bijles", "school", 1234567.89, 0.07])
        pages["Instemming"].write_row(1, 0, ["10001", "01AA", "2021-2022", "J", "J"])
        pages["Instemming"].write_datetime(1, 5, datetime(2021, 7, 1))

    path = workbook(tmp_path / "npo.xlsx", more=typed)
    assert told(path) == [(2, "10001", "01AA", "2021", "B", "Bijles", "school", "1234567.89", "0.07")]

    assert told(path, "Instemming")[0][6] == "2021-07-01"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0.30000000000000004", "0.3"),  # what Excel shows, and what was meant
        ("1234.5600000000002", "1234.56"),
        ("0.125", "0.125"),  # three decimals: refused as not_a_number, and not rounded
        ("1234.5649999999999", "1234.565"),
    ],
)
def test_a_double_is_read_as_excel_shows_it_and_never_rounded_to_the_cent(tmp_path, written, read):
    def typed(pages):
        pages["Besteding"].write_row(1, 0, ["10001", "01AA", 2021, "B", "Bijles", "school", 77.5])

    def as_written(name: str, xml: bytes) -> bytes:
        return xml.replace(b"<v>77.5</v>", f"<v>{written}</v>".encode())

    path = repacked(workbook(tmp_path / "npo.xlsx", more=typed), as_written)
    assert told(path)[0][7] == read


def test_titles_may_stand_above_the_header_and_columns_beside_the_table(tmp_path):
    def beside(pages):
        pages["Besteding"].write_string(0, 0, "Besteding 2021")
        pages["Besteding"].write_string(4, 9, "eigen aantekening")
        pages["Besteding"].write_formula(4, 8, "=G5*2")

    path = workbook(tmp_path / "npo.xlsx", (SPENT,), row=3, more=beside)
    assert [line for line, *_ in told(path)] == [5]


def test_a_row_that_holds_what_the_template_wrote_and_no_more_is_passed_over(tmp_path):
    path = workbook(tmp_path / "npo.xlsx", ("10001;01AA;2021;;;;;", SPENT, "10001;;2021;;;;;", ";;;B;;;;"))
    assert [line for line, *_ in told(path)] == [3, 5]


def of_spending(change):
    """A change of the XML of sheet `Besteding` alone."""
    return lambda name, xml: change(xml) if name.endswith("sheet1.xml") else xml


AT_THE_END = (
    b'<row r="1048576" customFormat="false" ht="12.8"></row>',  # what LibreOffice leaves when a row is deleted
    b'<row r="1048576"><c r="A1048576" s="1"/><c r="XFD1048576" s="1"></c></row>',
    b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t xml:space="preserve"> \xc2\xa0</t></is></c></row>',
    b'<row r="1048576"><c r="XFD1048576" t="str"><v></v></c></row>',
)


@pytest.mark.parametrize("empty", AT_THE_END)
def test_an_empty_row_at_the_end_of_the_sheet_is_no_content(tmp_path, empty):
    path = repacked(
        workbook(tmp_path / "npo.xlsx", (SPENT,)),
        of_spending(lambda xml: xml.replace(b"</sheetData>", empty + b"</sheetData>")),
    )
    assert told(path) == [(2, *SPENT.split(";"))]


def test_rows_that_are_only_formatted_are_no_content_and_a_table_that_is_too_large_is_refused(tmp_path):
    cells = b"".join(
        b'<row r="%d"><c r="A%d" s="1"/><c r="B%d" s="1"></c></row>' % (n, n, n) for n in range(9, 30_000)
    )
    path = workbook(tmp_path / "npo.xlsx", (SPENT,))
    formatted = of_spending(lambda xml: xml.replace(b"</sheetData>", cells + b"</sheetData>"))
    assert told(repacked(path, formatted)) == [(2, *SPENT.split(";"))]
    many = b"<row><c><v>1</v></c></row>" * 500_001
    filled = of_spending(lambda xml: xml.replace(b"</sheetData>", many + b"</sheetData>"))
    assert refusal(repacked(path, filled)).startswith("npo.xlsx: blad 'Besteding' heeft 500.")


def test_the_form_says_for_which_board_and_year_it_was_made(tmp_path):
    path = template(tmp_path / "npo.xlsx", spending=FILLED)
    (form,) = arrived(path).values()
    assert (form.workbook.made_for.board, form.workbook.made_for.year) == ("10002", 2021)
    (own,) = arrived(workbook(tmp_path / "own.xlsx", (SPENT,))).values()
    assert own.workbook.made_for is None


def test_a_sheet_on_reserves_that_moved_is_of_the_board_of_the_form_and_need_not_be_there(tmp_path):
    header = ["JAAR", "VAN_BEVOEGD_GEZAG", "NAAR_BEVOEGD_GEZAG", "BRIN_NUMMER", "BEDRAG", "DATUM"]

    def moved(*rows):
        def write(pages):
            for number, row in enumerate((header, *rows)):
                pages["Overdracht saldo"].write_row(number, 0, row)
            pages["Toelichting"].write_column(0, 0, ["Bestuur", "Jaar", "Formulier"])
            pages["Toelichting"].write_column(0, 1, ["10002", "2021", "npo 2"])

        names = ("Besteding", "Instemming", "Overdracht saldo", "Toelichting")
        return workbook(tmp_path / "npo.xlsx", (SPENT,), sheets=names, more=write)

    path = moved([2021, "10001", "10002", "01AA", "12,50", "1-8-2021"], [2021])
    found = arrived(path)["npo.xlsx, Overdracht saldo"]
    assert found.kind.name == "reserve_transfers"
    columns = ("BEVOEGD_GEZAG_NUMMER", "JAAR", "VAN_BEVOEGD_GEZAG", "NAAR_BEVOEGD_GEZAG", "BEDRAG")
    assert found.workbook.rows.select("line", *columns).rows() == [(2, "10002", "2021", "10001", "10002", "12,50")]
    assert list(arrived(moved())) == ["npo.xlsx, Besteding"]


def test_cells_are_read_as_they_are_meant_and_a_percentage_is_refused_with_the_amount_it_would_be(home, tmp_path):
    def typed(pages):
        book = pages["Besteding"]
        number = book.write_number
        for row, brin in enumerate(("01aa", "01AA00", "01AA"), 1):
            for place, value in enumerate((brin, "2021", "b", f"Bijles {row}", "School"), 1):
                book.write_string(row, place, value)
            number(row, 0, 10001)
        book.write_string(1, 6, "€ 1.234,56")
        book.write_string(2, 6, "1\u00a0234")
        number(3, 6, 1000)
        number(3, 7, 0.1, pages["percent"])
        agreed = ("10001", "01AA", "2021/2022", "Ja", "nee", "15 juni 2021", "€ 50", "n.v.t.")
        for place, value in enumerate(agreed):
            pages["Instemming"].write_string(1, place, value)
        pages["Instemming"].write_boolean(1, 10, True)

    path = typed_workbook(tmp_path / "npo.xlsx", typed)
    ended = ingest(home, path)
    assert select(home, "select brin, category, level, amount from spending") == [
        ("01AA", "B", "school", Decimal("1234.56")),
        ("01AA", "B", "school", Decimal("1234.00")),
    ]
    answers = (
        "school_year, school_scan, mr_consent, mr_date, board_level_agreed, gmr_consent, municipality_informed"
    )
    assert select(home, f"select {answers} from consents") == [
        ("2021-2022", True, False, date(2021, 6, 15), Decimal("50.00"), False, True)
    ]
    assert select(home, "select line, rule, column_name, message from quarantine") == [
        (
            4,
            "percentage",
            "WAARVAN_EXTERN",
            "WAARVAN_EXTERN '10%' (100,00 van 1.000,00) is een percentage; vul het bedrag zelf in",
        )
    ]
    assert (
        "! npo.xlsx, Besteding: 7 values were read otherwise than they are written: "
        "BRIN_NUMMER '01aa' = 01AA (2x), CATEGORIE 'b' = B (3x), BEDRAG '€ 1.234,56' = 1234.56 (2x)"
    ) in ended.stdout


def typed_workbook(path, typed):
    """A workbook in which a board typed; `pages["percent"]` is a format."""
    book = xlsxwriter.Workbook(str(path))
    pages = {name: book.add_worksheet(name) for name in HEADERS}
    for name, header in HEADERS.items():
        pages[name].write_row(0, 0, header.split(";"))
    typed(pages | {"percent": book.add_format({"num_format": "0%"})})
    book.close()
    return path
