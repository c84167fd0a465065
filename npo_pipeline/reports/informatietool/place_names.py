"""Readable names of places and municipalities.

DUO writes them in capitals in some files and not in others (`EMMEN` and `Emmen`, `S GRAVENHAGE` and
`'s-Gravenhage`); schools of one municipality must come together all the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

_SMALL = re.compile("aan|ad|bij|ca|de|den|der|een|en|gem|het|in|op|ten|ter|te|van")
_PROVINCES = frozenset(("DR", "FR", "GLD", "GN", "L", "LB", "NB", "NH", "OV", "UT", "ZH", "ZLD"))
"""Put by DUO behind a name that occurs in two provinces."""


def _letters(name: str) -> str:
    """Return the letters and digits of a name, which its spellings share."""
    plain = unicodedata.normalize("NFKD", name).upper()
    return re.sub(r"[^A-Z0-9]", "", plain)


def spellings(names: Iterable[str]) -> Mapping[str, str]:
    """Return the spelling to show for each name, the same for all spellings of one name.

    It is the one that occurs most of those that are not in capitals only; else the first in the alphabet, made
    readable. The names are as the books write them, one for each school.
    """
    found: dict[str, Counter[str]] = {}
    for name, times in Counter(names).items():
        found.setdefault(_letters(name), Counter())[name] = times
    shown = {}
    for times_by_name in found.values():
        mixed = {name: times for name, times in times_by_name.items() if name != name.upper()}
        best = min(mixed or times_by_name, key=lambda name: (-times_by_name[name], name))
        for name in times_by_name:
            shown[name] = best if mixed else readable(best)
    return shown


def readable(name: str) -> str:
    """Return a name in capitals as it is usually written: `'S-GRAVENHAGE` as `'s-Gravenhage`."""
    if name != name.upper():
        return name
    old = re.sub(r"^'?([ST])[ -](?=[A-Z])", lambda found: f"'{found[1]}-" if found[1] == "S" else "'T ", name)
    words = re.split(r"([ -])", old)
    return "".join(_word(word, first=place == 0) for place, word in enumerate(words))


def _word(word: str, *, first: bool) -> str:
    small = word.lower()
    if word in ("'S", "'T") or (not first and _SMALL.fullmatch(small)):
        return small
    if word in _PROVINCES and not first:
        return word
    start = 2 if small.startswith("ij") else 1
    return word[:start] + small[start:]
