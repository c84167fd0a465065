"""The page of a forecast says of each month whether it was paid or is to come, and adds no two currencies."""

import re
from datetime import date

import pytest

from npo_pipeline.payments.forecast import Outlook
from npo_pipeline.reports.forecast.page import CurrencyView, page
from npo_pipeline.reports.house_style import HouseStyle
from tests.reading import table

PAID = """
    month      school_year component currency kind       amount
    2021-09-01 2021-2022   per_pupil EUR      instalment 200.00
    2021-09-01 2021-2022   per_pupil USD      instalment 7.00
    2021-11-01 2021-2022   per_pupil EUR      instalment 100.00
    2021-11-01 -           -         EUR      withheld   -25.00
    """
TO_COME = """
    month      school_year recipient_kind recipient vestiging school_type component currency amount  kind
    2021-12-01 2021-2022   bestuur        10001     01AA00    bao         per_pupil EUR      100.00  instalment
    2021-12-01 2021-2022   bestuur        10001     01AA00    bao         per_pupil EUR      -130.50 correction
    2021-12-01 -           bestuur        10001     -         -           -         EUR      25.00   withheld
    2022-02-01 2021-2022   bestuur        10001     01AA00    bao         surcharge EUR      40.00   instalment
    """
MOVED = "01AA00 goes to another board on 2022-03-01; what it brings from then on is not in the forecast"
OUTLOOK = Outlook(
    board="10001",
    board_name="Stichting De <Wilg>",
    school_year=None,
    decisions=("2021-2022-002",),
    paid=table(PAID, month="d", amount="m"),
    to_come=table(TO_COME, month="d", amount="m"),
    left_out=(MOVED,),
    remarks=("payments are on hold",),
)
EURO = CurrencyView(OUTLOOK, "EUR")


@pytest.fixture(scope="module")
def written() -> str:
    return page(OUTLOOK, HouseStyle(), made=date(2021, 12, 3)).decode()


def _texts(written: str) -> list[str]:
    return [" ".join(one.split()) for one in re.sub("<[^>]*>", "\n", written).split("\n") if one.strip()]


def test_every_month_from_the_first_to_the_last_is_there_also_one_without_money():
    assert [(f"{one.month:%Y-%m}", one.is_paid, str(one.amount)) for one in EURO.months] == [
        ("2021-09", True, "200.00"),
        ("2021-10", True, "0.00"),
        ("2021-11", True, "75.00"),
        ("2021-12", False, "-5.50"),
        ("2022-01", False, "0.00"),
        ("2022-02", False, "40.00"),
    ]


def test_a_month_that_takes_back_has_its_bar_on_the_other_side_of_zero():
    # 200 up and 5,50 down are 205,50: zero is at 2,6% of the width
    chart = EURO.chart
    assert [(chart.left(one), chart.length(one)) for one in chart.bars[2:4]] == [("2.6", "36.4"), ("0.0", "2.6")]


def test_paid_and_to_come_are_told_apart_by_words_and_not_by_colour_alone(written):
    texts = _texts(written)
    assert {"(betaald)", "(komt nog)"} <= {*texts}
    assert "repeating-linear-gradient" in written


def test_no_two_currencies_are_added():
    assert (str(EURO.paid), str(EURO.to_come)) == ("275.00", "34.50")
    dollars = CurrencyView(OUTLOOK, "USD")
    assert (str(dollars.paid), str(dollars.to_come), dollars.withheld) == ("7.00", "0.00", 0)


def test_the_parts_and_what_is_withheld_add_up_to_what_was_paid_and_is_to_come():
    assert [(one.component, str(one.paid), str(one.to_come)) for one in EURO.parts] == [
        ("Bedrag per leerling", "300.00", "-30.50"),
        ("Toeslag per leerling", "0.00", "40.00"),
    ]
    assert sum(one.to_come for one in EURO.parts) + EURO.withheld == EURO.to_come
    assert sum(one.paid for one in EURO.parts) + EURO.not_sent == EURO.paid


def test_what_was_kept_back_is_to_come_and_no_longer_paid(written):
    # 300 in the books less 25 that was not sent; the 25 is in what is to come: together they are nothing
    assert EURO.not_sent + EURO.withheld == 0
    assert "zit 25,00 dat in de boeken al is betaald en nog niet is verstuurd" in written


def test_the_page_is_dutch_says_what_it_does_not_hold_and_has_no_remark_of_the_operator(written):
    assert "01AA00 gaat op 1 maart 2022 naar een ander bestuur" in written
    assert "on hold" not in written
    assert "Stichting De &lt;Wilg&gt;" in written
    assert "<Wilg>" not in written


def test_a_forecast_of_nothing_says_so():
    empty = Outlook(**{**vars(OUTLOOK), "paid": OUTLOOK.paid.clear(), "to_come": OUTLOOK.to_come.clear()})
    assert "Er is niets betaald en er komt niets." in page(empty, HouseStyle(), made=date(2021, 12, 3)).decode()


def test_of_the_country_the_page_says_for_whom_it_is_to_come():
    country = Outlook(**{**vars(OUTLOOK), "board": None, "board_name": None})
    assert CurrencyView(country, "EUR").recipients[0][:2] == ("schoolbesturen", 1)
