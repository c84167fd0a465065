"""The page of a specification of payments: read in a browser, on a phone and on paper.

The words and the markup are in the folder `templates`; this module fills them in. The style is that of the page
of a board.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from npo_pipeline import dutch
from npo_pipeline.bank.reasons import reason_in_dutch
from npo_pipeline.payments.forecast import KINDS
from npo_pipeline.reports.explain.catalogue import language
from npo_pipeline.reports.house_style import HouseStyle, page_style, page_templates, running_header
from npo_pipeline.reports.specification import model
from npo_pipeline.reports.specification.model import AFTER_RELEASE, Row, SpecificationHeader
from schemas.released import FAILED

if TYPE_CHECKING:
    from jinja2 import Environment

TITLES = {
    "kort": "In het kort",
    "rekening": "Op uw rekening",
    "betaald": "Betaald per school",
    "correcties": "Correcties",
    "komt": "Wat dit schooljaar nog komt",
    "terug": "Wat nog wordt teruggenomen",
    "herkomst": "Waar de cijfers vandaan komen",
}
"""The sections of the page: anchor -> heading, in their order."""

_BOARD_PAGE = "npo_pipeline.reports.board_page"


def page(rows: model.BoardRows, header: SpecificationHeader) -> bytes:
    """Render the specification of one board in UTF-8. The same input gives the same bytes."""
    view = PageView(rows=rows, header=header)
    written = _environment().get_template("specification.html").render(page=view, style=_style(header.style))
    return (written + "\n").encode()


def fault_page(board: str, month: date) -> bytes:
    """Render the page of a board of which no specification could be made: whose fault that is, whom to ask."""
    template = _environment().get_template("specification_fault.html")
    written = template.render(board=board, month=month, style=_style(HouseStyle()))
    return (written + "\n").encode()


@dataclass(frozen=True, kw_only=True)
class Vestiging:
    """A vestiging, with a row per school type and component; name and place may be null."""

    vestiging: str
    name: str | None
    place: str | None
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A school (BRIN) with its vestigingen, their rows, and the sums of those (`total`)."""

    brin: str
    vestigingen: Sequence[Vestiging]
    rows: Sequence[Row]
    total: Row


@dataclass(frozen=True, kw_only=True)
class Part:
    """The money of one school year by one regulation, in one currency.

    `total`: of what was paid, null for nothing. `months`, `back`: what is to come, and what of it is taken back.
    """

    school_year: str
    scheme: str
    currency: str
    places: Sequence[Place]
    total: Row | None
    causes: Sequence[Row]
    months: Sequence[Row]
    months_total: Row | None
    back: Sequence[Row]

    @property
    def below(self) -> str:
        """The school year and the currency of a table."""
        return f"Schooljaar {self.school_year}, bedragen in {dutch.CURRENCIES.get(self.currency, self.currency)}"

    @property
    def caption(self) -> str:
        """The regulation, the school year and the currency of a table."""
        return f"{self.scheme}. {self.below}"

    @property
    def back_total(self) -> Decimal:
        """The sum of what is taken back."""
        return sum((row["amount"] for row in self.back), Decimal("0.00"))


@dataclass(frozen=True, kw_only=True)
class CurrencyPayment:
    """The payments of the month in one currency, and their transfers, whose amounts add up to `amount`."""

    currency: str
    instalment: Decimal
    correction: Decimal
    amount: Decimal
    transfers: Sequence[Row]

    @property
    def currency_name(self) -> str:
        """The currency in words."""
        return dutch.CURRENCIES.get(self.currency, self.currency)

    @property
    def waiting(self) -> Decimal:
        """The sum of what is not on its way to the board: not released, withheld, rejected or returned."""
        states = ("open", "withheld", *FAILED)
        return sum((one["amount"] for one in self.transfers if one["state"] in states), Decimal("0.00"))

    @property
    def is_open(self) -> bool:
        """True where nothing of it was released yet."""
        return all(one["state"] == "open" for one in self.transfers)


