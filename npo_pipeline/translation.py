"""The Dutch of the command line: each message of the program, found by its English in one catalogue.

The catalogue holds the English of a message as the code has it, with what it leaves open as {0}, {1}, ...; so the
code says a message once, and a test fails where one has no Dutch. Nothing is loaded unless Dutch is asked.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

VARIABLE = "NPO_LANG"
"""The variable that says the language of the command line: `nl`, or English where it says anything else."""

LANGUAGES = ("nl", "en")
"""The languages that are spoken; a locale begins with one, as `nl_NL.UTF-8` does."""

CATALOGUE = Path(__file__).with_name("messages.nl.yaml")

_OPEN = re.compile(r"\{([0-9]+)\}")
_NEXT = re.compile(r"; (?=line [0-9]+: |and [0-9.]+ more)")
"""Between the messages of a summary, which may hold a `;` themselves."""

_LINE = "line {0}: "
_KEYED = re.compile(r"([A-Za-z0-9_.\[\]-]+): (.*)", re.DOTALL)
"""A key of a file of rules, or a check of the books, before what is said of it."""

_PLACED = re.compile(r"line ([0-9]+): (.*)", re.DOTALL)

_WRAPPED = re.compile(r"(\s*(?:! )?)(.*?)(\s*)", re.DOTALL)


@dataclass(frozen=True)
class Message:
    """Represent a message: its English and its Dutch, with what they leave open as {0}, {1}, ..."""

    english: str
    dutch: str

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """Return the parts of the English between what it leaves open."""
        return tuple(filter(None, _OPEN.split(self.english)[::2]))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return the pattern of the English; what it leaves open twice must be the same."""
        parts, seen = [], set[str]()
        for at, part in enumerate(_OPEN.split(self.english)):
            if at % 2 == 0:
                parts.append(re.escape(part))
            else:
                parts.append(f"(?P=open{part})" if part in seen else f"(?P<open{part}>.*?)")
                seen.add(part)
        return re.compile("".join(parts), re.DOTALL)

    def read(self, text: str) -> Reading | None:
        """Read a text as this message; None where it is another."""
        if not all(part in text for part in self.literals) or not (found := self.pattern.fullmatch(text)):
            return None
        given = {name.removeprefix("open"): _read(value) for name, value in found.groupdict().items()}
        dutch = _OPEN.sub(lambda place: given[place[1]].dutch, self.dutch)
        return Reading(sum(map(len, self.literals)) + sum(one.read for one in given.values()), dutch)


class Reading(NamedTuple):
    """Hold a text in Dutch, and how many of its characters were read as words of a message."""

    read: int
    dutch: str


def speaks_dutch() -> bool:
    """Return whether the command line is asked to speak Dutch."""
    return _language().startswith("nl")


def unknown_language() -> str | None:
    """Return the language that is asked where there is no such one, and English is spoken."""
    asked = _language()
    return asked if asked and not asked.startswith(LANGUAGES) else None


def _language() -> str:
    return os.environ.get(VARIABLE, "").lower()


def said(text: str) -> str:
    """Return a text of the command line in the language that is asked, with one thing in the singular."""
    return singular(translated(text) if speaks_dutch() else text)


