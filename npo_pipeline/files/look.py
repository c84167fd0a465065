"""A first look at a delivery: its files, and what their bytes are. It needs no library and so begins at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from npo_pipeline.errors import Refused
from npo_pipeline.files.ahead import read_ahead
from npo_pipeline.files.inspect import Bytes, inspect
from npo_pipeline.files.plain import SourceFile
from npo_pipeline.files.source import source_files

if TYPE_CHECKING:
    from npo_pipeline.files.folded import Part

ZIPPED = b"PK\x03\x04"
"""How a zip begins, and so every `.xlsx`."""


@dataclass(frozen=True)
class Looked:
    """A file, and what its bytes are; null for a workbook, which is read by a library.

    `begun`: its rows, where reading them has begun already; they can be had once.
    """

    file: SourceFile
    facts: Bytes | None
    begun: Iterator[Part] | None = None


def look(paths: Sequence[Path]) -> list[Looked]:
    """Look at every file of a delivery.

    Raises:
        Refused: a path cannot be read, a zip is unsafe, or a file is empty or no text.
    """
    return [Looked(file, None if is_zipped(file) else inspect(file)) for file in source_files(paths)]


LARGE = 2**24
"""Bytes; a smaller file is read in no time once the libraries are loaded."""

MOST = 4
"""Blocks that may wait to be checked; each takes some 80 MiB of memory."""


def look_and_begin(paths: Sequence[Path]) -> list[Looked]:
    """Look at every file, and begin to read the largest: the libraries that check its rows still load then.

    Raises:
        Refused: as `look`.
    """
    looked = look(paths)
    largest = max(looked, key=lambda one: one.file.size if one.facts else 0, default=None)
    if largest is None or largest.file.size < LARGE:
        return looked
    return [_begun(one) if one is largest else one for one in looked]


def _begun(one: Looked) -> Looked:
    from npo_pipeline.files.folded import can_fold, folded_blocks
    from npo_pipeline.files.header import read_header
    from npo_pipeline.files.text import text_blocks

    if one.facts is None:
        return one
    try:
        header = read_header(one.file, one.facts)
    except Refused:
        return one  # It is refused in its turn.
    begin = folded_blocks if can_fold(header) else text_blocks
    return replace(one, begun=read_ahead(begin(one.file, one.facts, header), MOST))


def is_zipped(file: SourceFile) -> bool:
    """Whether the file is a zip by its first bytes, as every `.xlsx` is."""
    with file.open() as stream:
        return stream.read(len(ZIPPED)) == ZIPPED
