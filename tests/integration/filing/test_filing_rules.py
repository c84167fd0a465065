"""The Dutch filing rules, as Arelle knows them: kept by every filing, and really looked at."""

from __future__ import annotations

import pytest

from tests.books.filing.arelle_batch import BROKEN_RULES, OF_EACH_FORM, Batch

ENTRY_POINT = "NL.FR-KVK-2.03"
"""Ours is no entry point of the Chamber of Commerce, and need not be."""


def broken_rules(arelle: Batch, file: str) -> set[str]:
    return {code for code in arelle.codes(file, "filing_rules") if code.startswith("NL.")}


@pytest.mark.parametrize("board", OF_EACH_FORM)
def test_a_filing_keeps_all_of_them_but_for_the_entry_point(board: str, arelle: Batch) -> None:
    assert broken_rules(arelle, f"{board}.xbrl") == {ENTRY_POINT}


def test_a_filing_that_breaks_some_is_told_of_each(arelle: Batch) -> None:
    rules = {rule for rule in BROKEN_RULES.values() if rule}
    assert len(rules) == len(BROKEN_RULES) - 1
    assert broken_rules(arelle, "broken-rules.xbrl") == {ENTRY_POINT, *rules}
