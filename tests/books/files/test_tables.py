"""Tables of any layout: text and workbooks of every age give the same rows of text, with their lines."""

from datetime import date
from pathlib import Path

import pytest

from npo_pipeline.delivery.source_files import source_files
from npo_pipeline.delivery.table_file import Table, read_table
from npo_pipeline.errors import Refused
from tests.books.files import workbooks
from tests.books.files.layouts import write
from tests.books.files.workbooks import MAKERS

TABLE = (
    ("Vastgesteld op 1 oktober",),
    (),
    ("Brin nummer", "Bevoegd gezag", "Peildatum", "Bedrag", "Soort", None),
    ("01AA", 249, date(2020, 10, 1), 701.16, "Bo", "a"),
    ("01AB", "00249", "2020-10-01", 3 * 701.16, "", None),
    (),
    ("Bron: DUO",),
)
MADE = {form: make({"Leeg": (), "Bedragen": TABLE}) for form, make in MAKERS.items()}


def read(folder: Path, data: bytes | str, **asked) -> Table:
    return read_table(source_files([write(folder, "t.x", data)])[0], **asked)


def refusal(folder: Path, data: bytes | str, **asked) -> str:
    with pytest.raises(Refused) as refused:
        read(folder, data, **asked)
    return str(refused.value)


@pytest.mark.parametrize("form", MADE)
def test_the_header_is_found_and_cells_are_the_text_that_a_csv_would_have(tmp_path: Path, form: str):
    table = read(tmp_path, MADE[form])
    assert (table.form, table.sheet, table.header_row) == (form, "Bedragen", 3)
    assert table.headings == ("Brin nummer", "Bevoegd gezag", "Peildatum", "Bedrag", "Soort", "")
    assert table.columns == ("BRIN_NUMMER", "BEVOEGD_GEZAG", "PEILDATUM", "BEDRAG", "SOORT", "(COLUMN_6)")
    assert table.rows.rows() == [
        (4, "01AA", "249", "20201001", "701.16", "Bo", "a"),
        (5, "01AB", "00249", "20201001", "2103.48", "", ""),
    ]


@pytest.mark.parametrize("form", MADE)
def test_a_sheet_and_the_line_of_its_header_can_be_asked_for(tmp_path: Path, form: str):
    table = read(tmp_path, MADE[form], sheet="bedragen", header_row=4)
    assert table.headings == (
        "01AA",
        "249",
        "2020-10-01 00:00:00" if form != "ods" else "2020-10-01",
        "701.16",
        "Bo",
        "a",
    )
    assert (table.rows["line"].to_list(), table.sheets) == ([5], ("Leeg", "Bedragen"))


def test_a_sheet_or_a_line_that_is_not_there_is_refused(tmp_path: Path):
    assert "t.x: has no sheet 'Totaal'; its sheets are 'Leeg', 'Bedragen'" in refusal(
        tmp_path, MADE["xlsx"], sheet="Totaal"
    )
    assert refusal(tmp_path, MADE["xlsx"], sheet="Leeg").startswith("t.x: has nothing on sheet 'Leeg'")
    asked = refusal(tmp_path, MADE["xlsx"], sheet="Bedragen", header_row=90)
    assert asked == "t.x, sheet 'Bedragen': has 7 rows, and no header on line 90"


def test_a_text_file_is_read_as_ever(tmp_path: Path):
    table = read(tmp_path, "Brin nummer;\n01AA;249\n\n01AB; 250 \n".encode("cp1252"))
    assert (table.form, table.sheet, table.columns) == ("csv", None, ("BRIN_NUMMER", "(COLUMN_2)"))
    assert table.rows.rows() == [(2, "01AA", "249"), (4, "01AB", "250")]
    below = read(tmp_path, "Titel\n;;\nA;B\n1;2\n", header_row=3)
    assert (below.columns, below.rows.rows()) == (("A", "B"), [(4, "1", "2")])
    assert refusal(tmp_path, "A;B\n1;2\n", header_row=9) == "t.x: has 2 lines, and no header on line 9"
    assert "has no sheet 'X'" in refusal(tmp_path, "A;B\n1;2\n", sheet="X")


@pytest.mark.parametrize("form", MADE)
def test_the_first_sheet_with_the_header_that_is_looked_for_is_read(tmp_path: Path, form: str):
    data = MAKERS[form]({"Een": (("A", "B"), (1, 2)), "Twee": (("x",), ("B", "C"), (3, 4))})
    assert read(tmp_path, data).sheet == "Een"
    wanted = read(tmp_path, data, is_header=lambda columns: {"B", "C"} <= columns)
    assert (wanted.sheet, wanted.rows.rows()) == ("Twee", [(3, "3", "4")])


@pytest.mark.parametrize("above", ["Overzicht\n\n", "Bestuur;12345;\n;;\n", "Overzicht, met kosten, van 1\n"])
def test_a_text_file_may_have_titles_above_the_header_that_is_looked_for(tmp_path: Path, above: str):
    found = read(tmp_path, f"{above}A;B;C\n1;2;3\n", is_header=lambda columns: {"B", "C"} <= columns)
    assert (found.columns, found.rows.rows()) == (("A", "B", "C"), [(above.count("\n") + 2, "1", "2", "3")])


def test_the_header_of_a_text_file_without_the_one_that_is_looked_for_is_the_first_line_well_filled(
    tmp_path: Path,
):
    for above in ("", "Overzicht\n\n", "Overzicht;;\n"):
        assert read(tmp_path, f"{above}A;B;C\n1;2;3\n", is_header=lambda columns: "D" in columns).columns == tuple(
            "ABC"
        )


def test_what_is_no_table_is_refused(tmp_path: Path):
    make = workbooks.xlsx
    assert "holds a header and no rows" in refusal(tmp_path, make({"Een": (("A", "B"),)}))
    assert refusal(tmp_path, make({"Een": (("A", "B", "a"), (1, 2, 3))})) == (
        "t.x, sheet 'Een', line 1: column A stands twice; keep one of them"
    )
    assert "header of a table" in refusal(tmp_path, make({"Een": (("Titel",), ("tekst",))}))
    assert refusal(tmp_path, make({"Een": ()})).startswith("t.x: has nothing on sheet 'Een'")


@pytest.mark.parametrize("form", MADE)
def test_a_workbook_that_is_cut_off_is_refused(tmp_path: Path, form: str):
    for share in (0.1, 0.5, 0.9):
        assert refusal(tmp_path, MADE[form][: int(len(MADE[form]) * share)]).startswith("t.x: is no readable")


def test_a_cell_in_a_far_corner_of_an_old_workbook_does_not_take_all_memory(tmp_path: Path):
    rows = [[None] * 255 + ["x"], *[()] * 60_000, ["x"]]
    assert refusal(tmp_path, workbooks.xls({"Een": rows})) == (
        "t.x: a sheet reaches to row 60.002, column 256; clear the cells outside the table"
    )
