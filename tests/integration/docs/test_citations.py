"""A docstring or rule file that cites the contract or the domain notes cites a section that exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = {"contract": "contract.md", "domain notes": "domain.md"}
CITATION = re.compile(r"\b(contract|domain notes)[,:]? \(?(?:section )?([0-9](?:\.[0-9])?)\b")


def cited() -> set[tuple[str, str]]:
    folders = ("npo_pipeline", "schemas", "flows", "tools", "tests")
    files = [path for folder in folders for kind in ("*.py", "*.yaml") for path in (ROOT / folder).rglob(kind)]
    texts = (" ".join(path.read_text(encoding="utf-8").split()) for path in files if path != Path(__file__))
    return {found for text in texts for found in CITATION.findall(text)}


def sections(page: str) -> set[str]:
    text = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    return set(re.findall(r"^##+ ([0-9](?:\.[0-9])?)\b", text, flags=re.MULTILINE))


@pytest.mark.parametrize("source", PAGES)
def test_every_section_that_is_cited_exists(source: str):
    wanted = {section for name, section in cited() if name == source}
    assert len(wanted) > 3
    assert wanted <= sections(PAGES[source])
