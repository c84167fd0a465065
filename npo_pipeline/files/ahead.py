"""Reading ahead: the next blocks are read and parsed while the ones before are checked and counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

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
