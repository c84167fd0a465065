"""What of a correction waits for a later month, and what a month never takes back.

The terms are those of docs/explanation/recalibration.md.
"""

from datetime import date

import polars as pl

from npo_pipeline.payments.settlement import deferred_corrections, floored_components
from tests.reading import rows, table

SEP, OCT, NOV, DEC = (date(2021, month, 1) for month in (9, 10, 11, 12))
JAN = date(2022, 1, 1)
LATEST = table("decision_id\n two")
RUNS = table("run_id month\n 1 2021-09-01", month="d")


PLACES = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
"""The decisions in order; a month is run between each and the next, where a test does not say otherwise."""


def terms(text: str) -> pl.DataFrame:
    """Months as they stand in the table, one row each: `9,10` is September and October."""
    told = table(text).with_columns(pl.col("month").str.split(",")).explode("month")
    day = pl.date(pl.when(pl.col("month") == "1").then(2022).otherwise(2021), pl.col("month").cast(pl.Int8), 1)
    place = pl.col("decision_id").replace_strict(PLACES, return_dtype=pl.Int64)
    return told.with_columns(
        month=day,
        school_year=pl.lit("2021-2022"),
        currency=pl.lit("EUR"),
        component=pl.lit("per_pupil"),
        sequence=place,
        after_run=place.cast(pl.String),
    )


TOGETHER = dict.fromkeys(PLACES, "2")
"""All decisions were taken between the same two runs."""


def waits(month: date, corrections: str, settling: str, after: dict[str, str] | None = None) -> list[tuple]:
    """`after`: the run that each decision came after, where that is not the one with its number."""
    told, made = terms(settling), _told(corrections)
    if after:
        of_run = pl.col("decision_id").replace_strict(after)
        told, made = told.with_columns(after_run=of_run), made.with_columns(after_run=of_run)
    latest = told.filter(pl.col("sequence") == pl.col("sequence").max()).select("decision_id").unique()
    found = deferred_corrections(month, made, told, latest, runs(told))
    return rows(found.sort("school_type"), "school_type", "amount_cents")


def runs(settling: pl.DataFrame) -> pl.DataFrame:
    """The runs before: one before each decision."""
    last = settling.select(pl.col("after_run").cast(pl.Int64).max()).item()
    return pl.DataFrame({"run_id": [str(number) for number in range(1, last + 1)], "month": [SEP] * last})


def _told(corrections: str) -> pl.DataFrame:
    return table(corrections, paid_until="d", amount_cents="i").with_columns(
        beneficiary=pl.lit("00AA00"),
        school_year=pl.lit("2021-2022"),
        currency=pl.lit("EUR"),
        component=pl.lit("per_pupil"),
        after_run=pl.col("decision_id").replace_strict(PLACES, return_dtype=pl.Int64).cast(pl.String),
    )


TWO = """
    decision_id school_type paid_until amount_cents
    two         bao         2021-09-01 100
    """


def test_after_one_of_three_months_that_remain_two_thirds_wait():
    settling = """
        decision_id school_type month      corrections
        two         bao         9,10,11,12 spread
        """
    assert waits(OCT, TWO, settling) == [("bao", 100 - 33)]
    assert waits(NOV, TWO, settling) == [("bao", 100 - 67)]
    assert waits(DEC, TWO, settling) == []  # all of it is reached


def test_it_is_told_when_what_waits_may_be_of_the_month_itself():
    settling = """
        decision_id school_type month      corrections
        two         bao         9,10,11,12 spread
        """
    told = _told(TWO)
    found = {
        month: deferred_corrections(month, told, terms(settling), LATEST, RUNS)["own_month"].item()
        for month in (SEP, OCT)
    }
    assert found == {SEP: True, OCT: False}  # September was run before the decision


def test_what_is_settled_by_the_next_payment_does_not_wait():
    # one decision, another rule for each school type
    both = """
        decision_id school_type paid_until amount_cents
        two         bao         2021-09-01 100
        two         sbo         2021-09-01 100
        """
    settling = """
        decision_id school_type month      corrections
        two         bao         9,10,11,12 spread
        two         sbo         9,10,11,12 next_payment
        """
    assert waits(OCT, both, settling) == [("bao", 100 - 33)]


def test_each_school_type_is_spread_over_months_of_its_own():
    both = """
        decision_id school_type paid_until amount_cents
        two         bao         2021-09-01 100
        two         sbo         2021-09-01 100
        """
    settling = """
        decision_id school_type month      corrections
        two         bao         9,10,11,12 spread
        two         sbo         9,10,11    spread
        """
    assert waits(OCT, both, settling) == [("bao", 100 - 33), ("sbo", 100 - 50)]


