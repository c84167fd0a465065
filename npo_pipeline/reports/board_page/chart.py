"""The charts of a page: bars of amounts, and their geometry in whole pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from npo_pipeline import dutch
from npo_pipeline.reports.board_page.context import PageContext
from npo_pipeline.reports.xbrl.concepts import BY_NAME, NOT_ON_MENU, TOP

_BLUE, _DARK, _RED = "#01689b", "#154273", "#a4262c"
_LONGEST_NAME = 46


@dataclass(frozen=True)
class Bar:
    """A bar. `value`: the amount as the fact has it."""

    name: str
    value: str
    colour: str

    @property
    def cents(self) -> int:
        """The amount in cents."""
        return int(self.value.replace(".", ""))

    @property
    def short_name(self) -> str:
        """The name, cut off where it is too long for the picture."""
        if len(self.name) <= _LONGEST_NAME:
            return self.name
        return self.name[: _LONGEST_NAME - 1].rstrip() + "…"


@dataclass(frozen=True)
class Chart:
    """Bars below each other from one line of zero, in pixels. `in_words`: the same as a text."""

    bars: Sequence[Bar]
    in_words: str
    width: int = 440
    row_height: int = 46

    @property
    def height(self) -> int:
        """The height of the picture."""
        return self.row_height * len(self.bars) + 2

    @cached_property
    def zero(self) -> int:
        """The place of the line of zero."""
        return -self._low * self.width // self._span

    def length(self, bar: Bar) -> int:
        """Return the length of a bar."""
        return abs(bar.cents) * self.width // self._span

    def left(self, bar: Bar) -> int:
        """Return the place where a bar begins; below zero it goes to the left."""
        return self.zero if bar.cents >= 0 else self.zero - self.length(bar)

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
        (f"{carried} op {dutch.day(page.opening_day)}", value("CarriedOver", period="start"), _DARK),
        (BY_NAME["Received"].nl, value("Received"), _BLUE),
        (BY_NAME["Spent"].nl, value("Spent"), _BLUE),
        (f"{carried} op {dutch.day(page.closing_day)}", value("CarriedOver", period="end"), _DARK),
    ]
    return _chart(page, amounts)


def category_chart(page: PageContext) -> Chart:
    """Return the chart of spending by category; without bars where nothing was spent."""
    value, names = page.facts.value, page.menu.names
    amounts = [
        (names[member], value("Spent", member=member), _RED if member == NOT_ON_MENU else _BLUE) for member in TOP
    ]
    return _chart(page, amounts)


def _chart(page: PageContext, amounts: Sequence[tuple[str, str | None, str]]) -> Chart:
    """Return a chart of those amounts that are a fact, with their names and colours."""
    bars = [Bar(name, amount, colour) for name, amount, colour in amounts if amount is not None]
    return Chart(bars, "; ".join(f"{bar.name}: {page.amount(bar.value)}" for bar in bars))
