"""Months, school years, days of moments. A month is the DATE of its first day; a school year is `2021-2022`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TypeAlias

from npo_pipeline.errors import Refused

Month: TypeAlias = date

ZONE_NAME = "Europe/Amsterdam"
"""The clock by which a decision, an account or a payment is of a day: that of the Netherlands."""


def in_the_netherlands(moment: datetime) -> datetime:
    """Return a moment by the clock of the Netherlands; one without a zone is in UTC, as the books write it.

    Raises:
        Refused: this machine has no time zones.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo(ZONE_NAME)
    except ZoneInfoNotFoundError as error:
        raise Refused(
            f"this machine does not know the time zone {ZONE_NAME}, so no day can be said; install tzdata"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)


def day_of(moment: datetime) -> date:
    """Return the day of a moment in the Netherlands: 31 August 22:30 UTC is 1 September."""
    return in_the_netherlands(moment).date()


def month_from(text: str) -> Month:
    """Read `2021-09` as a month.

    Raises:
        Refused: it is no month between 2000-01 and 2099-12.
    """
    found = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", text)
    if not found:
        raise Refused(f"{text!r} is no month: write year and month as 2021-09")
    return date(int(found[1]), int(found[2]), 1)


def month_text(month: Month) -> str:
    """Write a month as `2021-09`."""
    return f"{month:%Y-%m}"


def school_year_from(text: str) -> str:
    """Check a school year of the form `2021-2022`.

    Raises:
        Refused: it is no school year, or its years do not follow each other.
    """
    found = re.fullmatch(r"(20[0-9]{2})-(20[0-9]{2})", text)
    if not found or int(found[2]) != int(found[1]) + 1:
        raise Refused(f"{text!r} is no school year: write it as 2021-2022")
    return text


def series_from(text: str) -> str:
    """Check what decisions are on: a school year, or a period of several, of the form `2021-2023`.

    Raises:
        Refused: it is neither.
    """
    found = re.fullmatch(r"(20[0-9]{2})-(20[0-9]{2})", text)
    if found and int(found[1]) + 1 < int(found[2]) <= int(found[1]) + 10:
        return text
    return school_year_from(text)


def is_school_year(series: str) -> bool:
    """Return whether a series is a school year and not a period of several."""
    return int(series[5:]) == int(series[:4]) + 1


def first_day(school_year: str) -> date:
    """Return the first day of a school year or period, 1 August (WPO art. 1: schooljaar)."""
    return date(int(school_year[:4]), 8, 1)


def day_from(text: str) -> date:
    """Read a date written as `20201001` or `2020-10-01`.

    Raises:
        Refused: it is written otherwise, or there is no such day.
    """
    found = re.fullmatch(r"([12][0-9]{3})-?([0-9]{2})-?([0-9]{2})", text)
    try:
        if found and len(text) in (8, 10):
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise Refused(f"{text!r} is no date: write it as 2020-10-01")


def month_after(month: Month) -> Month:
    """Return the month that follows."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
