"""The tutorial shows what a reader who follows it will see."""

import re
from pathlib import Path

import pytest

from tests.books.home.npo import here

ROOT = Path(__file__).parents[3]
TUTORIAL = (ROOT / "docs" / "tutorial" / "first-run.md").read_text(encoding="utf-8")
BLOCKS = [block for block in re.findall(r"```\n(\$ npo .*?)```", TUTORIAL, flags=re.DOTALL)]


def shown(block: str) -> tuple[list[str], list[str]]:
    """The commands of a block, and the beginnings of the lines it shows; what is cut off ends in three dots."""
    lines = [line.rstrip() for line in block.splitlines() if line.strip() not in ("", "...")]
    commands = [line.removeprefix("$ npo ") for line in lines if line.startswith("$ npo ")]
    return commands, [line.split("...")[0].rstrip(" (") for line in lines if not line.startswith("$ ")]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("tutorial") / "sample-home"


def test_every_step_shows_what_the_tutorial_shows(home, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("NPO_SPECIFICATIONS")
    assert len(BLOCKS) == 4
    for block in BLOCKS:
        commands, lines = shown(block)
        ended = [here(*command.split(), "--home", home) for command in commands]
        assert [one.status for one in ended] == [0] * len(ended)
        found = {line.rstrip() for line in ended[-1].stdout.splitlines()}
        assert [line for line in lines if not any(one.startswith(line) for one in found)] == []
