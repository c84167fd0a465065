"""Text as a filing may hold it."""

from __future__ import annotations

import polars as pl
import pytest

from npo_pipeline.reports.xbrl.facts import latin1_column, to_latin1


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("De Eik", "De Eik"),
        ("  De\t\nEik ", "De Eik"),
        ("d’Eik – “Oost”", 'd\'Eik - "Oost"'),
        ("Curaçao, Sint Jozef É", "Curaçao, Sint Jozef É"),
        ("e\u0301cole", "école"),  # an accent written apart
        ("Škoda Łódź œuvre ĳs", "Skoda Lódz oeuvre ijs"),
        ("€ 5…", "€ 5..."),
        ("school 漢 🎒", "school ? ?"),
        ("na\u200bam\u202e", "na am"),
        ("a\x00b\x85c", "a b c"),
        ("\u200b", ""),
    ],
)
def test_text_is_written_in_latin_1_on_one_line(text: str, written: str) -> None:
    assert to_latin1(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [("De Eik", "De Eik"), (" \u200b", None), (None, None), ("–5+3", "'-5+3"), ("＝A1", "'=A1"), ("=A1", "'=A1")],
)
def test_text_becomes_no_formula_on_the_way(text: str | None, written: str | None) -> None:
    assert pl.DataFrame({"t": [text]}, schema={"t": pl.String}).select(latin1_column("t")).item() == written
