"""On which interventions of the menukaart the money went: of the board, and of each school."""

from __future__ import annotations

from collections.abc import Iterator

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
    words,
)
from npo_pipeline.reports.filing.inline.opening import TITLES
from npo_pipeline.reports.filing.inline.seen import Seen, label, sentence
from npo_pipeline.reports.filing.inline.written import added_up
from npo_pipeline.reports.filing.members import NOT_ON_MENU, TOP

_READING = (
    "De categorieën tellen op tot alles wat is besteed; de interventies van een categorie tot die categorie."
)


def interventions(seen: Seen) -> Html:
    """The tables of interventions."""
    mine = list(_rows(seen, None))
    if not mine:
        return part("interventies", TITLES["interventies"], sentence("Er is niets besteed."))
    head = [heading(text("Categorie en interventie"))]
    head += [heading(label(name), "number") for name in ("Spent", "SpentExternal")]
    whole = table("Alle scholen samen", [*head, _share_head()], [element("tbody", *mine)], "menu titled")
    schools = table("Per school", head, [_school(seen, brin) for brin in seen.brins], "menu titled")
    return part("interventies", TITLES["interventies"], sentence(_READING), whole, _unlisted(seen), schools)


def _share_head() -> Html:
    return heading(text("Deel van de besteding"), "number")


def _school(seen: Seen, brin: str) -> Html:
    rows = list(_rows(seen, brin))
    if not rows:
        return EMPTY
    name = element("tr", element("th", seen.school(brin), scope="rowgroup", colspan="3"), css="group")
    return element("tbody", name, *rows)


def _rows(seen: Seen, brin: str | None) -> Iterator[Html]:
    """A row per category that money went to, and below it a row per intervention."""
    members = seen.placed.members(brin)
    for top in members:
        if top in TOP:
            yield row(text(seen.menu.names[top]), _amounts(seen, brin, top), "category")
            for key in members:
                if seen.menu.category.get(key) == top:
                    yield row(text(seen.menu.names[key]), _amounts(seen, brin, key), "intervention")


def _amounts(seen: Seen, brin: str | None, member: str) -> list[Html]:
    shown = [number(seen.placed.show(name, brin, member=member)) for name in ("Spent", "SpentExternal")]
    return shown if brin else [*shown, number(_part(seen, member))]


def _part(seen: Seen, member: str) -> Html:
    """Which part of all spending went there, in tenths of a percent: to look at, and no fact."""
    here, whole = _cents(seen.placed.value("Spent", member=member)), _cents(seen.placed.value("Spent"))
    if not whole:
        return EMPTY
    permille = (2_000 * here + whole) // (2 * whole)
    return text(f"{figures.count(str(permille // 10))},{permille % 10}%")


def _cents(value: str | None) -> int:
    return int((value or "0.00").replace(".", ""))


def _unlisted(seen: Seen) -> Html:
    """What the board wrote that is not on the menukaart."""
    if seen.placed.value("Spent", member=NOT_ON_MENU) is None:
        return EMPTY
    items = [
        element("li", text(f"{category}. {name} "), words("amount", seen.amount(amount)))
        for category, name, amount in added_up(seen, off_menu=True)
    ]
    intro = element("p", text("Niet op de menukaart, zoals het bevoegd gezag het opgaf:"))
    return element("div", intro, element("ul", *items), css="unlisted")
