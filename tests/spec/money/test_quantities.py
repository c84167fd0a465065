"""What a rule counts (contract, section 4): pupils, scores, cumi pupils of a BRIN above four."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.entitlements.amounts import above_threshold, quantities
from tests.reading import rows, table

RATES = table(
    """
    component          school_type  measure
    per_pupil          bao          pupils
    per_pupil          sbo          pupils
    per_pupil          so           pupils
    per_pupil          vso          pupils
    achterstandsscore  bao          score
    cumi               sbo          cumi_pupils
    cumi               so           cumi_pupils
    cumi               vso          cumi_pupils
    """
)
THRESHOLDS = table("component threshold level\n cumi 4 brin", threshold="i")
NO_SCORES = table("vestiging school_type score\n 00AA00 bao 0.00", score="m").clear()


def quantities_of(counts: str, scores: pl.DataFrame = NO_SCORES) -> list[tuple]:
    counted = table(counts, pupils="i", cumi_pupils="i")
    found = quantities(RATES, THRESHOLDS, counted, scores)
    return rows(found, "vestiging", "school_type", "component", "quantity_e2")


def test_pupils_of_all_clusters_of_a_vestiging_add_up():
    assert quantities_of(
        """
        vestiging  school_type  pupils  cumi_pupils
        01AA00     so           10      -
        01AA00     so           5       -
        01AA00     vso          7       -
        """
    ) == [("01AA00", "so", "per_pupil", 10_00 + 5_00), ("01AA00", "vso", "per_pupil", 7_00)]


def test_a_score_counts_in_hundredths_and_a_score_of_nothing_not_at_all():
    scores = table("vestiging school_type score\n 01AA00 bao 33.02\n 01AB00 bao 0.00", score="m")
    assert quantities_of("vestiging school_type pupils cumi_pupils\n 01AA00 bao 1 -", scores) == [
        ("01AA00", "bao", "achterstandsscore", 33_02),
        ("01AA00", "bao", "per_pupil", 1_00),
    ]


def cumi(counts: str) -> list[tuple]:
    return [row for row in quantities_of(counts) if row[2] == "cumi"]


def test_four_cumi_pupils_give_nothing_and_five_give_one():
    assert cumi("vestiging school_type pupils cumi_pupils\n 01AA00 so 50 4") == []
    assert cumi("vestiging school_type pupils cumi_pupils\n 01AA00 so 50 5") == [("01AA00", "so", "cumi", 1_00)]


def test_the_threshold_is_of_the_brin_and_not_of_each_vestiging():
    # 3 + 3 = 6 of one BRIN, 2 above four; per vestiging it would be nothing
    assert cumi(
        """
        vestiging  school_type  pupils  cumi_pupils
        01AA00     so           50      3
        01AA01     so           50      3
        """
    ) == [("01AA00", "so", "cumi", 2_00)]


def test_cumi_is_booked_on_the_lowest_vestiging_that_has_any_and_there_under_the_first_type_that_has_any():
    assert cumi(
        """
        vestiging  school_type  pupils  cumi_pupils
        01AA00     so           50      0
        01AA01     vso          50      6
        01AA01     so           50      1
        01AA02     sbo          50      3
        """
    ) == [("01AA01", "so", "cumi", (6 + 1 + 3 - 4) * 100)]


def test_cumi_of_bao_never_counts():
    assert cumi("vestiging school_type pupils cumi_pupils\n 01AA00 bao 50 40") == []


def test_what_no_file_counts_is_not_counted_as_nothing():
    assert cumi("vestiging school_type pupils cumi_pupils\n 01AA00 so 50 -") == []


def test_a_regulation_may_put_the_threshold_at_the_vestiging():
    counted = table("vestiging school_type quantity_e2\n 01AA00 so 600\n 01AA01 so 500", quantity_e2="i")
    found = above_threshold(counted, 4, "vestiging", ["sbo", "so", "vso"]).sort("vestiging")
    assert rows(found, "vestiging", "quantity_e2") == [("01AA00", 2_00), ("01AA01", 1_00)]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["sbo", "so", "vso"]), st.integers(0, 9)), max_size=8)
)
def test_all_of_a_brin_less_four_is_booked_in_one_place(cells):
    counted = pl.DataFrame(
        [(f"01AA0{v}", t, n * 100) for v, t, n in cells],
        schema={"vestiging": pl.String, "school_type": pl.String, "quantity_e2": pl.Int64},
        orient="row",
    )
    found = above_threshold(counted, 4, "brin", ["sbo", "so", "vso"])
    total = sum(n for _, _, n in cells)
    assert found["quantity_e2"].to_list() == ([(total - 4) * 100] if total else [])
