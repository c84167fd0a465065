"""Rules of past decisions and accounts, from the texts that the books keep of them.

Every command that looks back reads its rules here, so that a text that is gone is refused in one way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

from npo_pipeline.errors import BooksDoNotTie
from npo_pipeline.rulebook.load import Rulebook, parse_texts
from npo_pipeline.rulebook.yaml_document import NamedText
from npo_pipeline.rulebook.year_end import YEAR_END_FILES, YearEndRules, parse_year_end

ArchivedTexts: TypeAlias = Mapping[str, NamedText]
"""The texts in the books (table `regulations`) by their sha256."""


def archived_rules(archive: ArchivedTexts, names: str, hashes: str) -> Rulebook:
    """Return the rules of a decision.

    Args:
        archive: the texts in the books.
        names: the names of the files, for the message (`decisions.regulation`).
        hashes: the sha256 of each file, apart by a space; of a file and its overlays joined by `+`
            (`decisions.regulation_sha256`).

    Raises:
        BooksDoNotTie: a text is gone from the books or changed.
        Refused: this program cannot read it.
    """
    return Rulebook.of(_parsed(_intact(archive, names, one)) for one in hashes.split(" "))


def archived_year_end_rules(archive: ArchivedTexts, names: str, hashes: str) -> YearEndRules:
    """Return the rules of a year-end account (`accounts.menukaart`, `accounts.menukaart_sha256`).

    Raises:
        BooksDoNotTie: as `archived_rules`.
    """
    texts = _intact(archive, names, hashes)
    if len(texts) != len(YEAR_END_FILES):
        raise _gone(names)
    return parse_year_end(texts)


def _intact(archive: ArchivedTexts, names: str, hashes: str) -> tuple[NamedText, ...]:
    """Return the texts of hashes joined by `+`. Refuse one that is missing or has another hash."""
    wanted = hashes.split("+")
    texts = tuple(archive[one] for one in wanted if one in archive)
    if [hashlib.sha256(text.encode()).hexdigest() for _, text in texts] != wanted:
        raise _gone(names)
    return texts


def _gone(names: str) -> BooksDoNotTie:
    return BooksDoNotTie(f"the text of {names} is gone from table regulations, or changed; see `npo verify`")


_parsed = cache(parse_texts)
"""Many decisions of a home rest on the same files."""
