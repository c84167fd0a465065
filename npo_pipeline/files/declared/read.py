"""Reading a file of corrections: its entries, each with the line on which it stands."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from npo_pipeline.errors import Refused
from npo_pipeline.files.declared.applied import Source
from npo_pipeline.files.declared.found import MOST
from npo_pipeline.files.declared.model import KEYS, Declaration
from npo_pipeline.files.look import Looked
from npo_pipeline.regulations.document import Document, Place, Sort
from npo_pipeline.regulations.faults import refusal
from npo_pipeline.regulations.texts import rule_text

CORRECTIONS = Sort("file of corrections", "corrections:")


@dataclass(frozen=True)
class Declaring:
    """A file of corrections that was read."""

    declaration: Declaration
    document: Document
    sha256: str

    def source(self, *place: str | int) -> Source:
        """Where a part of it stands."""
        return Source(self.document.name, self.sha256, self.document.line(place))

    def refused(self, place: Place, words: str) -> Refused:
        """A refusal that names the file and the line of a part of it."""
        return Refused(f"{self.source(*place)}: {words}")


def read_declaration(seen: Looked) -> Declaring:
    """Read a file of corrections.

    Raises:
        Refused: something in it is wrong; names file, line and key.
    """
    with seen.file.open() as stream:
        raw = stream.read(MOST + 1)
    text, document = rule_text(raw, seen.file.name, CORRECTIONS)
    try:
        declaration = Declaration.model_validate(document.data)
    except ValidationError as error:
        raise refusal(document, error, KEYS, "") from error
    return Declaring(declaration, document, text.sha256)
