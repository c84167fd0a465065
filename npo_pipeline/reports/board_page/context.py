"""The data of a page: the facts of a board, its report, and the words around them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, NamedTuple

from npo_pipeline import dutch
from npo_pipeline.reports.board_page.tagged_facts import TaggedFacts
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.concepts import LEVEL_ELEMENTS, NOT_ON_MENU, TOP, element_of
from npo_pipeline.reports.xbrl.taxonomy.elements import elements, intervention_keys
from npo_pipeline.rulebook.fields import citation
from npo_pipeline.rulebook.year_end import YearEndRules, year_end_rules
from schemas.accounted import SEVERITIES

ANSWERED_IN = (
    "instemming",
    "interventies",
    "instemming",
    "instemming",
    "niveau",
    "instemming",
    "instemming",
    "niveau",
)
"""The part with the answer to each question, in the order of the file on accountability."""


@dataclass(frozen=True, kw_only=True)
class Menu:
    """Hold the names that the taxonomy gives to members of its axes.

    `names`: of categories, behind their letter, and of interventions. `category`: of an intervention. `levels`:
    the names of levels.
    """

    names: Mapping[str, str]
    category: Mapping[str, str]
    levels: Mapping[str, str]


@cache
def menu() -> Menu:
    """Return all that was ever on the menukaart, what is not on it, and the levels."""
    labels = {one.name: one.nl for one in elements()}
    categories = year_end_rules().menukaart.all_categories()
    return Menu(
        names={member: labels[element_of(member)] for member in (*TOP, *intervention_keys())},
        category={key: str(letter) for letter, one in categories.items() for key in one.interventions},
        levels={level: labels[name] for level, name in LEVEL_ELEMENTS.items()},
    )


class SpendingMember(NamedTuple):
    """A category or an intervention that money went to. `share`: of all spending of the board, as a percentage."""

    key: str
    name: str
    kind: str
    share: str


class ReportedTotal(NamedTuple):
    """Spending of the board on an intervention by the name that the board gave it."""

    category: str
    name: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class MannerOfReceipt:
    """An amount that the board received for a component, and how it is accounted for."""

    component: str
    school_year: str
    manner: str
    article: str
    amount: Decimal


class Question(NamedTuple):
    """A question that boards are asked, its source, and the part of the page that answers it."""

    text: str
    article: str
    url: str
    anchor: str


@dataclass(frozen=True, kw_only=True)
class PageContext:
    """Give the templates the data of one board. `filing`: the page is a filing, and not only to be read."""

    board: str
    report: ReportData
    facts: TaggedFacts
    rules: YearEndRules
    menu: Menu
    filing: bool

    @property
    def year(self) -> int:
        """The calendar year."""
        return self.report.year

    @property
    def opening_day(self) -> date:
        """The day of the balance that the year opens with."""
        return date(self.year - 1, 12, 31)

    @property
    def closing_day(self) -> date:
        """The day of the balance that the year closes with."""
        return date(self.year, 12, 31)

    @cached_property
    def currency(self) -> str:
        """The currency of all amounts."""
        return "USD" if "USD" in self.facts.units else "EUR"

    @property
    def currency_name(self) -> str:
        """The currency in words."""
        return dutch.CURRENCIES[self.currency]

    @cached_property
    def brins(self) -> list[str]:
        """The schools, in the order of the facts."""
        return self.facts.brins()

    @property
    def brins_with_texts(self) -> list[str]:
        """The schools that wrote of parents or results."""
        value = self.facts.value
        return [brin for brin in self.brins if value("ParentsInvolved", brin) or value("Results", brin)]

    @property
    def has_errors(self) -> bool:
        """True where there are findings that are errors."""
        return self.facts.value("Errors") not in (None, "0")

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """The rows of table `findings`, the gravest first."""
        rows = self.report.findings.iter_rows(named=True)
        return sorted(rows, key=lambda row: SEVERITIES.index(row["severity"]))

    @cached_property
    def off_menu(self) -> list[ReportedTotal]:
        """Spending that is not on the menukaart."""
        if self.facts.value("Spent", member=NOT_ON_MENU) is None:
            return []
        keyed = set(self.report.keys.select("category", "intervention").rows())
        return self._reported_totals(lambda level, on_menu, name: not (on_menu and name in keyed))

    @cached_property
    def board_level(self) -> list[ReportedTotal]:
        """Spending at board level."""
        return self._reported_totals(lambda level, on_menu, name: level == "bovenschools")

    @property
    def receipts(self) -> list[MannerOfReceipt]:
        """The receipts of all schools together, per school year and component."""
        totals: defaultdict[tuple[str, str, str | None, str | None], Decimal] = defaultdict(Decimal)
        columns = ("school_year", "component", "accounted_under", "article", "received")
        for *kind, received in self.report.receipts.select(columns).iter_rows():
            school_year, component, manner, article = kind
            totals[school_year, component, manner, article] += received
        return [
            MannerOfReceipt(
                component=dutch.DUTCH.component(component),
                school_year=school_year,
                manner=dutch.MANNERS.get(manner or "", dutch.MANNER_NOT_KNOWN),
                article=article or "",
                amount=amount,
            )
            for (school_year, component, manner, article), amount in totals.items()
        ]

    @property
    def has_money_of_the_annual_report(self) -> bool:
        """True where money came in that only the annual report accounts for."""
        return "annual_report" in self.report.receipts["accounted_under"]

    @property
    def asked_about(self) -> str:
        """The amount that the questions via XBRL are about, within a sentence."""
        asked = self.report.receipts.filter(accounted_under="npo_answers")["received"]
        return self.amount(sum(asked, Decimal("0.00")))

    @property
    def questions(self) -> Iterator[Question]:
        """The questions that boards are asked.

        Raises:
            ValueError: a question was added without the part that answers it.
        """
        accountability = self.rules.accountability
        for question, anchor in zip(accountability.must_report, ANSWERED_IN, strict=True):
            source = accountability.sources[question.source]
            yield Question(str(question.value), citation(accountability, question), source.url, anchor)

    def amount(self, value: Decimal | str) -> str:
        """Write an amount within a sentence, with the sign of its currency."""
        return dutch.money(Decimal(value), self.currency)

    def board_amount(self, concept: str, period: str = "duration") -> str:
        """Write an amount of the board within a sentence; 0 where there is no such fact."""
        return self.amount(self.facts.value(concept, period=period) or "0.00")

    def spending_members(self, brin: str | None = None) -> list[SpendingMember]:
        """Return what a school, or the board, spent money on: each category, and behind it its interventions."""
        members, kinds = self.facts.members(brin), {}
        for category in members:
            if category in TOP:
                kinds[category] = "category"
                kinds |= {key: "intervention" for key in members if self.menu.category.get(key) == category}
        return [
            SpendingMember(key, self.menu.names[key], kind, "" if brin else self._share(key))
            for key, kind in kinds.items()
        ]

    def _share(self, member: str) -> str:
        """Write a part of all spending in tenths of a percent: to look at, and no fact."""
        part, whole = (_cents(self.facts.value("Spent", member=one)) for one in (member, None))
        if not whole:
            return ""
        permille = (2_000 * part + whole) // (2 * whole)
        return dutch.percent(Decimal(permille).scaleb(-3), 1)

    def _reported_totals(self, wanted: Callable[[str, bool, tuple[str, str]], bool]) -> list[ReportedTotal]:
        """Add up spending per category and name, in the order of their letters."""
        columns = ("category", "intervention", "level", "on_menu", "amount")
        totals: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for category, name, level, on_menu, amount in self.report.interventions.select(columns).iter_rows():
            if wanted(level, on_menu, (category, name)):
                totals[category, name] += amount
        return [ReportedTotal(*place, amount) for place, amount in sorted(totals.items())]


def _cents(value: str | None) -> int:
    return int((value or "0.00").replace(".", ""))
