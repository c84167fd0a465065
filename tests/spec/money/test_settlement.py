"""A run pays what is due up to and including its month, less what was paid (contract, section 4)."""

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.payments.settlement import SERIES, SETTLEMENT_KEY, months_to_pay, settle, with_payment_ids
from tests.reading import rows, table

SEP, OCT, NOV, DEC = (date(2021, month, 1) for month in (9, 10, 11, 12))
AUG22 = date(2022, 8, 1)
LATEST = table("school_year currency decision_id\n 2021-2022 EUR two")
DUE = {
    "school_year": pl.String,
    "currency": pl.String,
    "beneficiary": pl.String,
    "school_type": pl.String,
    "component": pl.String,
}


NOTHING_WAITS = pl.DataFrame(schema={**DUE, "amount_cents": pl.Int64, "own_month": pl.Boolean})
NO_FLOORS = pl.DataFrame(schema=DUE).select(SETTLEMENT_KEY)
FLOORED = table("school_year currency school_type component\n 2021-2022 EUR bao per_pupil")

NO_TERMS = {"deferred": NOTHING_WAITS, "floored": NO_FLOORS}


def due(**months: int) -> pl.DataFrame:
    """Instalments of one school, in cents: due(sep=200, oct=100)."""
    return _school({"month": pl.Date}, [(_month(name), cents) for name, cents in months.items()])


def paid(*entries: tuple[date, str, int]) -> pl.DataFrame:
    """The ledger of one school: (paid month, reason, cents)."""
    return _school({"paid_month": pl.Date, "reason": pl.String}, entries)


def _school(columns, entries) -> pl.DataFrame:
    schema = {**DUE, **columns, "amount_cents": pl.Int64}
    return pl.DataFrame(
        [("2021-2022", "EUR", "00AA00", "bao", "per_pupil", *e) for e in entries], schema=schema, orient="row"
    )


def _month(name: str) -> date:
    return {"sep": SEP, "oct": OCT, "nov": NOV, "dec": DEC}[name]


def settled(
    month: date,
    *frames: pl.DataFrame,
    waits: int = 0,
    of_october: bool = False,
    floors: pl.DataFrame = NO_FLOORS,
) -> list[tuple]:
    """`waits`: so much of the corrections is spread over later months; `of_october`: what was due in it, too."""
    waiting = _school({}, [(waits,)] if waits else []).with_columns(own_month=pl.lit(of_october))
    due_rows, paid_rows = frames
    found = settle(month, due=due_rows, paid=paid_rows, in_force=LATEST, deferred=waiting, floored=floors)
    return rows(found, "reason", "amount_cents")


def test_the_first_month_pays_its_instalment():
    assert settled(SEP, due(sep=200, oct=100), paid()) == [("instalment", 200)]


def test_the_next_month_pays_the_next_one():
    assert settled(OCT, due(sep=200, oct=100), paid((SEP, "instalment", 200))) == [("instalment", 100)]


def test_a_month_paid_again_pays_nothing():
    assert settled(SEP, due(sep=200, oct=100), paid((SEP, "instalment", 200))) == []


def test_a_newer_decision_is_made_good_in_the_next_month():
    # September was 200 and should have been 260: October pays its own 130 and 60 more
    assert settled(OCT, due(sep=260, oct=130), paid((SEP, "instalment", 200))) == [
        ("correction", 60),
        ("instalment", 130),
    ]


def test_a_newer_decision_can_take_back():
    assert settled(OCT, due(sep=20, oct=10), paid((SEP, "instalment", 200))) == [
        ("correction", -180),
        ("instalment", 10),
    ]


def test_a_month_paid_again_after_a_newer_decision_pays_only_what_that_changed():
    assert settled(SEP, due(sep=260, oct=130), paid((SEP, "instalment", 200))) == [("correction", 60)]
    assert settled(SEP, due(sep=260), paid((SEP, "instalment", 200), (SEP, "correction", 60))) == []


def test_a_school_that_is_no_longer_entitled_gives_all_back():
    assert settled(OCT, due(), paid((SEP, "instalment", 200))) == [("correction", -200)]


def test_after_the_last_instalment_corrections_are_paid_in_the_next_month_that_is_run():
    assert settled(AUG22, due(sep=200, oct=130), paid((SEP, "instalment", 200), (OCT, "instalment", 100))) == [
        ("correction", 30)
    ]


