"""An explanation as one document, for programs: all that the text says, and what it leaves out for brevity."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from npo_pipeline.reports.explain.evidence import Line
from npo_pipeline.reports.explain.explanation import Explanation
from npo_pipeline.reports.explain.language import Language
from npo_pipeline.reports.explain.paragraph import heading, paragraph
from npo_pipeline.reports.explain.telling import text_of


def document_of(explanation: Explanation, language: Language) -> dict[str, Any]:
    """The explanation as mappings and lists; each line carries its heading and its paragraph.

    Amounts, rates and quantities are Decimal; hashes are whole.
    """
    document = asdict(explanation)
    for told, shown in zip(explanation.decisions, document["decisions"], strict=True):
        for school, written in zip(told.schools, shown["schools"], strict=True):
            for line, one in zip(school.lines, written["lines"], strict=True):
                one |= _said(line, language)
    return {"lang": language.code, **document, "text": text_of(explanation, language)}


def _said(line: Line, language: Language) -> dict[str, str]:
    return {"heading": heading(line, language), "paragraph": paragraph(line, language)}
