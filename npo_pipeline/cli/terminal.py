"""Tables and lines on a terminal, folded to its width."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], right: int) -> None:
    """Print a table; all columns from number `right` on are numbers and stand to the right."""
    console = Console(highlight=False)
    console.print(_folded(title, console.width), style="bold", markup=False, soft_wrap=True)
    shown = Table(header_style="dim", box=None, pad_edge=False)
    for place, column in enumerate(columns):
        # A number that is broken in two is another number; words may go on below.
        is_number = place >= right
        shown.add_column(column, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    for row in rows:
        shown.add_row(*map(Text, row))
    console.print(shown)
    console.print()


def lines(texts: Iterable[str]) -> None:
    """Print lines; a long one goes on below, indented, and never in the middle of a word."""
    console = Console(highlight=False)
    for one in texts:
        console.print(_folded(one, console.width), markup=False, soft_wrap=True)


def _folded(text: str, width: int) -> str:
    hang = " " * (len(text) - len(text.lstrip()) + 2)
    whole = re.sub(r"([€$]) (?=[\d-])", "\\1\N{NO-BREAK SPACE}", text)
    parts = textwrap.wrap(
        whole, max(width - 1, 40), subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(parts).replace("\N{NO-BREAK SPACE}", " ")
