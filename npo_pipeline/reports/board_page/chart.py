"""The charts of a page: bars of amounts, and their lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from npo_pipeline import dutch
from npo_pipeline.reports.board_page.context import PageContext
from npo_pipeline.reports.xbrl.concepts import BY_NAME, NOT_ON_MENU, TOP

_STRONG, _OFF_MENU = "strong", "off-menu"


@dataclass(frozen=True)
class Bar:
    """A bar. `value`: the amount as the fact has it. `look`: the class that gives it its colour."""

    name: str
    value: str
    look: str = ""

    @property
    def cents(self) -> int:
        """The amount in cents."""
        return int(self.value.replace(".", ""))


@dataclass(frozen=True)
class Chart:
    """Bars below each other from one line of zero; lengths are percentages of the width, in tenths."""

    bars: Sequence[Bar]

    @cached_property
    def zero(self) -> int:
        """The place of the line of zero, in tenths of a percentage."""
        return -self._low * 1_000 // self._span

    def length(self, bar: Bar) -> str:
        """Return the length of a bar."""
        return _percentage(self._length(bar))

    def left(self, bar: Bar) -> str:
        """Return the place where a bar begins; below zero it goes to the left."""
        return _percentage(self.zero if bar.cents >= 0 else self.zero - self._length(bar))

    def _length(self, bar: Bar) -> int:
        return abs(bar.cents) * 1_000 // self._span

    @cached_property
    def _low(self) -> int:
        return min(0, *(bar.cents for bar in self.bars))

    @cached_property
    def _span(self) -> int:
        return max(max(0, *(bar.cents for bar in self.bars)) - self._low, 1)


def balance_chart(page: PageContext) -> Chart:
    """Return the chart of the opening balance, receipts, spending and the closing balance."""
    value, carried = page.facts.value, BY_NAME["CarriedOver"].nl
    amounts = [
        (f"{carried} op {dutch.day(page.opening_day)}", value("CarriedOver", period="start"), _STRONG),
        (BY_NAME["Received"].nl, value("Received"), ""),
        (BY_NAME["Spent"].nl, value("Spent"), ""),
        (f"{carried} op {dutch.day(page.closing_day)}", value("CarriedOver", period="end"), _STRONG),
    ]
    return _chart(amounts)


def category_chart(page: PageContext) -> Chart:
    """Return the chart of spending by category, the most first; without bars where nothing was spent."""
    value, names = page.facts.value, page.menu.names
    amounts = [
        (names[member], value("Spent", member=member), _OFF_MENU if member == NOT_ON_MENU else "")
        for member in TOP
    ]
    bars = _chart(amounts).bars
    return Chart(sorted(bars, key=lambda bar: -bar.cents))


def _chart(amounts: Sequence[tuple[str, str | None, str]]) -> Chart:
    """Return a chart of those amounts that are a fact, with their names and looks."""
    return Chart([Bar(name, amount, look) for name, amount, look in amounts if amount is not None])


def _percentage(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"