def test_an_older_month_paid_again_does_not_take_later_months_back():
    ledger = paid((SEP, "instalment", 200), (OCT, "instalment", 100))
    assert settled(SEP, due(sep=200, oct=100), ledger) == []


def test_school_years_school_types_and_components_are_settled_each_on_its_own():
    # paid too much of one is not held against another: 02 gives 70 back, 01 gets its 100 whole
    due_rows = table(
        """
        school_year currency beneficiary school_type component         month       amount_cents
        2021-2022   EUR      00AA01      bao         per_pupil         2021-10-01  100
        2021-2022   EUR      00AA02      bao         per_pupil         2021-10-01  30
        2021-2022   EUR      00AA02      bao         achterstandsscore 2021-10-01  5
        2021-2022   EUR      00AA02      sbo         per_pupil         2021-10-01  7
        2022-2023   EUR      00AA02      bao         per_pupil         2021-10-01  9
        2021-2022   USD      28PW00    cn          per_pupil         2021-10-01  11""",
        month="d",
        amount_cents="i",
    )
    paid_rows = table(
        """
        school_year currency beneficiary school_type component paid_month  reason      amount_cents
        2021-2022   EUR      00AA02    bao         per_pupil 2021-09-01  instalment  100""",
        paid_month="d",
        amount_cents="i",
    )
    latest = table(
        "school_year currency decision_id\n 2021-2022 EUR one\n 2022-2023 EUR two\n 2021-2022 USD three"
    )
    found = settle(OCT, due=due_rows, paid=paid_rows, in_force=latest, **NO_TERMS)
    assert rows(found, "beneficiary", "school_type", "component", "decision_id", "reason", "amount_cents") == [
        ("00AA01", "bao", "per_pupil", "one", "instalment", 100),
        ("00AA02", "bao", "achterstandsscore", "one", "instalment", 5),
        ("00AA02", "bao", "per_pupil", "one", "correction", -100),
        ("00AA02", "bao", "per_pupil", "one", "instalment", 30),
        ("00AA02", "sbo", "per_pupil", "one", "instalment", 7),
        ("28PW00", "cn", "per_pupil", "three", "instalment", 11),
        ("00AA02", "bao", "per_pupil", "two", "instalment", 9),
    ]


def test_a_month_in_which_only_a_correction_was_booked_still_books_its_instalment():
    # October had none, and gave back 5; only then it is decided that October is 100
    ledger = paid((SEP, "instalment", 100), (OCT, "correction", -5))
    assert settled(OCT, due(sep=95, oct=100), ledger) == [("instalment", 100)]
    assert settled(OCT, due(sep=110, oct=100), ledger, waits=15) == [("instalment", 100)]


def test_what_is_spread_over_later_months_is_not_paid_yet():
    # 20 more for September, of which 15 wait: October pays its own 100 and 5
    assert settled(OCT, due(sep=120, oct=100), paid((SEP, "instalment", 100)), waits=15) == [
        ("correction", 5),
        ("instalment", 100),
    ]


def test_an_instalment_that_came_after_its_month_was_run_is_no_instalment_when_it_is_spread():
    # October was run without this school; only then it is decided that October is 30, of which 20 wait
    assert settled(OCT, due(oct=30), paid(), waits=20, of_october=True) == [("correction", 30 - 20)]
    assert settled(OCT, due(oct=30), paid(), waits=20) == [("correction", -20), ("instalment", 30)]


def test_a_month_that_was_run_of_two_schools_corrects_one_of_them_once():
    two = table(
        """
        school_year currency beneficiary school_type component amount_cents
        2021-2022   EUR      00AA01      bao         per_pupil 100
        2021-2022   EUR      00AA02    bao         per_pupil 100""",
        amount_cents="i",
    )
    more = pl.when(pl.col("beneficiary") == "00AA01").then(110).otherwise(100)
    due_rows = two.with_columns(month=pl.lit(OCT), amount_cents=more.cast(pl.Int64))
    ledger = two.with_columns(paid_month=pl.lit(OCT), reason=pl.lit("instalment"))
    found = settle(OCT, due=due_rows, paid=ledger, in_force=LATEST, **NO_TERMS)
    assert rows(found, "beneficiary", "reason", "amount_cents") == [("00AA01", "correction", 10)]


