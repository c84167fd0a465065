"""The top of the page: what it is, of whom, whether it is in order, and what it is not."""

from __future__ import annotations

from npo_pipeline.reports.filing.inline.markup import EMPTY, Html, element, text, together
from npo_pipeline.reports.filing.inline.seen import Seen, label, sentence

PARTS = (
    ("kort", "In het kort"),
    ("bevindingen", "Bevindingen"),
    ("geld", "Geld per school"),
    ("interventies", "Interventies"),
    ("niveau", "Personeel niet in loondienst en bovenschoolse inzet"),
    ("instemming", "Schoolscan, instemming en resultaten"),
    ("gevraagd", "Wat gevraagd wordt"),
    ("herkomst", "Waar de cijfers vandaan komen"),
)
"""The parts of the page: where each begins and its heading."""

TITLES = dict(PARTS)

NO_FILING_TO_DUO = (
    "Dit is een samenvatting met een eigen XBRL-taxonomie. Zij is geen aanlevering aan DUO en vervangt noch het "
    "jaarverslag, noch de opgave in het XBRL-onderwijsportaal."
)
NOT_FILED = (
    "Nog niet in orde: er zijn fouten. Dit overzicht is om te lezen en te herstellen en is geen XBRL-rapport. "
    "Herstel de fouten hieronder en maak de verantwoording opnieuw."
)
FILED_WITH_ERRORS = "Met fouten: er waren nog fouten toen dit werd gemaakt. Zij staan bij de bevindingen."


def title(seen: Seen) -> str:
    """The title of the page."""
    return f"Verantwoording NPO {seen.year}, bevoegd gezag {seen.board}"


def opening(seen: Seen) -> Html:
    """The band with the title, and below it the state of the report."""
    number = element("span", seen.placed.show("BoardNumber"), css="board")
    band = element(
        "div",
        element("p", text("Nationaal Programma Onderwijs"), css="brand"),
        element("h1", text(f"Verantwoording {seen.year}")),
        element("p", label("BoardNumber"), text(" "), number, css="whom"),
        css="frame",
    )
    about = element("div", _state(seen), _warned(seen), _what(), _contents(), css="frame")
    return together(element("div", band, css="top"), about)


def _state(seen: Seen) -> Html:
    """The status and the counts, which are facts."""
    told = []
    for concept in ("ReportStatus", "Errors", "Warnings", "Treatment"):
        mark = "bad" if seen.with_errors and concept in ("ReportStatus", "Errors") else "fact"
        shown = element("span", seen.placed.show(concept), css="value")
        told.append(element("li", element("span", label(concept), css="label"), text(" "), shown, css=mark))
    return element("ul", *told, css="state")


def _warned(seen: Seen) -> Html:
    if not seen.filing:
        return element("p", text(NOT_FILED), css="banner")
    return element("p", text(FILED_WITH_ERRORS), css="banner") if seen.with_errors else EMPTY


def _what() -> Html:
    return element("div", sentence(NO_FILING_TO_DUO), css="what")


def _contents() -> Html:
    links = [element("li", element("a", text(name), href=f"#{anchor}")) for anchor, name in PARTS]
    return element("ul", *links, css="contents")