def test_a_correction_is_spread_over_the_months_that_its_own_decision_knew():
    # the next decision has one month more; the correction of the one before keeps its three
    settling = """
        decision_id school_type month        corrections
        two         bao         9,10,11,12   spread
        three       bao         9,10,11,12,1 spread
        """
    assert waits(OCT, TWO, settling) == [("bao", 100 - 33)]


BOTH_SPREAD = """
    decision_id school_type month      corrections
    two         bao         9,10,11,12 spread
    three       bao         9,10,11,12 spread
    """


def _two(one: int, other: int) -> str:
    return f"""
        decision_id school_type paid_until amount_cents
        two         bao         2021-09-01 {one}
        three       bao         2021-09-01 {other}
        """


def test_what_is_decided_between_two_runs_is_rounded_once():
    # 100 together: 33 after one of three months; 50 and 50 apart are 17 and 17
    assert waits(OCT, _two(50, 50), BOTH_SPREAD, TOGETHER) == [("bao", 100 - 33)]
    assert waits(OCT, _two(50, 50), BOTH_SPREAD) == [("bao", 100 - 17 - 17)]


def test_what_is_undone_before_a_run_does_not_wait():
    assert waits(OCT, _two(100, -100), BOTH_SPREAD, TOGETHER) == []


def test_decisions_between_two_runs_go_by_the_terms_of_the_last():
    settling = BOTH_SPREAD.replace("two         bao         9,10,11,12 spread", "two bao 9,10,11,12 next_payment")
    assert waits(OCT, _two(60, 40), settling, TOGETHER) == [("bao", 100 - 33)]


def test_decisions_between_two_runs_are_spread_over_the_months_of_the_last():
    settling = """
        decision_id school_type month      corrections
        two         bao         9,10,11,12 spread
        three       bao         9,10,11    spread
        """
    assert waits(OCT, _two(60, 40), settling, TOGETHER) == [("bao", 100 - 50)]


def test_the_decision_before_a_run_says_whether_it_settled_at_once():
    # before the run of the fourth came one that did not spread, after one that did
    told = """
        decision_id school_type paid_until amount_cents
        two         bao         2021-09-01 100
        four        bao         2021-09-01 40
        """
    settling = """
        decision_id school_type month      corrections
        two         bao         9,10,11,12 spread
        three       bao         9,10,11,12 next_payment
        four        bao         9,10,11,12 spread
        """
    assert waits(OCT, told, settling) == [("bao", 40 - 13)]


def test_a_decision_on_another_school_type_settles_nothing_at_once_or_later():
    # the second, of basisscholen, did not spread; the third, of others, came before the same run, and does
    settling = """
        decision_id school_type month      corrections
        two         bao         9,10,11,12 next_payment
        three       sbo         9,10,11,12 spread
        four        bao         9,10,11,12 spread
        """
    assert waits(OCT, TWO, settling, {"two": "1", "three": "1", "four": "2"}) == []


def test_two_equal_corrections_are_two():
    assert waits(OCT, _two(100, 100), BOTH_SPREAD) == [("bao", 2 * (100 - 33))]


def test_only_what_came_after_the_last_decision_that_did_not_spread_waits():
    told = """
        decision_id school_type paid_until amount_cents
        three       bao         2021-09-01 100
        five        bao         2021-09-01 40
        """
    settling = """
        decision_id school_type month      corrections
        two         bao         9,10,11,12 next_payment
        three       bao         9,10,11,12 spread
        four        bao         9,10,11,12 next_payment
        five        bao         9,10,11,12 spread
        """
    assert waits(OCT, told, settling) == [("bao", 40 - 13)]


def test_part_of_what_waits_may_be_of_the_month_itself():
    told = """
        decision_id school_type paid_until amount_cents
        two         bao         2021-09-01 100
        three       bao         2021-10-01 100
        """
    latest = table("decision_id\n three")
    assert deferred_corrections(OCT, _told(told), terms(BOTH_SPREAD), latest, RUNS)["own_month"].to_list() == [
        True
    ]


