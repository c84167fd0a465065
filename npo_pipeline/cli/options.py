"""Options that several commands share, and the kinds of value they take.

Nothing heavy is imported here: `npo --help` must come up at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import click

from npo_pipeline.errors import Refused
from npo_pipeline.months import day_from, month_from, school_year_from

F = TypeVar("F", bound=Callable[..., Any])


class Read(click.ParamType[Any]):
    """A value read by one of our own readers; what it refuses is wrong usage."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name, self._read = name, read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text of an option."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except Refused as refusal:
            self.fail(str(refusal), param, ctx)


def share_from(text: str) -> Decimal:
    """Read a share between 0 and 1, exactly."""
    try:
        share = Decimal(text)
    except InvalidOperation:
        share = Decimal(-1)
    if not (share.is_finite() and 0 <= share <= 1):
        raise Refused(f"{text!r} is no share: write a number from 0 to 1, as 0.01")
    return share


MONTH = Read("YYYY-MM", month_from)
DAY = Read("YYYY-MM-DD", day_from)
SCHOOL_YEAR = Read("2021-2022", school_year_from)
SHARE = Read("SHARE", share_from)
PATH = click.Path(path_type=Path)


def common(command: F) -> F:
    """Add `--home` and `--json`, which every command takes."""
    home = click.option(
        "--home",
        type=PATH,
        envvar="NPO_HOME",
        default=Path("npo-home"),
        show_default=True,
        help="The home folder.",
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
    return home(as_json(command))


def reference_date(text: str) -> Callable[[F], F]:
    """Add `--reference-date` with a help text."""
    return click.option("--reference-date", type=DAY, default=None, help=text)


def today() -> date:
    """The date of today, for defaults that follow the calendar."""
    return date.today()
