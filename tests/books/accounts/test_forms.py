"""The workbook of a board: filled in, and read back as it is."""

import zipfile
from datetime import datetime

import polars as pl
import pytest

from npo_pipeline.delivery.xlsx_reader import sheet_cells
from tests.books.accounts.filing import AGREED, SPENT, faults_found, ingest, repacked, workbook
from tests.books.accounts.forms import AGREED_ALREADY, FILLED, arrived, refusal, template, told
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


def test_formulas_stand_on_the_sheet_of_schools_alone_and_names_never_become_one(tmp_path):
    path = template(tmp_path / "npo.xlsx", spending=FILLED)
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(f"xl/worksheets/sheet{number}.xml") for number in range(1, 6)]
    assert [b"<f>" in xml for xml in sheets] == [False, False, False, True, False]
    assert b"<f>School" not in sheets[3]
    assert b"=School" not in sheets[3]  # it stands among the shared texts


def test_the_check_on_the_sheet_of_schools_says_what_excel_will_say(tmp_path):
    def check(spending: pl.DataFrame) -> str:
        path = template(tmp_path / "npo.xlsx", spending=spending)
        return sheet_cells(path.name, path.read_bytes(), "Scholen")["column_1"][1]

    within = FILLED.filter(pl.col("brin") == "04DD")
    assert check(within) == "Klopt"
    assert check(FILLED) == "Klopt niet: een school besteedde meer dan er beschikbaar is"
    strange = within.with_columns(brin=pl.lit("01AA"))
    assert check(strange).startswith("Klopt niet: een gevulde regel op blad Besteding heeft geen BRIN")


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
