"""Made-up pupils, each with a pseudonym of its own."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.generate.register import pseudonym


def named(pupils: list[int], seed: int) -> list[str]:
    return (
        pl.DataFrame({"pupil": pl.Series(pupils, dtype=pl.UInt64)})
        .select(pseudonym(pl.col("pupil"), seed))
        .to_series()
        .to_list()
    )


@given(st.lists(st.integers(0, 10**11), min_size=2, unique=True), st.integers(-5, 10**9))
def test_no_two_pupils_share_a_pseudonym_however_many_there_are(pupils, seed):
    names = named(pupils, seed)
    assert len(set(names)) == len(pupils)
    assert {len(name) for name in names} == {13}


@given(st.integers(0, 10**11), st.integers(0, 10**9))
def test_a_pseudonym_is_exact_where_the_product_passes_64_bits(pupil, seed):
    assert named([pupil], seed) == [f"P{(pupil * 611_953_234_567 + seed % 1000) % 10**12:012d}"]
