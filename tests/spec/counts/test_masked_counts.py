"""Counts that DUO masks: `<5` is 1 to 4, a range to compare with, and never a number that money follows from."""

from datetime import date
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.decisions.omissions import masked_omissions
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.errors import Refused
from npo_pipeline.intake.published_counts import counts_of, ranges_of
from npo_pipeline.intake.size_changes import sized_subjects
from npo_pipeline.intake.source_precedence import differences, select_sources
from npo_pipeline.measures import SOURCES
from schemas.columns import schema_of
from schemas.frames.intake import DELIVERY_SUBJECTS, empty
from schemas.received import COUNTS, DELIVERIES, SCORES
from tests.books.files import layouts
from tests.books.files.layouts import Layout
from tests.reading import rows, table

DAY, BEFORE = date(2024, 10, 1), date(2023, 10, 1)
AGES = kinds.MASKED["pupils_po_ages"]
RANGE = ("vestiging", "school_type", "measure", "lowest", "highest")


def ranges(layout: Layout, *changes: dict[str, str]) -> list[tuple]:
    return rows(ranges_of(layout.kind, layout.frame(*changes), "x.csv"), *RANGE)


def test_a_masked_cell_is_one_to_four_and_others_add_to_both_ends():
    # 5 + 6 and, behind `<5` twice, 2 to 8; the second postcode has 7.
    found = ranges(
        layouts.PUPILS_PO_AGES_MASKED,
        {"LEEFTIJD_4": "<5", "LEEFTIJD_5": "5", "LEEFTIJD_6": "6", "LEEFTIJD_7": "< 5"},
        {"POSTCODE_LEERLING": "7823", "LEEFTIJD_4": "7", "LEEFTIJD_5": "0", "LEEFTIJD_6": "0"},
    )
    assert found == [("01AA00", "bao", "pupils", 5 + 6 + 2 + 7, 5 + 6 + 8 + 7)]


def test_each_layout_with_masked_counts_has_a_range_per_school_and_type():
    assert ranges(layouts.PUPILS_PO_TOTALS_MASKED, {}, {"TYPE_PO": "SBO", "AANTAL_LEERLINGEN": "12"}) == [
        ("01AA00", "bao", "pupils", 1, 4),
        ("01AA00", "sbo", "pupils", 12, 12),
    ]
    assert ranges(layouts.CUMI_MASKED, {}, {"CUMI": "0", "AANTAL_LEERLINGEN": "9"}) == [
        ("01AA00", "so", "cumi_pupils", 1, 4)
    ]
    assert ranges(layouts.PUPILS_PO_MASKED) == [("01AA00", "bao", "pupils", 1, 4)]
    assert ranges(layouts.PUPILS_PO_CLUSTER_MASKED, {}, {"CLUSTER": "3/4", "TOTAAL": "<10"}) == [
        ("01AA00", "so", "pupils", 1, 4),
        ("01AA00", "so", "pupils", 1, 9),
    ]
    # The row of the layout has 1 + 3 + 4 beside the masked cell.
    assert ranges(layouts.PUPILS_VO_MASKED) == [("02AA00", "vo", "pupils", 9, 12)]


@pytest.mark.parametrize("layout", [layouts.PUPILS_PO_TOTALS_MASKED, layouts.CUMI_MASKED])
def test_two_rows_of_one_school_are_refused_where_it_has_one(layout: Layout):
    with pytest.raises(Refused, match="stands twice and not the same"):
        ranges(layout, {}, {"AANTAL_LEERLINGEN": "8"})


CELLS = st.lists(st.integers(0, 12), min_size=len(kinds.PUPILS_PO_AGES.counted), max_size=23)


@given(st.lists(CELLS, min_size=1, max_size=6))
def test_the_true_count_lies_in_the_range_and_is_it_where_nothing_is_masked(postcodes: list[list[int]]):
    layout = layouts.PUPILS_PO_AGES

    def row(number: int, cells: list[str]) -> dict[str, str]:
        return {"POSTCODE_LEERLING": str(number), **dict(zip(layout.kind.counted, cells, strict=True))}

    whole = [row(number, list(map(str, one))) for number, one in enumerate(postcodes)]
    hidden = [["<5" if 0 < n < 5 else str(n) for n in one] for one in postcodes]
    masked = [row(number, one) for number, one in enumerate(hidden)]
    pupils = sum(map(sum, postcodes))
    counted = counts_of(layout.kind, layout.frame(*whole), "x.csv")
    assert counted["pupils"].sum() == pupils
    ((_, _, _, lowest, highest),) = ranges(layouts.PUPILS_PO_AGES_MASKED, *masked)
    assert lowest <= pupils <= highest
    small = sum(0 < n < 5 for one in postcodes for n in one)
    assert highest - lowest == 3 * small


