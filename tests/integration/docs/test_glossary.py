"""The glossary explains the Dutch words that files, tables and the command line use."""

from pathlib import Path

import pytest

from npo_pipeline.delivery.kinds import KINDS
from schemas.columns import SCHOOL_TYPES

GLOSSARY = (Path(__file__).parents[3] / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8")
RANGES = ("LEER-", "LEEFTIJD_")
"""Columns that the glossary explains together: one for each learning year, and for each age."""

COLUMNS = sorted({column for kind in KINDS for column in kind.columns if not column.startswith(RANGES)})


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_of_a_file_is_explained(column: str):
    assert column in GLOSSARY or column.lower() in GLOSSARY


@pytest.mark.parametrize("school_type", SCHOOL_TYPES)
def test_every_school_type_is_explained(school_type: str):
    assert school_type in GLOSSARY
