"""The specification: the titles of the tests that prove one rule each."""

from __future__ import annotations

import ast
from pathlib import Path

from tools.reference.markdown import document, first_sentence

TESTS = Path(__file__).parents[2] / "tests" / "spec"

FOLDERS = (
    *("counts", "rules", "regulations", "money", "bank", "specification", "grants", "accounts", "reconciliation"),
    "journal",
)
"""The folders of the rules, in the order of the way of the data."""

_INTRO = """What the program does, as its tests say it: each line is the title of a test that proves it (`make
spec` runs them all)."""


def page() -> str:
    """Return the page: a section per folder, a list per test file."""
    return document("Specification", _INTRO, [_folder(TESTS / name) for name in FOLDERS])


def _folder(folder: Path) -> str:
    lists = [_file(path) for path in sorted(folder.rglob("test_*.py"))]
    if not lists:
        raise ValueError(f"there are no tests in {folder}; name the folders of the rules in FOLDERS")
    return "\n\n".join([f"## {_words(folder.name)}", *filter(None, lists)])


def _file(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    titles = [
        one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")
    ]
    if not titles:
        return ""
    about = first_sentence(ast.get_docstring(tree))
    listed = "\n".join(f"- {_words(title)}" for title in titles)
    return f"### {_words(path.stem)}\n\n{about}\n\n{listed}"


def _words(name: str) -> str:
    words = name.removeprefix("test_").replace("_", " ")
    return words[0].upper() + words[1:]
