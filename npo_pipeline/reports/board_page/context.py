"""The data of a page: the facts of a board, its report, and the words around them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, NamedTuple

import polars as pl
from markupsafe import Markup

from npo_pipeline import dutch
from npo_pipeline.reports.board_page.tagged_facts import TaggedFacts
from npo_pipeline.reports.house_style import running_header
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.concepts import LEVEL_ELEMENTS, NO, NOT_ON_MENU, TOP, UNKNOWN, YES, element_of
from npo_pipeline.reports.xbrl.taxonomy.elements import elements, intervention_keys
from npo_pipeline.rulebook.fields import citation
from npo_pipeline.rulebook.year_end import YearEndRules, year_end_rules
from schemas.accounted import SEVERITIES
from schemas.frames.accounts import ReportClaims

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

_MOVEMENTS = {"Received": "+", "Spent": "-", "Transferred": "+", "Corrections": "+"}
"""The concepts that change a balance, with their sign in the sum. Not every board has a fact of the last two."""

_RECEIPT = ("brin", "school_year", "component", "school_type")

_SELDOM = ("AccruedCorrections",)
_KEY_FIGURES = ("Accrued", "NetChange", "SpentExternal", "SpentOther", "ExternalShare")
_PREVIOUS: Mapping[str, pl.Expr] = {
    "Received": pl.col("received"),
    "Spent": pl.col("spent"),
    "Transferred": pl.col("transferred"),
    "Corrections": pl.col("corrections"),
    "CarriedOver": pl.col("carried_out"),
    "Accrued": pl.col("accrued"),
    "AccruedCorrections": pl.col("accrued_corrections"),
    "NetChange": pl.col("received") - pl.col("spent"),
    "SpentExternal": pl.col("external"),
    "SpentOther": pl.col("spent") - pl.col("external"),
    "school": pl.col("spent") - pl.col("board_level"),
    "bovenschools": pl.col("board_level"),
}
"""Concept or level -> its amount in a row of the accounts of the year before."""


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


@dataclass(frozen=True, kw_only=True)
class SpendingMember:
    """A category or an intervention that money went to. `share`: of all spending of the board, as a percentage."""

    key: str
    name: str
    kind: str
    share: str
    category: str


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
    instalments: Decimal
    corrections: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Claim:
    """An amount that a board claims of another (above zero) or owes it.

    `party`: with whom; `months`: in words; `since`: the first year whose accounts have it.
    """

    party: str
    brin: str
    months: str
    cause: str
    since: int
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
    def board_name(self) -> str | None:
        """The name of the board, where a list of boards has it."""
        return self.report.board_name(self.board)

    @property
    def board_title(self) -> str:
        """The board within a sentence: its name and number, or its number."""
        return f"{self.board_name} ({self.board})" if self.board_name else f"bevoegd gezag {self.board}"

    def tag(self, landmark: str) -> str:
        """Return the element of a landmark: `main`. A filing has none: XHTML of inline XBRL does not know them."""
        return "div" if self.filing else landmark

    @property
    def running_header(self) -> Markup:
        """The style of what stands on every sheet of paper: whose page it is, and its number."""
        left, right = f"Verantwoording NPO {self.year}", self.board_title
        return Markup(running_header(left, right))

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
    def movements(self) -> list[tuple[str, str]]:
        """The changes of the balance of the board: sign, concept."""
        there = self.facts.value
        return [(sign, concept) for concept, sign in _MOVEMENTS.items() if there(concept) is not None]

    @property
    def money_columns(self) -> list[tuple[str, str]]:
        """The columns of the table of schools: concept, period."""
        moved = [(concept, "duration") for _, concept in self.movements]
        return [
            ("CarriedOver", "start"),
            *moved[:2],
            ("NetChange", "duration"),
            *moved[2:],
            ("CarriedOver", "end"),
            ("Accrued", "duration"),
            *[(one, "duration") for one in self._seldom],
        ]

    @property
    def key_figures(self) -> tuple[str, ...]:
        """The figures that are not in the sum of the balance."""
        return (*_KEY_FIGURES, *self._seldom)

    @property
    def _seldom(self) -> list[str]:
        """The figures that not every board has, besides the changes of its balance."""
        return [one for one in _SELDOM if self.facts.value(one) is not None]

    @cached_property
    def _previous(self) -> pl.DataFrame:
        return self.report.previous.filter(currency=self.currency)

    @property
    def has_previous(self) -> bool:
        """True where the board had accounts of the year before, in the same currency."""
        return not self._previous.is_empty()

    @cached_property
    def previous_figures(self) -> dict[str, Decimal]:
        """The amounts of the board in the year before, by concept or level; none where there are no accounts."""
        if not self.has_previous:
            return {}
        return self._previous.select(**{name: amount.sum() for name, amount in _PREVIOUS.items()}).row(
            0, named=True
        )

    def previous_text(self, name: str) -> str:
        """Write a figure of the year before by its concept or level; nothing where there are no accounts of it."""
        before = self.previous_figures
        if name == "ExternalShare" and before:
            return _share_text(before["SpentExternal"], before["Spent"], places=2)
        return dutch.number(before[name], 2) if before else ""

    @property
    def beside_previous(self) -> Iterator[tuple[str, list[Decimal | None]]]:
        """Yield each school of either year, with received, spent and left over of the year before and of this."""
        columns = ("brin", "received", "spent", "carried_out")
        years = [
            {brin: amounts for brin, *amounts in rows.select(columns).iter_rows()}
            for rows in (self._previous, self.report.accountability.filter(currency=self.currency))
        ]
        none = [None] * 3
        for brin in sorted(years[0].keys() | years[1].keys()):
            before, now = (one.get(brin, none) for one in years)
            yield brin, [amount for pair in zip(before, now, strict=True) for amount in pair]

    @cached_property
    def _parts(self) -> pl.DataFrame:
        return self.report.received_parts.filter(currency=self.currency)

    @property
    def has_parts(self) -> bool:
        """True where it is known which part of the receipts are corrections."""
        return not self._parts.is_empty()

    def corrections_of(self, brin: str) -> Decimal:
        """Return the part of the receipts of a school that corrects earlier months."""
        return sum(self._parts.filter(brin=brin)["corrections"], Decimal("0.00"))

    @property
    def matrix_columns(self) -> list[str]:
        """The categories that the board spent money on, in their order."""
        return [member for member in self.facts.members(None) if member in TOP]

    def short_name(self, member: str) -> str:
        """Return the letter of a category, to head a narrow column."""
        return "Niet op de kaart" if member == NOT_ON_MENU else member

    def interventions_of(self, brin: str) -> list[SpendingMember]:
        """Return the interventions of a school, in the order of their categories."""
        return [one for one in self.spending_members(brin) if one.kind == "intervention"]

    def needs_no_gmr(self, brin: str) -> bool:
        """Return whether no consent of the GMR is needed nor given: nothing was spent for schools together."""
        spent = self.facts.value("Spent", brin, level="bovenschools") or "0.00"
        return _cents(spent) == 0 and self.facts.value("GmrConsent", brin) != YES

    @cached_property
    def _consents(self) -> dict[str, dict[str, Any]]:
        return {row["brin"]: row for row in self.report.consents.iter_rows(named=True)}

    def agreed_at_board_level(self, brin: str) -> str:
        """Write the amount that the MR of a school agreed to have spent by the board; nothing if none is told."""
        amount = self._consents.get(brin, {}).get("board_level_agreed")
        return "" if amount is None else dutch.number(amount, 2)

    def municipality_informed(self, brin: str) -> str:
        """Write whether the municipality of a school was informed: ja, nee or onbekend."""
        told = self._consents.get(brin, {}).get("municipality_informed")
        return UNKNOWN if told is None else YES if told else NO

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
        parts = {tuple(key): amount for *key, amount in self._parts.select(*_RECEIPT, "corrections").iter_rows()}
        none = (Decimal("0.00"), Decimal("0.00"))
        totals: dict[tuple[str, str, str | None, str | None], tuple[Decimal, Decimal]] = {}
        for row in self.report.receipts.iter_rows(named=True):
            kind = (row["school_year"], row["component"], row["accounted_under"], row["article"])
            amount, corrections = totals.get(kind, none)
            corrected = parts.get(tuple(row[name] for name in _RECEIPT), Decimal("0.00"))
            totals[kind] = (amount + row["received"], corrections + corrected)
        return [
            MannerOfReceipt(
                component=dutch.DUTCH.component(component),
                school_year=school_year,
                manner=dutch.MANNERS.get(manner or "", dutch.MANNER_NOT_KNOWN),
                article=article or "",
                instalments=amount - corrections,
                corrections=corrections,
                amount=amount,
            )
            for (school_year, component, manner, article), (amount, corrections) in totals.items()
        ]

    @cached_property
    def claims(self) -> list[Claim]:
        """The claims and debts of the board: with each party, per school and cause."""
        return claims_in_words(self.report.claims)

    @property
    def claimed(self) -> Decimal:
        """The sum of what the board claims."""
        return sum((one.amount for one in self.claims if one.amount > 0), Decimal("0.00"))

    @property
    def owed(self) -> Decimal:
        """The sum of what the board owes, above zero."""
        return -sum((one.amount for one in self.claims if one.amount < 0), Decimal("0.00"))

    def signed(self, sign: str, concept: str) -> str:
        """Write what changes a balance behind its sign within a sum: - € 12,00 also where -12,00 is added."""
        amount = Decimal(self.facts.value(concept) or "0.00")
        if amount < 0:
            sign = {"+": "-", "-": "+"}[sign]
        return f"{sign} {self.amount(abs(amount))}"

    def party(self, board: str) -> str:
        """Write a board that a reserve moved from or to: its name and number, or its number alone."""
        name = self._partners.get(board)
        return f"{name} ({board})" if name else board

    @cached_property
    def _partners(self) -> dict[str, str | None]:
        ends = (("from_board", "from_name"), ("to_board", "to_name"))
        return {board: name for end in ends for board, name in self.report.transfers.select(end).iter_rows()}

    @property
    def transfers(self) -> list[dict[str, Any]]:
        """The reserves that moved with a school from or to the board."""
        return self.report.transfers.filter(currency=self.currency).to_dicts()

    @property
    def year_corrections(self) -> list[dict[str, Any]]:
        """The corrections of closed years, by year and school."""
        own = self.report.corrections.filter(currency=self.currency)
        return own.sort("of_year", "brin").to_dicts()

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
            SpendingMember(
                key=key,
                name=self.menu.names[key],
                kind=kind,
                share="" if brin else self._share(key),
                category=self.menu.category.get(key, key),
            )
            for key, kind in kinds.items()
        ]

    def _share(self, member: str) -> str:
        """Write a part of all spending in tenths of a percent: to look at, and no fact."""
        part, whole = (Decimal(self.facts.value("Spent", member=one) or "0.00") for one in (member, None))
        return _share_text(part, whole)

    def _reported_totals(self, wanted: Callable[[str, bool, tuple[str, str]], bool]) -> list[ReportedTotal]:
        """Add up spending per category and name, in the order of their letters."""
        columns = ("category", "intervention", "level", "on_menu", "amount")
        totals: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for category, name, level, on_menu, amount in self.report.interventions.select(columns).iter_rows():
            if wanted(level, on_menu, (category, name)):
                totals[category, name] += amount
        return [ReportedTotal(*place, amount) for place, amount in sorted(totals.items())]


def _share_text(part: Decimal, whole: Decimal, places: int = 1) -> str:
    """Write a part of a whole as a percentage with so many decimals; nothing where there is no whole."""
    part_cents, whole_cents, scale = int(part.scaleb(2)), int(whole.scaleb(2)), 10 ** (places + 2)
    if not whole_cents:
        return ""
    share = (2 * scale * part_cents + whole_cents) // (2 * whole_cents)
    return dutch.percent(Decimal(share).scaleb(-places - 2), places)


NEXT_PAYMENT = "de volgende betaling"
"""The party of a claim that the next payment run settles."""


def claims_in_words(claims: ReportClaims) -> list[Claim]:
    """Return claims and debts per party, school, cause and first year; those on other boards first."""
    found: defaultdict[tuple[bool, str, str, str, int], list[tuple[date, Decimal]]] = defaultdict(list)
    columns = ("other_board", "other_name", "brin", "cause", "since", "month", "amount")
    for other, name, brin, cause, since, month, amount in claims.select(columns).iter_rows():
        party = NEXT_PAYMENT if other is None else f"{name} ({other})" if name else f"bestuur {other}"
        found[other is None, party, brin, cause, since].append((month, amount))
    return [
        Claim(
            party=party,
            brin=brin,
            months=_months_in_words(month for month, _ in rows),
            cause=dutch.CAUSES.get(cause, cause),
            since=since,
            amount=sum((amount for _, amount in rows), Decimal("0.00")),
        )
        for (_, party, brin, cause, since), rows in sorted(found.items())
    ]


def _months_in_words(months: Iterable[date]) -> str:
    """Write from which month until which."""
    ordered = sorted(months)
    first, last = (f"{dutch.DUTCH.months[one.month - 1]} {one.year}" for one in (ordered[0], ordered[-1]))
    return first if first == last else f"{first} t/m {last}"


def _cents(value: str | None) -> int:
    return int((value or "0.00").replace(".", ""))
