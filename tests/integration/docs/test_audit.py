"""`make audit`: a finding fails unless it is accepted for a while; what was not looked up is said to be so."""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from pathlib import Path

import pytest

from tools import audit
from tools.audit import Ignored, accepted_findings, judge

TODAY = date(2026, 11, 28)
ROOT = Path(__file__).parents[3]


def package(name: str, *names: str, fixed: str | None = None) -> dict:
    vulns = (
        [{"id": names[0], "aliases": list(names[1:]), "fix_versions": [fixed] if fixed else []}] if names else []
    )
    return {"name": name, "version": "1.0", "vulns": vulns}


def unknown(name: str) -> dict:
    return {"name": name, "skip_reason": f"Dependency not found on PyPI and could not be audited: {name} (1.0)"}


SOUND = [package(f"sound-{number}") for number in range(20)]
HOLED = package("holed", "PYSEC-2026-1", "CVE-2026-1", fixed="1.1")


def judged(*packages: dict, ignored=()):
    return judge({"dependencies": [*SOUND, *packages]}, ignored, TODAY)


def test_packages_without_a_finding_pass():
    found = judged()
    assert (found.audited, found.open, found.exit_status(required=True)) == (20, (), 0)


def test_a_finding_fails_and_says_what_mends_it_once_for_all_locks():
    found = judged(HOLED, HOLED, package("old", "GHSA-1"))
    assert found.open == (
        "holed 1.0: PYSEC-2026-1, CVE-2026-1; fixed in 1.1",
        "old 1.0: GHSA-1; no version mends it yet",
    )
    assert found.exit_status(required=False) == 1


def test_a_finding_is_accepted_by_any_of_its_names_until_its_day():
    until = Ignored("CVE-2026-1", "only in its server, which is never started", TODAY)
    assert judged(HOLED, ignored=[until]).exit_status(required=True) == 0
    over = judged(HOLED, ignored=[Ignored("CVE-2026-1", "why", date(2026, 11, 27))])
    assert over.exit_status(required=False) == 1
    assert over.remarks == ("audit-ignore.toml: CVE-2026-1 was accepted until 2026-11-27",)


def test_what_was_accepted_and_is_gone_is_said():
    found = judged(ignored=[Ignored("CVE-1", "why", TODAY)])
    assert found.remarks == ("audit-ignore.toml: CVE-1 is of no package any more; take it out",)
    assert found.exit_status(required=True) == 0


def test_an_index_that_is_no_list_of_vulnerabilities_looks_nothing_up():
    """It answers `not found` for each package, and the program calls that no vulnerability."""
    found = judge({"dependencies": [unknown("a"), unknown("b"), package("c")]}, (), TODAY)
    assert found.skipped == "the service knows 1 of 3 packages; it is no list of vulnerabilities"
    assert (found.exit_status(required=False), found.exit_status(required=True)) == (0, 1)
    assert judge({"dependencies": []}, (), TODAY).skipped


def test_a_few_packages_that_are_not_known_are_named():
    assert judged(unknown("ours")).remarks == ("not looked up: ours",)


def test_an_accepted_finding_needs_a_reason_and_a_day():
    good = '[[ignore]]\nid = "CVE-1"\nreason = "not reached"\nuntil = 2027-01-31\n'
    assert accepted_findings(good) == [Ignored("CVE-1", "not reached", date(2027, 1, 31))]
    for bad in (
        good.replace("not reached", " "),
        good.replace("2027-01-31", '"soon"'),
        good.replace("id", "name"),
    ):
        with pytest.raises(ValueError, match=r"write id, a reason, and until as a day"):
            accepted_findings(bad)
    assert accepted_findings((ROOT / "audit-ignore.toml").read_text()) == []


def program(folder: Path, body: str) -> Path:
    """A program in place of pip-audit."""
    file = folder / "pip-audit"
    file.write_text(f"#!{sys.executable}\nimport json, sys, time\n{body}\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("body", "words", "status"),
    [
        (f"print(json.dumps({{'dependencies': {json.dumps(SOUND)}}}))", "20 packages looked up, 0 findings", 0),
        (f"print(json.dumps({{'dependencies': {json.dumps([*SOUND, HOLED])}}})); sys.exit(1)", "1 findings", 1),
        ("sys.exit('Failed to resolve the service')", "SKIPPED, nothing was looked up: Failed to resolve", 0),
        ("sys.exit('package a has duplicate requirements')", "audit: pip-audit: package a has duplicate", 1),
        ("time.sleep(60)", "SKIPPED, nothing was looked up: it took longer than 1 seconds", 0),
    ],
)
def test_it_never_hangs_and_says_what_it_did(tmp_path, monkeypatch, capsys, body, words, status):
    monkeypatch.chdir(ROOT)
    arguments = ["--pip-audit", str(program(tmp_path, body)), "--seconds", "1" if "sleep" in body else "20"]
    monkeypatch.setattr(sys, "argv", ["audit", *arguments, "requirements.lock"])
    assert audit.main() == status
    assert words in capsys.readouterr().err


def test_a_program_that_could_not_be_installed_is_a_skip():
    words = "/nowhere/pip-audit cannot be started (No such file or directory)"
    assert audit.ask(["/nowhere/pip-audit"], 1) == words


def test_every_lock_is_audited_by_a_build():
    make = (ROOT / "Makefile").read_text()
    assert re.search(r"tools\.audit .*\$\(wildcard requirements\*\.lock\)", make)
    assert "make audit" in (ROOT / ".ci" / "run").read_text()
