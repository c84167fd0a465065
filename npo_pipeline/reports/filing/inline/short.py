"""The board in short: what it had, got, spent and keeps, the rest of its figures, and two charts."""

from __future__ import annotations

from npo_pipeline.reports.filing.inline.chart import balance_chart, category_chart
from npo_pipeline.reports.filing.inline.figures import CURRENCIES
from npo_pipeline.reports.filing.inline.markup import (
    Html,
    element,
    heading,
    number,
    part,
    row,
    table,
    text,
    together,
    words,
)
from npo_pipeline.reports.filing.inline.opening import TITLES
from npo_pipeline.reports.filing.inline.seen import Seen, balance, label

_FIGURES = ("Accrued", "NetChange", "SpentExternal", "SpentOther", "ExternalShare")


def short(seen: Seen) -> Html:
    """The figures of the board as a whole."""
    many = "1 school" if len(seen.brins) == 1 else f"{len(seen.brins)} scholen"
    about = f"Alle bedragen in {CURRENCIES[seen.currency]}, tot op de cent, van {many} samen."
    content = [element("p", text(about)), _sum(seen), element("div", _figures(seen), _charts(seen), css="beside")]
    return part("kort", TITLES["kort"], *content)


def _sum(seen: Seen) -> Html:
    """The balance of the year as a sum that a person can follow."""
    show = seen.placed.show
    terms = [
        ("", balance(seen, "start"), show("CarriedOver", period="start")),
        ("+", label("Received"), show("Received")),
        ("-", label("Spent"), show("Spent")),
        ("=", balance(seen, "end"), show("CarriedOver", period="end")),
    ]
    return element("div", *[_term(*term) for term in terms], css="sum")


def _term(sign: str, name: Html, amount: Html) -> Html:
    before = [words("sign", sign)] if sign else []
    shown = [element("span", name, css="label"), element("span", amount, css="amount")]
    return element("div", *before, *shown, css="term outcome" if sign == "=" else "term")


def _figures(seen: Seen) -> Html:
    told = [(label(concept), seen.placed.show(concept)) for concept in _FIGURES]
    for level, called in seen.menu.levels.items():
        told.append(
            (together(label("Spent"), words("sub", called.lower())), seen.placed.show("Spent", level=level))
        )
    rows = [row(name, [number(amount)]) for name, amount in told if amount]
    head = [heading(text("Kerncijfer")), heading(text("Bedrag"), "number")]
    return table(
        f"Kerncijfers van het bevoegd gezag over {seen.year}", head, [element("tbody", *rows)], "narrow titled"
    )


def _charts(seen: Seen) -> Html:
    made = [balance_chart(seen), category_chart(seen)]
    return element("div", *made, css="charts")