_SINGULAR = {
    **{f"{one}s": one for one in ("school", "board", "row", "finding", "difference", "pupil", "manifest", "run")},
    **{
        f"{one}s": one
        for one in ("file", "recipient", "payment", "pack", "delivered file", "application", "account", "transfer")
    },
    **{"municipalities": "municipality", "samenwerkingsverbanden": "samenwerkingsverband"},
    **{
        "scholen": "school",
        "besturen": "bestuur",
        "rijen": "rij",
        "bevindingen": "bevinding",
        "leerlingen": "leerling",
    },
    **{"gemeenten": "gemeente", "verschillen": "verschil", "bestanden": "bestand", "vestigingen": "vestiging"},
    **{"manifesten": "manifest", "ontvangers": "ontvanger", "betalingen": "betaling", "aanvragen": "aanvraag"},
    **{"rekeningen": "rekening", "overboekingen": "overboeking"},
    **{"beneficiaries": "beneficiary", "months": "month", "maanden": "maand"},
    **{"days": "day", "dagen": "dag"},
    **{"amounts": "amount", "bedragen": "bedrag"},
    **{"entries": "entry", "lines": "line", "journaalposten": "journaalpost", "regels": "regel"},
}
_VERBS = {
    **{"get": "gets", "have": "has", "are": "is", "were": "was", "come": "comes", "do": "does"},
    **{"name": "names", "match": "matches"},
    **{
        "krijgen": "krijgt",
        "hebben": "heeft",
        "zijn": "is",
        "lie": "lies",
        "komen": "komt",
        "tellen": "telt",
        "gaan": "gaat",
    },
}
_ONE = re.compile(
    rf"(?<![\w.,/:-])(?<!\d of )1 ({'|'.join(_SINGULAR)})\b(?! and | en )(?: ({'|'.join(_VERBS)})\b)?"
)


def singular(text: str) -> str:
    """Write `1 schools get` as `1 school gets`: messages name what they count in the plural."""
    if "1 " not in text:
        return text
    return _ONE.sub(lambda one: f"1 {_SINGULAR[one[1]]}" + (f" {_VERBS[one[2]]}" if one[2] else ""), text)


def translated(text: str) -> str:
    """Translate a message, and the messages in what it leaves open; a text that is no message stays as it is."""
    return _read(text).dutch


@cache
def _read(text: str) -> Reading:
    """Read a text as the message that explains most of it: one that leaves much open fits many texts."""
    if not (wrapped := _WRAPPED.fullmatch(text)) or not wrapped[2]:
        return Reading(0, text)
    before, inside, after = wrapped.groups()
    words, messages = catalogue()
    if inside in words:
        return Reading(len(inside), f"{before}{words[inside]}{after}")
    if placed := _PLACED.fullmatch(inside):
        parts = [_placed(one) for one in _NEXT.split(placed[0])]
        return Reading(sum(one.read for one in parts), f"{before}{'; '.join(one.dutch for one in parts)}{after}")
    found = [reading for one in messages if (reading := one.read(inside)) is not None]
    if keyed := _KEYED.fullmatch(inside):
        rest = _read(keyed[2])
        found.append(Reading(rest.read, f"{keyed[1]}: {rest.dutch}"))
    best = max(found, key=lambda one: one.read, default=Reading(0, inside))
    return Reading(best.read, f"{before}{best.dutch}{after}")


def _placed(text: str) -> Reading:
    """Read a message with its line before it; else that would be taken for a part of the message."""
    if not (found := _PLACED.fullmatch(text)):
        return _read(text)
    message = _read(found[2])
    return Reading(message.read + 1, f"regel {found[1]}: {message.dutch}")


@cache
def catalogue() -> tuple[dict[str, str], list[Message]]:
    """Return the messages that leave nothing open (English -> Dutch), and the others, the most specific first."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = yaml.load(CATALOGUE.read_text(encoding="utf-8"), Loader=loader)
    messages = [Message(_bare(english), _bare(dutch)) for english, dutch in entries.items()]
    # A line before a message is translated apart (`_placed`).
    messages += [
        Message(one.english.removeprefix(_LINE), one.dutch.removeprefix("regel {0}: "))
        for one in messages
        if one.english.startswith(_LINE)
    ]
    whole = {one.english: one.dutch for one in messages if not _OPEN.search(one.english)}
    others = [one for one in messages if _OPEN.search(one.english)]
    return whole, sorted(others, key=lambda one: -sum(map(len, one.literals)))


def _bare(text: str) -> str:
    """Return a message without what marks it out: white space around it, and the mark of a remark."""
    return text.strip().removeprefix("! ").strip()
