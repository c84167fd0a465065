"""A year opens on the close of the year before; where it does not, a finding says so."""

from decimal import Decimal

import polars as pl

from npo_pipeline.accounts.findings.registry import opening_findings
from npo_pipeline.rulebook.year_end import year_end_rules
from tests.spec.accounts.boards import BOARD, SCHOOL


def years(*closed_and_opened: tuple[str, int, str, str]) -> pl.DataFrame:
    """Rows of accountability: (brin, year, carried in, carried out)."""
    rows = [
        {"board": BOARD, "brin": brin, "year": year, "currency": "EUR"}
        | {"carried_in": Decimal(opened), "carried_out": Decimal(closed)}
        for brin, year, opened, closed in closed_and_opened
    ]
    schema = {"board": pl.String, "brin": pl.String, "year": pl.Int64, "currency": pl.String}
    return pl.DataFrame(rows, schema={**schema, "carried_in": pl.Decimal(18, 2), "carried_out": pl.Decimal(18, 2)})


def openings(*rows: tuple[str, int, str, str]) -> list[tuple]:
    found = opening_findings(years(*rows), 2022, year_end_rules().accountability)
    return found.select("brin", "rule", "severity", "amount").rows()


def test_a_year_that_opens_on_the_close_of_the_year_before_is_in_order():
    assert openings((SCHOOL, 2021, "0", "4.00"), (SCHOOL, 2022, "4.00", "1.00")) == []


def test_a_year_that_opens_on_something_else_is_an_error():
    # It opens with 3,00 and the year before closed with 4,00.
    assert openings((SCHOOL, 2021, "0", "4.00"), (SCHOOL, 2022, "3.00", "1.00")) == [
        (SCHOOL, "opening_differs", "error", Decimal("-1.00"))
    ]


def test_a_school_that_is_gone_with_money_left_is_an_error_and_one_without_is_not():
    assert openings((SCHOOL, 2021, "0", "4.00"), ("02BB", 2021, "0", "0"), ("03CC", 2022, "0", "0")) == [
        (SCHOOL, "opening_differs", "error", Decimal("-4.00"))
    ]


def test_the_first_year_has_nothing_to_open_on():
    assert openings((SCHOOL, 2022, "0", "4.00")) == []
