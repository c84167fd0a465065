"""Money is exact, and is rounded half away from zero, once, to the cent (contract, section 4)."""

from decimal import ROUND_HALF_UP, Decimal

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.money import (
    cumulative_share,
    divide_half_away,
    rounded_share,
    to_cents,
    to_euro,
    to_exact,
    to_quantity,
    to_rate,
)

CENTS = st.integers(-(10**13), 10**13)


def cents_of(quantity_e2: int, rate_e8: int) -> object:
    """The amount of one school, with no other vestiging."""
    return one(rounded_share(pl.lit(quantity_e2, pl.Int128) * rate_e8, before=pl.lit(0, pl.Int128)))


def one(expression: pl.Expr) -> object:
    return pl.DataFrame({"x": [0]}).select(expression).item()


@pytest.mark.parametrize(
    ("top", "bottom", "result"),
    [
        (5, 10, 1),  # 0.5 goes away from zero, where polars itself would give 0
        (-5, 10, -1),
        (15, 10, 2),
        (25, 10, 3),
        (-25, 10, -3),
        (24, 10, 2),
        (-24, 10, -2),
        (0, 10, 0),
    ],
)
def test_halves_go_away_from_zero(top, bottom, result):
    assert one(divide_half_away(pl.lit(top), bottom)) == result


def test_what_is_multiplied_and_doubled_on_the_way_need_not_fit_in_64_bits():
    # 64 bits hold about 9 x 10^18
    columns = pl.DataFrame({"nine": [9 * 10**18], "six": [6 * 10**18], "cents": [10**13]})
    found = columns.select(
        tenth=divide_half_away(pl.col("nine"), 10),
        and_a_half=divide_half_away(pl.col("nine"), pl.col("six")),  # 9 / 6 = 1.5
        whole=cumulative_share(pl.col("cents"), pl.col("cents"), pl.col("cents")),
    )
    assert found.rows() == [(9 * 10**17, 2, 10**13)]


@given(top=CENTS, bottom=st.integers(1, 10**8))
def test_division_agrees_with_python_decimals(top, bottom):
    exact = (Decimal(top) / Decimal(bottom)).quantize(Decimal(1), ROUND_HALF_UP)
    assert one(divide_half_away(pl.lit(top), bottom)) == int(exact)


def test_a_score_times_its_rate():
    # 33.02 x 251.16 = 8293.3032, of Wereldwijs (00AP00) on 1 October 2019
    assert cents_of(3302, 251_16000000) == 8293_30


def test_half_a_cent_of_a_score_goes_up():
    # 0.25 x 0.10 = 0.025; half to even would give 0.02
    assert cents_of(25, 10_000_000) == 3


def test_an_unrounded_rate_is_not_rounded_before_the_product():
    # 2,009 pupils x 1333.8429633 = 2,679,690.5132697 (Scholengemeenschap Bonaire), not 2009 x 1333.84
    assert cents_of(2009_00, 1333_84296330) == 2_679_690_51


def test_the_product_of_all_pupils_of_the_country_fits():
    # 2,400,000 x 99,999.99 = 239,999,976,000.00: 2.4 x 10^21 before it is divided
    assert cents_of(2_400_000_00, 99_999_99000000) == 239_999_976_000_00


def test_the_product_is_shown_whole():
    # 1.23 x 251.16000001 = 308.9268000123
    assert one(to_exact(pl.lit(1_23, pl.Int128) * 251_16000001)) == Decimal("308.9268000123")


@given(cents=CENTS)
def test_euro_and_back(cents):
    shown = one(to_euro(pl.lit(cents)))
    assert shown == Decimal(cents) / 100
    assert (
        pl.DataFrame({"e": [shown]}, schema={"e": pl.Decimal(18, 2)}).select(to_cents(pl.col("e"))).item() == cents
    )


@given(total=CENTS, k=st.integers(0, 12))
def test_cumulative_twelfths(total, k):
    exact = (Decimal(total) * k / 12).quantize(Decimal(1), ROUND_HALF_UP)
    assert one(cumulative_share(pl.lit(total), pl.lit(k), pl.lit(12))) == int(exact)


def test_a_quantity_shows_two_decimals_and_a_rate_eight():
    assert one(to_quantity(pl.lit(33_02))) == Decimal("33.02")
    assert one(to_rate(pl.lit(1333_84296330))) == Decimal("1333.84296330")


def test_types_outside():
    frame = pl.DataFrame({"x": [123456]})
    dtypes = frame.select(e=to_euro(pl.col("x")), q=to_quantity(pl.col("x")), r=to_rate(pl.col("x"))).dtypes
    assert dtypes == [pl.Decimal(18, 2), pl.Decimal(18, 2), pl.Decimal(18, 8)]
    assert frame.select(to_cents(to_euro(pl.col("x")))).dtypes == [pl.Int64]


@pytest.fixture(scope="module")
def duck():
    with duckdb.connect() as connection:
        yield connection


@given(values=st.lists(CENTS, min_size=1, max_size=50))
def test_polars_and_duckdb_hold_the_same_cents(duck, values):
    frame = pl.DataFrame({"c": values}, schema={"c": pl.Int64}).select(e=to_euro(pl.col("c")))
    duck.register("frame", frame.to_arrow())
    total, count = duck.sql("select sum(e), count(*) from frame").fetchall()[0]
    assert (total, count) == (frame["e"].sum(), frame.height) == (Decimal(sum(values)) / 100, len(values))
