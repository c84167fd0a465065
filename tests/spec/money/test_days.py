"""A decision, a payment run and an account are of the day that the clock of the Netherlands shows."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.commands.pay import PayRequest, pay
from npo_pipeline.errors import Refused
from npo_pipeline.months import day_of


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        # Half past midnight in summer, two hours ahead of UTC, and in winter, one hour ahead.
        (datetime(2021, 8, 31, 22, 30), date(2021, 9, 1)),
        (datetime(2021, 8, 31, 21, 59), date(2021, 8, 31)),
        (datetime(2021, 12, 31, 23, 30), date(2022, 1, 1)),
        (datetime(2021, 12, 31, 22, 59), date(2021, 12, 31)),
        # The clocks go back on 31 October 2021, at 01:00 UTC.
        (datetime(2021, 10, 30, 22, 0), date(2021, 10, 31)),
        (datetime(2021, 10, 31, 22, 59), date(2021, 10, 31)),
        (datetime(2021, 9, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))), date(2021, 9, 1)),
        (datetime(2021, 8, 31, 22, 30, tzinfo=UTC), date(2021, 9, 1)),
    ],
)
def test_the_day_of_a_moment_is_the_dutch_day(moment, day):
    assert day_of(moment) == day


def test_a_machine_without_time_zones_is_refused_by_its_cause(monkeypatch):
    def unknown(name):
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", unknown)
    with pytest.raises(Refused, match=r"does not know the time zone Europe/Amsterdam.*install tzdata"):
        day_of(datetime(2021, 9, 1))


def test_october_can_be_paid_from_midnight_of_1_september_on_the_dutch_clock(tmp_path):
    """The month after the one of today is the last that can be paid."""
    home = Home(tmp_path)
    home.database.touch()

    def refused(moment):
        with pytest.raises(Refused) as refusal:
            pay(PayRequest(home=home, month=date(2021, 10, 1)), clock=lambda: moment)
        return str(refusal.value)

    assert "2021-10 is far ahead: on 2021-08-31" in refused(datetime(2021, 8, 31, 21, 59))
    assert "far ahead" not in refused(datetime(2021, 8, 31, 22, 0))
