"""How results look to a person: tables on stdout, amounts the Dutch way."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from npo_pipeline.errors import printable


def euro(amount: Any) -> str:
    """Write an amount (Decimal, or nothing) as 78.409,30."""
    return f"{amount or 0:,.2f}".translate(_DUTCH)


def number(count: int | None) -> str:
    """Write a whole number as 24.243."""
    return f"{count or 0:,}".translate(_DUTCH)


_DUTCH = str.maketrans(",.", ".,")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: int = 1) -> None:
    """Print a table; all columns from number `right` on are numbers and stand to the right."""
    console = _stdout()
    heading = _folded(printable(title), console.width) if console.is_terminal else printable(title)
    console.print(heading, style="bold", markup=False, soft_wrap=True)
    shown = Table(header_style="dim", box=None, pad_edge=False)
    for place, column in enumerate(columns):
        # A number that is broken in two is another number; words may go on below.
        is_number = place >= right
        shown.add_column(column, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    for row in rows:
        shown.add_row(*(Text(_cell(value)) for value in row))
    console.print(shown)
    console.print()


def line(text: str) -> None:
    """Print plain text; on a terminal a long line goes on below, indented, and never in the middle of a word."""
    console = _stdout()
    for one in map(printable, text.split("\n")):
        console.print(_folded(one, console.width) if console.is_terminal else one, markup=False, soft_wrap=True)


def _folded(text: str, width: int) -> str:
    hang = " " * (len(text) - len(text.lstrip()) + 2)
    whole = re.sub(r"([€$]) (?=[\d-])", "\\1\N{NO-BREAK SPACE}", text)
    parts = textwrap.wrap(
        whole, max(width - 1, 40), subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(parts).replace("\N{NO-BREAK SPACE}", " ")


def document(value: Any) -> None:
    """Print one JSON document; amounts are strings, so that no reader makes floats of them."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=plain, indent=1) + "\n")


def _stdout() -> Console:
    # Outside a terminal (a pipe, a log) nothing may be cut off to fit a width.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


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
