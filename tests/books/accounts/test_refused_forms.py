"""What is refused of a workbook instead of read wrongly."""

import re

import openpyxl
import pytest

from tests.books.accounts.filing import AGREED, HEADERS, SPENT, home_with_schools, repacked, workbook
from tests.books.accounts.forms import refusal, told
from tests.books.files.workbooks import MAKERS
from tests.books.home.npo import here


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
        assert refusal(path) == f"npo.xlsx, Besteding, cel {cell}: bevat een formule; plak de waarde ervan"
    else:
        assert len(told(path)) == 1


def test_a_shared_formula_is_refused_and_so_is_one_in_a_cell_without_an_address(tmp_path):
    def shared(name: str, xml: bytes) -> bytes:
        old = b'<c r="G2" t="s">'
        return xml.replace(old, b'<c t="s"><f t="shared" si="0"/>') if b"sheet1" in name.encode() else xml

    path = repacked(workbook(tmp_path / "npo.xlsx", (SPENT,)), shared)
    assert refusal(path) == "npo.xlsx, Besteding, cel G2: bevat een formule; plak de waarde ervan"


def test_an_error_that_was_pasted_as_a_value_is_no_empty_cell(tmp_path):
    def broken(name: str, xml: bytes) -> bytes:
        found = re.sub(rb'<c r="H2"[^>]*>.*?</c>', b'<c r="H2" t="e"><v>#N/A</v></c>', xml, count=1)
        return found if b"sheet1" in name.encode() else xml

    path = repacked(workbook(tmp_path / "npo.xlsx", (SPENT,)), broken)
    assert refusal(path) == "npo.xlsx, Besteding, cel H2: bevat een fout (zoals #N/B); typ de waarde"


def test_a_formula_of_the_other_sheet_is_named_with_that_sheet(tmp_path):
    def formula(pages):
        pages["Instemming"].write_formula("L2", '="goed"', None, "goed")

    path = workbook(tmp_path / "npo.xlsx", (), (AGREED,), more=formula)
    assert refusal(path) == "npo.xlsx, Instemming, cel L2: bevat een formule; plak de waarde ervan"


@pytest.mark.parametrize(("there", "missing"), [("Besteding", "Instemming"), ("Instemming", "Besteding")])
def test_a_sheet_that_is_missing_is_named(tmp_path, there, missing):
    path = workbook(tmp_path / "npo.xlsx", (SPENT,), (AGREED,), sheets=(there, "Blad1"))
    assert refusal(path) == (
        f"npo.xlsx: heeft een blad '{there}' en geen blad '{missing}'; begin met een leeg formulier"
    )


def test_a_workbook_without_either_sheet_is_no_form(tmp_path):
    path = workbook(tmp_path / "npo.xlsx", sheets=("Blad1",))
    assert refusal(path) == "npo.xlsx: has nothing on sheet 'Blad1'; have the workbook sent again"