@dataclass(frozen=True, kw_only=True)
class PageView:
    """Give the templates the data of one board."""

    rows: model.BoardRows
    header: SpecificationHeader

    @property
    def board_title(self) -> str:
        """The board within a sentence: its name and number, or its number."""
        number = self.rows.board
        return f"{self.rows.name} ({number})" if self.rows.name else f"bevoegd gezag {number}"

    @property
    def running_header(self) -> Markup:
        """The style of what stands on every sheet of paper: whose page it is, and its number."""
        return Markup(running_header(f"Betaalspecificatie {dutch.month(self.header.month)}", self.board_title))

    @cached_property
    def payments(self) -> list[CurrencyPayment]:
        """The month in short, and its transfers, per currency."""
        transfers = _grouped(self.rows.transfers, ["currency"])
        sums = _grouped(self.rows.totals, ["currency"])
        return [
            CurrencyPayment(
                currency=str(key[0]),
                **_added(sums.get(key, []), "instalment", "correction", "amount"),
                transfers=[_transfer(one) for one in transfers.get(key, [])],
            )
            for key in sorted({*transfers, *sums})
        ]

    @cached_property
    def parts(self) -> list[Part]:
        """The money that was paid and that is to come, per school year, regulation and currency."""
        rows = self.rows
        places, totals, causes, months, back = (
            _grouped(some, model.PART) for some in (rows.places, rows.totals, rows.causes, rows.months, rows.back)
        )
        return [
            Part(
                school_year=str(one[0]),
                scheme=str(one[1]),
                currency=str(one[2]),
                places=list(_places(places.get(one, []))),
                total=next(iter(totals.get(one, [])), None),
                causes=[{**row, "why": why(row["cause"])} for row in causes.get(one, [])],
                months=months.get(one, []),
                months_total=_added(months.get(one, []), *KINDS, "amount") if one in months else None,
                back=back.get(one, []),
            )
            for one in sorted({*totals, *months}, key=lambda part: (part[2], part[0], part[1]))
        ]

    @property
    def is_waiting(self) -> bool:
        """True where an amount below zero waits to be set off."""
        return any(one.waiting < 0 for one in self.payments)

    @property
    def several_currencies(self) -> bool:
        """True where there is money in more than one currency."""
        return len({*(one.currency for one in self.payments), *(one.currency for one in self.parts)}) > 1


def why(cause: str | None) -> str | None:
    """Return the cause of a correction as a clause in Dutch; null where the books have none."""
    return language("nl").say(f"why.{cause}") if cause else None


def months_between(first: date, last: date) -> str:
    """Write a month, or the first and the last of several."""
    if first == last:
        return dutch.month(first)
    return language("nl").say("months.between", first=dutch.month(first), last=dutch.month(last))


def account_ending(iban: str | None) -> str:
    """Write the last four digits of an account, by which its owner knows it."""
    return f"eindigt op {iban[-4:]}" if iban else ""


def transfer_words(row: Row) -> str:
    """Return the state of a transfer in Dutch, and why it failed or something is withheld."""
    words = dutch.TRANSFER_STATES.get(row["state"], row["state"])
    if row["state"] in FAILED:
        because = reason_in_dutch(row["reason_code"], row["reason"])
        return f"{words}: {because}" if because else words
    if row["state"] == "open" and row["reason"] == AFTER_RELEASE:
        return f"{words}; het gaat mee met een volgende betaling"
    because = dutch.WITHHELD.get(row["reason"] or "") if row["state"] == "withheld" else None
    return f"{words} omdat {because}" if because else words


def _transfer(row: Row) -> Row:
    return {**row, "words": transfer_words(row), "account": account_ending(row["iban"])}


def _places(rows: Sequence[Row]) -> Iterator[Place]:
    for brin, some in groupby(rows, key=lambda row: row["brin"]):
        mine = list(some)
        total = _added(mine, "instalment", "correction", "amount")
        yield Place(brin=str(brin), vestigingen=list(_vestigingen(mine)), rows=mine, total=total)


def _vestigingen(rows: Sequence[Row]) -> Iterator[Vestiging]:
    for (vestiging, name, place), some in groupby(
        rows, key=lambda row: (row["vestiging"], row["name"], row["place"])
    ):
        yield Vestiging(vestiging=vestiging, name=name, place=place, rows=list(some))


def _added(rows: Sequence[Row], *names: str) -> Row:
    return {name: sum((row[name] for row in rows), Decimal("0.00")) for name in names}


def _grouped(rows: Sequence[Row], key: Sequence[str]) -> dict[tuple[Any, ...], list[Row]]:
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in key), []).append(row)
    return found


def _money(amount: Decimal, currency: str) -> str:
    """Write an amount that no line breaks."""
    return dutch.money(amount, currency).replace(" ", "\u00a0")


@cache
def _environment() -> Environment:
    environment = page_templates(__package__, _BOARD_PAGE)
    environment.filters |= {
        "capital": lambda text: text[:1].upper() + text[1:],
        "component": dutch.component,
        "day": dutch.day,
        "money": _money,
        "month": dutch.month,
        "number": dutch.number,
        "readable": dutch.readable_name,
        "school_type": dutch.school_type,
        "short_day": dutch.short_day,
    }
    environment.globals |= {"months_between": months_between, "titles": TITLES}
    return environment


def _style(house: HouseStyle) -> Markup:
    return Markup(page_style(house, _BOARD_PAGE, __package__))
