"""CBS: score = max(0, A - B) with B = factor x pupils; the factor of 1-10-2019 was 0.696."""

import polars as pl

from npo_pipeline.intake.published_counts import off_formula
from schemas import files as models
from tests.reading import rows

# A: score without threshold; 100 pupils have a threshold of 69.60
SCHOOLS = [("01AA00", 100, "102.62", "33.02"), ("01AB00", 142, "19.46", "0"), ("01AC00", 50, "134.80", "100.00")]


def found(schools) -> list[tuple]:
    columns = list(zip(*schools, strict=True))
    table = pl.DataFrame(
        {
            "line": range(6, 6 + len(schools)),
            models.SCHOOL: columns[0],
            models.SCORED_PUPILS: [str(pupils) for pupils in columns[1]],
            models.SCORE: columns[3],
        }
    )
    before = pl.DataFrame({models.SCHOOL: columns[0], models.SCORE_WITHOUT_THRESHOLD: columns[2]})
    return rows(off_formula(table, before), "line", "vestiging")


def test_scores_that_follow_the_formula():
    assert found(SCHOOLS) == []


def test_a_score_that_does_not_is_told_with_its_line():
    assert found([*SCHOOLS, ("01AD00", 100, "80.00", "20.40")]) == [(9, "01AD00")]  # 80.00 - 69.60 = 10.40


def test_a_score_that_should_have_been_nothing():
    assert found([*SCHOOLS, ("01AD00", 100, "60.00", "5.00")]) == [(9, "01AD00")]


def test_without_tabel_2_nothing_can_be_said():
    assert off_formula(
        pl.DataFrame({"line": [6], models.SCHOOL: ["01AA00"], models.SCORED_PUPILS: ["1"], models.SCORE: ["1"]}),
        pl.DataFrame(schema={models.SCHOOL: pl.String, models.SCORE_WITHOUT_THRESHOLD: pl.String}),
    ).is_empty()
