"""Who agreed, whether there was a school scan, and what schools tell of parents and results."""

from __future__ import annotations

from npo_pipeline.reports.filing.inline.markup import (
    EMPTY,
    Html,
    element,
    heading,
    part,
    row,
    table,
    text,
    together,
)
from npo_pipeline.reports.filing.inline.opening import TITLES
from npo_pipeline.reports.filing.inline.seen import Seen, label, sentence

_ANSWERS = (("SchoolScan", None), ("MrConsent", "MrConsentDate"), ("GmrConsent", "GmrConsentDate"))
_TEXTS = ("ParentsInvolved", "Results")
_UNKNOWN = "Onbekend is niet hetzelfde als nee: er is dan niets opgegeven."


def consent(seen: Seen) -> Html:
    """The answers per school, with the day of a consent where it is known, and the texts."""
    head = [heading(text("School")), *[heading(label(name)) for name, _ in _ANSWERS]]
    rows = [row(seen.school(brin), [_answer(seen, brin, *one) for one in _ANSWERS]) for brin in seen.brins]
    shown = table(f"Schoolscan en instemming per school over {seen.year}", head, [element("tbody", *rows)], "wide")
    return part("instemming", TITLES["instemming"], sentence(_UNKNOWN), shown, _texts(seen))


def _answer(seen: Seen, brin: str, concept: str, dated: str | None) -> Html:
    given = seen.placed.value(concept, brin)
    answer = element("span", seen.placed.show(concept, brin), css=f"answer {given}")
    day = seen.placed.show(dated, brin) if dated else EMPTY
    if not day:
        return element("td", answer)
    return element("td", answer, element("span", label(dated or ""), text(": "), day, css="sub"))


def _texts(seen: Seen) -> Html:
    """What schools wrote, under the name of the school."""
    parts = []
    for brin in seen.brins:
        told = [(name, seen.placed.show(name, brin)) for name in _TEXTS]
        said = [element("dd", element("span", label(name), css="asked"), shown) for name, shown in told if shown]
        parts += [element("dt", seen.school(brin)), *said] if said else []
    if not parts:
        return EMPTY
    return together(element("h3", text("Wat de scholen schrijven")), element("dl", *parts, css="texts"))
