"""Sanitizing of text from outside: a spreadsheet shows it and never runs it, a terminal prints one line."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_INVISIBLE = r"[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]"
"""Tabs, line ends, escape sequences, and marks that turn the direction of what follows."""

_RUNS = r'^[\s"\p{Cf}]*[=+\-@＝＋－＠]'
"""The beginning of a formula (OWASP, CSV injection; the wide forms count too), also after spaces or quotes."""


_PLAIN = re.compile(r"[0-9A-Za-z]+([ ._/()-]?[0-9A-Za-z()])*")
"""Names that can do no harm, as nearly all: for these polars need not be imported."""


def sanitize(text: pl.Expr) -> pl.Expr:
    """Replace invisible characters, and put an apostrophe before text that would be run as a formula.

    Null stays null; spaces around the text go.
    """
    import polars as pl

    plain = strip_invisible(text).str.strip_chars()
    return pl.when(plain.str.contains(_RUNS)).then(pl.concat_str(pl.lit("'"), plain)).otherwise(plain)


def strip_invisible(text: pl.Expr) -> pl.Expr:
    """Replace each invisible character by a space."""
    return text.str.replace_all(_INVISIBLE, " ")


_UNSEEN = r"[\p{Cf}\x00-\x08\x0e-\x1f\x7f\u034f\u115f\u1160\u3164\uffa0]"
"""Characters without a width, as a byte order mark or a zero-width space: two values that look the same would
differ by them."""

_CONTROL = bytes(byte for byte in (*range(0x20), 0x7F) if byte not in b"\t\n\r")


def plain_value(text: pl.Expr) -> pl.Expr:
    """Return a value of a file as it is seen: no character without a width, no space around it, on one line."""
    return (
        text.str.replace_all(_UNSEEN, "").str.replace_all(r"[\s\x85\p{Zl}\p{Zp}--\p{Zs}]+", " ").str.strip_chars()
    )


def letters_of(name: str) -> str:
    """Return the letters and digits of a name, without accents and in small letters, to compare names."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name).casefold()))


def has_unseen(block: bytes) -> bool:
    """Return whether text may hold characters that are not seen; other than ASCII it always may."""
    return not block.isascii() or len(block.translate(None, _CONTROL)) < len(block)


def harmless_name(name: str) -> str:
    """Sanitize the name of a file or a column; bytes that are no text become `?`."""
    if _PLAIN.fullmatch(name):
        return name
    import polars as pl

    readable = name.encode(errors="replace").decode()
    return str(pl.select(sanitize(pl.lit(readable))).item())