def test_with_a_floor_a_month_that_is_run_again_gives_back_what_it_paid_and_no_more():
    # all of it is too much; October paid 100, and 60 of it came back in October already
    ledger = paid((SEP, "instalment", 100), (OCT, "instalment", 100), (OCT, "correction", -60))
    assert settled(OCT, due(), ledger, floors=FLOORED) == [("correction", -(100 - 60))]
    # what October took back before there was a floor is not paid out again
    assert settled(OCT, due(), paid((SEP, "instalment", 100), (OCT, "correction", -60)), floors=FLOORED) == []


def test_what_was_paid_by_a_decision_that_is_nowhere_comes_back_without_the_name_of_one():
    # the books refuse a payment without a decision: better than to leave it out unseen
    found = settle(OCT, due=due(), paid=paid((SEP, "instalment", 200)), in_force=LATEST.clear(), **NO_TERMS)
    assert rows(found, "decision_id", "reason", "amount_cents") == [(None, "correction", -200)]


def test_an_instalment_and_a_correction_that_cancel_out_are_both_booked():
    # 200 was paid and 100 was due; October's own 100 makes it right, and is there to be seen
    assert settled(OCT, due(sep=100, oct=100), paid((SEP, "instalment", 200))) == [
        ("correction", -100),
        ("instalment", 100),
    ]


@given(
    decisions=st.lists(
        st.tuples(st.integers(0, 4), st.lists(st.integers(0, 999), min_size=4, max_size=4)), max_size=5
    )
)
def test_what_was_paid_is_always_what_the_latest_decision_makes_due(decisions):
    """An independent model: after each run the sum of all payments is the sum of all that is due."""
    months, ledger, current = [SEP, OCT, NOV, DEC], [], [0, 0, 0, 0]
    for place, month in enumerate(months):
        for at, amounts in decisions:
            current = amounts if at == place else current
        instalments = due(sep=current[0], oct=current[1], nov=current[2], dec=current[3])
        found = settle(month, due=instalments, paid=paid(*ledger), in_force=LATEST, **NO_TERMS)
        ledger += [(month, reason, cents) for reason, cents in rows(found, "reason", "amount_cents")]
        assert sum(cents for *_, cents in ledger) == sum(current[: place + 1])
        assert settled(month, instalments, paid(*ledger)) == []
        own = sum(cents for when, reason, cents in ledger if when == month and reason == "instalment")
        assert own == current[place]


def test_payment_ids_follow_from_what_is_paid():
    settled_rows = settle(SEP, due=due(sep=200), paid=paid(), in_force=LATEST, **NO_TERMS)
    one, again = with_payment_ids(settled_rows, SEP), with_payment_ids(settled_rows, SEP)
    assert one.equals(again)
    other_month = with_payment_ids(settled_rows, OCT)
    dearer = with_payment_ids(settled_rows.with_columns(pl.col("amount_cents") + 1), SEP)
    names = {frame["payment_id"].item() for frame in (one, other_month, dearer)}
    assert len(names) == 3
    assert all(len(name) == 32 for name in names)
    assert SERIES == ["school_year", "currency", "beneficiary", "school_type", "component"]


def test_skipped_months_are_those_in_which_an_instalment_falls():
    assert months_to_pay(DEC, [SEP, OCT, NOV, DEC], [SEP]) == [OCT, NOV, DEC]
    assert months_to_pay(OCT, [SEP, OCT], [SEP]) == [OCT]
    assert months_to_pay(SEP, [SEP, OCT], [SEP, OCT]) == [SEP]
    assert months_to_pay(DEC, [SEP, OCT, NOV, DEC], [SEP, OCT]) == [NOV, DEC]
    # nothing falls in August: September 2022 may follow July 2022
    assert months_to_pay(date(2022, 9, 1), [date(2022, 7, 1), date(2022, 9, 1)], [date(2022, 7, 1)]) == [
        date(2022, 9, 1)
    ]
    # the first run may not begin half-way the year
    assert months_to_pay(OCT, [SEP, OCT], []) == [SEP, OCT]


def test_skipped_months_are_paid_in_order_and_each_once():
    year = [date(2022, month, 1) for month in (7, 6, 5, 4, 3, 2, 1)] + [DEC, NOV, OCT, SEP]
    assert months_to_pay(AUG22, year + year, []) == [*sorted(year), AUG22]
