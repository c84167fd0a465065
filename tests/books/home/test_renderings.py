"""Every table and line of every command, on a terminal of 80 and of 120 columns and in a pipe.

The commands run once, in a pipe, on books that have rows in every table. What they print is kept, and shown again
on terminals: the same words, whole, and no line wider than the terminal.
"""

from __future__ import annotations

import io
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from npo_pipeline.cli import output
from npo_pipeline.commands.verify.command import CHECKS
from tests.books.home.npo import here
from tests.rulebook import shipped

COMMANDS = {
    "status": ("status",),
    "verify": ("verify",),
    "difference of two decisions": ("diff", "2021-2022-001", "2021-2022-003"),
    "plan": ("decide", "--school-year", "2021-2022", "--dry-run", "--regulation", "what-if.yaml"),
    "plan of subsidies": ("decide", "--school-year", "2020-2021", "--dry-run"),
    "payment": ("pay", "--month", "2022-02", "--dry-run"),
    "school": ("explain", "01AA00"),
    "board": ("explain", "10001"),
    "forecast": ("forecast",),
    "forecast of a board": ("forecast", "--board", "10001"),
    "list of rules": ("rules", "list"),
    "rules": ("rules", "show", "2021-2022"),
    "effect of rules": ("rules", "check", "what-if.yaml", "--reference-date", "2020-10-01"),
    "rates that spend a budget": ("rules", "solve", "spec.yaml", "--reference-date", "2020-10-01"),
    "accounts": ("account", "--year", "2022"),
}
TERMINALS = (80, 120)

KINDS = (
    *("Deliveries", "Decisions", "Months paid", "Still to come", "Accounts", "Books", "against", "By board"),
    *(
        "By municipality",
        "touches most",
        "Subsidies",
        "would be paid",
        "Files of rules",
        "Received in",
        "findings",
        "To come for",
        "By school year and component",
    ),
)
"""Words in the titles of all tables."""


@dataclass
class Shown:
    """What the commands printed in a pipe, and each table of it (title, columns, cells, place of numbers)."""

    tables: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    in_pipe: dict[str, str] = field(default_factory=dict)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def on_terminal(width: int, show: Callable[[], None]) -> list[str]:
    """Return the lines that a terminal of some width shows, without colours."""
    stream = Terminal()
    with patch("sys.stdout", stream), patch.dict("os.environ", {"COLUMNS": str(width), "TERM": "xterm-256color"}):
        show()
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).splitlines()


def words(lines: list[str]) -> Counter[str]:
    return Counter(word for line in lines for word in line.split())


@pytest.fixture(scope="module")
def shown(story, tmp_path_factory) -> Shown:
    folder, found = tmp_path_factory.mktemp("shown"), Shown()
    home = shutil.copytree(story.at("whole"), folder / "home")
    as_text = output._table_as_text

    def keep_table(*table: Any) -> None:
        found.tables.append((name, table))
        as_text(*table)

    tied = dict.fromkeys(CHECKS, lambda *_: iter(()))
    with patch.object(output, "_table_as_text", keep_table), patch.dict(CHECKS, tied):
        for name, command in COMMANDS.items():
            at = [FILES[word](folder) if word in FILES else word for word in command]
            ended = here(*at, "--home", home)
            assert ended.status == 0, f"{name}: {ended.stderr}"
            found.in_pipe[name] = ended.stdout
    return found


def _what_if(folder: Path) -> Path:
    """Rules with another rate per pupil, so that every school gets another amount."""
    text = shipped("2021-2022-po").texts[0].text
    path = folder / "what-if.yaml"
    path.write_text(text.replace("value: 701.16", "value: 702.16"), encoding="utf-8")
    return path


def _spec(folder: Path) -> Path:
    """An amount per pupil, of which the budget is asked."""
    source = "status: published, source: letter, where: page 2, checked_on: 2021-06-01"
    ratio = f"unit: times, {source}"
    path = folder / "spec.yaml"
    path.write_text(
        f"""
title: Which budget gives 500.00
school_year: 2021-2022
sources: {{letter: {{title: Letter, url: https://www.example.nl/letter, publisher: OCW}}}}
sectors:
  po:
    overlay_of: 2021-2022-po
    amount: {{value: 500.00, unit: EUR per pupil, {source}}}
    ratios:
      - {{school_types: [bao], value: 1, {ratio}}}
      - {{school_types: [sbo, so, vso], value: 2, {ratio}}}
""",
        encoding="utf-8",
    )
    return path


FILES = {"what-if.yaml": _what_if, "spec.yaml": _spec}


@pytest.mark.parametrize("name", COMMANDS)
def test_in_a_pipe_no_line_is_folded_and_every_table_is_even(shown, name):
    for kept, (title, columns, cells, _) in shown.tables:
        if kept == name:
            assert title in shown.in_pipe[name].splitlines()
            assert {len(row) for row in cells} <= {len(columns)}


@pytest.mark.parametrize("width", TERMINALS)
@pytest.mark.parametrize("name", COMMANDS)
def test_on_a_terminal_every_table_has_its_words_whole(shown, name, width):
    for kept, table in shown.tables:
        if kept != name:
            continue
        title, columns, cells, _ = table
        lines = on_terminal(width, lambda table=table: output._table_on_terminal(*table))
        assert [line for line in lines if len(line.rstrip()) > width] == []
        said, asked = words(lines), words([title, *columns, *(text for row in cells for text in row)])
        # A table that is too wide names its columns in each row.
        assert asked - said == Counter()
        assert set(said) == set(asked)


@pytest.mark.parametrize("width", TERMINALS)
@pytest.mark.parametrize("name", COMMANDS)
def test_on_a_terminal_every_line_has_its_words_whole(shown, name, width):
    lines = on_terminal(width, lambda: output.line(shown.in_pipe[name]))
    assert words(lines) == words(shown.in_pipe[name].splitlines())
    assert [line for line in lines if len(line) > width and len(line.split()) > 1] == []


def test_the_commands_fill_every_kind_of_table(shown):
    titles = " ".join(table[0] for _, table in shown.tables)
    assert [kind for kind in KINDS if kind not in titles] == []
