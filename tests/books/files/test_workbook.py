"""The CBS workbook: `Tabel 1` as rows, and what is refused instead of read wrongly."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from npo_pipeline.delivery import workbook
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.errors import Refused
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.read_delivery import read_delivery
from schemas import files as models
from tests.books.files import layouts
from tests.books.files.layouts import write
from tests.reading import rows

DAY = date(2020, 10, 1)
HEADER = ("School (BRIN vestiging)", "Aantal bekostigde leerlingen", "Achterstandsscore", "")
Fill = Callable[[Any], None]


def book(
    *schools: tuple, title: str = "", sheet: str = "Tabel 1", header: tuple = HEADER, more: Fill | None = None
):
    """A workbook as CBS makes it: title in row 1, header in row 4, a blank row, the schools from row 6."""
    data = io.BytesIO()
    whole = xlsxwriter.Workbook(data, {"in_memory": True})
    page = whole.add_worksheet(sheet)
    page.write(0, 0, title)
    page.write_row(3, 0, header)
    for number, school in enumerate(schools, 5):
        page.write_row(number, 0, school)
    page.write(6 + len(schools), 0, "Bron: CBS.")
    page.write(7 + len(schools), 0, "a = onbetrouwbaar")
    if more:
        more(page)
    whole.close()
    return data.getvalue()


def taken(folder: Path, data: bytes, name: str = "cbs.xlsx", day: date | None = DAY) -> FileResult:
    known = pl.Series(["01AA00", "01AB00"])
    return read_delivery(recognise_delivery([write(folder, name, data)], day), known, lambda *_: None)[0]


def refusal(folder: Path, data: bytes, name: str = "cbs.xlsx") -> str:
    with pytest.raises(Refused) as refused:
        taken(folder, data, name)
    return str(refused.value)


def test_the_schools_of_tabel_1_and_not_its_footnotes(tmp_path: Path):
    found = taken(tmp_path, book(("01AA00", 222, 33.02, "a"), ("01AB00", 5, 0, "")))
    assert rows(found.scores.cast({"score": pl.String}), "vestiging", "score", "pupils") == [
        ("01AA00", "33.02", 222),
        ("01AB00", "0.00", 5),
    ]
    assert found.rows == 2
    assert found.rejected == 0


def test_its_name_says_nothing(tmp_path: Path):
    assert taken(tmp_path, book(("01AA00", 222, 33.02)), "scores.csv").file.kind.name == "scores"


def test_the_date_in_the_title_is_its_date(tmp_path: Path):
    data = book(("01AA00", 222, 33.02), title="Achterstandsscores basisscholen, 1 oktober 2019")
    assert taken(tmp_path, data, day=None).file.reference_date == date(2019, 10, 1)
    with pytest.raises(Refused, match=r"^cbs\.xlsx: is of 2019-10-01, not of 2020-10-01"):
        taken(tmp_path, data)


def test_a_refused_row_is_named_by_the_row_of_the_sheet(tmp_path: Path):
    found = taken(tmp_path, book(("01AA00", 222, 33.02), ("01AB00", "veel", -1), ("1AB00", 3, 1)))
    assert rows(found.rejections.sort("line", "rule"), "line", "rule", "column_name", "value") == [
        (7, "negative", models.SCORE, "-1"),
        (7, "not_a_number", models.SCORED_PUPILS, "veel"),
        (8, "unknown_code", models.SCHOOL, "1AB00"),
    ]


def test_a_cell_with_a_formula_counts_as_what_is_seen_in_it(tmp_path: Path):
    found = taken(
        tmp_path, book(("01AA00", 222), more=lambda page: page.write_formula(5, 2, "=33+0.02", None, 33.02))
    )
    assert found.scores["score"].cast(pl.String).to_list() == ["33.02"]


def test_a_cell_with_an_error_has_no_value(tmp_path: Path):
    found = taken(
        tmp_path, book(("01AA00", 222), more=lambda page: page.write_formula(5, 2, "=1/0", None, "#DIV/0!"))
    )
    assert rows(found.rejections, "line", "rule", "column_name") == [(6, "missing_value", models.SCORE)]


def test_a_score_with_more_decimals_than_two_is_refused_and_not_rounded(tmp_path: Path):
    assert taken(tmp_path, book(("01AA00", 222, 33.025))).rejections["rule"].to_list() == ["not_a_number"]
    assert taken(tmp_path, book(("01AA00", 222, 0.1 + 0.2))).scores["score"].cast(pl.String).to_list() == ["0.30"]


def test_a_workbook_of_something_else_is_refused(tmp_path: Path):
    said = refusal(
        tmp_path, book(("a", "b", "c", "d"), sheet="Blad1", header=("School", "Groep", "Score", "Klas"))
    )
    assert said == (
        "cbs.xlsx, sheet 'Blad1', line 4: is of no known kind (none of its 4 columns is known); take it out of "
        "the delivery, or mend its header"
    )
    said = refusal(tmp_path, book(("a", "b", "c"), header=("School", "Groep", "Score")))
    assert "'Tabel 1', line 4: is of no known kind" in said


def test_an_open_document_that_is_none_is_refused(tmp_path: Path):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    assert refusal(tmp_path, whole.getvalue()).startswith("cbs.xlsx: is no readable workbook")


def test_a_column_that_is_missing_or_doubled_is_named(tmp_path: Path):
    assert refusal(tmp_path, book(("01AA00", 222, 1), header=(*HEADER[:2], "Score"))) == (
        "cbs.xlsx, sheet 'Tabel 1', line 4: column ACHTERSTANDSSCORE is missing; have it sent again"
    )
    assert refusal(tmp_path, book(("01AA00", 222, 1, 2), header=(*HEADER[:3], HEADER[2]))) == (
        "cbs.xlsx, sheet 'Tabel 1', line 4: column ACHTERSTANDSSCORE stands twice; keep one of them"
    )


def test_a_workbook_without_a_school_is_refused(tmp_path: Path):
    assert "holds a header and no rows" in refusal(tmp_path, book())


def test_a_zip_of_tables_that_is_called_xlsx_is_refused(tmp_path: Path):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("cumi.csv", layouts.CUMI.lines())
    assert refusal(tmp_path, whole.getvalue()) == (
        "cbs.xlsx: is a zip and no workbook; give the zip by itself, or unpack it"
    )


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_workbook_that_is_cut_off_is_refused(tmp_path: Path, share: float):
    data = book(("01AA00", 222, 33.02))
    assert "cbs.xlsx: is no readable workbook" in refusal(tmp_path, data[: int(len(data) * share)])


def repacked(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same workbook with each part changed; its checksums are right again."""
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return whole.getvalue()


