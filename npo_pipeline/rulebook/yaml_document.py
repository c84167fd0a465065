"""A file of rules as a document: YAML as plain text, with the line of each value, and the text byte for byte.

Scalars are never resolved to numbers, dates or booleans, so 701.16 stays `701.16` and no float is ever
made of it. Anchors, aliases, tags, nesting without end and keys that stand twice are refused. The parser's
events are read, and not its nodes: a node no longer says whether its tag was written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from npo_pipeline.errors import Refused

Place: TypeAlias = tuple[str | int, ...]
"""The way from the top of the file to a value: keys, and numbers of list items from 0."""

DEPTH = 20
"""Levels of nesting; a regulation needs seven."""

VALUES = 10_000
"""Keys and list items; a regulation needs a few hundred."""

MAX_BYTES = 2**20
"""No regulation comes near one MiB; what does is something else."""

_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class FileSort:
    """Represent a sort of file, for messages: its name and how it begins."""

    name: str
    begins: str


REGULATION = FileSort("regulation file", "title: ...")


@dataclass(frozen=True)
class Document:
    """Represent the values of a file as text (or None where nothing stands), and the line of each, from 1."""

    name: str
    data: dict[str, Any]
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """Return the line of a value; of what it would stand in, where it is missing."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def document_from(text: str, name: str, sort: FileSort = REGULATION) -> Document:
    """Read YAML text as a document; `sort` is what it should be.

    Raises:
        Refused: it is no YAML, holds more or less than one mapping, or something that is not allowed.
    """
    reading = _Reading(name, _events(text, name), sort)
    try:
        data = reading.whole()
    except yaml.YAMLError as error:
        line, problem = _problem(error, text)
        raise refused(name, line, f"is no YAML: {problem}") from error
    return Document(name, data, reading.lines)


def refused(name: str, line: int, words: str) -> Refused:
    """Return a refusal that names file and line."""
    return Refused(f"{name}, line {line}: {words}")


@dataclass
class _Reading:
    """Read the events of one document into values and the line of each."""

    name: str
    events: Iterator[yaml.Event]
    sort: FileSort
    lines: dict[Place, int] = field(default_factory=dict)

    def whole(self) -> dict[str, Any]:
        """Return the one mapping that the file holds."""
        first = self._skip(yaml.StreamStartEvent, yaml.DocumentStartEvent)
        if isinstance(first, yaml.StreamEndEvent):
            raise Refused(f"{self.name}: is empty; a {self.sort.name} holds a mapping of keys to values")
        if not isinstance(first, yaml.MappingStartEvent):
            words = f"is no mapping; a {self.sort.name} starts with `{self.sort.begins}`"
            raise refused(self.name, _line(first), words)
        data = self._mapping((), first)
        after = self._skip(yaml.DocumentEndEvent)
        if not isinstance(after, yaml.StreamEndEvent):
            raise refused(self.name, _line(after), "a second document starts here; give it a file of its own")
        return data

    def _skip(self, *kinds: type[yaml.Event]) -> yaml.Event:
        return next(event for event in self.events if not isinstance(event, kinds))

    def _value(self, place: Place, event: yaml.Event) -> Any:
        if len(place) > DEPTH:
            raise refused(self.name, _line(event), f"is nested deeper than {DEPTH} levels; flatten it")
        if len(self.lines) > VALUES:
            raise refused(self.name, _line(event), f"more than {VALUES} values; that is no {self.sort.name}")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place, event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(place)
        assert isinstance(event, yaml.ScalarEvent)
        plain = event.implicit[0]
        return None if plain and event.value in _EMPTY else event.value

    def _mapping(self, place: Place, start: yaml.Event) -> dict[str, Any]:
        self.lines.setdefault(place, _line(start))
        found: dict[str, Any] = {}
        while not isinstance(key := next(self.events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise refused(self.name, _line(key), "a key must be text and not a list or a mapping; mend it")
            here = (*place, key.value)
            if key.value in found:
                words = f"`{key.value}` stands here again, first in line {self.lines[here]}; keep one of the two"
                raise refused(self.name, _line(key), words)
            self.lines[here] = _line(key)
            found[key.value] = self._value(here, next(self.events))
        return found

    def _list(self, place: Place) -> list[Any]:
        found: list[Any] = []
        while not isinstance(item := next(self.events), yaml.SequenceEndEvent):
            here = (*place, len(found))
            self.lines[here] = _line(item)
            found.append(self._value(here, item))
        return found


def _events(text: str, name: str) -> Iterator[yaml.Event]:
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise refused(name, _line(event), "holds an anchor or alias (& or *); write the value out in full")
        if getattr(event, "tag", None) is not None:
            raise refused(name, _line(event), "holds a tag (!); leave it out, values are read as they stand")
        yield event


def _line(event: yaml.Event) -> int:
    mark: Any = event.start_mark  # the parser gives every event one
    return int(mark.line) + 1


def _problem(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        problem = getattr(error, "problem", None) or "it cannot be read"
        return mark.line + 1, f"{problem}; mend it there or just above (text with a colon goes between quotes)"
    position = getattr(error, "position", 0)  # of a character that YAML does not allow at all
    return text.count("\n", 0, position) + 1, "a control character stands here; take it out"


NamedText: TypeAlias = tuple[str, str]
"""The name and the text of a file of rules."""


@dataclass(frozen=True)
class RuleText:
    """Represent a file of rules, byte for byte: `sha256` is that of `text` in UTF-8."""

    name: str
    sha256: str
    text: str


@dataclass(frozen=True)
class FromTexts:
    """Represent rules that came from texts: a file, and the overlays on it."""

    texts: tuple[RuleText, ...]

    @property
    def name(self) -> str:
        """Return the names of its texts, joined by `+`."""
        return "+".join(one.name for one in self.texts)

    @property
    def sha256(self) -> str:
        """Return the hashes of its texts, joined by `+`."""
        return "+".join(one.sha256 for one in self.texts)


def read_rules(path: Path, sort: FileSort = REGULATION) -> tuple[RuleText, Document]:
    """Read a file of rules, of whatever kind: its text, and its values as text; `sort` is what it should be.

    Raises:
        Refused: it cannot be read, is too large, or is no YAML; the message names file and line.
    """
    try:
        if not path.is_file():
            raise Refused(f"{path}: {'is no ordinary file' if path.exists() else 'no such file'}")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror or error})") from error
    return rule_text(raw, path.name, sort)


def rule_text(raw: bytes, name: str, sort: FileSort = REGULATION) -> tuple[RuleText, Document]:
    """Return the bytes of a file of rules as text, and its values as text.

    Raises:
        Refused: it is too large, not UTF-8, or no YAML; the message names file and line.
    """
    if len(raw) > MAX_BYTES:
        raise Refused(f"{name}: is larger than {MAX_BYTES // 2**20} MiB; that is no {sort.name}")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refused(name, line, f"byte 0x{raw[error.start]:02X} is not UTF-8; save the file as UTF-8") from error
    return RuleText(name, hashlib.sha256(raw).hexdigest(), text), document_from(text, name, sort)
