"""How a fault is planted in a good filing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from npo_pipeline.reports.xbrl.instance import instance
from tests.books.filing.edges import edge
from tests.books.filing.world import YEAR

BOARD = "40001"
Edit = Callable[[str], str]


@dataclass(frozen=True)
class Planted:
    """A fault. `fast`: what the fast checks say; `arelle`: what Arelle says, empty where XBRL itself allows it."""

    name: str
    fast: frozenset[str]
    arelle: frozenset[str]
    edits: tuple[Edit, ...]

    def xml(self) -> bytes:
        text = good()
        for edit in self.edits:
            text = edit(text)
        return text.encode()


def good() -> str:
    return instance(edge(BOARD)[1], YEAR).decode()


def put(concept: str, value: str, *contexts: str) -> Edit:
    """Another value for a concept in these contexts."""

    def edit(text: str) -> str:
        for context in contexts:
            text = _once(text, rf'(<npo:{concept} contextRef="{context}"[^>]*>)[^<]*', rf"\g<1>{value}")
        return text

    return edit


def drop(concept: str, context: str) -> Edit:
    return lambda text: _once(text, rf'<npo:{concept} contextRef="{context}"[^>]*>[^<]*</npo:{concept}>\n', "")


def swap(old: str, new: str, times: int = 1) -> Edit:
    def edit(text: str) -> str:
        assert text.count(old) >= times, old
        return text.replace(old, new, times)

    return edit


def everywhere(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text, old
        return text.replace(old, new)

    return edit


def _once(text: str, pattern: str, by: str) -> str:
    changed, times = re.subn(pattern, by, text)
    assert times == 1, (pattern, times)
    return changed


def planted(name: str, fast: str, arelle: str, *edits: Edit) -> Planted:
    return Planted(name, frozenset(fast.split()), frozenset(arelle.split()), edits)
