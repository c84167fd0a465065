"""The full check and the viewer need no network: where every connection is refused they do as well."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.xbrl.arelle import Validation
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, write_taxonomy
from tests.books.filing.edges import edge
from tests.books.filing.world import School, told

ALONE = """
import sys, pathlib

def refuse(event, _):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
        tried.write_text(event)
        raise OSError("no network here")

folder = pathlib.Path(sys.argv[1])
tried = folder / "reach.tried"
sys.addaudithook(refuse)
if sys.argv[2:] == ["reach"]:
    import urllib.request
    try:
        urllib.request.urlopen("https://www.xbrl.org/")
    except OSError:
        pass
from npo_pipeline.reports.xbrl.arelle_process import main
for name in sys.argv[2:]:
    tried = folder / f"{name}.tried"
    main(folder / f"{name}.work", folder / f"{name}.answer")
"""


Answer = dict[str, Any]


def alone(folder: Path, works: dict[str, dict[str, object]]) -> dict[str, tuple[list[Answer], bool]]:
    """What comes of each piece of work, all done by one process, and whether a connection was tried for it."""
    for name, work in works.items():
        (folder / f"{name}.work").write_text(json.dumps({"taxonomy": str(folder / FILE_NAME), **work}))
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(folder), *works],
        env={"PATH": "", "PYTHONPATH": ".", "XDG_CONFIG_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {
        name: (json.loads((folder / f"{name}.answer").read_text()), (folder / f"{name}.tried").exists())
        for name in works
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("offline")


@pytest.fixture(scope="module")
def answers(folder: Path) -> dict[str, tuple[list[Answer], bool]]:
    write_taxonomy(folder / FILE_NAME)
    odd = told(School(received="1", name="</script><script>alert(2)</script>"))
    for name, (report, facts) in {"good": edge("40001"), "odd": (odd, facts_of(odd))}.items():
        (folder / f"{name}.xhtml").write_bytes(page(facts, report))
    check = Validation(folder / "good.xhtml", folder / FILE_NAME).request()
    views: dict[str, dict[str, object]] = {
        name: {"work": "viewer", "page": str(folder / f"{name}.xhtml"), "out": str(folder / f"{name}.html")}
        for name in ("good", "odd")
    }
    return alone(folder, {"check": {"work": "validate", "files": [check], "workers": 1}, **views})


def test_a_filing_is_checked_without_a_network(answers: dict[str, tuple[list[Answer], bool]]) -> None:
    [told_of], tried = answers["check"]
    assert told_of["messages"] == []
    assert sum(well for well, _ in told_of["assertions"].values()) > 20
    assert not tried


def test_a_viewer_is_made_without_a_network_and_stands_alone(
    folder: Path, answers: dict[str, tuple[list[Answer], bool]]
) -> None:
    [told_of], tried = answers["good"]
    assert told_of["messages"] == []
    assert not tried
    made = (folder / "good.html").read_text(encoding="utf-8")
    assert "<script src" not in made
    assert "document.currentScript.src" not in made
    assert '"npo:Spent"' in made


def test_a_connection_would_be_seen(folder: Path) -> None:
    assert alone(folder, {"reach": {"work": "validate", "files": [], "workers": 0}})["reach"][1]


@pytest.mark.usefixtures("answers")
def test_a_name_becomes_no_script_in_the_viewer(folder: Path) -> None:
    made = (folder / "odd.html").read_text(encoding="utf-8")
    assert "alert(2)" in made
    assert "<script>alert(2)" not in made
