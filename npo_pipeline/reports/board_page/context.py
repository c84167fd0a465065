"""What a page looks at: the facts of a board, and the words around them.

Members of the axes by the names that the taxonomy gives them, so that page and taxonomy say the same.

Spending by the names that the board wrote, for what the facts do not tell apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property

from npo_pipeline import dutch
from npo_pipeline.reports.board_page.html import EMPTY, Html, element, text, together, words
from npo_pipeline.reports.board_page.tagged_facts import TaggedFacts
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.concepts import BY_NAME, LEVEL_ELEMENTS, TOP, element_of
from npo_pipeline.reports.xbrl.taxonomy.elements import elements, intervention_keys
from npo_pipeline.rulebook.accountability.load import YearEndRules, year_end_rules


@dataclass(frozen=True)
class Menu:
    """`names`: of categories, behind their letter, and of interventions. `category`: of an intervention.

    `levels`: the names of levels.
    """

    names: Mapping[str, str]
    category: Mapping[str, str]
    levels: Mapping[str, str]


@cache
def menu() -> Menu:
    """All that ever stood on the menukaart, what is not on it, and the levels."""
    called = {one.name: one.nl for one in elements()}
    categories = year_end_rules().menukaart.all_categories()
    return Menu(
        {member: called[element_of(member)] for member in (*TOP, *intervention_keys())},
        {key: str(letter) for letter, one in categories.items() for key in one.interventions},
        {level: called[name] for level, name in LEVEL_ELEMENTS.items()},
    )


@dataclass(frozen=True)
class PageContext:
    """One board as its page tells of it.

    `currency`: of its amounts. `filing`: whether the page is a filing, or only to be read.
    """

    board: str
    told: ReportData
    placed: TaggedFacts
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
        return dutch.money(Decimal(value or "0.00"), self.currency)

    def last_day(self, period: str, month: str = " december ") -> str:
        """The day of a balance: `start` is the last day of the year before."""
        return f"31{month}{self.year if period == 'end' else self.year - 1}"


def label(concept: str) -> Html:
    """What a concept is called."""
    return text(BY_NAME[concept].nl)


def balance(seen: PageContext, period: str, month: str = " december ") -> Html:
    """What a balance is called, with its day."""
    return together(label("CarriedOver"), words("sub", f"op {seen.last_day(period, month)}"))


def sentence(*lines: str) -> Html:
    """Paragraphs of plain text."""
    return together(*[element("p", text(line)) for line in lines])


_READ = ("category", "intervention", "level", "on_menu", "amount")


def added_up(seen: PageContext, *, level: str | None = None, off_menu: bool = False) -> list[tuple[str, str, str]]:
    """Spending of the board per category and name: at one level, or of what is not on the menukaart.

    Returns:
        Category, name, amount as facts have it; in the order of their letters.
    """
    keyed = set(seen.told.keys.select("category", "intervention").rows()) if off_menu else set()
    summed: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for category, name, where, on_menu, amount in seen.told.interventions.select(_READ).iter_rows():
        wanted = not (on_menu and (category, name) in keyed) if off_menu else where == level
        if wanted:
            summed[category, name] += amount
    return [(*place, str(amount)) for place, amount in sorted(summed.items())]
