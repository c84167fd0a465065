"""Rules of past decisions and accounts, from the texts that the books keep of them.

Every command that looks back reads its rules here, so that a text that is gone is refused in one way.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, islice
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
        names: the names that the files had then, in the same form (`decisions.regulation`); a text that came under
            another name before is archived under that one.
        hashes: the sha256 of each file, apart by a space; of a file and its overlays joined by `+`
            (`decisions.regulation_sha256`).

    Raises:
        BooksDoNotTie: a text is gone from the books or changed.
        Refused: this program cannot read it.
    """
    wanted = [one.split("+") for one in hashes.split(" ")]
    texts = _named(names, [_intact(archive, names, one) for one in wanted])
    return Rulebook.of(_parsed(one) for one in texts)


def archived_year_end_rules(archive: ArchivedTexts, names: str, hashes: str) -> YearEndRules:
    """Return the rules of a year-end account (`accounts.menukaart`, `accounts.menukaart_sha256`).

    Raises:
        BooksDoNotTie: as `archived_rules`.
    """
    texts = _intact(archive, names, hashes.split("+"))
    if len(texts) != len(YEAR_END_FILES):
        raise _gone(names)
    return _parsed_year_end(texts)


def _intact(archive: ArchivedTexts, names: str, wanted: Sequence[str]) -> tuple[NamedText, ...]:
    """Return the texts of some hashes. Refuse one that is missing or has another hash."""
    texts = tuple(archive[one] for one in wanted if one in archive)
    if [hashlib.sha256(text.encode()).hexdigest() for _, text in texts] != wanted:
        raise _gone(names)
    return texts


def _named(names: str, files: Sequence[tuple[NamedText, ...]]) -> list[tuple[NamedText, ...]]:
    """Give each text the name that it had in `names`: files apart by a space, a file and its overlays by `+`.

    Names may hold spaces and plus signs themselves, so as few as possible differ from the archived ones.
    """
    archived = [name for texts in files for name, _ in texts]
    given = iter(next(_readings(names, archived, [len(texts) for texts in files]), archived))
    return [tuple((next(given), text) for _, text in texts) for texts in files]


def _readings(names: str, archived: Sequence[str], sizes: Sequence[int]) -> Iterator[Sequence[str]]:
    """Yield the names that a text of them may hold, those with the fewest names of another file first."""
    for count in range(len(archived) + 1):
        for others in combinations(range(len(archived)), count):
            parts = iter("(.+?)" if at in others else f"({re.escape(name)})" for at, name in enumerate(archived))
            found = re.fullmatch(" ".join("[+]".join(islice(parts, size)) for size in sizes), names)
            if found:
                yield found.groups()


def _gone(names: str) -> BooksDoNotTie:
    return BooksDoNotTie(f"the text of {names} is gone from table regulations, or changed; see `npo verify`")


_parsed, _parsed_year_end = cache(parse_texts), cache(parse_year_end)
"""Many decisions of a home rest on the same files, and so do its accounts."""
