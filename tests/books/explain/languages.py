"""The two languages of explanations, and a line in one of them."""

import pytest

from npo_pipeline.reports.explain.catalogue import language
from npo_pipeline.reports.explain.phrasing import Phrasing

DUTCH, ENGLISH = language("nl"), language("en")
LANGUAGES = pytest.mark.parametrize("language", [DUTCH, ENGLISH], ids=lambda one: one.code)


def paragraph(line, language):
    return Phrasing(language, line.currency).paragraph(line)
