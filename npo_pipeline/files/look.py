"""A first look at a delivery: its files, and what their bytes are. It needs no library and so begins at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from npo_pipeline.files.inspect import Bytes, inspect
from npo_pipeline.files.plain import SourceFile
from npo_pipeline.files.source import source_files

ZIPPED = b"PK\x03\x04"
"""How a zip begins, and so every `.xlsx`."""


@dataclass(frozen=True)
class Looked:
    """A file, and what its bytes are; null for a workbook, which is read by a library."""

    file: SourceFile
    facts: Bytes | None


def look(paths: Sequence[Path]) -> list[Looked]:
    """Look at every file of a delivery.

    Raises:
        Refused: a path cannot be read, a zip is unsafe, or a file is empty or no text.
    """
    return [Looked(file, None if is_zipped(file) else inspect(file)) for file in source_files(paths)]


def is_zipped(file: SourceFile) -> bool:
    """Whether the file is a zip by its first bytes, as every `.xlsx` is."""
    with file.open() as stream:
        return stream.read(len(ZIPPED)) == ZIPPED
