"""The full check and the viewer need no network: where every connection is refused they do as well."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.xbrl.arelle import Validation
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, write_taxonomy
from tests.filing.edges import edge
from tests.filing.world import School, told

ALONE = """
import sys, pathlib

def refuse(event, _):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
        pathlib.Path(sys.argv[3]).write_text(event)
        raise OSError("no network here")

sys.addaudithook(refuse)
if sys.argv[4] == "reach out":
    import urllib.request
    try:
        urllib.request.urlopen("https://www.xbrl.org/")
    except OSError:
        pass
from npo_pipeline.reports.xbrl.arelle_process import main
main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("offline")
    write_taxonomy(folder / FILE_NAME)
    said, facts = edge("40001")
    (folder / "40001.xhtml").write_bytes(page(facts, said))
    return folder


def alone(folder: Path, work: dict[str, object], reach: str = "") -> tuple[list[dict[str, object]], bool]:
    """What comes of a piece of work, and whether a connection was tried."""
    asked, answer, tried = folder / "work.json", folder / "answer.json", folder / "tried"
    asked.write_text(json.dumps({"taxonomy": str(folder / FILE_NAME), **work}))
    tried.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(asked), str(answer), str(tried), reach],
        env={"PATH": "", "PYTHONPATH": ".", "XDG_CONFIG_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(answer.read_text()), tried.exists()


def test_a_filing_is_checked_without_a_network(folder: Path) -> None:
    file = Validation(folder / "40001.xhtml", folder / FILE_NAME)
    work = {"work": "validate", "files": [file.request()], "workers": 1}
    [told_of], tried = alone(folder, work)
    assert told_of["messages"] == []
    assert sum(well for well, _ in told_of["assertions"].values()) > 20
    assert not tried


def test_a_viewer_is_made_without_a_network_and_stands_alone(folder: Path) -> None:
    [told_of], tried = alone(
        folder, {"work": "viewer", "page": str(folder / "40001.xhtml"), "out": str(folder / "v.html")}
    )
    assert told_of["messages"] == []
    assert not tried
    made = (folder / "v.html").read_text(encoding="utf-8")
    assert "<script src" not in made
    assert "document.currentScript.src" not in made
    assert '"npo:Spent"' in made


def test_a_connection_would_be_seen(folder: Path) -> None:
    work = {"work": "validate", "files": [], "workers": 0}
    assert alone(folder, work, "reach out")[1]


def test_a_name_becomes_no_script_in_the_viewer(folder: Path) -> None:
    said = told(School(received="1", name="</script><script>alert(2)</script>"))
    (folder / "odd.xhtml").write_bytes(page(facts_of(said), said))
    alone(folder, {"work": "viewer", "page": str(folder / "odd.xhtml"), "out": str(folder / "odd.html")})
    made = (folder / "odd.html").read_text(encoding="utf-8")
    assert "alert(2)" in made
    assert "<script>alert(2)" not in made
