"""How results look to a person: tables on stdout, amounts the Dutch way.

stdout and stderr that cannot make a command fail: what it did is done, whether or not anybody hears of it.
"""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TextIO

from npo_pipeline import dutch
from npo_pipeline.errors import printable


def euro(amount: Any) -> str:
    """Write an amount (Decimal, or nothing) as 78.409,30."""
    return dutch.number(amount or 0, 2)


def number(count: int | None) -> str:
    """Write a whole number as 24.243."""
    return dutch.number(count or 0)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: int = 1) -> None:
    """Print a table; all columns from number `right` on are numbers and stand to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        from npo_pipeline.cli import terminal

        terminal.table(printable(title), columns, cells, right)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    _write(printable(title))
    for row in (columns, *cells):
        aligned = (f"{cell:{'>' if at >= right else '<'}{widths[at]}}" for at, cell in enumerate(row))
        _write("  ".join(aligned))
    _write("")


def line(text: str) -> None:
    """Print plain text; on a terminal a long line goes on below, indented, and never in the middle of a word."""
    plain = [printable(one) for one in text.split("\n")]
    if sys.stdout.isatty():
        from npo_pipeline.cli import terminal

        terminal.lines(plain)
        return
    for one in plain:
        _write(one)


def document(value: Any) -> None:
    """Print one JSON document; amounts are strings, so that no reader makes floats of them."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=plain, indent=1) + "\n")


def _write(text: str) -> None:
    # Outside a terminal (a pipe, a log) nothing is cut off to fit a width, and no library is loaded for it.
    sys.stdout.write(f"{text}\n")


def _cell(value: object) -> str:
    if isinstance(value, Decimal):
        return euro(value)
    if isinstance(value, int):
        return number(value)
    return "" if value is None else printable(str(value))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"no JSON for {type(value)}")


class SafeStdout(io.TextIOBase):
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


def install_streams() -> SafeStdout:
    """Put streams in place that never raise; gives the one that stdout became."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    stream = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for one in (stream, sys.stderr):
        if isinstance(one, io.TextIOWrapper):
            one.reconfigure(errors="backslashreplace")
    answer = SafeStdout(stream)
    sys.stdout = answer
    return answer
