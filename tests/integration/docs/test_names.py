"""The pages name commands, options and files that exist."""

import re
from pathlib import Path

import click
import pytest

from npo_pipeline.cli.main import npo

ROOT = Path(__file__).parents[3]
PLANNED = {"contract.md"}
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if path.name not in PLANNED and "adr" not in path.parts
)
COMMAND = re.compile(r"(?:^ +|^\$ |`)npo ((?:[^\n`#]|\\\n)+)", flags=re.MULTILINE)
FILE = re.compile(r"`((?:[\w-]+/)+[\w-]+\.(?:py|yaml|md))`")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def unknown_options(line: str) -> set[str]:
    """Options of a command line that its command does not take; the command itself where there is none."""
    command: click.Command | None = npo
    for word in line.split():
        if not isinstance(command, click.Group):
            break
        command = command.get_command(click.Context(command), word)
    if command is None:
        return {line.split()[0]} if re.match("[a-z]", line) else set()
    known = {name for option in command.params for name in option.opts} | {"--help", "-h", "--version"}
    return set(re.findall(r"(?<!\S)--[a-z-]+", line)) - known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_exists(page):
    wrong = {line: found for line in COMMAND.findall(text(page)) if (found := unknown_options(line))}
    assert wrong == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_exists(page):
    folders = (ROOT, ROOT / "npo_pipeline", ROOT / "docs", page.parent)
    named = FILE.findall(text(page))
    assert [name for name in named if not any((folder / name).is_file() for folder in folders)] == []
