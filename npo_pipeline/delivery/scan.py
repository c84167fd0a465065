"""A first look at a delivery: its files, and what their bytes are. It needs no library and so begins at once.

Reading ahead: the next blocks are read and parsed while the ones before are checked and counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from npo_pipeline.delivery.sniff import TextEncoding, sniff
from npo_pipeline.delivery.source_files import SourceFile, source_files
from npo_pipeline.errors import Refused

if TYPE_CHECKING:
    from npo_pipeline.delivery.register_blocks import Part


T = TypeVar("T")


def read_ahead(items: Iterator[T], most: int = 1) -> Iterator[T]:
    """Begin at once to make items in a thread; they are given in their order, and at most so many wait.

    What the maker of the items raises is raised at the item it belongs to.
    """
    end = object()
    maker = ThreadPoolExecutor(1)
    # A task per item: a thread that waits for room could not be ended when nobody asks for more.
    coming = deque(maker.submit(next, items, end) for _ in range(most))

    def give() -> Iterator[T]:
        while (item := coming.popleft().result()) is not end:
            coming.append(maker.submit(next, items, end))
            yield item  # type: ignore[misc]
        maker.shutdown(wait=False)

    return give()


ZIPPED = b"PK\x03\x04"
"""How a zip begins, and so every `.xlsx`."""


@dataclass(frozen=True)
class ScannedFile:
    """A file, and what its bytes are; null for a workbook, which is read by a library.

    `prefetched`: its rows, where reading them has prefetched already; they can be had once.
    """

    file: SourceFile
    encoding: TextEncoding | None
    prefetched: Iterator[Part] | None = None


def scan(paths: Sequence[Path]) -> list[ScannedFile]:
    """Look at every file of a delivery.

    Raises:
        Refused: a path cannot be read, a zip is unsafe, or a file is empty or no text.
    """
    return [ScannedFile(file, None if is_zipped(file) else sniff(file)) for file in source_files(paths)]


LARGE = 2**24
"""Bytes; a smaller file is read in no time once the libraries are loaded."""

MOST = 4
"""Blocks that may wait to be checked; each takes some 80 MiB of memory."""


def scan_and_prefetch(paths: Sequence[Path]) -> list[ScannedFile]:
    """Look at every file, and begin to read the largest: the libraries that check its rows still load then.

    Raises:
        Refused: as `look`.
    """
    looked = scan(paths)
    largest = max(looked, key=lambda one: one.file.size if one.encoding else 0, default=None)
    if largest is None or largest.file.size < LARGE:
        return looked
    return [_begun(one) if one is largest else one for one in looked]


def _begun(one: ScannedFile) -> ScannedFile:
    from npo_pipeline.delivery.csv_reader import text_blocks
    from npo_pipeline.delivery.register_blocks import encode_blocks, is_encodable
    from npo_pipeline.delivery.sniff import read_header

    if one.encoding is None:
        return one
    try:
        header = read_header(one.file, one.encoding)
    except Refused:
        return one  # It is refused in its turn.
    begin = encode_blocks if is_encodable(header) else text_blocks
    return replace(one, prefetched=read_ahead(begin(one.file, one.encoding, header), MOST))


def is_zipped(file: SourceFile) -> bool:
    """Whether the file is a zip by its first bytes, as every `.xlsx` is."""
    with file.open() as stream:
        return stream.read(len(ZIPPED)) == ZIPPED
