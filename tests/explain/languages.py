"""The two languages of explanations."""

import pytest

from npo_pipeline.reports.explain.catalogue import language

DUTCH, ENGLISH = language("nl"), language("en")
LANGUAGES = pytest.mark.parametrize("language", [DUTCH, ENGLISH], ids=lambda one: one.code)
