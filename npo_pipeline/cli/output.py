"""Results on stdout and progress on stderr, on streams that cannot make a command fail.

On a terminal tables and lines are folded to its width, and never in a word; a table that is too wide even so is
printed as one line per value. In a pipe or a log nothing is folded or cut off, and no library is loaded for it.
"""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from npo_pipeline.commands.steps import Progress, silently
from npo_pipeline.errors import printable
from npo_pipeline.translation import said
from npo_pipeline.watch import logs

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console


def euro(amount: Any) -> str:
    """Write an amount (Decimal, or nothing) as 78.409,30."""
    from npo_pipeline import dutch

    return dutch.number(amount or 0, 2)


def number(count: int | None) -> str:
    """Write a whole number as 24.243."""
    from npo_pipeline import dutch

    return dutch.number(count or 0)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: int = 1) -> None:
    """Print a table; all columns from number `right` on are numbers, aligned to the right."""
    cells = [[cell(value) for value in row] for row in rows]
    show = _table_on_terminal if sys.stdout.isatty() else _table_as_text
    show(printable(said(title)), [said(column) for column in columns], cells, right)


def frame_table(title: str, rows: pl.DataFrame, columns: Sequence[str], **headings: str) -> None:
    """Print columns of a frame as a table, those of numbers last; without a heading a column has its own name."""
    shown = rows.select(columns)
    named = [headings.get(name, name.replace("_", " ")) for name in columns]
    right = next((at for at, dtype in enumerate(shown.dtypes) if dtype.is_numeric()), len(columns))
    table(title, named, shown.rows(), right=right)


def line(text: str, *, as_is: bool = False) -> None:
    """Print plain text; on a terminal a long line goes on below, indented, and never breaks in a word.

    It is in the language that is asked, unless it is to stay `as_is`.
    """
    if text.startswith(REMARK) and logs.is_json():
        logs.log("warning", text.removeprefix(REMARK))
    lines = [printable(one if as_is else said(one)) for one in text.split("\n")]
    if not sys.stdout.isatty():
        _write("\n".join(lines))
        return
    console = _console()
    for one in lines:
        console.print(_folded(one, console.width), markup=False, soft_wrap=True)


REMARK = "! "
"""Before a line on what the operator should know."""


def complaint(text: str) -> None:
    """Print a line on stderr; on a terminal a long one goes on below, indented, and never breaks in a word."""
    shown = printable(text)
    if sys.stderr.isatty():
        shown = _folded(shown, shutil.get_terminal_size().columns)
    print(shown, file=sys.stderr)  # noqa: T201


def document(value: Any) -> None:
    """Print one JSON document; amounts are strings, so that no reader makes floats of them."""
    import json

    if logs.is_json() and isinstance(value, dict):
        for remark in value.get("remarks", ()):
            logs.log("warning", str(remark))
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=plain, indent=1) + "\n")


def _table_as_text(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]], right: int) -> None:
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    _write(title)
    for row in (columns, *cells):
        aligned = (f"{cell:{'>' if at >= right else '<'}{widths[at]}}" for at, cell in enumerate(row))
        _write(_GAP.join(aligned))
    _write("")


_GAP = "  "
"""Between two columns."""


def _table_on_terminal(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]], right: int) -> None:
    from rich.table import Table
    from rich.text import Text

    console = _console()
    console.print(_folded(title, console.width), style="bold", markup=False, soft_wrap=True)
    widths = _column_widths(columns, cells, right, console.width)
    if widths is None:
        for row in cells:
            console.print("\n".join(_record(columns, row, console.width)), markup=False, soft_wrap=True)
        console.print()
        return
    shown = Table(header_style="dim", box=None, pad_edge=False)
    for at, (column, width) in enumerate(zip(columns, widths, strict=True)):
        shown.add_column(column, justify="right" if at >= right else "left", width=width)
    for row in cells:
        shown.add_row(*map(Text, row))
    console.print(shown)
    console.print()


