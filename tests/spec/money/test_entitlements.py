"""Entitlement = quantity x rate, rounded once; instalments add up to it exactly (contract, section 4)."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.entitlements.amounts import entitlements
from npo_pipeline.entitlements.schedule import instalments
from npo_pipeline.rulebook.frames import rates, shares
from tests.reading import rows, table
from tests.rulebook import shipped

PO = shipped("2021-2022-po")
RATES, SHARES = rates(PO.regulation), shares(PO.regulation)
NOWHERE = table("vestiging place\n 00AA00 bonaire").clear()


def measured(quantities):
    """The quantities with the measure of their component, and whose they are."""
    named = quantities.join(RATES.select("component", "measure").unique(), on="component", maintain_order="left")
    return named.with_columns(beneficiary="vestiging")


def test_amounts_of_2021_2022():
    counted = table(
        """
        vestiging  school_type  component          quantity_e2
        00AP00     bao          per_pupil          10000
        00AP00     bao          achterstandsscore  3302
        01AA00     sbo          per_pupil          1000
        02AA00     so           per_pupil          1000
        02AA00     vso          per_pupil          100
        02AA00     so           cumi               200
        """,
        quantity_e2="i",
    )
    found = entitlements(measured(counted), RATES, NOWHERE, "school")
    assert rows(found, "vestiging", "school_type", "component", "amount_cents") == [
        ("00AP00", "bao", "achterstandsscore", 8_293_30),  # 33.02 x 251.16 = 8,293.3032
        ("00AP00", "bao", "per_pupil", 70_116_00),  # 100 x 701.16
        ("01AA00", "sbo", "per_pupil", 10_517_40),  # 10 x 1,051.74
        ("02AA00", "so", "cumi", 1_097_12),  # 2 x 548.56
        ("02AA00", "so", "per_pupil", 14_023_10),  # 10 x 1,402.31, not 20 x 701.16
        ("02AA00", "vso", "per_pupil", 1_402_31),
    ]


BRANCHES = table(
    """
    vestiging  school_type  component          quantity_e2
    00AP00     bao          achterstandsscore  3302
    00AP01     bao          achterstandsscore  6701
    00AP02     bao          achterstandsscore  10
    00AQ00     bao          achterstandsscore  10
    """,
    quantity_e2="i",
)


def test_a_school_is_rounded_once_and_its_vestigingen_share_that_in_order_of_their_code():
    # 33.02 x 251.16 = 8,293.3032; 67.01 x 251.16 = 16,830.2316; 0.10 x 251.16 = 25.116
    found = entitlements(measured(BRANCHES), RATES, NOWHERE, "school")
    assert rows(found, "vestiging", "before_e10", "amount_cents") == [
        ("00AP00", 0, 8_293_30),  # 8,293.3032
        ("00AP01", 8_293_3032_000000, 16_830_23),  # 25,123.5348 gives 25,123.53, less 8,293.30
        ("00AP02", 25_123_5348_000000, 25_12),  # 25,148.6508 gives 25,148.65, less 25,123.53
        ("00AQ00", 0, 25_12),  # another school
    ]


def test_under_older_rules_each_vestiging_is_rounded_by_itself():
    thirds = BRANCHES.with_columns(quantity_e2=pl.Series([3, 3, 3, 3]))  # 0.03 x 251.16 = 7.5348
    of_school, of_vestiging = (
        rows(entitlements(measured(thirds), RATES, NOWHERE, per), "vestiging", "amount_cents")
        for per in ("school", "vestiging")
    )
    # 7.5348 gives 7.53; 15.0696 gives 15.07, less 7.53; 22.6044 gives 22.60, less 15.07
    assert of_school == [("00AP00", 7_53), ("00AP01", 7_54), ("00AP02", 7_53), ("00AQ00", 7_53)]
    assert of_vestiging == [("00AP00", 7_53), ("00AP01", 7_53), ("00AP02", 7_53), ("00AQ00", 7_53)]


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=9))
def test_the_vestigingen_of_a_school_add_up_to_its_rounded_amount(scores):
    counted = pl.DataFrame(
        {
            "vestiging": [f"00AP{number:02d}" for number in range(len(scores))],
            "school_type": "bao",
            "component": "achterstandsscore",
            "quantity_e2": scores,
        }
    )
    found = entitlements(measured(counted.reverse()), RATES, NOWHERE, "school")["amount_cents"]
    exact = Decimal(sum(scores)) * Decimal("251.16")  # in cents
    assert found.sum() == exact.quantize(Decimal(1), ROUND_HALF_UP)
    # No vestiging is more than a cent off its own product.
    assert all(abs(cents - score * Decimal("251.16")) < 1 for cents, score in zip(found, scores, strict=True))


def year_of(cents: int) -> list[tuple]:
    entitled = pl.DataFrame(
        {"beneficiary": ["00AP00"], "school_type": ["bao"], "component": ["per_pupil"], "amount_cents": [cents]}
    )
    return rows(instalments(entitled, SHARES), "month", "amount_cents")


def test_september_pays_august_too():
    # 100.00 in twelfths: after k months round(100 x k / 12)
    assert year_of(100_00) == [
        (date(2021, 9, 1), 16_67),  # 100 x 2/12 = 16.67
        (date(2021, 10, 1), 8_33),  # 25.00
        (date(2021, 11, 1), 8_33),  # 33.33
        (date(2021, 12, 1), 8_34),  # 41.67
        (date(2022, 1, 1), 8_33),  # 50.00
        (date(2022, 2, 1), 8_33),  # 58.33
        (date(2022, 3, 1), 8_34),  # 66.67
        (date(2022, 4, 1), 8_33),  # 75.00
        (date(2022, 5, 1), 8_33),  # 83.33
        (date(2022, 6, 1), 8_34),  # 91.67
        (date(2022, 7, 1), 8_33),  # 100.00
    ]


def test_an_instalment_of_nothing_is_not_a_row():
    # 1 cent: 0.1667 of a cent after September, half a cent and so a whole one after January
    assert year_of(1) == [(date(2022, 1, 1), 1)]


def test_every_school_has_a_year_of_its_own_in_whatever_order_the_months_are_listed():
    entitled = table(
        """
        beneficiary  school_type  component  amount_cents
        00AP00       bao          per_pupil  100
        00AQ00       bao          per_pupil  300
        """,
        amount_cents="i",
    )
    listed = table(
        """
        component  month       numerator  denominator
        per_pupil  2021-11-01  1          1
        per_pupil  2021-09-01  1          3
        per_pupil  2021-10-01  2          3
        """,
        month="d",
        numerator="i",
        denominator="i",
    )
    assert rows(instalments(entitled, listed), "beneficiary", "month", "amount_cents") == [
        ("00AP00", date(2021, 9, 1), 33),
        ("00AP00", date(2021, 10, 1), 34),  # 67
        ("00AP00", date(2021, 11, 1), 33),  # 100
        ("00AQ00", date(2021, 9, 1), 100),
        ("00AQ00", date(2021, 10, 1), 100),
        ("00AQ00", date(2021, 11, 1), 100),
    ]


@given(st.integers(0, 10**12))
def test_the_year_adds_up_and_no_month_strays_a_cent(cents):
    paid = dict(year_of(cents))
    assert sum(paid.values()) == cents
    assert all(
        abs(amount - cents / 12 * (2 if month == date(2021, 9, 1) else 1)) <= 1 for month, amount in paid.items()
    )
