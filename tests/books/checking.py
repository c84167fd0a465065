"""Single checks of `npo verify`, and what `npo status` says is open: the commands do all the others too."""

from __future__ import annotations

from datetime import date
from itertools import chain
from pathlib import Path

from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import read_books
from npo_pipeline.commands.status import open_findings
from npo_pipeline.commands.verify.command import CHECKS, findings_of


def faults(home: Path, *checks: str) -> list[str]:
    """What some of the checks of `npo verify` find."""
    at = Home(home)
    with read_books(at) as books:
        kept = books.read_once()
        return list(chain.from_iterable(findings_of(CHECKS[name], kept, at) for name in checks))


def open_in(home: Path) -> list[str]:
    """What `npo status` says is open."""
    at = Home(home)
    with read_books(at) as books:
        return [words for _, words in open_findings(books, at, date.today())]
