"""What docs/reference/xbrl.md says to an auditor is what the filing holds and the checks say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from npo_pipeline.reports.xbrl.concepts import CONCEPTS, ENTITY_SCHEME, INTERVENTION_AXIS, LEVEL_AXIS, SCHOOL_AXIS
from npo_pipeline.reports.xbrl.taxonomy.formula import ASSERTIONS
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME
from tests.books.filing.planted import PLANTED
from tests.books.filing.test_checked import FILES, ROWS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "xbrl.md"
NAMED = set(re.findall(r"`([^`]+)`", PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "name",
    [
        *[one.name for one in CONCEPTS],
        *[one.name for one in ASSERTIONS],
        *(SCHOOL_AXIS, INTERVENTION_AXIS, LEVEL_AXIS, ENTITY_SCHEME),
    ],
)
def test_every_concept_axis_and_assertion_is_explained(name: str) -> None:
    assert name in NAMED


def test_every_rule_of_the_fast_checks_is_listed() -> None:
    tried = {fault for one in PLANTED for fault in one.fast}
    tried |= {fault for fault, _ in FILES} | {fault for rules, _ in ROWS for fault in rules.split()}
    assert tried <= NAMED
    assert len(tried) > 40


def test_the_package_is_named_as_it_is_written() -> None:
    assert FILE_NAME in PAGE.read_text(encoding="utf-8")
