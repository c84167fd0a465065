"""A file is what its header says, whatever its name and its dialect (contract, section 2)."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.kinds import KINDS
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.delivery.validate import validate_rows, with_messages
from npo_pipeline.errors import Refused
from npo_pipeline.intake.read_delivery import read_delivery
from tests.books.files import layouts
from tests.books.files.layouts import LAYOUTS, Layout, write

DAY = date(2020, 10, 1)
every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.kind.name)


def recognised(folder: Path, text: str | bytes, name: str = "x.csv") -> DeliveredFile:
    return recognise_delivery([write(folder, name, text)], DAY)[0]


def refusal(folder: Path, text: str | bytes, name: str = "x.csv") -> str:
    with pytest.raises(Refused) as refused:
        recognised(folder, text, name)
    return str(refused.value)


def test_every_kind_has_a_layout_here():
    assert {layout.kind.name for layout in LAYOUTS} == {kind.name for kind in KINDS}


@every_layout
def test_a_file_is_known_by_its_header(layout: Layout, tmp_path: Path):
    assert recognised(tmp_path, layout.lines()).kind is layout.kind


@every_layout
def test_the_name_of_a_file_says_nothing(layout: Layout, tmp_path: Path):
    assert recognised(tmp_path, layout.lines(), "achterstandsscores.xlsx").kind is layout.kind


@every_layout
def test_the_order_of_the_columns_and_a_column_more_say_nothing(layout: Layout, tmp_path: Path):
    turned = Layout(layout.kind, {"NIEUW": "1", **dict(reversed(layout.row.items()))})
    assert recognised(tmp_path, turned.lines()).kind is layout.kind


def test_the_separator_is_the_one_there_is_most_of(tmp_path: Path):
    text = layouts.CUMI.lines(separator=",").replace("CUMI,", 'CUMI,"OUD; VERVALLEN",').replace("1,7", "1,x,7")
    assert recognised(tmp_path, text).kind is layouts.CUMI.kind


@every_layout
def test_both_header_generations_are_read(layout: Layout, tmp_path: Path):
    older = layout.lines().replace("INSTELLINGSCODE", "BRIN NUMMER").replace("VESTIGINGSCODE", "VESTIGINGSNUMMER")
    newer = older.replace("BRIN NUMMER", "INSTELLINGSCODE").replace("BRIN_NUMMER", "INSTELLINGSCODE")
    newer = newer.replace("VESTIGINGSNUMMER", "VESTIGINGSCODE")
    found = [next(recognised(tmp_path, text).blocks()) for text in (older, newer)]
    assert found[0].equals(found[1])
    assert set(layout.kind.columns) <= set(found[1].columns)


@every_layout
def test_a_header_in_small_letters_with_spaces_and_quotes_is_read(layout: Layout, tmp_path: Path):
    header, row = layout.lines().splitlines()
    loose = ";".join(f'"  {name.lower()} "' for name in header.split(";"))
    assert recognised(tmp_path, f"{loose}\n{row}\n").kind is layout.kind


@every_layout
def test_a_column_that_is_missing_is_named(layout: Layout, tmp_path: Path):
    for column in layout.kind.required_columns:
        if "CUMI" in layout.row and column == "CUMI":
            continue  # Without it the header is that of the totals.
        row = {name: value for name, value in layout.row.items() if layouts.normal_name(name) != column}
        said = refusal(tmp_path, Layout(layout.kind, row).lines())
        assert said.startswith("x.csv, line 1: ")
        known = [name for name in map(layouts.normal_name, row) if name in layout.kind.columns]
        if len(known) > 1:
            assert f"but lacks {column};" in said
        else:
            assert f"is of no known kind (of its {len(row)} columns only {known[0]} is known)" in said


@every_layout
def test_a_column_that_stands_twice_is_named(layout: Layout, tmp_path: Path):
    column = next(iter(layout.row))
    header, row = layout.lines().splitlines()
    said = refusal(tmp_path, f"{header};{column}\n{row};1\n")
    assert said == f"x.csv, line 1: column {layouts.normal_name(column)} stands twice; keep one of them"


def test_both_generations_of_one_column_are_that_column_twice(tmp_path: Path):
    text = layouts.CUMI.lines().replace("TYPE_PO", "BRIN NUMMER")
    assert "column BRIN_NUMMER stands twice" in refusal(tmp_path, text)


def test_a_header_that_comes_near_is_told_which_column_to_mend(tmp_path: Path):
    assert refusal(tmp_path, layouts.REGISTER_PO.lines().replace("SOORT_PO", "SOORT_P0")) == (
        "x.csv, line 1: looks like a file of kind register_po (pupil register, po) but lacks SOORT_PO; "
        "its column SOORT_P0 comes near: mend the header"
    )


def test_an_unknown_file_is_refused_by_its_name_and_nothing_of_it_is_shown(tmp_path: Path):
    register = layouts.REGISTER_PO.lines().splitlines()[1]
    for text in ("kolom;nog een\n1;2\n", f"{register}\n{register}\n", "P000000000001\n", "\n\n"):
        said = refusal(tmp_path, text, "brief.txt")
        assert said.startswith("brief.txt, line 1: is of no known kind")
        assert "P0000" not in said
        assert "NOG" not in said


def test_one_unknown_file_refuses_the_delivery(tmp_path: Path):
    known = write(tmp_path, "known.csv", layouts.CUMI.lines())
    with pytest.raises(Refused, match=r"^other\.csv, line 1: is of no known kind"):
        recognise_delivery([known, write(tmp_path, "other.csv", "a;b\n1;2\n")], DAY)


def test_the_list_of_planted_faults_is_passed_over(tmp_path: Path):
    planted = write(tmp_path, "planted.csv", "file;line;rule\nx.csv;2;negative\n")
    assert [
        one.kind.name for one in recognise_delivery([planted, write(tmp_path, "x.csv", layouts.CUMI.lines())], DAY)
    ] == ["cumi"]


def test_an_empty_file_is_refused(tmp_path: Path):
    assert refusal(tmp_path, "") == "x.csv: is empty; have it sent again"


@every_layout
@pytest.mark.parametrize("rest", ["", "\n", "\n\n  \n"], ids=["no line end", "line end", "blank lines"])
def test_a_header_alone_is_refused(layout: Layout, rest: str, tmp_path: Path):
    header = layout.lines().splitlines()[0]
    path = write(tmp_path, "x.csv", header + rest)
    with pytest.raises(Refused, match=r"^x\.csv: holds a header and no rows"):
        read_delivery(recognise_delivery([path], DAY), pl.Series([], dtype=pl.String), lambda *_: None)


def test_a_first_line_that_is_no_header_at_all_is_one_line_of_refusal(tmp_path: Path):
    assert "is no header" in refusal(tmp_path, "x" * 200_000 + "\n")  # longer than any field may be
    assert "is no header" in refusal(tmp_path, "A;B\rC;D\n1;2\n")
    assert "is of no known kind" in refusal(tmp_path, '"A;B\n1;2\n')


def test_a_header_of_very_many_columns_is_refused_at_once(tmp_path: Path):
    said = refusal(tmp_path, ";".join(f"k{number}" for number in range(120_000)) + "\n")
    assert "none of its 120000 columns is known" in said


@pytest.mark.parametrize(
    ("layout", "column", "wrong", "right"),
    [
        (layouts.PUPILS_PO, "PEILDATUM", "1-10-2020", "20201001"),
        (layouts.NEWCOMERS_VO, "PEILDATUM", "", "20201001"),
        (layouts.CUMI, "PEILJAAR", "2020-2021", "2020"),
    ],
)
def test_a_date_that_cannot_be_read_is_named_as_the_cause(tmp_path, layout, column, wrong, right):
    path = write(tmp_path, "x.csv", layout.lines({column: wrong}))
    with pytest.raises(Refused) as refused:
        recognise_delivery([path], None)
    said = f"x.csv, line 2: {column} '{wrong}' is no date, so nothing says of which day the file is"
    assert str(refused.value) == f"{said}; write it as {right}"


def test_a_fault_in_another_column_does_not_take_the_date_of_a_file_away(tmp_path):
    path = write(tmp_path, "x.csv", layouts.PUPILS_PO.lines({"VESTIGINGSNUMMER": "0"}))
    (found,) = recognise_delivery([path], None)
    assert str(found.reference_date) == "2020-10-01"


@pytest.mark.parametrize(
    ("layout", "column", "wrong", "right"),
    [
        (layouts.PUPILS_PO, "VESTIGINGSNUMMER", "0", "00"),
        (layouts.PUPILS_PO, "BRIN_NUMMER", "1AA", "01AA"),
        (layouts.PUPILS_PO, "BEVOEGD_GEZAG_NUMMER", "249", "00249"),
        (layouts.CHANGES, "VESTIGING", "1AA00", "01AA00"),
    ],
)
def test_a_code_that_lost_its_leading_zeros_says_so(layout, column, wrong, right):
    found = with_messages(validate_rows(layout.frame({column: wrong}), layout.kind.model).rejections)
    assert found.filter(column_name=column)["message"].to_list() == [
        f"{column} '{wrong}' has lost its leading zeros, as codes do in Excel; write {right}"
    ]


@pytest.mark.parametrize(
    ("layout", "column", "wrong", "said"),
    [
        (layouts.PUPILS_PO, "BRIN_NUMMER", "01aA", "is written in small letters; write 01AA"),
        (layouts.CHANGES, "VESTIGING", "01aa00", "is written in small letters; write 01AA00"),
        (
            layouts.PUPILS_PO,
            "VESTIGINGSNUMMER",
            "99ZZ00",
            "does not begin with the BRIN of its row; correct the one or the other",
        ),
        (layouts.PUPILS_PO, "BRIN_NUMMER", "Totaal", "is no code that may stand there; correct it at the source"),
        (layouts.CHANGES, "INGANGSDATUM", "1-11-2021", "is no day, or is not written as 20201001 or 2020-10-01"),
    ],
)
def test_what_is_wrong_with_a_value_is_said(layout, column, wrong, said):
    found = with_messages(validate_rows(layout.frame({column: wrong}), layout.kind.model).rejections)
    assert found.filter(column_name=column)["message"].to_list() == [f"{column} '{wrong}' {said}"]


def test_a_file_of_corrections_may_begin_with_a_byte_order_mark(tmp_path):
    write(tmp_path, "x.csv", layouts.CUMI.lines())
    write(tmp_path, "x.yaml", "\ufeffcorrections: []\n")
    with pytest.raises(Refused, match=r"x\.yaml, line 1: corrections"):
        recognise_delivery([tmp_path], date(2020, 10, 1))
