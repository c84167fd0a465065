"""Numbers, amounts, days and lists are written once, and columns of a frame read as single values do."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline import dutch
from npo_pipeline.dutch import DUTCH
from npo_pipeline.reports.explain.catalogue import ENGLISH

CENTS = st.integers(-(10**16), 10**16)


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        (0, 0, "0"),
        (61723, 0, "61.723"),
        (Decimal("1048576.5"), 2, "1.048.576,50"),
        (Decimal("1333.84296330"), 2, "1.333,8429633"),
        (Decimal("-0.00"), 2, "0,00"),
        (Decimal("-1234.56"), 2, "-1.234,56"),
        (Decimal("1E+3"), 0, "1.000"),
    ],
)
def test_a_number_keeps_all_its_decimals(value, places, written):
    assert dutch.number(value, places) == written


def test_dollars_are_american_dollars_in_both_languages():
    assert dutch.money(Decimal("481517.31"), "USD") == "US$ 481.517,31"
    assert ENGLISH.money(Decimal("481517.31"), "USD") == "US$ 481,517.31"
    assert dutch.money(Decimal("-8"), "EUR") == "€ -8,00"


def test_a_share_is_a_percentage():
    assert dutch.percent(Decimal("0.1778")) == "17,78%"
    assert dutch.percent(Decimal("0.125"), 1) == "12,5%"
    assert dutch.percent(Decimal("1"), 0) == "100%"


def test_a_list_has_a_conjunction_before_its_last_item():
    assert dutch.listed(["vo", "praktijkonderwijs en vmbo"]) == "vo, praktijkonderwijs en vmbo"
    assert [dutch.listed(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a en b",
        "a, b en c",
    ]


def test_a_rate_of_school_types_names_them():
    assert dutch.value("rate of sbo, so") == "het bedrag voor speciaal basisonderwijs en speciaal onderwijs"


def test_a_component_without_a_word_is_readable():
    assert dutch.component("vo_extra") == "Vo extra"


def test_a_name_within_a_sentence_begins_without_a_capital_but_an_abbreviation_keeps_them():
    names = ("Bedrag per leerling", "CUMI-leerlingen", "Nieuwkomers", "")
    assert [dutch.within_sentence(name) for name in names] == [
        "bedrag per leerling",
        "CUMI-leerlingen",
        "nieuwkomers",
        "",
    ]


@given(CENTS, st.sampled_from(["EUR", "USD"]))
def test_a_column_of_amounts_reads_as_one_amount(cents, currency):
    frame = pl.DataFrame({"cents": [cents], "currency": [currency]}, schema_overrides={"cents": pl.Int64})
    written = frame.select(dutch.money_expr("cents")).item()
    assert written == dutch.money(Decimal(cents).scaleb(-2), currency)


@given(st.integers(0, 10_000))
def test_a_column_of_shares_reads_as_one_share(share_e4):
    written = pl.select(dutch.percent_expr(pl.lit(share_e4))).item()
    assert written == dutch.percent(Decimal(share_e4).scaleb(-4))


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_column_of_days_reads_as_one_day(day):
    frame = pl.DataFrame({"day": [day], "iso": [day.isoformat()]})
    full, short = frame.select(dutch.day_expr("day"), dutch.short_day_expr(pl.col("iso")).alias("short")).row(0)
    assert (full, short) == (DUTCH.day(day), dutch.short_day(day))


def test_days_are_written_in_full_in_a_sentence_and_short_in_a_table():
    assert dutch.day(date(2021, 6, 5)) == "5 juni 2021"
    assert dutch.short_day(date(2021, 6, 5)) == "05-06-2021"