def test_the_decisions_of_each_school_year_are_its_own():
    # the third of one year and the first of the next were taken between the same two runs
    third = terms("decision_id school_type month corrections\n three bao 9,10,11,12 spread")
    made = _told("decision_id school_type paid_until amount_cents\n three bao 2021-09-01 100")
    year, other = pl.lit("2022-2023"), pl.lit("four")
    both = [
        pl.concat([one, one.with_columns(school_year=year, decision_id=other)])
        for one in (made, third, third.select("decision_id", "school_year").unique())
    ]
    both[1] = both[1].with_columns(sequence=pl.when(pl.col("decision_id") == "four").then(1).otherwise(3))
    found = deferred_corrections(OCT, *both, RUNS).sort("school_year")
    assert rows(found, "school_year", "amount_cents") == [("2021-2022", 100 - 33), ("2022-2023", 100 - 33)]


def test_nothing_waits_when_the_latest_decision_does_not_spread():
    settling = """
        decision_id school_type month      corrections
        two         bao         9,10,11,12 spread
        three       bao         9,10,11,12 next_payment
        """
    assert waits(OCT, TWO, settling) == []


def test_what_was_due_at_once_is_no_part_of_what_is_spread_since():
    both = """
        decision_id school_type paid_until amount_cents
        two         bao         2021-09-01 100
        three       bao         2021-09-01 40
        """
    settling = """
        decision_id school_type month      corrections
        two         bao         9,10,11,12 next_payment
        three       bao         9,10,11,12 spread
        """
    assert waits(OCT, both, settling) == [("bao", 40 - 13)]


def test_nothing_waits_longer_than_the_months_of_the_latest_decision():
    settling = """
        decision_id school_type month      corrections
        two         bao         9,10,11,12 spread
        three       bao         9,10       spread
        """
    assert waits(OCT, TWO, settling) == []


def test_where_no_month_remains_nothing_waits():
    settling = """
        decision_id school_type month corrections
        two         bao         9     spread
        """
    assert waits(OCT, TWO, settling) == []


SETTLING = """
    decision_id school_type month      floor_zero
    one         sbo         9,10,11,12 yes
    two         bao         9,10,11,12 yes
    two         sbo         9,10,11,12 no
    """


def floored(month: date) -> list[tuple]:
    return rows(
        floored_components(month, terms(SETTLING), LATEST), "school_year", "currency", "school_type", "component"
    )


def test_the_latest_decision_says_what_never_takes_back_more_than_it_pays():
    assert floored(OCT) == [("2021-2022", "EUR", "bao", "per_pupil")]


def test_after_the_last_month_of_payment_what_is_left_is_claimed():
    assert len(floored(DEC)) == 1
    assert floored(JAN) == []


FROM_DECEMBER = """
    decision_id school_type month corrections  floor_zero
    two         bao         9,10  next_payment no
    two         bao         12,1  spread       yes
    """


def test_before_the_first_month_of_payment_its_terms_hold():
    told = terms(
        """
        decision_id school_type month floor_zero
        two         bao         10    yes
        two         bao         11,12 no
        two         sbo         10    no
        two         sbo         11,12 yes
        """
    )
    assert floored_components(SEP, told, LATEST)["school_type"].to_list() == ["bao"]


def test_terms_hold_from_their_month():
    """Of 100 that was decided in October nothing waits in November: what is spread from December on came later."""
    latest = table("decision_id\n two")
    settling = terms(FROM_DECEMBER)
    assert deferred_corrections(NOV, _told(TWO), settling, latest, RUNS).is_empty()
    assert floored_components(NOV, settling, latest).is_empty()
    assert floored_components(DEC, settling, latest).height == 1


def test_what_was_due_before_terms_spread_it_is_not_spread_by_them():
    # the run of November was number 3, and settled all of it; without it the 100 still waits in December
    settling, latest = terms(FROM_DECEMBER), table("decision_id\n two")
    before = pl.concat([RUNS, table("run_id month\n 3 2021-11-01", month="d")])
    assert deferred_corrections(DEC, _told(TWO), settling, latest, before).is_empty()
    # three months of payment remained after September: October, December and January
    found = deferred_corrections(DEC, _told(TWO), settling, latest, RUNS)
    assert found["amount_cents"].to_list() == [100 - 67]


def test_what_is_spread_until_terms_say_otherwise_is_due_in_their_month():
    settling = terms(
        """
        decision_id school_type month corrections
        two         bao         9,10,11 spread
        two         bao         12,1    next_payment
        """
    )
    latest = table("decision_id\n two")
    assert deferred_corrections(NOV, _told(TWO), settling, latest, RUNS)["amount_cents"].to_list() == [100 - 50]
    assert deferred_corrections(DEC, _told(TWO), settling, latest, RUNS).is_empty()
