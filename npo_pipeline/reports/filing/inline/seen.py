"""What a page looks at: the facts of a board, and the words around them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from npo_pipeline.regulations.accountability.load import YearEndRules
from npo_pipeline.reports.filing.concepts import BY_NAME
from npo_pipeline.reports.filing.inline import figures
from npo_pipeline.reports.filing.inline.markup import EMPTY, Html, element, text, together, words
from npo_pipeline.reports.filing.inline.menu import Menu
from npo_pipeline.reports.filing.inline.placed import Placed
from npo_pipeline.reports.filing.told import Told


@dataclass(frozen=True)
class Seen:
    """One board as its page tells of it.

    `currency`: of its amounts. `filing`: whether the page is a filing, or only to be read.
    """

    board: str
    told: Told
    placed: Placed
    rules: YearEndRules
    menu: Menu
    currency: str
    filing: bool

    @property
    def year(self) -> int:
        """The calendar year."""
        return self.told.year

    @cached_property
    def brins(self) -> list[str]:
        """The schools, in the order of the facts."""
        return self.placed.brins()

    @property
    def with_errors(self) -> bool:
        """Whether there are findings that are errors."""
        return self.placed.value("Errors") not in (None, "0")

    def school(self, brin: str) -> Html:
        """A school by its name, to begin a row with; its facts stand elsewhere."""
        name = self.placed.value("SchoolName", brin)
        named = text(name) if name else text(brin)
        return together(element("span", named), words("sub", brin) if name else EMPTY)

    def amount(self, value: str | None) -> str:
        """An amount within a sentence, with the sign of its currency."""
        return f"{figures.SIGNS[self.currency]} {figures.money(value or '0.00')}"

    def last_day(self, period: str, month: str = " december ") -> str:
        """The day of a balance: `start` is the last day of the year before."""
        return f"31{month}{self.year if period == 'end' else self.year - 1}"


def label(concept: str) -> Html:
    """What a concept is called."""
    return text(BY_NAME[concept].nl)


def balance(seen: Seen, period: str, month: str = " december ") -> Html:
    """What a balance is called, with its day."""
    return together(label("CarriedOver"), words("sub", f"op {seen.last_day(period, month)}"))


def sentence(*lines: str) -> Html:
    """Paragraphs of plain text."""
    return together(*[element("p", text(line)) for line in lines])