def test_no_measure_is_ever_counted_from_a_masked_file():
    names = [kind.name for kind in kinds.MASKED.values()]
    assert not set(names) & {kind for source in SOURCES for kind in source.kinds}
    frame = pl.DataFrame({"delivery_id": [f"d{n}" for n, _ in enumerate(names)], "kind": names})
    assert select_sources(frame) == {}


@pytest.mark.parametrize("kind", kinds.MASKED.values(), ids=lambda kind: kind.name)
def test_a_masked_file_has_no_counter(kind: FileKind):
    with pytest.raises(KeyError):
        counts_of(kind, pl.DataFrame(), "x.csv")


DELIVERED = table(
    """
    delivery_id  kind                   file        reference_date
    d1           register_po            whole.csv   2024-10-01
    d2           pupils_po_ages_masked  masked.csv  2024-10-01
    d3           pupils_po_ages_masked  older.csv   2023-10-01
    d4           cumi_masked            cumi.csv    2024-10-01
    """,
    reference_date="d",
)
RANGES = table(
    """
    delivery_id  reference_date  vestiging  school_type  cluster  measure      lowest  highest
    d2           2024-10-01      01AA00     bao          -        pupils       90      120
    d2           2024-10-01      01AB00     bao          -        pupils       60      80
    d2           2024-10-01      01AC00     so           2        pupils       1       4
    d2           2024-10-01      01AC00     so           3/4      pupils       2       8
    d3           2023-10-01      01AD00     bao          -        pupils       5       20
    d4           2024-10-01      01AC00     so           -        cumi_pupils  1       4
    """,
    reference_date="d",
    lowest="i",
    highest="i",
)
COUNTED = pl.concat(
    [
        pl.DataFrame(schema=schema_of(COUNTS)),
        table(
            """
            delivery_id  vestiging  school_type  pupils  cumi_pupils
            d1           01AA00     bao          100     -
            d1           01AB00     bao          50      -
            """,
            pupils="i",
            cumi_pupils="i",
        ),
    ],
    how="diagonal",
)


def test_a_count_in_its_range_agrees_and_one_outside_differs_from_the_nearest_end():
    of_day = pl.col("reference_date") == DAY
    found = differences(
        DELIVERED.filter(of_day), COUNTED, pl.DataFrame(schema=schema_of(SCORES)), RANGES.filter(of_day)
    )
    assert [
        (*one[:3], one[3] and int(one[3]), int(one[4]))
        for one in found.select("vestiging", "school_type", "measure", "used", "other").iter_rows()
    ] == [
        ("01AB00", "bao", "pupils", 50, 60),
        ("01AC00", "so", "cumi_pupils", None, 1),
        ("01AC00", "so", "pupils", None, 3),
    ]
    assert found["message"][0] == "01AB00: 50 pupils from whole.csv, which is used, 60 to 80 from masked.csv"


def test_a_school_with_a_range_alone_is_left_out_by_name_and_file_and_not_counted_as_0():
    inputs = SimpleNamespace(counts=COUNTED)
    live = pl.concat([pl.DataFrame(schema=schema_of(DELIVERIES)), DELIVERED], how="diagonal")
    found = list(masked_omissions(RANGES, live, inputs, {DAY}))
    assert [(one.words, one.component, one.vestigingen) for one in found] == [
        (
            f"the {measure} in {file} (1 schools, first 01AC00 so: 1 to 4) are masked (<5), and no money is "
            "counted from a range: deliver the register of these schools, or their counts without masks; they are "
            "left out, not counted as 0",
            None,
            ("01AC00",),
        )
        for measure, file in (("cumi pupils", "cumi.csv"), ("pupils", "masked.csv"))
    ]
    (older,) = masked_omissions(RANGES, live, inputs, {BEFORE})
    assert older.vestigingen == ("01AD00",)
    assert not list(masked_omissions(RANGES, live.filter(pl.col("delivery_id") == "d1"), inputs, {DAY}))


def test_the_size_of_a_masked_file_is_the_lowest_that_it_can_hold():
    none = pl.DataFrame(schema=schema_of(COUNTS)), pl.DataFrame(schema=schema_of(SCORES)), empty(DELIVERY_SUBJECTS)
    sized = sized_subjects(*none, ranges=RANGES)
    total = sized.filter(pl.col("delivery_id") == "d2", pl.col("measure") == "pupils")["counted"].sum()
    assert total == 90 + 60 + 1 + 2
