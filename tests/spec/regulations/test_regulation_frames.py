"""A regulation as frames: exact whole numbers, in the order of the file, without what is not known."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook import frames
from npo_pipeline.rulebook.load import parse_rules

SCORE = "value: 251.16\n        unit: EUR per unit of score\n        status: published"
NO_SCORE = "value: null\n        unit: EUR per unit of score\n        status: unknown"


@pytest.fixture
def regulation(text):
    return parse_rules(text, "x.yaml").regulation


def changed(text, old, new):
    assert old in text
    return parse_rules(text.replace(old, new, 1), "x.yaml").regulation


def test_rates_are_whole_numbers_in_the_order_of_booking(regulation):
    found = frames.rates(regulation)
    assert dict(found.schema) == frames.RATES
    assert found.select("component", "school_type", "measure", "rate_e8", "status").rows() == [
        ("per_pupil", "bao", "pupils", 701_16_000_000, "published"),
        ("per_pupil", "sbo", "pupils", 1051_74_000_000, "published"),
        ("per_pupil", "so", "pupils", 1402_31_000_000, "published"),
        ("per_pupil", "vso", "pupils", 1402_31_000_000, "published"),
        ("achterstandsscore", "bao", "score", 251_16_000_000, "published"),
        ("cumi", "sbo", "cumi_pupils", 548_56_000_000, "published"),
        ("cumi", "so", "cumi_pupils", 548_56_000_000, "published"),
        ("cumi", "vso", "cumi_pupils", 548_56_000_000, "published"),
    ]
    assert found["article"].unique(maintain_order=True).to_list() == [
        "BWBR0045533, artikel 4(4) (Stcrt. 2021, 39244)",
        "BWBR0045533, artikel 5(3) (Stcrt. 2021, 39244)",
        "BWBR0045533, artikel 5(5) (Stcrt. 2021, 39244)",
    ]


def test_shares_run_up_to_one(regulation):
    found = frames.shares(regulation)
    assert dict(found.schema) == frames.SHARES
    assert found["component"].unique(maintain_order=True).to_list() == ["per_pupil", "achterstandsscore", "cumi"]
    for _, lines in found.group_by("component"):
        assert [n * 12 // d for n, d in lines.select("numerator", "denominator").rows()] == list(range(2, 13))
        assert lines["month"].to_list() == [date(2021 + m // 12, m % 12 + 1, 1) for m in range(8, 19)]
        assert lines.select("numerator", "denominator").row(-1) == (1, 1)


def test_threshold(regulation, text):
    found = frames.thresholds(regulation)
    assert dict(found.schema) == frames.THRESHOLDS
    assert found.rows() == [("cumi", 4, "brin")]
    assert frames.thresholds(changed(text, "value: brin", "value: vestiging")).rows() == [("cumi", 4, "vestiging")]


def test_nothing_is_left_out_of_this_regulation(regulation):
    assert frames.unknown_values(regulation).rows() == []
    assert dict(frames.unknown_values(regulation).schema) == frames.UNKNOWN_VALUES


def test_an_unknown_rate_is_left_out_and_named_and_never_zero(text):
    found = changed(text, SCORE, NO_SCORE)
    assert "achterstandsscore" not in frames.rates(found)["component"]
    assert frames.unknown_values(found).select("component", "school_type", "what").rows() == [
        ("achterstandsscore", "bao", "rate")
    ]


def test_an_unknown_threshold_leaves_out_the_whole_component(text):
    four = "value: 4\n        unit: cumi pupils\n        status: published"
    found = changed(text, four, "value: null\n        unit: cumi pupils\n        status: unknown")
    assert set(frames.rates(found)["component"]) == {"per_pupil", "achterstandsscore"}
    assert frames.thresholds(found).rows() == []
    assert frames.unknown_values(found).select("school_type", "what").rows() == [
        ("sbo", "threshold"),
        ("so", "threshold"),
        ("vso", "threshold"),
    ]


def test_an_unknown_schedule_leaves_out_what_is_paid_by_it(text):
    later = (
        "schedules:\n  later: {value: null, unit: fraction, status: unknown, source: rijk-2021,"
        " where: niet gevonden, checked_on: 2026-11-24}\n"
    )
    spare = text.replace("schedules:\n", later, 1)
    assert frames.unknown_values(parse_rules(spare, "x.yaml").regulation).is_empty()
    named = changed(spare, "schedule: monthly", "schedule: later")
    assert frames.rates(named).is_empty()
    assert frames.shares(named).is_empty()
    assert frames.unknown_values(named)["what"].unique().to_list() == ["schedule"]


def test_a_component_can_have_a_schedule_of_its_own(text):
    once = (
        "schedules:\n  once:\n    {value: {rounding: cumulative, instalments: {2021-11: 1}}, unit: fraction,"
        " status: published, source: rijk-2021, where: ineens in nov 2021, checked_on: 2026-11-24}\n"
    )
    own = text.replace("schedules:\n", once, 1)
    found = frames.shares(changed(own, "measure: score", "measure: score\n    schedule: once"))
    score = found.filter(pl.col("component") == "achterstandsscore")
    assert score.rows() == [("achterstandsscore", date(2021, 11, 1), 1, 1)]
    assert found.height == 11 + 1 + 11


def test_an_unknown_value_says_so_when_it_is_asked_for(text):
    day = "value: 2020-10-01\n  unit: date\n  status: published"
    found = changed(text, day, "value: null\n  unit: date\n  status: unknown")
    with pytest.raises(Refused, match="the reference date is not known"):
        found.reference_date.known("the reference date")
    assert found.spending_deadline.known("the spending deadline") == date(2025, 7, 31)


@pytest.mark.parametrize(
    ("printed", "whole"),
    [
        ("701.16", 70_116_000_000),
        ("1402.30", 140_230_000_000),  # keeps its printed zero until here
        ("0.1", 10_000_000),
        ("1333.84296330", 133_384_296_330),
        ("999999999.99999999", 99_999_999_999_999_999),
        ("0", 0),
    ],
)
def test_a_rate_is_read_exactly(text, printed, whole):
    found = changed(text, "value: 701.16", f"value: {printed}")
    assert str(found.components["per_pupil"].rates[0].value) == printed
    assert frames.rates(found)["rate_e8"][0] == whole


def test_quotes_around_a_rate_make_no_difference(text, regulation):
    assert changed(text, "value: 701.16", 'value: "701.16"') == regulation


def test_a_rate_finer_than_the_money_is_refused():
    with pytest.raises(Refused, match="more than 8 decimals"):
        frames.rate_e8(Decimal("0.000000001"))
    with pytest.raises(Refused):
        frames.rate_e8(Decimal("Infinity"))
    assert frames.rate_e8(Decimal("-1e3")) == -100_000_000_000
