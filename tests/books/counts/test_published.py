"""Files that already count, as DUO and CBS publish them; whichever is used, the pupils are the same."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.errors import Refused
from npo_pipeline.intake import parse
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.read_delivery import read_delivery
from npo_pipeline.intake.source_precedence import differences, select_sources
from npo_pipeline.intake.supersession import refuse_duplicate_counts
from npo_pipeline.intake.table_rows import delivery_rows
from tests.books.files import layouts
from tests.books.files.layouts import Layout, write
from tests.reading import rows

DAY = date(2020, 10, 1)
KNOWN = pl.Series(["01AA00", "01AA01", "01AB00", "02AA00"])
AA00, AA01, AB00 = (
    {"BRIN_NUMMER": brin, "VESTIGINGSNUMMER": number}
    for brin, number in (("01AA", "00"), ("01AA", "01"), ("01AB", "00"))
)


def newer(place: dict[str, str]) -> dict[str, str]:
    return {"INSTELLINGSCODE": place["BRIN_NUMMER"], "VESTIGINGSCODE": place["VESTIGINGSNUMMER"]}


def taken(folder: Path, *files: tuple[Layout, list[dict[str, str]]], known: pl.Series = KNOWN) -> list[FileResult]:
    paths = [
        write(folder, f"{number}-{layout.kind.name}.csv", layout.lines(*changes))
        for number, (layout, changes) in enumerate(files)
    ]
    return read_delivery(recognise_delivery(paths, DAY), known, lambda *_: None)


def refusal(folder: Path, *files: tuple[Layout, list[dict[str, str]]]) -> str:
    with pytest.raises(Refused) as refused:
        taken(folder, *files)
    return str(refused.value)


REGISTER = [
    {"PSEUDONIEM": f"P{number}", **place, "SOORT_PO": sort, "CLUSTER": cluster}
    for number, (place, sort, cluster) in enumerate(
        [(AA00, "Bo", "nvt")] * 3 + [(AA01, "So", "2")] * 2 + [(AA01, "So", "3/4")] + [(AB00, "Vso", "3/4")] * 4
    )
]
CLUSTERS = [
    {**AA00, "SOORT_PO": "Bo", "CLUSTER": "nvt", "TOTAAL": "3"},
    {**AA01, "SOORT_PO": "So", "CLUSTER": "  2", "TOTAAL": "2"},
    {**AA01, "SOORT_PO": "So", "CLUSTER": "3/4", "TOTAAL": "1"},
    {**AB00, "SOORT_PO": "Vso", "CLUSTER": "3/4", "TOTAAL": "4"},
]
TOTALS = [
    {**AA00, "SOORT_PO": "Bo", "LEERLINGEN": "3"},
    {**AA01, "SOORT_PO": "So", "LEERLINGEN": "3"},
    {**AB00, "SOORT_PO": "Vso", "LEERLINGEN": "4"},
]
SOURCES = ((layouts.PUPILS_PO, TOTALS), (layouts.PUPILS_PO_CLUSTER, CLUSTERS), (layouts.REGISTER_PO, REGISTER))


def summed(counts: pl.DataFrame) -> list[tuple]:
    grouped = counts.group_by("vestiging", "school_type").agg(pl.col("pupils").sum())
    return sorted(rows(grouped, "vestiging", "school_type", "pupils"))


def test_the_pupils_are_the_same_whichever_file_is_used(tmp_path: Path):
    found = taken(tmp_path, *SOURCES)
    told = [summed(one.counts) for one in found]
    assert told == [[("01AA00", "bao", 3), ("01AA01", "so", 3), ("01AB00", "vso", 4)]] * 3


def test_the_register_is_used_then_clusters_then_totals_and_they_agree(tmp_path: Path):
    found = {f"d{number}": one for number, one in enumerate(taken(tmp_path, *SOURCES))}
    deliveries = delivery_rows(found, "000001-ingest", datetime(2020, 11, 1))
    counts = pl.concat([one.counts.with_columns(delivery_id=pl.lit(name)) for name, one in found.items()])
    scores = pl.DataFrame(schema={"delivery_id": pl.String, "vestiging": pl.String, "pupils": pl.Int64})
    assert select_sources(deliveries)["pupils_po"] == ["d2"]
    assert select_sources(deliveries.head(2))["pupils_po"] == ["d1"]
    assert differences(deliveries, counts, scores).is_empty()
    more = counts.with_columns(pupils=pl.col("pupils") + (pl.col("delivery_id") == "d0").cast(pl.Int64))
    assert rows(differences(deliveries, more, scores), "vestiging", "used_delivery", "other_delivery") == [
        ("01AA00", "d2", "d0"),
        ("01AA01", "d2", "d0"),
        ("01AB00", "d2", "d0"),
    ]


def test_so_and_vso_on_one_vestiging_are_two_schools(tmp_path: Path):
    both = [{**AA00, "SOORT_PO": "So", "LEERLINGEN": "20"}, {**AA00, "SOORT_PO": "Vso", "LEERLINGEN": "30"}]
    (one,) = taken(tmp_path, (layouts.PUPILS_PO, both))
    assert summed(one.counts) == [("01AA00", "so", 20), ("01AA00", "vso", 30)]


def test_a_school_without_pupils_has_no_count(tmp_path: Path):
    (one,) = taken(tmp_path, (layouts.PUPILS_PO, [{**AA00, "LEERLINGEN": "0"}, {**AA01, "LEERLINGEN": "1"}]))
    assert summed(one.counts) == [("01AA01", "bao", 1)]


def test_an_exact_copy_is_refused_and_two_that_differ_refuse_the_file(tmp_path: Path):
    (one,) = taken(tmp_path, (layouts.PUPILS_PO, [{**AA00}, {**AA00}]))
    assert rows(one.rejections, "line", "rule", "value") == [(3, "duplicate_row", "2")]
    assert summed(one.counts) == [("01AA00", "bao", 9)]
    said = refusal(tmp_path, (layouts.PUPILS_PO, [{**AA00}, {**AB00}, {**AA00, "LEERLINGEN": "140"}]))
    assert said.startswith("0-pupils_po.csv, lines 2 and 4: 01AA00, bao stands twice and not the same")


def test_cumi_pupils_are_those_of_code_1(tmp_path: Path):
    told = [
        {**newer(AA00), "TYPE_PO": sort, "CUMI": code, "AANTAL_LEERLINGEN": number}
        for sort, code, number in [
            ("So", "0", "50"),
            ("So", "1", "7"),
            ("So", "2", "3"),
            ("Vso", "1", "5"),
            ("Sbo", "0", "9"),
        ]
    ]
    (one,) = taken(tmp_path, (layouts.CUMI, told))
    assert rows(one.counts, "vestiging", "school_type", "cluster", "pupils", "cumi_pupils") == [
        ("01AA00", "so", None, None, 7),
        ("01AA00", "vso", None, None, 5),
    ]


def test_a_peiljaar_is_the_first_of_october(tmp_path: Path):
    path = write(tmp_path, "cumi.csv", layouts.CUMI.lines({"PEILJAAR": "2019"}))
    assert recognise_delivery([path], None)[0].reference_date == date(2019, 10, 1)
    with pytest.raises(Refused, match=r"^cumi\.csv: is of 2019-10-01, not of 2020-10-01"):
        recognise_delivery([path], DAY)


def test_vo_pupils_add_up_over_types_sectors_and_years(tmp_path: Path):
    one_each = {column: "1" for column in layouts.PUPILS_VO.row if column.startswith("LEER- OF")}
    kind = "ONDERWIJSTYPE VO EN LEER- OF VERBLIJFSJAAR"
    told = [
        {**one_each, kind: "Brugjaar 1-2"},
        {**one_each, kind: "HAVO lj 4-5"},
        {**one_each, kind: "VMBO BL lj 3-4"},
        {**one_each, kind: "VMBO KL lj 3", "AFDELING": "Zorg"},
        {**one_each, kind: "Praktijkonderwijs alle vj"},
    ]
    (one,) = taken(tmp_path, (layouts.PUPILS_VO, told))
    assert summed(one.counts) == [("02AA00", "vo", 24), ("02AA00", "vo_pro_vbo", 36)]


def test_the_vo_files_of_2016_and_2017_have_a_column_and_a_type_more(tmp_path: Path):
    older = Layout(layouts.PUPILS_VO.kind, {**layouts.PUPILS_VO.row, "LWOO INDICATIE": "J"})
    kind = "ONDERWIJSTYPE VO EN LEER- OF VERBLIJFSJAAR"
    types = ("Brugjaar 1-2", "Praktijkonderwijs alle vj", "VMBO-MBO2 lj 3-6")
    (one,) = taken(tmp_path, (older, [{kind: name} for name in types]))
    # The row of the layout has 16 pupils; VMBO-MBO2 has no surcharge.
    assert summed(one.counts) == [("02AA00", "vo", 32), ("02AA00", "vo_pro_vbo", 16)]
    assert one.rejected == 0


def test_a_school_that_no_list_names_is_refused_in_every_file_that_needs_a_board(tmp_path: Path):
    stray = {"BRIN_NUMMER": "09ZZ", "BRIN NUMMER": "09ZZ", "INSTELLINGSCODE": "09ZZ"}
    for layout in (layouts.CUMI, layouts.PUPILS_VO, layouts.SCORES):
        code = {"School (BRIN vestiging)": "09ZZ00"} if layout is layouts.SCORES else stray
        change = {column: value for column, value in code.items() if column in layout.row}
        (one,) = taken(tmp_path, (layout, [{}, change]))
        column = "SCHOOL_(BRIN_VESTIGING)" if layout is layouts.SCORES else "VESTIGINGSNUMMER"
        assert rows(one.rejections, "line", "rule", "column_name", "value") == [
            (3, "unknown_school", column, "09ZZ00")
        ]
        assert not one.without_board


def test_a_file_that_comes_before_every_list_waits(tmp_path: Path):
    (one,) = taken(tmp_path, (layouts.CUMI, [{}]), known=KNOWN.clear())
    assert one.without_board
    assert one.rejected == 0
    assert one.counts.height == 1


def test_a_list_or_a_change_in_the_same_delivery_names_the_school(tmp_path: Path):
    files = (layouts.CUMI, [{}, {"VESTIGINGSCODE": "09"}])
    change = (layouts.CHANGES, [{"SOORT": "opening", "VESTIGING": "01AA09", "OPVOLGER": ""}])
    listed = (layouts.ADDRESSES_SO, [{"VESTIGINGSNUMMER": "01AA09"}])
    for told in (change, listed):
        assert taken(tmp_path, files, told)[0].rejected == 0


@pytest.mark.parametrize(
    "layout", [layouts.PUPILS_PO, layouts.PUPILS_PO_CLUSTER, layouts.PUPILS_VO, layouts.SCORES, layouts.CUMI]
)
def test_two_files_of_the_same_counts_are_not_added_up(layout: Layout, tmp_path: Path):
    name = layout.kind.name
    school = "02AA00" if name == "pupils_vo" else "01AA00"
    with pytest.raises(Refused) as refused:
        refuse_duplicate_counts(taken(tmp_path, (layout, [{}]), (layout, [{}])))
    assert str(refused.value) == (
        f"0-{name}.csv and 1-{name}.csv: both are of kind {name} and tell of {school} on 2020-10-01; "
        "keep the right one of the two"
    )


def test_two_files_of_a_kind_that_tell_of_other_schools_are_parts(tmp_path: Path):
    other = {"School (BRIN vestiging)": "01AA01"}
    refuse_duplicate_counts(taken(tmp_path, (layouts.SCORES, [{}]), (layouts.SCORES, [other])))


def test_files_of_two_dates_and_registers_in_parts_may_come_together(tmp_path: Path):
    write(tmp_path, "a.csv", layouts.PUPILS_PO.lines({"PEILDATUM": "20191001"}))
    write(tmp_path, "b.csv", layouts.PUPILS_PO.lines({"PEILDATUM": "2020-10-01"}))
    assert [one.reference_date for one in recognise_delivery([tmp_path], None)] == [date(2019, 10, 1), DAY]
    both = taken(tmp_path, (layouts.REGISTER_PO, REGISTER[:5]), (layouts.REGISTER_PO, REGISTER[5:]))
    assert summed(pl.concat([one.counts for one in both])) == summed(taken(tmp_path, SOURCES[2])[0].counts)


def test_a_file_with_two_dates_is_refused(tmp_path: Path):
    said = refusal(tmp_path, (layouts.PUPILS_PO, [{}, {**AB00}, {**AA01, "PEILDATUM": "20191001"}]))
    assert said == "0-pupils_po.csv, line 4: PEILDATUM is 20191001, but 20201001 above; split the file by date"


def test_a_file_that_gives_a_school_to_two_boards_is_refused(tmp_path: Path):
    board = {"BEVOEGD GEZAG NUMMER": "99999"}
    assert refusal(tmp_path, (layouts.ADDRESSES_BO, [{}, board])) == (
        "0-addresses_bo.csv, lines 2 and 3: 01AA00 is given to boards 10249 and 99999; keep one"
    )
    twice = [{"SOORT_PO": "So"}, {"SOORT_PO": "Vso", "BEVOEGD_GEZAG_NUMMER": "99999"}]
    assert "is given to boards 10249 and 99999" in refusal(tmp_path, (layouts.PUPILS_PO, twice))
    change = [{}, {"INGANGSDATUM": "20220101", "BEVOEGD_GEZAG_NUMMER": "99999"}]
    assert taken(tmp_path, (layouts.CHANGES, change))[0].facts.height == 2
    change[1]["INGANGSDATUM"] = "20211101"
    assert "lines 2 and 3: 01AA00 is given to boards 10250 and 99999" in refusal(
        tmp_path, (layouts.CHANGES, change)
    )


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("1234.56", 123456),
        ("1234,56", 123456),
        ("1.234,56", 123456),
        ("1.234.567,8", 123456780),
        ("33", 3300),
        ("0,05", 5),
    ],
)
def test_a_score_is_read_exactly_in_every_way_of_writing(written: str, cents: int):
    read = pl.DataFrame({"score": [written]}).select(parse.parse_amount("score"))
    assert read.schema["score"] == pl.Decimal(18, 2)
    assert int(read["score"][0] * 100) == cents
