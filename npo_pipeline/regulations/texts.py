"""Texts of rules as they stand in a file: read, hashed, and given as a document."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from npo_pipeline.errors import Refused
from npo_pipeline.regulations.document import REGULATION, Document, Sort, document_from, refused

MAX_BYTES = 2**20
"""No regulation comes near one MiB; what does is something else."""


@dataclass(frozen=True)
class RuleText:
    """A file of rules, byte for byte: `sha256` is that of `text` in UTF-8."""

    name: str
    sha256: str
    text: str


@dataclass(frozen=True)
class FromTexts:
    """What came from texts: a file, and the overlays that were laid over it."""

    texts: tuple[RuleText, ...]

    @property
    def name(self) -> str:
        """The names of its texts, joined by `+`."""
        return "+".join(one.name for one in self.texts)

    @property
    def sha256(self) -> str:
        """The hashes of its texts, joined by `+`."""
        return "+".join(one.sha256 for one in self.texts)


def read_rules(path: Path) -> tuple[RuleText, Document]:
    """Read a file of rules, of whatever kind: its text, and its values as text.

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
    return rule_text(raw, path.name)


def rule_text(raw: bytes, name: str, sort: Sort = REGULATION) -> tuple[RuleText, Document]:
    """The bytes of a file of rules as text, and its values as text.

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
