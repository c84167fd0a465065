"""The page of a board: read in a browser and on paper, and, as inline XBRL, the filing itself.

The words and the markup are in the folder `templates`; this module fills them in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from typing import TYPE_CHECKING

from markupsafe import Markup

from npo_pipeline import dutch
from npo_pipeline.errors import NpoError
from npo_pipeline.reports.board_page.context import PageContext, menu
from npo_pipeline.reports.board_page.tagged_facts import TaggedFacts
from npo_pipeline.reports.house_style import HouseStyle, page_style, page_templates
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.concepts import BY_NAME, NAMESPACE, NAMESPACES, NOT_ON_MENU, PREFIX, SCHEMA, TOP
from npo_pipeline.reports.xbrl.instance import context_xml, unit_xml
from npo_pipeline.rulebook.year_end import year_end_rules
from schemas.frames.accounts import Facts

if TYPE_CHECKING:
    from jinja2 import Environment

_PREFIXES = ("ix", "ixt", "xbrli", "xbrldi", "link", "xlink", "iso4217", PREFIX)
TITLES = {
    "kort": "In het kort",
    "bevindingen": "Bevindingen",
    "geld": "Geld per school",
    "regeling": "Hoe het geld wordt verantwoord",
    "verrekenen": "Te verrekenen",
    "interventies": "Interventies",
    "niveau": "Personeel niet in loondienst en bovenschoolse inzet",
    "instemming": "Schoolscan, instemming en resultaten",
    "gevraagd": "Wat gevraagd wordt",
    "herkomst": "Waar de cijfers vandaan komen",
}
"""The parts of the page: anchor -> heading, in their order."""

_NO_CHARACTER = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot write; the page has a space for each."""


def page(facts: Facts, report: ReportData, *, filing: bool = True) -> bytes:
    """Render the page of one board in UTF-8. The same input gives the same bytes.

    `filing`: inline XBRL (`.xhtml`); else the same page to be read only (`.html`), and it says so.

    Raises:
        NpoError: the facts are not of one board, or one of them is not on the page exactly once. A fault of ours.
    """
    boards = facts["board"].unique().to_list()
    if len(boards) != 1:
        raise NpoError(f"one page is of one board, not of {len(boards)}; this is a fault of the program")
    (board,) = boards
    tagged = TaggedFacts(facts, report.year, tagged=filing)
    rules = year_end_rules()
    context = PageContext(board=board, report=report, facts=tagged, rules=rules, menu=menu(), filing=filing)
    contexts = [context_xml(one, board, report.year) for one in tagged.contexts]
    resources = Markup("".join([*contexts, *map(unit_xml, tagged.units)]))
    written = (
        _environment()
        .get_template("page.html")
        .render(page=context, fact=tagged.fact, resources=resources, style=_style(report.style))
    )
    tagged.finish()
    return (_NO_CHARACTER.sub(" ", written) + "\n").encode()


def fault_page(board: str, year: int) -> bytes:
    """Render the page of a board of which no report could be made: that it is our fault, and whom to ask."""
    written = _environment().get_template("fault.html").render(board=board, year=year, style=_style(HouseStyle()))
    return (written + "\n").encode()


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


@cache
def _environment() -> Environment:
    environment = page_templates("npo_pipeline.reports.board_page")
    environment.filters |= {
        "day": dutch.day,
        "short_day": dutch.short_day,
        "number": lambda value, places: dutch.number(Decimal(value), places),
    }
    environment.globals |= {
        "balance_chart": balance_chart,
        "bases": dutch.BASES,
        "category_chart": category_chart,
        "label": lambda concept: BY_NAME[concept].nl,
        "namespaces": {prefix: NAMESPACES[prefix] for prefix in _PREFIXES},
        "schema": SCHEMA,
        "severities": dutch.SEVERITIES,
        "taxonomy": NAMESPACE,
        "titles": TITLES,
    }
    return environment


def _style(house: HouseStyle) -> Markup:
    return Markup(page_style(house, __package__))
