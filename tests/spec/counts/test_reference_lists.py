"""Reference lists state something once of a vestiging, school or municipality; rows that differ do not count."""

import polars as pl
import pytest

from npo_pipeline.delivery import kinds
from npo_pipeline.intake.reference_lists import areas_of_pupil_file, contradictions, differing_areas, table_of
from schemas.files import AREA_VO
from tests.reading import rows, table


def areas(text: str):
    return table(f"line VESTIGING SAMENWERKINGSVERBAND\n{text}", line="i")


def test_a_vestiging_in_two_areas_lies_in_neither():
    found = contradictions(
        kinds.AREAS,
        areas(
            """2 02AA00 VO2302
               3 02AB00 VO2302
               4 02AA00 VO2303
               5 02AA00 VO2302"""
        ),
    )
    assert sorted(rows(found, "line", "rule", "column_name", "value")) == [
        (2, "contradiction", "VESTIGING", "line 4 about 02AA00"),
        (4, "contradiction", "VESTIGING", "line 2 about 02AA00"),
        (5, "contradiction", "VESTIGING", "line 4 about 02AA00"),
    ]


def test_rows_that_say_the_same_are_one_row_of_the_table():
    twice = areas("2 02AA00 VO2302\n 3 02AA00 VO2302")
    assert contradictions(kinds.AREAS, twice).is_empty()
    assert rows(table_of(kinds.AREAS, twice)["areas"], "vestiging", "samenwerkingsverband") == [
        ("02AA00", "VO2302")
    ]


@pytest.mark.parametrize(
    ("kind", "text", "subject"),
    [
        (kinds.LISTED_VESTIGINGEN, "line VESTIGING LIJST\n 2 02AA00 vo\n 3 02AA00 vo_pro", "02AA00"),
        (kinds.LEERPLUS_SCHOOLS, "line BRIN_NUMMER LEERPLUS_2021\n 2 02AA J\n 3 02AA N", "02AA"),
        (kinds.MUNICIPAL_SCORES, "line GEMEENTENUMMER SCORE_2019 SCORE_2020\n 2 0114 1 2\n 3 114 1 2,5", "0114"),
    ],
    ids=["one vestiging on two lists", "leerplus and not", "two scores of a municipality"],
)
def test_a_list_that_says_two_things_of_one_subject_says_nothing_of_it(kind, text, subject):
    found = contradictions(kind, table(text, line="i"))
    assert rows(found, "line", "value") == [(2, f"line 3 about {subject}"), (3, f"line 2 about {subject}")]


def test_numbers_of_municipalities_have_four_digits_and_scores_two_decimals():
    found = table_of(
        kinds.MUNICIPAL_SCORES,
        table("line GEMEENTENUMMER SCORE_2019 SCORE_2020\n 2 114 1.234,56 0\n 3 0114 1234,56 0,00", line="i"),
    )["municipal_scores"]
    assert [tuple(map(str, row)) for row in found.rows()] == [("0114", "1234.56", "0.00")]


def of_pupil_file(text: str):
    given = table(f"line BRIN_NUMMER VESTIGINGSNUMMER {AREA_VO}\n{text}", line="i")
    return areas_of_pupil_file(given.with_columns(pl.col(AREA_VO).fill_null("")), "vo.csv")


def test_a_pupil_file_gives_each_vestiging_the_area_of_its_rows():
    found, remarks = of_pupil_file("2 02AA 00 VO2302\n 3 02AA 00 VO2302\n 4 02AA 01 VO2303\n 5 02AB 00 -")
    assert rows(found, "vestiging", "samenwerkingsverband") == [("02AA00", "VO2302"), ("02AA01", "VO2303")]
    assert remarks == ()


def test_a_vestiging_that_a_pupil_file_puts_in_two_areas_gets_none_from_it():
    found, (remark,) = of_pupil_file("2 02AA 00 VO2302\n 3 02AA 00 VO2303\n 4 02AB 00 VO2303")
    assert rows(found, "vestiging", "samenwerkingsverband") == [("02AB00", "VO2303")]
    assert remark == "vo.csv: vestigingen in two areas: 02AA00; the file gives none to them"


def test_a_wrong_code_in_a_pupil_file_costs_the_area_and_no_pupil():
    found, (remark,) = of_pupil_file("2 02AA 00 2302\n 3 02AB 00 VO2303")
    assert rows(found, "vestiging", "samenwerkingsverband") == [("02AB00", "VO2303")]
    assert "1 rows name a samenwerkingsverband that is not VO and four digits (first line 2, '2302')" in remark


def test_a_pupil_file_that_differs_from_the_list_of_areas_is_named():
    deliveries = table("delivery_id kind file\n d1 areas areas.csv\n d2 pupils_vo vo.csv\n d3 areas more.csv")
    stated = table(
        """delivery_id vestiging samenwerkingsverband
           d1 02AA00 VO2302
           d1 02AB00 VO2302
           d2 02AA00 VO2303
           d2 02AB00 VO2302
           d2 02AC00 VO2302
           d3 02AD00 VO2302"""
    )
    assert list(differing_areas(stated, deliveries)) == [
        "1 vestigingen lie in another area in vo.csv than in areas.csv, which is used "
        "(first 02AA00: VO2303 and VO2302)"
    ]