def _column_widths(
    columns: Sequence[str], cells: Sequence[Sequence[str]], right: int, available: int
) -> list[int] | None:
    """Return the width of each column; None when they do not fit beside each other without breaking a word.

    A column of numbers is as wide as its widest number, for a number that is broken in two is another number. The
    others share what is left: the narrowest gets all it needs first.
    """
    whole = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    least = [
        full if at >= right else max(len(word) for text in column for word in (text.split() or [""]))
        for at, (full, column) in enumerate(zip(whole, zip(columns, *cells, strict=True), strict=True))
    ]
    spare = available - sum(least) - len(_GAP) * (len(columns) - 1)
    if spare < 0:
        return None
    widths = list(least)
    wanting = sorted(range(len(columns)), key=lambda at: whole[at] - least[at])
    for done, at in enumerate(wanting):
        more = min(whole[at] - least[at], spare // (len(wanting) - done))
        widths[at] += more
        spare -= more
    return widths


def _record(columns: Sequence[str], row: Sequence[str], width: int) -> Iterator[str]:
    """Yield the lines of a row that is shown as one line per value, with a blank line before it."""
    yield ""
    names = max(map(len, columns))
    for column, text in zip(columns, row, strict=True):
        label = f"{column:{names}}{_GAP}"
        first, *more = _folded(text, width - len(label)).split("\n")
        yield f"{label}{first}".rstrip()
        yield from (f"{' ' * len(label)}{one.strip()}" for one in more)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _folded(text: str, width: int) -> str:
    """Fold text to a width, the lines below indented; an amount stays beside its sign."""
    hang = " " * (len(text) - len(text.lstrip()) + 2)
    whole = re.sub(r"([€$]) (?=[\d+-])", "\\1\N{NO-BREAK SPACE}", text)
    parts = textwrap.wrap(
        whole, max(width - 1, 40), subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(parts).replace("\N{NO-BREAK SPACE}", " ")


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def cell(value: object, text: Callable[[str], str] = printable) -> str:
    """Write a value as in a cell of a table; `text` makes words harmless there."""
    if isinstance(value, Decimal):
        return euro(value)
    if isinstance(value, int):
        return number(value)
    return "" if value is None else text(str(value))


def _plain(value: Any) -> Any:
    if hasattr(value, "to_dicts"):
        return value.to_dicts()
    if isinstance(value, Decimal | date | Path):
        return str(value)
    raise TypeError(f"no JSON for {type(value)}")


@contextmanager
def progress() -> Iterator[Progress]:
    """Yield a progress callback; it does nothing, and loads no library, unless stderr is a terminal or a log."""
    if logs.is_json():
        yield logs.json_progress()
        return
    if not sys.stderr.isatty():
        yield silently
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True, highlight=False).status("starting") as status:

        def report(step: str, rows: int) -> None:
            counted = f": {number(rows)} {said('rows')}" if rows else ""
            status.update(Text(f"{printable(said(step))}{counted}"))

        yield report


class SafeStdout(io.TextIOBase):
    """Write to stdout; note a failure in `fault` in place of raising it.

    What a command did is done, whether or not anybody reads of it. A reader that went away (`| head`) is no fault;
    a full disk is reported on stderr at the end.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self.fault, self.is_written = stream, "", False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Return the encoding of the text."""
        return self._stream.encoding or "utf-8"

    @property
    def buffer(self) -> _SafeBytes:
        """Return a stream of bytes on it; click writes completions for a shell to one."""
        return _SafeBytes(self)

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the descriptor of the file below."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Write text, or note why that failed."""
        self.is_written = True
        self._attempt(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream, or note why that failed."""
        self._attempt(self._stream.flush)

    def _attempt(self, action: Callable[..., object], *given: str) -> None:
        try:
            action(*given)
        except OSError as error:
            if error.errno != errno.EPIPE:
                self.fault = error.strerror or "unknown"
            # Nobody listens; what follows goes nowhere.
            self._stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


class _SafeBytes(io.RawIOBase):
    """Write bytes of UTF-8 to stdout as text."""

    def __init__(self, stdout: SafeStdout) -> None:
        self._stdout = stdout

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        return self._stdout.write(bytes(content).decode("utf-8"))

    def flush(self) -> None:
        self._stdout.flush()


def install_streams() -> SafeStdout:
    """Replace stdout and stderr by streams that never raise; return the new stdout."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    stream = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for each in (stream, sys.stderr):
        if isinstance(each, io.TextIOWrapper):
            each.reconfigure(errors="backslashreplace")
    stdout = SafeStdout(stream)
    sys.stdout = stdout
    return stdout
