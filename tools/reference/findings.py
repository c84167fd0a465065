"""The reference page of the findings of the year-end accounts."""

from __future__ import annotations

from npo_pipeline.accounts.findings.registry import RULES, opening_differs
from npo_pipeline.rulebook.fields import citation
from npo_pipeline.rulebook.year_end import year_end_rules
from tools.reference.markdown import code, document, first_sentence, table

_INTRO = """`npo account` checks what a board reports and writes what it finds to the table
[`findings`](tables.md#findings), in Dutch, with advice. An **error** keeps a board's filing back until it is
corrected (or `--force` is given), a **warning** asks for a look, a **note** is for information.

Each rests on one of three. **Law**: an article asks for it. **Programme**: the Nationaal Programma Onderwijs
asked for it, and no regulation does. **Choice**: a check of this program, on which neither says anything.
Boards read `wet`, `programma` or `keuze`. Severity, basis and source stand in
`npo_pipeline/rulebook/accountability/verantwoording.yaml`; the boards' own list is in
[Verantwoorden](../how-to/verantwoording.md#de-bevindingen)."""


def page() -> str:
    """Return the page: the findings by severity, then their sources."""
    rules = year_end_rules().accountability
    order = ("error", "warning", "note")
    functions = sorted(
        (*RULES, opening_differs), key=lambda rule: order.index(rules.findings[rule.__name__].severity)
    )
    rows = [
        (
            code(rule.__name__),
            judged.severity,
            judged.basis or "",
            _found(first_sentence(rule.__doc__)),
            citation(rules, judged),
        )
        for rule in functions
        for judged in (rules.findings[rule.__name__],)
    ]
    sources = [f"- {source.title}. {source.publisher}. <{source.url}>" for source in rules.sources.values()]
    return document(
        "Findings",
        _INTRO,
        [table(["finding", "severity", "basis", "it finds", "source"], rows), "## Sources", "\n".join(sources)],
    )


def _found(sentence: str) -> str:
    """Return what a docstring says that its rule finds."""
    found = sentence.removeprefix("Find ").removeprefix("Return ")
    return found[0].upper() + found[1:]
