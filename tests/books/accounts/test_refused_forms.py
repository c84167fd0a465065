"""What is refused of a workbook instead of read wrongly."""

import re

import pytest

from tests.books.accounts.filing import AGREED, HEADERS, SPENT, repacked, workbook
from tests.books.accounts.forms import refusal, told


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


def test_an_error_that_was_pasted_as_a_value_is_no_empty_cell(tmp_path):
    def broken(name: str, xml: bytes) -> bytes:
        found = re.sub(rb'<c r="H2"[^>]*>.*?</c>', b'<c r="H2" t="e"><v>#N/A</v></c>', xml, count=1)
        return found if b"sheet1" in name.encode() else xml

    path = repacked(workbook(tmp_path / "npo.xlsx", (SPENT,)), broken)
    assert refusal(path) == "npo.xlsx, Besteding, cell H2: holds an error (as #N/A); type its value"


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
