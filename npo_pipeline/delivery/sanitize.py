"""Text from outside, made harmless: a spreadsheet shows it and never runs it, a terminal prints one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_UNSEEN = r"[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]"
"""Tabs, line ends, escape sequences, and marks that turn the direction of what follows."""

_RUNS = r'^[\s"\p{Cf}]*[=+\-@＝＋－＠]'
"""How a formula begins (OWASP, CSV injection; the wide forms count too), also after spaces or quotes."""


_PLAIN = re.compile(r"[0-9A-Za-z]+([ ._/()-]?[0-9A-Za-z()])*")
"""Names that can do no harm, as nearly all: for these polars need not be there yet."""


def sanitize(text: pl.Expr) -> pl.Expr:
    """Take characters away that are not seen, and put an apostrophe before what would be run as a formula.

    Null stays null; spaces around the text go.
    """
    import polars as pl

    plain = strip_invisible(text).str.strip_chars()
    return pl.when(plain.str.contains(_RUNS)).then(pl.concat_str(pl.lit("'"), plain)).otherwise(plain)


def strip_invisible(text: pl.Expr) -> pl.Expr:
    """Put a space for each character that is not seen."""
    return text.str.replace_all(_UNSEEN, " ")


def harmless_name(name: str) -> str:
    """Make the name of a file or a column harmless; bytes that are no text become `?`."""
    if _PLAIN.fullmatch(name):
        return name
    import polars as pl

    readable = name.encode(errors="replace").decode()
    return str(pl.select(sanitize(pl.lit(readable))).item())
