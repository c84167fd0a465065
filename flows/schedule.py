"""The schedule of the payment run: the 1st of each month at six in the morning, Dutch time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from npo_pipeline.months import ZONE_NAME, Month, day_of, in_the_netherlands
from schemas.frames.books import AmountsToCome

FIRST_OF_MONTH = "0 6 1 * *"
SIX = time(6)
ZONE = ZoneInfo(ZONE_NAME)


def month_of(moment: datetime) -> Month:
    """Return the month of a moment in the Netherlands; a moment without a zone is in UTC."""
    here = in_the_netherlands(moment)
    return date(here.year, here.month, 1)


def last_tick(now: datetime) -> datetime:
    """Return the last moment, `now` included, at which the schedule started a payment run."""
    tick = _tick(month_of(now))
    return tick if tick <= in_the_netherlands(now) else _tick(tick.date() - timedelta(days=1))


def months_owed(to_come: AmountsToCome, tick: datetime) -> list[Month]:
    """Return the months that the run of a tick should have paid and that are not paid.

    The books are asked and not the server: Prefect drops the runs of ticks at which nobody served.
    """
    return to_come.filter(pl.col("month") <= month_of(tick))["month"].to_list()


def oldest_unasked(now: datetime) -> Month:
    """Return the oldest month that is not more than one month late: the month of yesterday, Dutch time.

    A month falls due on its first day. On 1 November October is one month late, on 2 November more than one.
    """
    yesterday = day_of(now) - timedelta(days=1)
    return yesterday.replace(day=1)


def _tick(day: date) -> datetime:
    return datetime.combine(day.replace(day=1), SIX, ZONE)