def test_a_column_that_is_missing_or_doubled_or_a_header_that_is_gone_is_named(tmp_path):
    def header(words: str):
        def write(pages):
            for place, word in enumerate(words.split(";")):
                pages["Besteding"].write_string(0, place, word)

        return workbook(tmp_path / "npo.xlsx", (SPENT,), more=write)

    lacking = header(HEADERS["Besteding"].replace("BEDRAG", "BEDRAAG"))
    assert refusal(lacking) == "npo.xlsx, Besteding, rij 1: de kolom BEDRAG ontbreekt; zet de kopregel terug"
    doubled = header(HEADERS["Besteding"] + ";BEDRAG")
    assert refusal(doubled) == "npo.xlsx, Besteding, rij 1: de kolom BEDRAG staat er twee keer; houd er een"
    gone = header(";".join("x" * 8))
    assert refusal(gone) == (
        "npo.xlsx, Besteding: heeft geen kopregel met BEVOEGD_GEZAG_NUMMER; zet de kopregel van "
        "het lege formulier "
        "terug"
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


WRONG = (
    "10001;01AA;2021;Z;Een-op-een-begeleiding;school;veel;0",
    "10001;02BB;2021;B;Een-op-een-begeleiding;school;-4;0",
    SPENT,
)


def test_a_board_reads_in_dutch_which_cell_is_wrong_and_what_to_do_and_gets_its_workbook_back_marked(tmp_path):
    home = home_with_schools(tmp_path)
    path = workbook(tmp_path / "npo.xlsx", WRONG, (AGREED, AGREED), row=2, column=1)
    ended = here("ingest", path, "--home", home, "--rejects", tmp_path / "terug.csv")
    assert ended.status == 3
    below = (
        "BEDRAG '-4' ligt onder nul; vul een bedrag vanaf 0 in, of van een creditnota op blad Besteding ook een "
        "REDEN"
    )
    numbers = "vul euro's in, onder een miljard en met hoogstens twee decimalen (1234,56), of een jaar (2021)"
    assert ended.stderr.splitlines()[1:-1] == [
        f"  npo.xlsx, Besteding, cel H4: BEDRAG 'veel' is geen getal dat hier mag staan: {numbers}",
        "  npo.xlsx, Besteding, cel E4: CATEGORIE 'Z' mag hier niet staan: vul een letter A tot en met F in",
        f"  npo.xlsx, Besteding, cel H5: {below}",
        "  npo.xlsx, Besteding, cel C5: BRIN_NUMMER 02BB is geen school van bestuur 10001 en was "
        "dat nooit; verbeter een "
        "van de twee, of lever eerst de adressenlijst of wijziging aan die de school aan het bestuur geeft",
        "  npo.xlsx, Instemming, rij 5: is dezelfde rij als rij 4; de eerste telt, haal deze weg",
    ]
    book = openpyxl.load_workbook(tmp_path / "terug-npo.xlsx")
    marked, copied = book["Besteding"], book["Instemming"]
    noted = {cell.coordinate: cell.comment.text for row in marked.iter_rows() for cell in row if cell.comment}
    assert sorted(noted) == ["C5", "E4", "H4", "H5"]
    assert [cell.coordinate for row in copied.iter_rows() for cell in row if cell.comment] == ["A5"]
    assert noted["H5"] == below
    assert marked["H4"].value == "veel"


def test_a_table_that_was_moved_aside_is_read_and_its_formulas_are_found(tmp_path):
    path = workbook(tmp_path / "npo.xlsx", (SPENT,), row=2, column=2)
    assert told(path) == [(4, *SPENT.split(";"))]
    for cell, is_refused in (("J4", True), ("C4", True), ("B4", False), ("K4", False), ("J2", False)):

        def formula(pages, cell=cell):
            pages["Besteding"].write_formula(cell, "=1")

        path = workbook(tmp_path / "npo.xlsx", (SPENT,), row=2, column=2, more=formula)
        if is_refused:
            assert refusal(path) == f"npo.xlsx, Besteding, cel {cell}: bevat een formule; plak de waarde ervan"
        else:
            assert len(told(path)) == 1


def test_a_copy_of_a_sheet_is_refused_because_it_would_not_be_read(tmp_path):
    def copied(pages):
        pages["Besteding (2)"].write_row(3, 0, HEADERS["Besteding"].split(";"))

    sheets = ("Besteding", "Instemming", "Besteding (2)")
    path = workbook(tmp_path / "npo.xlsx", (SPENT,), sheets=sheets, more=copied)
    assert refusal(path) == (
        "npo.xlsx, Besteding (2): heeft de kopregel van Besteding en wordt niet gelezen; zet de regels op blad "
        "Besteding, of haal dit blad weg"
    )


def test_a_form_that_was_saved_as_something_else_says_what_to_save_it_as(tmp_path):
    saved = {"ods": "een OpenDocument-bestand (.ods)", "xls": "een oud Excel-bestand (.xls)"}
    for form, words in saved.items():
        path = tmp_path / f"npo.{form}"
        path.write_bytes(MAKERS[form]({"Besteding": [HEADERS["Besteding"].split(";")]}))
        assert refusal(path) == (f"npo.{form}: is {words}; sla het op als Excel-werkmap (.xlsx), en lever dat in")
    path = tmp_path / "npo.pdf"
    path.write_bytes(b"%PDF-1.7\n\0")
    assert refusal(path) == "npo.pdf: is a PDF; hand in the workbook (.xlsx) or the CSV itself"
