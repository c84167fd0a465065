"""The page of a forecast in Dutch: amounts paid so far and to come, as bars per month and as tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from typing import TYPE_CHECKING

import polars as pl
from markupsafe import Markup

from npo_pipeline import dutch
from npo_pipeline.money import total
from npo_pipeline.months import Month, month_after
from npo_pipeline.payments.forecast import KINDS, WITHHELD, Outlook, sums_by
from npo_pipeline.reports.board_page.page import Bar, Chart
from npo_pipeline.reports.house_style import HouseStyle, page_style, page_templates, running_header
from npo_pipeline.translation import translated
from schemas.columns import BESTUUR, GEMEENTE, SAMENWERKING
from schemas.frames.money import ForecastSums

if TYPE_CHECKING:
    from jinja2 import Environment

TITLES = {
    "kort": "In het kort",
    "maanden": "Per maand",
    "onderdelen": "Per schooljaar en onderdeel",
    "niet": "Wat er niet in zit",
    "herkomst": "Waar de cijfers vandaan komen",
}
"""The parts of the page: anchor -> heading, in their order."""

_DAY = re.compile(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b")
_NOTHING = Decimal("0.00")
_BOARD_PAGE = "npo_pipeline.reports.board_page"
_PAID, _TO_COME = "paid", "to-come"
_RECIPIENTS = {BESTUUR: "schoolbesturen", SAMENWERKING: "samenwerkingsverbanden", GEMEENTE: "gemeenten"}


def page(outlook: Outlook, style: HouseStyle, *, made: date) -> bytes:
    """Render the page in UTF-8. The same forecast gives the same bytes.

    `made`: the day on which it is made.
    """
    css = Markup(page_style(style, _BOARD_PAGE, __package__))
    written = _environment().get_template("forecast.html").render(page=PageView(outlook, made), style=css)
    return (written + "\n").encode()


@dataclass(frozen=True, kw_only=True)
class MonthRow:
    """The amounts paid in a month, or to come in it."""

    month: Month
    is_paid: bool
    amounts: Sequence[Decimal]
    """Of each kind of `kinds`, and all together at the end."""

    @property
    def amount(self) -> Decimal:
        """All of it together."""
        return self.amounts[-1]


@dataclass(frozen=True, kw_only=True)
class PartRow:
    """The amounts of a component of a school year: paid so far, to come, and both."""

    school_year: str
    component: str
    paid: Decimal
    to_come: Decimal

    @property
    def amount(self) -> Decimal:
        """Both together."""
        return self.paid + self.to_come


@dataclass(frozen=True)
class CurrencyView:
    """The forecast in one currency; no amount of another is ever added to it."""

    outlook: Outlook
    currency: str

    @property
    def name(self) -> str:
        """The currency in words."""
        return dutch.CURRENCIES[self.currency]

    @cached_property
    def paid(self) -> Decimal:
        """The amount paid so far."""
        return total(self.outlook.paid.filter(currency=self.currency))

    @cached_property
    def to_come(self) -> Decimal:
        """The amount to come."""
        return total(self.outlook.to_come.filter(currency=self.currency))

    @cached_property
    def kinds(self) -> list[str]:
        """The kinds of which there is anything."""
        there = {*self.outlook.to_come.filter(currency=self.currency)["kind"]}
        there |= {*self.outlook.paid.filter(currency=self.currency)["kind"]}
        return [kind for kind in KINDS if kind in there]

    @cached_property
    def months(self) -> list[MonthRow]:
        """All months from the first to the last, also those in which nothing is paid."""
        paid, to_come = self._by_month(paid=True), self._by_month(paid=False)
        known = sorted({*paid, *to_come})
        found = []
        month = known[0] if known else None
        while month is not None and month <= known[-1]:
            is_paid = month < min(to_come, default=date.max)
            nothing = [_NOTHING] * (len(self.kinds) + 1)
            amounts = (paid if is_paid else to_come).get(month, nothing)
            found.append(MonthRow(month=month, is_paid=is_paid, amounts=amounts))
            month = month_after(month)
        return found

    def _by_month(self, *, paid: bool) -> dict[date, Sequence[Decimal]]:
        sums = sums_by(self.outlook.paid if paid else self.outlook.to_come, "month").filter(currency=self.currency)
        return {month: amounts for month, *amounts in sums.select("month", *self.kinds, "amount").iter_rows()}

    @property
    def chart(self) -> Chart:
        """Bars of the months, paid and to come each with a look of its own."""
        return Chart(
            [
                Bar(dutch.month(one.month), str(one.amount), _PAID if one.is_paid else _TO_COME)
                for one in self.months
            ]
        )

    @cached_property
    def parts(self) -> list[PartRow]:
        """The components of each school year; what is withheld is in none."""
        paid, to_come = (
            self._by_part(sums_by(self.outlook.paid, *_PART)),
            self._by_part(sums_by(self.outlook.to_come, *_PART)),
        )
        return [
            PartRow(
                school_year=year,
                component=dutch.component(component),
                paid=paid.get((year, component), _NOTHING),
                to_come=to_come.get((year, component), _NOTHING),
            )
            for year, component in sorted({*paid, *to_come})
        ]

    def _by_part(self, sums: ForecastSums) -> dict[tuple[str, str], Decimal]:
        named = sums.filter(pl.col("currency") == self.currency, pl.col("component").is_not_null())
        return {
            (year, component): amount for year, component, amount in named.select(*_PART, "amount").iter_rows()
        }

    @property
    def withheld(self) -> Decimal:
        """The amount that releases kept back and did not send since."""
        return total(self.outlook.to_come.filter(currency=self.currency, kind=WITHHELD))

    @property
    def not_sent(self) -> Decimal:
        """The same, taken from what was paid."""
        return total(self.outlook.paid.filter(currency=self.currency, kind=WITHHELD))

    @property
    def recipients(self) -> list[tuple[str, int, Decimal]]:
        """To whom it is to come: the kind of recipient, how many, and the amount."""
        mine = self.outlook.to_come.filter(currency=self.currency)
        key = ["recipient_kind", "currency"]
        sums = mine.group_by(key).agg(pl.col("recipient").n_unique(), pl.col("amount").sum())
        return [
            (_RECIPIENTS[kind], number, amount)
            for kind, number, amount in sums.sort(key).select(pl.exclude("currency")).iter_rows()
        ]


_PART = ("school_year", "component")


@dataclass(frozen=True)
class PageView:
    """The forecast as the templates show it."""

    outlook: Outlook
    made: date

    @property
    def title(self) -> str:
        """The title of the page."""
        year = f" {self.outlook.school_year}" if self.outlook.school_year else ""
        return f"Prognose van de betalingen{year}"

    @property
    def whose(self) -> str:
        """The board by its name, or all recipients."""
        if self.outlook.board is None:
            return "alle ontvangers"
        return self.outlook.board_name or f"bevoegd gezag {self.outlook.board}"

    @property
    def running_header(self) -> Markup:
        """The style of what stands on every sheet of paper."""
        board = f" ({self.outlook.board})" if self.outlook.board and self.outlook.board_name else ""
        return Markup(running_header(self.title, f"{self.whose}{board}"))

    @property
    def currencies(self) -> list[CurrencyView]:
        """The forecast per currency."""
        return [CurrencyView(self.outlook, one) for one in self.outlook.currencies]

    @property
    def left_out(self) -> list[str]:
        """Money that the forecast does not hold, in Dutch."""
        return [
            _DAY.sub(lambda day: dutch.day(date.fromisoformat(day[0])), translated(one))
            for one in self.outlook.left_out
        ]


@cache
def _environment() -> Environment:
    environment = page_templates(__package__, _BOARD_PAGE)
    environment.filters |= {
        "day": dutch.day,
        "month": dutch.month,
        "number": lambda value, places: dutch.number(Decimal(value), places),
    }
    kinds = {kind: words.capitalize() for kind, words in dutch.PAYMENT_REASONS.items()}
    environment.globals |= {"titles": TITLES, "kinds": kinds}
    return environment
