"""What boards are asked to report, and where on the page each answer stands."""

from __future__ import annotations

from npo_pipeline.regulations.cited import Cited
from npo_pipeline.reports.filing.inline.markup import Html, element, part, text
from npo_pipeline.reports.filing.inline.opening import TITLES
from npo_pipeline.reports.filing.inline.seen import Seen, sentence

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

_READING = (
    "Dit wordt van een bevoegd gezag gevraagd. Achter elke vraag staat waar op deze bladzijde het antwoord staat."
)


def asked(seen: Seen) -> Html:
    """The questions, each with its source and a link to its answer.

    Raises:
        ValueError: a question was added and nobody said where it is answered.
    """
    questions = seen.rules.accountability.must_report
    items = [_question(seen, *pair) for pair in zip(questions, ANSWERED_IN, strict=True)]
    return part("gevraagd", TITLES["gevraagd"], sentence(_READING), element("ol", *items, css="asked"))


def _question(seen: Seen, question: Cited[str], anchor: str) -> Html:
    source = seen.rules.accountability.sources[question.source]
    link = element("a", text(TITLES[anchor]), href=f"#{anchor}")
    cite = element("a", text(question.where), href=source.url)
    said = text(f"{question.value}. Zie ")
    return element("li", said, link, text("."), element("span", text("Bron: "), cite, css="sub"))
