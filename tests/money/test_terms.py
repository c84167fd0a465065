"""What of a correction waits for a later month, and what a month never takes back (docs/recalibration.md)."""

from datetime import date

import polars as pl

from npo_pipeline.payments.terms import floors, waiting
from tests.reading import rows, table

SEP, OCT, NOV, DEC = (date(2021, month, 1) for month in (9, 10, 11, 12))
JAN = date(2022, 1, 1)
LATEST = table("decision_id\n two")


def terms(text: str) -> pl.DataFrame:
    """Months as they stand in the table, one row each: `9,10` is September and October."""
    told = table(text).with_columns(pl.col("month").str.split(",")).explode("month")
    day = pl.date(pl.when(pl.col("month") == "1").then(2022).otherwise(2021), pl.col("month").cast(pl.Int8), 1)
    return told.with_columns(
        month=day, school_year=pl.lit("2021-2022"), currency=pl.lit("EUR"), component=pl.lit("per_pupil")
    )


def waits(month: date, corrections: str, settling: str) -> list[tuple]:
    found = waiting(month, _told(corrections), terms(settling))
    return rows(found.sort("school_type"), "school_type", "amount_cents")


def _told(corrections: str) -> pl.DataFrame:
    return table(corrections, paid_until="d", amount_cents="i").with_columns(
        vestiging=pl.lit("00AA00"),
        school_year=pl.lit("2021-2022"),
        currency=pl.lit("EUR"),
        component=pl.lit("per_pupil"),
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
    found = {month: waiting(month, told, terms(settling))["own_month"].item() for month in (SEP, OCT)}
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
    return rows(floors(month, terms(SETTLING), LATEST), "school_year", "currency", "school_type", "component")


def test_the_latest_decision_says_what_never_takes_back_more_than_it_pays():
    assert floored(OCT) == [("2021-2022", "EUR", "bao", "per_pupil")]


def test_after_the_last_month_of_payment_what_is_left_is_claimed():
    assert len(floored(DEC)) == 1
    assert floored(JAN) == []
