"""How results look to a person: tables on stdout, amounts the Dutch way."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

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
