"""The Dutch filing rules, as Arelle knows them: kept by every filing, and really looked at."""

from __future__ import annotations

import pytest

from npo_pipeline.reports.xbrl.arelle import Validation, validate
from npo_pipeline.reports.xbrl.instance import instance
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, write_taxonomy
from tests.filing.edges import EDGES, edge
from tests.filing.planted import PLANTED
from tests.filing.world import YEAR

ENTRY_POINT = "NL.FR-KVK-2.03"
"""Ours is no entry point of the Chamber of Commerce, and need not be."""

BROKEN = {
    "unused context": "NL.FR-NL-3.03",
    "told twice, differently": "NL.FR-NL-5.01",
    "letters outside Latin-1": "NL.FR-NL-1.02",
    "rounded amounts": "",
    "document type": "NL.FR-NL-1.03",
}
"""Faults and the filing rule that each breaks; amounts in whole euros are allowed there, but not here."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The codes of rules that each file breaks."""
    folder = tmp_path_factory.mktemp("rules")
    write_taxonomy(folder / FILE_NAME)
    for board in EDGES:
        (folder / f"{board}.xbrl").write_bytes(instance(edge(board)[1], YEAR))
    for place, planted in enumerate(PLANTED):
        if planted.name in BROKEN:
            (folder / f"planted-{place}.xbrl").write_bytes(planted.xml())
    files = sorted(folder.glob("*.xbrl"))
    found = validate([Validation(path, folder / FILE_NAME, by="filing_rules") for path in files])
    return {
        one.file: {message.code for message in one.messages if message.code.startswith("NL.")} for one in found
    }


@pytest.mark.parametrize("board", EDGES)
def test_a_filing_keeps_all_of_them_but_for_the_entry_point(board: str, judged: dict[str, set[str]]) -> None:
    assert judged[f"{board}.xbrl"] == {ENTRY_POINT}


@pytest.mark.parametrize("place", [at for at, one in enumerate(PLANTED) if one.name in BROKEN])
def test_a_filing_that_breaks_one_is_told(place: int, judged: dict[str, set[str]]) -> None:
    rule = BROKEN[PLANTED[place].name]
    assert judged[f"planted-{place}.xbrl"] == {ENTRY_POINT, *[rule][: bool(rule)]}
