"""The findings, the gravest first. They are judgements and no facts: a filing does not hold them."""

from __future__ import annotations

from typing import Any

from npo_pipeline.reports.filing.inline.markup import EMPTY, Html, element, part, text, together, words
from npo_pipeline.reports.filing.inline.opening import TITLES
from npo_pipeline.reports.filing.inline.seen import Seen, sentence
from schemas.accounted import SEVERITIES

SEVERITY_WORDS = {"error": "fout", "warning": "waarschuwing", "note": "opmerking"}
_MEANING = (
    "Een fout moet worden hersteld, een waarschuwing nagekeken. Een opmerking is goed om te weten. "
    "Bevindingen horen bij dit overzicht en zijn zelf geen XBRL-gegevens."
)


def findings(seen: Seen) -> Html:
    """Every finding: how grave, of which school, what is wrong, what to do and by what rule."""
    rows = sorted(seen.told.findings.iter_rows(named=True), key=lambda row: SEVERITIES.index(row["severity"]))
    if not rows:
        return part("bevindingen", TITLES["bevindingen"], sentence("Er zijn geen bevindingen."))
    told = element("ul", *[_finding(seen, row) for row in rows], css="findings")
    return part("bevindingen", TITLES["bevindingen"], sentence(_MEANING), told)


def _finding(seen: Seen, row: dict[str, Any]) -> Html:
    grave = row["severity"]
    amount = words("amount", seen.amount(str(row["amount"]))) if row["amount"] is not None else EMPTY
    head = element("p", words("mark", SEVERITY_WORDS[grave]), text(" "), _whose(seen, row), amount, css="head")
    said = element("p", text(row["message"]))
    advice = element("p", words("label", "Wat te doen:"), text(" " + row["advice"]))
    return element("li", head, said, advice, element("p", _source(row), css="cite"), css=f"finding {grave}")


def _whose(seen: Seen, row: dict[str, Any]) -> Html:
    brin = row["brin"]
    if brin is None:
        return words("whose", "hele bevoegd gezag")
    name = seen.placed.value("SchoolName", brin)
    return together(words("whose", name), words("code", brin)) if name else words("whose", brin)


def _source(row: dict[str, Any]) -> Html:
    place = f" Bestand: {row['file']}" if row["file"] else ""
    line = f", regel {row['line']}" if place and row["line"] is not None else ""
    return text(f"Bron: {row['article']}.{place}{line}{'.' if place else ''}")
