"""The files of a delivery with the encoding of their text; and reading ahead of what is checked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from npo_pipeline.delivery.sniff import TextEncoding, sniff
from npo_pipeline.delivery.source_files import SourceFile, source_files

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
    """Hold a file and the encoding of its text; null for a workbook, which is read by a library."""

    file: SourceFile
    encoding: TextEncoding | None


def scan(paths: Sequence[Path]) -> list[ScannedFile]:
    """Look at every file of a delivery.

    Raises:
        Refused: a path cannot be read, a zip is unsafe, or a file is empty or no text.
    """
    return [ScannedFile(file, None if is_zipped(file) else sniff(file)) for file in source_files(paths)]


def is_zipped(file: SourceFile) -> bool:
    """Whether the file is a zip by its first bytes, as every `.xlsx` is."""
    with file.open() as stream:
        return stream.read(len(ZIPPED)) == ZIPPED
