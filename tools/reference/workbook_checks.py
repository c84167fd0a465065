"""The reference page of the checks in the workbook that a board fills in."""

from __future__ import annotations

from npo_pipeline.reports.board_form_checks import (
    CONSENTS,
    IMPOSSIBLE,
    SCHOOLS,
    SPENDING,
    TRANSFERS,
    FormFacts,
    checks_of,
)
from tools.reference.markdown import code, document, table

_INTRO = """The workbook that `npo account --template` writes checks what the program checks: each rule by which it
rejects a row ([rejection rules](rejection-rules.md)), and each finding that is an error ([findings](findings.md)).
Its sheet `Controle` counts the rows with each fault, and column `CONTROLE` of a row shows its first. Words and
formulas come from one list in `npo_pipeline/reports/board_form_checks.py`. The examples are of 12045 in 2021."""

_FACTS = FormFacts(year=2021, board="12045", school_years=("2021-2022",), complete="ABCDEF", after_deadline=True)


def page() -> str:
    """Return the page: a section per sheet, and what only the program can check."""
    checks = checks_of(_FACTS)
    sections = []
    for sheet in (SPENDING, CONSENTS, TRANSFERS, SCHOOLS):
        rows = [(one.column, one.words, code(one.rule)) for one in checks if one.sheet == sheet]
        sections.append(
            f"## Sheet {sheet}\n\n" + table(["column", "fault, in the words of the sheet", "rule"], rows)
        )
    beyond = [(words, code(rule)) for rule, words in IMPOSSIBLE.items()]
    sections.append(
        "## What only the program can check\n\n" + table(["in the words of the sheet", "rule"], beyond)
    )
    return document("Checks in the workbook of a board", _INTRO, sections)
