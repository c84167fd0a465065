"""The Dutch filing rules, as Arelle knows them: kept by every filing, and really looked at."""

from __future__ import annotations

import pytest

from tests.books.filing.arelle_batch import BROKEN_RULES, Batch
from tests.books.filing.edges import EDGES
from tests.books.filing.planted import PLANTED

ENTRY_POINT = "NL.FR-KVK-2.03"
"""Ours is no entry point of the Chamber of Commerce, and need not be."""


def broken_rules(arelle: Batch, file: str) -> set[str]:
    return {code for code in arelle.codes(file, "filing_rules") if code.startswith("NL.")}


@pytest.mark.parametrize("board", EDGES)
def test_a_filing_keeps_all_of_them_but_for_the_entry_point(board: str, arelle: Batch) -> None:
    assert broken_rules(arelle, f"{board}.xbrl") == {ENTRY_POINT}


@pytest.mark.parametrize("place", [at for at, one in enumerate(PLANTED) if one.name in BROKEN_RULES])
def test_a_filing_that_breaks_one_is_told(place: int, arelle: Batch) -> None:
    rule = BROKEN_RULES[PLANTED[place].name]
    assert broken_rules(arelle, f"planted-{place}.xbrl") == {ENTRY_POINT, *[rule][: bool(rule)]}
