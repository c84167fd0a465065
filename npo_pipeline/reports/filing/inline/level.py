"""Who did the work, and at which level: externals, the criteria for hiring them, and spending by the board."""

from __future__ import annotations

from npo_pipeline.reports.filing.inline.figures import money
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
from npo_pipeline.reports.filing.inline.seen import Seen, label, sentence
from npo_pipeline.reports.filing.inline.written import added_up

_SPLIT = ("SpentExternal", "SpentOther", "ExternalShare")
CRITERIA = (
    "Er is geen maximum voor personeel niet in loondienst. Inhuur hoort aanvullend te zijn op eigen personeel, "
    "beperkt, tijdelijk en gericht op wat de school nodig heeft (AVS, veelgestelde vragen). De MR heeft "
    "adviesrecht over het inhuren van een extern bureau (WMS artikel 11, lid 1, onder d)."
)
_ABOVE = (
    "Bovenschools is wat het bevoegd gezag voor scholen samen inzet. Dat mag alleen als de MR van elke school "
    "vooraf met haar deel instemt, en de GMR met de wijze waarop."
)


def level(seen: Seen) -> Html:
    """The table of externals and levels, and what was spent at board level."""
    head = [heading(text("School")), *[heading(label(name), "number") for name in _SPLIT]]
    for called in seen.menu.levels.values():
        head.append(heading(together(label("Spent"), words("sub", called.lower())), "number"))
    rows = [row(seen.school(brin), _amounts(seen, brin)) for brin in seen.brins]
    shown = table(f"Externen en niveau per school over {seen.year}", head, [element("tbody", *rows)], "wide")
    return part("niveau", TITLES["niveau"], sentence(CRITERIA, _ABOVE), shown, _above(seen))


def _amounts(seen: Seen, brin: str) -> list[Html]:
    split = [seen.placed.show(name, brin) for name in _SPLIT]
    by_level = [seen.placed.show("Spent", brin, level=name) for name in seen.menu.levels]
    return [number(shown) for shown in (*split, *by_level)]


def _above(seen: Seen) -> Html:
    """On which interventions money was spent at board level."""
    summed = added_up(seen, level="bovenschools")
    if not summed:
        return sentence("Er is niets bovenschools besteed.")
    shown = [
        row(together(text(name), words("sub", seen.menu.names[category])), [number(text(str(money(amount))))])
        for category, name, amount in summed
    ]
    head = [heading(text("Interventie")), heading(text("Bedrag"), "number")]
    return table("Waaraan bovenschools is besteed", head, [element("tbody", *shown)], "narrow titled")
