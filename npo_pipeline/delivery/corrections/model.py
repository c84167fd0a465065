"""A file of corrections: its model, and reading it with the line of each entry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ValidationError, model_validator

from npo_pipeline.delivery.file_corrections import MAX_SIZE, Source
from npo_pipeline.delivery.sniff import ScannedFile
from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.error_messages import refusal_from_validation
from npo_pipeline.rulebook.fields import Day, Part, Text, fault, quoted, some, text_from
from npo_pipeline.rulebook.yaml_document import Document, FileSort, Place, rule_text

LONGEST = 500
"""Characters of a reason: it is shown beside an amount."""


def value_from(value: Any) -> str:
    """Parse the value of a cell; no message repeats it, because it may be of a pupil."""
    if value is None:
        raise ValueError('is empty; write "" for a cell without a value')
    if not isinstance(value, str):
        raise ValueError("wants text here, no list or mapping")
    if not value.isprintable():
        raise ValueError("holds a character that is not seen; write the value as the file has it")
    return value.strip()


def line_from(value: Any) -> int:
    """Parse the number of a line of a file, from 1."""
    text = text_from(value)
    if re.fullmatch(r"[1-9][0-9]{0,8}", text):
        return int(text)
    raise ValueError("is no line: write its number in the file, where the header is line 1")


def note_from(value: Any) -> str:
    """Parse a reason or a name: one line of plain text."""
    text = " ".join(text_from(value).split())
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"wants plain text of at most {LONGEST} characters")
    return text


def delivery_from(value: Any) -> str:
    """Parse a delivery_id."""
    text = text_from(value)
    if re.fullmatch(r"d[0-9]{6,}", text):
        return text
    raise ValueError(f"{quoted(text)} is no delivery: write it as `npo status` shows it, as d000003")


Value: TypeAlias = Annotated[str, BeforeValidator(value_from)]
LineNumber: TypeAlias = Annotated[int, BeforeValidator(line_from)]
Note: TypeAlias = Annotated[str, BeforeValidator(note_from)]
DeliveryId: TypeAlias = Annotated[str, BeforeValidator(delivery_from)]


class Correction(Part):
    """Represent a known fault of the source in one row, and what to read there."""

    file: Text
    line: LineNumber | None = None
    where: dict[Text, Value] | None = None
    action: Literal["set", "drop"]
    column: Text
    expect: Value
    value: Value | None = None
    reason: Note
    reported_by: Note
    reported_on: Day
    expires: Day

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.line is None) == (not self.where):
            raise fault("wants either `line` or `where`, to say which row is meant")
        if self.action == "set" and self.value is None:
            raise fault('is missing; say what to read there ("" for nothing)', "value")
        if self.value == self.expect:
            raise fault("is what `expect` says; take the entry out, or correct one of the two", "value")
        if self.action == "drop" and self.value is not None:
            raise fault("has no place where a row is dropped; take it out", "value")
        if self.expires < self.reported_on:
            raise fault("lies before `reported_on`; correct one of the two", "expires")
        return self


class Replacement(Part):
    """Represent rejected lines of an earlier delivery, and the file with the rows that resolve them."""

    delivery: DeliveryId
    lines: Annotated[tuple[LineNumber, ...], AfterValidator(some)]
    file: Text
    reason: Note
    reported_by: Note


class Declaration(Part):
    """Represent a whole file of corrections."""

    corrections: Annotated[tuple[Correction, ...], AfterValidator(some)] = ()
    replaces: Annotated[tuple[Replacement, ...], AfterValidator(some)] = ()


KEYS = sorted({key for part in (Declaration, Correction, Replacement) for key in part.model_fields})


def has_expired(entry: Correction, today: date) -> bool:
    """Return whether a correction may no longer be applied."""
    return today > entry.expires


CORRECTIONS = FileSort("file of corrections", "corrections:")


@dataclass(frozen=True)
class CorrectionFile:
    """Hold a file of corrections after reading."""

    declaration: Declaration
    document: Document
    sha256: str

    def source(self, *place: str | int) -> Source:
        """Return the place of one of its parts, with the line."""
        return Source(self.document.name, self.sha256, self.document.line(place))

    def refused(self, place: Place, words: str) -> Refused:
        """Return a refusal that names the file and the line of one of its parts."""
        return Refused(f"{self.source(*place)}: {words}")


def read_declaration(scanned: ScannedFile) -> CorrectionFile:
    """Read a file of corrections.

    Raises:
        Refused: an entry is wrong; names file, line and key.
    """
    with scanned.file.open() as stream:
        raw = stream.read(MAX_SIZE + 1)
    text, document = rule_text(raw, scanned.file.name, CORRECTIONS)
    try:
        declaration = Declaration.model_validate(document.data)
    except ValidationError as error:
        raise refusal_from_validation(document, error, KEYS, "") from error
    return CorrectionFile(declaration, document, text.sha256)
