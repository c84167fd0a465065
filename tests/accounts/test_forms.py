"""The workbook of a board: filled in, and read back as it is; and what is refused instead of read wrongly."""

import shutil
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.files.delivery import Arrived, arrive
from npo_pipeline.files.workbook import sheet_cells
from npo_pipeline.reports.pack.template import write_template
from tests.accounts.filing import (
    AGREED,
    HEADERS,
    SPENT,
    faults_found,
    home_with_schools,
    ingest,
    repacked,
    workbook,
)
from tests.accounts.test_consent_files import FAULTS as WRONG_CONSENTS
from tests.accounts.test_spending_files import FAULTS as WRONG_SPENDING
from tests.home.seeing import select

MENU = (
    ("A", "Meer onderwijs", ("Zomerscholen", "Uitbreiding onderwijs")),
    ("B", "Effectiever onderwijs", ("Een-op-een-begeleiding",)),
    ("F", "Randvoorwaarden", ()),
)
SCHOOLS = pl.DataFrame(
    {
        "brin": ["04DD", "02BB"],
        "name": ["=School", None],
        "received": [Decimal("1000.10"), Decimal("500.00")],
        "carried_in": [Decimal("0.00"), Decimal("-5.00")],
    }
)
FILLED = pl.DataFrame(
    {
        "brin": ["02BB", "04DD", "04DD"],
        "category": ["A", "B", "F"],
        "intervention": ["Zomerscholen", "Een-op-een-begeleiding", "'=1+1"],
        "level": ["school", "bovenschools", "school"],
        "amount": [Decimal("1234567.89"), Decimal("0.30"), Decimal("0.01")],
        "external": [Decimal("0.00"), Decimal("0.10"), Decimal("0.01")],
    }
)
AGREED_ALREADY = pl.DataFrame(
    {
        "brin": ["04DD"],
        "school_year": ["2021-2022"],
        "school_scan": [True],
        "mr_consent": [True],
        "mr_date": [date(2021, 7, 1)],
        "board_level_agreed": [Decimal("100.07")],
        "gmr_consent": [False],
        "gmr_date": [None],
        "parents_involved": ["Ouderavond"],
        "municipality_informed": [None],
        "result": [None],
    }
)
YEARS = ("2021-2022", "2022-2023")


def template(path: Path, **filled: pl.DataFrame) -> Path:
    write_template(path, 2021, "10002", SCHOOLS, MENU, YEARS, **filled)
    return path


def arrived(path: Path) -> dict[str, Arrived]:
    return {one.name: one for one in arrive([path], None)}


def told(path: Path, sheet: str = "Besteding") -> list[tuple]:
    """The rows that are read of a sheet, as text."""
    return arrived(path)[f"{path.name}, {sheet}"].workbook.rows.rows()


def refusal(path: Path) -> str:
    with pytest.raises(Refused) as refused:
        arrive([path], None)
    return str(refused.value)


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> Path:
    return home_with_schools(tmp_path_factory.mktemp("known"))


@pytest.fixture
def home(known, tmp_path) -> Path:
    return Path(shutil.copytree(known, tmp_path / "home"))


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
        "npo.xlsx: nothing is filled in on 'Besteding' or 'Instemming'; fill it in and send it again"
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


@pytest.mark.parametrize(
    ("write", "cell"),
    [
        (lambda page: page.write_formula("G2", "=50+50", None, 100), "G2"),
        (lambda page: page.write_formula("B9", '="01AA"', None, "01AA"), "B9"),
        (lambda page: page.write_array_formula("K1:K1", "{=G2}"), None),
        (lambda page: page.write_array_formula("G3:H4", "{=1}"), "G3"),
    ],
)
def test_a_formula_in_the_table_is_refused_by_its_address(tmp_path, write, cell):
    path = workbook(tmp_path / "npo.xlsx", (SPENT,), more=lambda pages: write(pages["Besteding"]))
    if cell:
        assert refusal(path) == f"npo.xlsx, Besteding, cell {cell}: holds a formula; paste its value"
    else:
        assert len(told(path)) == 1


