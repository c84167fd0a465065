"""The forecast is what the payment runs to come will pay, if nothing more is decided.

02AA00 was paid 200 in September, by the first decision. By the second it is due 260 in September and 130 in
October and in November, its last month of payment.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.payments.booking import LedgerState
from npo_pipeline.payments.forecast import (
    Outlook,
    forecast,
    months_to_come,
    of_beneficiaries,
    paid_and_sent,
    sums_by,
)
from schemas.columns import MONEY
from tests.effort import examples
from tests.reading import rows, table

SEP, OCT, NOV, DEC = (date(2021, month, 1) for month in (9, 10, 11, 12))
SERIES = "school_year currency beneficiary school_type component"
DUE = ("02AA00 2021-09-01 260", "02AA00 2021-10-01 130", "02AA00 2021-11-01 130")
PAID = ("02AA00 2021-09-01 200",)
CORRECTED = ("02AA00 2021-09-01 60",)
BOARDS = ("02AA00 10001 2020-10-01", "03BB00 10002 2020-10-01")
NOTHING = table("recipient_kind recipient currency amount", amount="m")


def ledger_state(
    *,
    due: Sequence[str] = DUE,
    paid: Sequence[str] = PAID,
    corrected: Sequence[str] = (),
    corrections: str = "next_payment",
    floor: str = "no",
    boards: Sequence[str] = BOARDS,
) -> LedgerState:
    """`due`, `paid`, `corrected`: lines of school, month and amount; `boards`: of school, board and first day."""
    terms = [f"two 2021-2022 EUR bao per_pupil 2 1-pay {month} {corrections} {floor}" for month in (OCT, NOV)]
    calendar = (
        "decision_id school_year currency school_type component sequence after_run month corrections floor_zero"
    )
    return LedgerState(
        instalments=_amounts(due, "month"),
        ledger=_amounts(paid, "paid_month", reason="earlier"),
        in_force=table("school_year currency decision_id sequence\n2021-2022 EUR two 2", sequence="i"),
        corrections=_amounts(corrected, "paid_until", decision_id="two", after_run="1-pay"),
        calendar=table("\n".join([calendar, *terms]), sequence="i", month="d"),
        runs=table("run_id month\n1-pay 2021-09-01", month="d"),
        schools=table("\n".join(["vestiging board valid_from", *boards]), valid_from="d"),
    )


def _amounts(lines: Sequence[str], month: str, **columns: str) -> pl.DataFrame:
    found = table("\n".join([f"beneficiary {month} amount", *lines]), **{month: "d"}, amount="m")
    same = {"school_year": "2021-2022", "currency": "EUR", "school_type": "bao", "component": "per_pupil"}
    named = found.with_columns(**{name: pl.lit(value) for name, value in {**same, **columns}.items()})
    return named.select(*SERIES.split(), month, *columns, "amount")


def to_come(state: LedgerState, withheld: pl.DataFrame = NOTHING) -> list[tuple]:
    found = forecast(months_to_come(state, SEP), state, withheld, run_id="~")
    return rows(found, "month", "kind", "amount")


def test_each_month_pays_its_instalment_and_the_next_one_what_was_corrected():
    # 260 was due in September and 200 paid: October pays 60 more
    assert to_come(ledger_state()) == [(OCT, "correction", 60), (OCT, "instalment", 130), (NOV, "instalment", 130)]


def test_a_correction_that_is_spread_comes_in_equal_parts():
    spread = ledger_state(corrected=CORRECTED, corrections="spread")
    assert to_come(spread) == [
        (OCT, "correction", 30),
        (OCT, "instalment", 130),
        (NOV, "correction", 30),
        (NOV, "instalment", 130),
    ]


def test_what_a_month_may_not_take_back_comes_back_after_the_last_month():
    # 10 due in October and November, 200 too much paid: neither month goes below zero, December claims the rest
    floored = ledger_state(due=("02AA00 2021-10-01 10", "02AA00 2021-11-01 10"), floor="yes")
    assert to_come(floored) == [
        (OCT, "correction", -10),
        (OCT, "instalment", 10),
        (NOV, "correction", -10),
        (NOV, "instalment", 10),
        (DEC, "correction", -180),
    ]


def test_a_school_that_goes_over_is_paid_to_its_new_board_from_that_month_on():
    moved = ledger_state(boards=(*BOARDS, "02AA00 10002 2021-11-01"))
    found = forecast([OCT, NOV], moved, NOTHING, run_id="~")
    assert rows(found, "month", "recipient", "kind") == [
        (OCT, "10001", "correction"),
        (OCT, "10001", "instalment"),
        (NOV, "10002", "instalment"),
    ]


def test_what_releases_withheld_goes_out_with_the_first_month_and_is_of_no_school_year():
    withheld = table(
        """
        recipient_kind recipient currency amount
        bestuur        10001     EUR      -25.00
        bestuur        10002     EUR      0.00
        bestuur        10002     USD      7.00
        """,
        amount="m",
    )
    state = ledger_state(due=(), paid=())
    found = forecast(months_to_come(state, SEP), state, withheld, run_id="~")
    assert rows(found, "month", "recipient", "currency", "amount", "kind", "school_year", "vestiging") == [
        (OCT, "10001", "EUR", Decimal("-25.00"), "withheld", None, None),
        (OCT, "10002", "USD", Decimal("7.00"), "withheld", None, None),
    ]


def test_money_of_no_school_year_comes_after_that_of_school_years():
    withheld = table("recipient_kind recipient currency amount\n bestuur 10001 EUR 7.00", amount="m")
    found = forecast([OCT], ledger_state(), withheld, run_id="~")
    assert found["kind"].to_list() == ["correction", "instalment", "withheld"]
    assert found.schema["amount"] == MONEY


PAID_SO_FAR = table(
    """
    month      school_year component currency kind       amount
    2021-10-01 2021-2022   per_pupil USD      correction 5
    2021-10-01 2021-2022   per_pupil USD      instalment 40
    2021-09-01 2021-2022   per_pupil EUR      instalment 100
    """,
    month="d",
    amount="m",
)
KEPT_BACK = table("month currency amount\n2021-10-01 USD 15\n2021-09-01 EUR 30", month="d", amount="m")


def test_what_releases_kept_back_of_a_month_is_not_sent_of_what_was_paid_in_it():
    # 100 - 30 of September, 45 - 15 of October; it is of no school year, and comes last
    found = paid_and_sent(PAID_SO_FAR, KEPT_BACK)
    assert rows(found, "month", "school_year", "currency", "kind", "amount") == [
        (SEP, "2021-2022", "EUR", "instalment", 100),
        (SEP, None, "EUR", "withheld", -30),
        (OCT, "2021-2022", "USD", "correction", 5),
        (OCT, "2021-2022", "USD", "instalment", 40),
        (OCT, None, "USD", "withheld", -15),
    ]
    assert found.schema["amount"] == MONEY


def test_sums_are_of_each_kind_and_of_all_in_order():
    # of each school year what was paid, and of none what was kept back
    found = sums_by(paid_and_sent(PAID_SO_FAR, KEPT_BACK), "school_year")
    assert rows(found, "school_year", "currency", "instalment", "correction", "withheld", "amount") == [
        ("2021-2022", "EUR", 100, 0, 0, 100),
        ("2021-2022", "USD", 40, 5, 0, 45),
        (None, "EUR", 0, 0, -30, -30),
        (None, "USD", 0, 0, -15, -15),
    ]
    assert {found.schema[name] for name in ("instalment", "amount")} == {MONEY}


def test_currencies_are_named_in_order():
    to_come = PAID_SO_FAR.with_columns(currency=pl.lit("AWG"))
    found = Outlook(
        board=None,
        board_name=None,
        school_year=None,
        decisions=(),
        paid=PAID_SO_FAR,
        to_come=to_come,
        left_out=(),
        remarks=(),
    )
    assert found.currencies == ["AWG", "EUR", "USD"]


def test_the_months_to_come_end_one_after_the_last_month_of_payment():
    assert months_to_come(ledger_state(), SEP) == [OCT, NOV, DEC]
    assert months_to_come(ledger_state(), DEC) == [date(2022, 1, 1)]
    assert months_to_come(ledger_state(), None)[0] == SEP


def test_where_nothing_was_decided_no_month_is_to_come():
    undecided = ledger_state(due=(), paid=())
    nothing_in_force = table("school_year currency decision_id sequence", sequence="i")
    state = LedgerState(**{**vars(undecided), "in_force": nothing_in_force})
    assert months_to_come(state, None) == []
    assert forecast([], state, NOTHING, run_id="~").is_empty()


AMOUNTS = st.integers(-300, 300)


@settings(max_examples=examples(15))
@given(
    due=st.lists(AMOUNTS, min_size=3, max_size=3),
    paid=AMOUNTS,
    changed=AMOUNTS,
    corrections=st.sampled_from(["next_payment", "spread"]),
    floor=st.sampled_from(["yes", "no"]),
)
def test_at_the_end_what_was_paid_and_what_is_to_come_is_what_is_due(due, paid, changed, corrections, floor):
    state = ledger_state(
        due=[f"02AA00 {month} {amount}" for month, amount in zip((SEP, OCT, NOV), due, strict=True)],
        paid=[f"02AA00 {SEP} {paid}"],
        corrected=[f"02AA00 {SEP} {changed}"],
        corrections=corrections,
        floor=floor,
    )
    assert sum(amount for *_, amount in to_come(state)) == sum(due) - paid


def test_of_some_beneficiaries_alone_each_month_pays_what_it_pays_of_them_among_all():
    everyone = ledger_state(due=(*DUE, "03BB00 2021-10-01 40"), corrected=CORRECTED, corrections="spread")
    alone = of_beneficiaries(everyone, ["03BB00"])
    found = forecast([OCT, NOV], everyone, NOTHING, run_id="~")
    assert forecast([OCT, NOV], alone, NOTHING, run_id="~").equals(found.filter(vestiging="03BB00"))
