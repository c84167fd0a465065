"""stdout and stderr that cannot make a command fail: what it did is done, whether or not anybody hears of it."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TextIO


class Answer(io.TextIOBase):
    """stdout, from which a failure to write is noted and not raised.

    A reader that went away (`| head`) is no fault; a full disk is told on stderr at the end.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self.fault = stream, ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding that the text is written in."""
        return self._stream.encoding or "utf-8"

    def isatty(self) -> bool:
        """Whether a person is watching."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The number of the file below."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def write(self, text: str) -> int:
        """Write, or note why that failed."""
        try:
            self._stream.write(text)
        except OSError as error:
            self._note(error)
        return len(text)

    def flush(self) -> None:
        """Write what is waiting, or note why that failed."""
        try:
            self._stream.flush()
        except OSError as error:
            self._note(error)

    def _note(self, error: OSError) -> None:
        if error.errno != errno.EPIPE:
            self.fault = error.strerror or "unknown"
        # Nobody listens; what follows goes nowhere.
        self._stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def settle() -> Answer:
    """Put streams in place that never raise; gives the one that stdout became."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    stream = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for one in (stream, sys.stderr):
        if isinstance(one, io.TextIOWrapper):
            one.reconfigure(errors="backslashreplace")
    answer = Answer(stream)
    sys.stdout = answer
    return answer