def test_a_shared_formula_is_refused_and_so_is_one_in_a_cell_without_an_address(tmp_path):
    def shared(name: str, xml: bytes) -> bytes:
        old = b'<c r="G2" t="s">'
        return xml.replace(old, b'<c t="s"><f t="shared" si="0"/>') if b"sheet1" in name.encode() else xml

    path = repacked(workbook(tmp_path / "npo.xlsx", (SPENT,)), shared)
    assert refusal(path) == "npo.xlsx, Besteding, cell G2: holds a formula; paste its value"


def test_a_formula_of_the_other_sheet_is_named_with_that_sheet(tmp_path):
    def formula(pages):
        pages["Instemming"].write_formula("L2", '="goed"', None, "goed")

    path = workbook(tmp_path / "npo.xlsx", (), (AGREED,), more=formula)
    assert refusal(path) == "npo.xlsx, Instemming, cell L2: holds a formula; paste its value"


@pytest.mark.parametrize(("there", "missing"), [("Besteding", "Instemming"), ("Instemming", "Besteding")])
def test_a_sheet_that_is_missing_is_named(tmp_path, there, missing):
    path = workbook(tmp_path / "npo.xlsx", (SPENT,), (AGREED,), sheets=(there, "Blad1"))
    assert refusal(path) == (
        f"npo.xlsx: has a sheet '{there}' and no sheet '{missing}'; begin with the template again"
    )


def test_a_workbook_without_either_sheet_is_that_of_cbs_or_none(tmp_path):
    path = workbook(tmp_path / "npo.xlsx", sheets=("Blad1",))
    assert refusal(path) == "npo.xlsx: has no sheet 'Tabel 1'; this is not the workbook of CBS"


def test_a_column_that_is_missing_or_doubled_or_a_header_that_is_gone_is_named(tmp_path):
    def header(words: str):
        def write(pages):
            for place, word in enumerate(words.split(";")):
                pages["Besteding"].write_string(0, place, word)

        return workbook(tmp_path / "npo.xlsx", (SPENT,), more=write)

    lacking = header(HEADERS["Besteding"].replace("BEDRAG", "BEDRAAG"))
    assert refusal(lacking) == "npo.xlsx, Besteding, line 1: column BEDRAG is missing; put the header back"
    doubled = header(HEADERS["Besteding"] + ";BEDRAG")
    assert refusal(doubled) == "npo.xlsx, Besteding, line 1: column BEDRAG stands twice; keep one of them"
    gone = header(";".join("x" * 8))
    assert refusal(gone) == (
        "npo.xlsx, Besteding: has no header with BEVOEGD_GEZAG_NUMMER; put the header of the template back"
    )


def test_a_sheet_that_declares_entities_is_refused_unread(tmp_path):
    def bomb(name: str, xml: bytes) -> bytes:
        declared = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet '
        return xml.replace(b"<worksheet ", declared, 1) if name.endswith("sheet1.xml") else xml

    path = repacked(workbook(tmp_path / "npo.xlsx", (SPENT,)), bomb)
    assert refusal(path).startswith("npo.xlsx: ")


def test_a_workbook_whose_sheet_cannot_be_found_is_refused(tmp_path):
    def lost(name: str, xml: bytes) -> bytes:
        return xml.replace(b"worksheets/sheet1.xml", b"worksheets/sheet9.xml") if name.endswith(".rels") else xml

    assert refusal(repacked(workbook(tmp_path / "npo.xlsx", (SPENT,)), lost)).startswith("npo.xlsx")


def test_a_table_that_was_moved_aside_is_read_and_its_formulas_are_found(tmp_path):
    path = workbook(tmp_path / "npo.xlsx", (SPENT,), row=2, column=2)
    assert told(path) == [(4, *SPENT.split(";"))]
    for cell, is_refused in (("J4", True), ("B4", True), ("K4", False), ("J2", False)):

        def formula(pages, cell=cell):
            pages["Besteding"].write_formula(cell, "=1")

        path = workbook(tmp_path / "npo.xlsx", (SPENT,), row=2, column=2, more=formula)
        if is_refused:
            assert refusal(path) == f"npo.xlsx, Besteding, cell {cell}: holds a formula; paste its value"
        else:
            assert len(told(path)) == 1
