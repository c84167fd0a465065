"""Text as a filing may hold it: the Dutch filing rules allow the letters of Latin-1 and no control characters."""

from __future__ import annotations

import unicodedata

import polars as pl

from npo_pipeline.delivery.sanitize import sanitize

_ALIKE = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "‹": "'", "›": "'",
        "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "…": "...", "•": "-",
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "ĳ": "ij", "Ĳ": "IJ", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i",
    }
)  # fmt: skip
"""Characters that are written in another way in Latin-1; accents that Latin-1 lacks fall off by themselves."""

_PLAIN = r"^[\x21-\x7e]+( [\x21-\x7e]+)*$"


def to_latin1(text: str) -> str:
    """Return text in Latin-1, on one line, without spaces around it; a letter that is unknown there is `?`."""
    alike = unicodedata.normalize("NFC", text).translate(_ALIKE)
    return " ".join("".join(map(_letter, alike)).split())


def latin1_column(name: str) -> pl.Expr:
    """Return a column of text in the letters of Latin-1, and harmless; null where nothing is left of it.

    Only the few values that are not plain yet are looked at one by one. Sanitize last: a minus of another form,
    say, is harmless until it becomes one of Latin-1.
    """
    value = pl.col(name)
    replaced = value.map_elements(lambda one: to_latin1(one) or None, return_dtype=pl.String)
    return sanitize(pl.when(value.str.contains(_PLAIN)).then(value).otherwise(replaced))


def _letter(one: str) -> str:
    if unicodedata.category(one)[0] in "CZ":
        return " "
    if one <= "\xff" or one == "€":
        return one
    base = "".join(part for part in unicodedata.normalize("NFKD", one) if part <= "\xff")
    return base or ("" if unicodedata.combining(one) else "?")
