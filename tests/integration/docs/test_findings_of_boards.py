"""The page for boards lists every finding, as serious as it is, and what it rests on."""

import re
from pathlib import Path

from npo_pipeline import dutch
from npo_pipeline.rulebook.year_end import year_end_rules

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "verantwoording.md"


def test_the_page_for_boards_lists_every_finding_with_its_severity_and_its_basis():
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| (\w+) \| (\w+) \|", text, flags=re.MULTILINE)
    listed = {name: (severity, basis) for name, severity, basis in rows}
    findings = year_end_rules().accountability.findings
    assert listed == {
        name: (dutch.SEVERITIES[judged.severity], dutch.BASES[str(judged.basis)])
        for name, judged in findings.items()
    }
