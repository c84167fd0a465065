"""A file of a delivery that can be opened again and again, and must stay what it was."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from npo_pipeline.errors import Refused
from npo_pipeline.files.harmless import harmless_name


@dataclass(frozen=True)
class SourceFile:
    """One file of a delivery: the name it is shown by, its size in bytes, and a way to open it again."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


def plain_file(path: Path, name: str) -> SourceFile:
    """A file on disk; each time it is opened and read to its end, it must still be what it is now."""
    shown, now = harmless_name(name), path.stat()

    def open_file() -> BinaryIO:
        try:
            return io.BufferedReader(_Steady(path, shown, now), 2**20)
        except OSError as error:
            raise Refused(f"{shown}: cannot be read ({error.strerror}); check its permissions") from error

    return SourceFile(shown, now.st_size, open_file)


class _Steady(io.FileIO):
    """A file that must not change: it is read more than once, and its hash must be of what was counted."""

    def __init__(self, path: Path, shown: str, listed: os.stat_result) -> None:
        super().__init__(path)
        self._shown, self._listed = shown, listed
        self._refuse_changed()

    def readinto(self, buffer: Any) -> int:
        """Read on; at the end, see whether the file changed meanwhile."""
        try:
            length = super().readinto(buffer)
        except OSError as error:
            raise Refused(f"{self._shown}: cannot be read ({error.strerror}); have it sent again") from error
        if not length:
            self._refuse_changed()
        return length or 0

    def _refuse_changed(self) -> None:
        if _identity(os.fstat(self.fileno())) != _identity(self._listed):
            raise Refused(f"{self._shown}: changed while it was read; start again when it is complete")


def _identity(state: os.stat_result) -> tuple[int, ...]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
