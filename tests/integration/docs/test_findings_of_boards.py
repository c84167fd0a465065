"""The page for boards lists every finding, as serious as it is."""

import re
from pathlib import Path

from npo_pipeline.rulebook.year_end import year_end_rules

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "verantwoording.md"
DUTCH = {"error": "fout", "warning": "waarschuwing", "note": "opmerking"}


def test_the_page_for_boards_lists_every_finding_with_its_severity():
    listed = dict(re.findall(r"^\| `([a-z_]+)` \| (\w+) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE))
    findings = year_end_rules().accountability.findings
    assert listed == {name: DUTCH[held.severity] for name, held in findings.items()}
