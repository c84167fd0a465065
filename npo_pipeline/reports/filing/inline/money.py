"""What each school had, got, spent and keeps: a row per school, and below it all schools together."""

from __future__ import annotations

from npo_pipeline.reports.filing.inline import figures
from npo_pipeline.reports.filing.inline.markup import (
    EMPTY,
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
from npo_pipeline.reports.filing.inline.seen import Seen, balance, label, sentence

COLUMNS = (
    ("CarriedOver", "start"),
    ("Received", "duration"),
    ("Spent", "duration"),
    ("NetChange", "duration"),
    ("CarriedOver", "end"),
    ("Accrued", "duration"),
)
_READING = (
    "Wat een school aan het begin had, plus wat is ontvangen, min wat is besteed, is wat zij overhoudt. "
    "Toe te rekenen is het deel van de besluiten over beide schooljaren dat op dit kalenderjaar slaat; het telt "
    "niet mee in de som."
)


def money(seen: Seen) -> Html:
    """The table of money; names and places of schools are facts here."""
    named = [balance(seen, period, "-12-") if name == "CarriedOver" else label(name) for name, period in COLUMNS]
    head = [heading(text("School")), *[heading(name, "number") for name in named]]
    rows = [row(_school(seen, brin), _amounts(seen, brin)) for brin in seen.brins]
    bodies = [element("tbody", *rows)]
    if len(rows) > 1:
        bodies.append(element("tbody", _all(seen), css="total"))
    shown = table(f"{TITLES['geld']} over {seen.year}", head, bodies, "wide")
    return part("geld", TITLES["geld"], sentence(_READING), shown)


def _school(seen: Seen, brin: str) -> Html:
    name, place = seen.placed.show("SchoolName", brin), seen.placed.show("Municipality", brin)
    below = [text(brin), *([text(" · "), place] if place else [])]
    if not name:
        return together(*below)
    return together(element("span", name), element("span", *below, css="sub"))


def _amounts(seen: Seen, brin: str) -> list[Html]:
    return [number(seen.placed.show(name, brin, period=period)) for name, period in COLUMNS]


def _all(seen: Seen) -> Html:
    """The same values that stand as facts of the board above; here they only close the table."""
    values = [seen.placed.value(name, period=period) for name, period in COLUMNS]
    shown = [number(text(str(figures.money(value))) if value else EMPTY) for value in values]
    return row(together(element("span", text("Alle scholen")), words("sub", "zie In het kort")), shown)