def test_a_workbook_with_broken_insides_is_refused(tmp_path: Path):
    data = book(("01AA00", 222, 33.02))
    for part in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"):
        broken = repacked(data, lambda name, xml, part=part: xml[: len(xml) // 2] if name == part else xml)
        assert refusal(tmp_path, broken).startswith("cbs.xlsx")


def test_a_workbook_that_unpacks_to_very_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 1_000)
    assert "cbs.xlsx: unpacks to more than" in refusal(tmp_path, book(("01AA00", 222, 33.02)))
    monkeypatch.setattr(workbook, "MAX_SIZE", 1_000)
    assert "cbs.xlsx: is larger than" in refusal(tmp_path, book(("01AA00", 222, 33.02)))


_WITH_TWO_GIGABYTES = """
import resource, sys
from pathlib import Path
from npo_pipeline.errors import Refused
from npo_pipeline.delivery.recognise import recognise_delivery
resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
try:
    recognise_delivery([Path(sys.argv[1])], None)
except Refused as refused:
    print(refused)
"""


def test_one_cell_in_a_far_corner_is_refused_and_does_not_take_all_memory(tmp_path: Path):
    path = write(
        tmp_path, "cbs.xlsx", book(("01AA00", 1, 1), more=lambda page: page.write(1_048_575, 16_383, "x"))
    )
    done = subprocess.run(
        [sys.executable, "-c", _WITH_TWO_GIGABYTES, path], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == (
        "cbs.xlsx: xl/worksheets/sheet1.xml reaches to row 1.048.576, column 16.384; "
        "clear the cells outside the table"
    )


def test_a_long_or_a_wide_sheet_is_read(tmp_path: Path):
    far = book(("01AA00", 222, 33.02), more=lambda page: (page.write(5, 300, "x"), page.write(9_000, 0, "x")))
    assert taken(tmp_path, far).rows == 1
