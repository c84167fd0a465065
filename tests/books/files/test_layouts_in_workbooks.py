"""Files of every kind in workbooks of every age, and what programs do to codes on the way."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.errors import Refused
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.read_delivery import read_delivery
from tests.books.files import layouts
from tests.books.files.layouts import LAYOUTS, Layout, write
from tests.books.files.workbooks import MAKERS
from tests.reading import rows

DAY = date(2020, 10, 1)
READ = [one for one in LAYOUTS if one.kind not in kinds.READ_AS_TEXT]
KNOWN = pl.Series(["01AA00", "01AB00"])


def found(folder: Path, data: bytes | str, *, name: str = "t.x") -> list[DeliveredFile]:
    return recognise_delivery([write(folder, name, data)], DAY)


def taken(folder: Path, data: bytes | str, *, name: str = "t.x") -> FileResult:
    return read_delivery(found(folder, data, name=name), KNOWN, lambda *_: None)[0]


def refusal(folder: Path, data: bytes | str, *, name: str = "t.x") -> str:
    with pytest.raises(Refused) as refused:
        found(folder, data, name=name)
    return str(refused.value)


def sheet(layout: Layout, *changes: dict, above: int = 0) -> list[tuple]:
    written = [{**layout.row, **change} for change in changes or ({},)]
    return [*[()] * above, tuple(layout.row), *(tuple(row.values()) for row in written)]


@pytest.mark.parametrize("form", MAKERS)
def test_a_file_of_any_kind_is_the_same_in_a_workbook(tmp_path: Path, form: str):
    # One workbook with a sheet for each.
    files = found(tmp_path, MAKERS[form]({one.kind.name: sheet(one, above=2) for one in READ}))
    for layout, book in zip(READ, files, strict=True):
        (text,) = found(tmp_path, layout.lines(), name="t.csv")
        assert (book.kind, book.encoding, book.reference_date) == (layout.kind, form, text.reference_date)
        one, other = (next(file.blocks()).select(layout.kind.columns) for file in (text, book))
        assert one.equals(other), layout.kind.name
        assert next(book.blocks())["line"].to_list() == [4]


@pytest.mark.parametrize("layout", [one for one in LAYOUTS if one not in READ], ids=lambda one: one.kind.name)
def test_registers_and_reports_of_boards_are_not_read_from_any_workbook(tmp_path: Path, layout: Layout):
    kind = layout.kind
    form = "ods" if layout is layouts.REGISTER_PO else "xlsx"
    assert refusal(tmp_path, MAKERS[form]({"Blad1": sheet(layout)})) == (
        f"t.x, sheet 'Blad1': is of kind {kind.name} ({kind.label}), which is not read from a workbook; save the "
        "sheet as CSV (UTF-8)"
    )


@pytest.mark.parametrize("form", MAKERS)
def test_each_sheet_of_a_known_kind_is_a_file_and_the_others_are_named(tmp_path: Path, form: str):
    book = MAKERS[form](
        {
            "Uitleg": [("Peildatum", "1 oktober")],
            "CUMI": sheet(layouts.CUMI),
            "Adressen": sheet(layouts.ADDRESSES_BO),
        }
    )
    files = found(tmp_path, book)
    assert [(one.name, one.kind.name) for one in files] == [
        ("t.x, CUMI", "cumi"),
        ("t.x, Adressen", "addresses_bo"),
    ]
    assert files[0].remarks == ("t.x: of its sheets these are of no known kind and are not read: Uitleg",)


@pytest.mark.parametrize("form", MAKERS)
def test_codes_that_a_spreadsheet_took_for_numbers_are_codes_again_with_a_remark(tmp_path: Path, form: str):
    changed = {"BEVOEGD GEZAG NUMMER": 249, "VESTIGINGSNUMMER": 0, "GEMEENTENUMMER": 114.0}
    found = taken(tmp_path, MAKERS[form]({"Blad1": sheet(layouts.ADDRESSES_VO, changed, above=1)}))
    assert rows(found.facts, "vestiging", "board", "municipality_number") == [("01AA00", "00249", "0114")]
    assert found.rejected == 0
    words = "t.x: a program took {} of 1 rows for numbers; they are read as codes (first line 3: {} as {})"
    assert found.remarks == (
        words.format("BEVOEGD_GEZAG_NUMMER", 249, "00249"),
        words.format("VESTIGINGSNUMMER", 0, "00"),
        words.format("GEMEENTENUMMER", 114, "0114"),
    )


@pytest.mark.parametrize(
    ("hour", "brin"), [("03:00:00", "03AM"), ("15:00:00", "03PM"), ("00:00:00", None), ("12:00:00", None)]
)
def test_a_brin_that_is_an_hour_to_a_spreadsheet_is_read_where_it_can_be_one_school_only(
    tmp_path: Path, hour: str, brin: str | None
):
    row = {"BRIN NUMMER": f"1899-12-31 {hour}", "VESTIGINGSNUMMER": "00"}
    found = taken(tmp_path, MAKERS["xlsx"]({"Blad1": sheet(layouts.ADDRESSES_VO, row)}))
    assert found.facts["vestiging"].to_list() == ([f"{brin}00"] if brin else [])
    assert found.rejected == (0 if brin else 1)
    if brin is None:
        assert "is a time, which a spreadsheet makes of a code as 12AM" in found.messages["message"][0]


EXPORT = replace(layouts.ADDRESSES_BO, row={"_id": "1", **layouts.ADDRESSES_BO.row})


def test_the_export_of_the_portal_gets_its_zeros_back_and_any_other_text_file_does_not(tmp_path: Path):
    short = {"BEVOEGD GEZAG NUMMER": "249"}
    found = taken(tmp_path, "\ufeff" + EXPORT.lines(short, separator=","))
    assert (found.facts["board"].to_list(), found.rejected) == (["00249"], 0)
    assert "first line 2: 249 as 00249" in found.remarks[0]
    other = taken(tmp_path, layouts.ADDRESSES_BO.lines(short))
    assert rows(other.rejections, "rule", "column_name") == [("unknown_code", "BEVOEGD_GEZAG_NUMMER")]
    wrong = taken(tmp_path, EXPORT.lines({"BEVOEGD GEZAG NUMMER": "123456"}, separator=","))
    assert (wrong.rejected, wrong.remarks) == (1, ())


def test_totals_of_the_portal_get_their_zeros_back(tmp_path: Path):
    found = taken(tmp_path, layouts.PUPILS_PO_TOTALS.lines({"VESTIGINGSCODE": "0"}))
    assert rows(found.counts, "vestiging", "pupils") == [("01AA00", 9)]
    assert "first line 2: 0 as 00" in found.remarks[0]


def test_all_fields_may_be_quoted_and_a_vestiging_has_two_or_six_characters(tmp_path: Path):
    lines = layouts.PUPILS_PO_TOTALS.lines({}, {"TYPE_PO": "SBO", "VESTIGINGSCODE": "00"})
    quoted = "\ufeff" + "".join('"' + line.replace(";", '";"') + '"\r\n' for line in lines.splitlines())
    found = taken(tmp_path, quoted)
    assert rows(found.counts, "vestiging", "school_type", "pupils") == [("01AA00", "bao", 9), ("01AA00", "sbo", 9)]


def test_of_a_file_of_several_years_that_of_the_reference_date_is_read(tmp_path: Path):
    lines = layouts.PUPILS_PO_TOTALS.lines({"PEILJAAR": "2019"}, {"AANTAL_LEERLINGEN": "10"}, {"PEILJAAR": "2021"})
    found = taken(tmp_path, lines)
    assert rows(found.counts, "vestiging", "pupils") == [("01AA00", 10)]
    assert (found.rows, found.file.reference_date) == (1, DAY)
    assert found.remarks == ("t.x: 1 rows of 2020 are read, and 2 rows of other years are left out",)
    with pytest.raises(Refused) as refused:
        recognise_delivery([tmp_path / "t.x"], None)
    assert str(refused.value) == (
        "t.x, line 3: PEILJAAR is 2020, but 2019 above; name the one that is meant, as --reference-date 2020-10-01"
    )
    with pytest.raises(Refused, match="line 3: PEILJAAR is 2020, but 2019 above"):
        recognise_delivery([tmp_path / "t.x"], date(2017, 10, 1))


def test_a_fault_in_one_file_is_of_that_file_alone_and_every_remark_names_its_file(tmp_path: Path):
    changed = {"BEVOEGD GEZAG NUMMER": "249", "VESTIGINGSNUMMER": "01AA00"}
    files = {
        "addresses.csv": EXPORT.lines(changed, separator=","),
        "cumi.csv": layouts.CUMI.lines({}, {"CUMI": "J"}, {"AANTAL_LEERLINGEN": "<5", "TYPE_PO": "VSO"}),
        "totals.xlsx": MAKERS["xlsx"](
            {"Uitleg": [("a", "b")], "Totalen": sheet(layouts.PUPILS_PO_TOTALS, {}, {"TYPE_PO": "X"})}
        ),
        "scores.csv": layouts.SCORES.lines({}, {"School (BRIN vestiging)": "1AB00"}),
    }
    paths = [write(tmp_path, name, data) for name, data in files.items()]
    together = read_delivery(recognise_delivery(paths, DAY), KNOWN, lambda *_: None)
    for one in together:
        alone = taken(tmp_path, files[one.file.name], name=one.file.name)
        assert (one.rows, one.rejected, one.remarks) == (alone.rows, alone.rejected, alone.remarks)
        for frame in ("counts", "ranges", "scores", "facts", "rejections"):
            assert getattr(one, frame).equals(getattr(alone, frame)), (one.file.name, frame)
        assert all(remark.startswith(f"{one.file.name}: ") for remark in one.remarks)
    assert [(one.file.name, one.rejected, len(one.remarks)) for one in together] == [
        ("addresses.csv", 0, 1),
        ("cumi.csv", 1, 1),
        ("scores.csv", 1, 0),
        ("totals.xlsx", 1, 1),
    ]


RECONCILE, NOTHING = "it is compared with a decision by `npo reconcile`", "it is used for nothing here"
_PAID = "TOTAAL_AANTAL_LEERLINGEN;BESTRIJDING_ONDERWIJSACHTERSTANDEN"
_BALANCE = "BEVOEGD GEZAG NUMMER;GROEPERING;BEVOEGD GEZAG NAAM;JAAR"
_DECIDED = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;SCHOOLJAAR;ONDERDEEL;BEDRAG;DATUM;KENMERK"
OTHERS = {
    f"Brin;OWBGNUMMER;{_PAID};TOTAAL": ("personele bekostiging", RECONCILE),
    f"PEILDATUM;BRIN_NUMMER;BEVOEGD_GEZAG_NUMMER;{_PAID}": ("personele bekostiging", RECONCILE),
    "BRIN_NUMMER;TOTAAL_AANTAL_LEERLINGEN;MATERIELE_INSTANDHOUDING": ("funding per school", RECONCILE),
    _DECIDED: ("decisions of others", RECONCILE),
    f"{_BALANCE};1.1 - IMMATERIELE VASTE ACTIVA": ("a balance sheet", NOTHING),
    f"{_BALANCE};3.1 - RIJKSBIJDRAGEN": ("a balance sheet", NOTHING),
    "BRIN NUMMER;VESTIGINGSNUMMER;SCHOOLWEGING;SPREIDING": ("school weights", NOTHING),
    "PEILDATUM;BRIN_NUMMER;VESTIGINGSNUMMER;GEWICHT;LEEFTIJD_4;TOTAAL": ("pupils by weight", NOTHING),
    "INSTELLINGSCODE;VESTIGINGSCODE;TYPE_PO;PEILJAAR;NOAT;AANTAL_LEERLINGEN": ("pupils by the country", NOTHING),
    "mapping:": ("a mapping", "`npo reconcile --mapping`"),
}


@pytest.mark.parametrize("header", OTHERS)
def test_a_file_of_another_kind_is_refused_by_what_it_looks_like_and_where_it_belongs(tmp_path: Path, header: str):
    looks, belongs = OTHERS[header]
    said = refusal(tmp_path, f"{header}\n{';'.join('1' for _ in header.split(';'))}\n")
    assert said.startswith(f"t.x, line 1: looks like {looks}")
    assert said.endswith(belongs)
    if ";" in header:
        book = MAKERS["xlsx"]({"Blad": [(), header.split(";"), ["1"] * header.count(";") + ["1"]]})
        assert refusal(tmp_path, book).startswith(f"t.x, sheet 'Blad', line 2: looks like {looks}")
