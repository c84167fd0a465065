"""Names of places and municipalities, fit to read.

DUO writes them in capitals in some files and not in others (`EMMEN` and `Emmen`, `S GRAVENHAGE` and
`'s-Gravenhage`); schools of one municipality must come together all the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

_SMALL = frozenset(
    (
        "aan",
        "ad",
        "bij",
        "ca",
        "de",
        "den",
        "der",
        "een",
        "en",
        "gem",
        "het",
        "in",
        "op",
        "ten",
        "ter",
        "te",
        "van",
    )
)
_PROVINCES = frozenset(("DR", "FR", "GLD", "GN", "L", "LB", "NB", "NH", "OV", "UT", "ZH", "ZLD"))
"""What DUO puts behind a name that occurs in two provinces."""


def key_of(name: str) -> str:
    """What two spellings of one name share: its letters."""
    plain = unicodedata.normalize("NFKD", name).upper()
    return re.sub(r"[^A-Z0-9]", "", plain)


def spellings(names: Iterable[str]) -> Mapping[str, str]:
    """How each name is shown.

    Args:
        names: as the books write them, one for each school.

    Returns:
        name -> what is shown; all spellings of one name show the same: the one that is not in capitals only
        and occurs most, else the first in the alphabet made readable.
    """
    together: dict[str, Counter[str]] = {}
    for name, times in Counter(names).items():
        together.setdefault(key_of(name), Counter())[name] = times
    shown = {}
    for found in together.values():
        mixed = {name: times for name, times in found.items() if name != name.upper()}
        best = min(mixed or found, key=lambda name: (-found[name], name))
        for name in found:
            shown[name] = best if mixed else readable(best)
    return shown


def readable(name: str) -> str:
    """A name in capitals as it is written: `'S-GRAVENHAGE` -> `'s-Gravenhage`."""
    if name != name.upper():
        return name
    old = re.sub(r"^'?([ST])[ -](?=[A-Z])", lambda found: f"'{found[1]}-" if found[1] == "S" else "'T ", name)
    words = re.split(r"([ -])", old)
    return "".join(_word(word, first=place == 0) for place, word in enumerate(words))


def _word(word: str, *, first: bool) -> str:
    small = word.lower()
    if word in ("'S", "'T") or (small in _SMALL and not first):
        return small
    if word in _PROVINCES and not first:
        return word
    start = 2 if small.startswith("ij") else 1
    return word[:start] + small[start:]
