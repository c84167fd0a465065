"""Small readings of text that several kinds of file share, as polars expressions over checked text."""

from __future__ import annotations

from datetime import date

import polars as pl

from npo_pipeline.files.harmless import harmless

SCHOOL_TYPE_OF = {"Bo": "bao", "Sbo": "sbo", "So": "so", "Vso": "vso"}

_SURCHARGED = r"^(Praktijkonderwijs|VMBO (BL|KL)( lj (3|4|3-4))?$)"
"""Praktijkonderwijs and the basis- and kaderberoepsgerichte leerweg (domain notes, 1.1, definition trap)."""


def vestiging() -> pl.Expr:
    """The code of a vestiging, six characters, from BRIN_NUMMER and VESTIGINGSNUMMER (two or six)."""
    number = pl.col("VESTIGINGSNUMMER")
    whole = pl.when(number.str.len_bytes() == 6).then(number)
    return whole.otherwise(pl.concat_str("BRIN_NUMMER", "VESTIGINGSNUMMER")).alias("vestiging")


def school_type(column: str) -> pl.Expr:
    """The school type of a SOORT_PO."""
    return pl.col(column).replace_strict(SCHOOL_TYPE_OF, return_dtype=pl.String).alias("school_type")


def school_type_vo(onderwijstype: str, year: str | None = None) -> pl.Expr:
    """`vo_pro_vbo` for praktijkonderwijs and year 3-4 vbo basis/kader, else `vo`.

    DUO's type VMBO BL or KL is of years 3 and 4 by its name; in a register the year decides.
    """
    kind = pl.col(onderwijstype)
    surcharged = kind.str.contains(_SURCHARGED)
    if year is not None:
        in_year = pl.col(year).cast(pl.Int64, strict=False).is_in([3, 4])  # it may be empty, or written 03
        surcharged &= kind.str.starts_with("Praktijk") | in_year.fill_null(False)
    return pl.when(surcharged).then(pl.lit("vo_pro_vbo")).otherwise(pl.lit("vo")).alias("school_type")


def whole(column: str) -> pl.Expr:
    """A whole number."""
    return pl.col(column).cast(pl.Int64)


def score(column: str) -> pl.Expr:
    """A score or amount with at most two decimals, exactly, as DECIMAL(18,2)."""
    text = pl.col(column)
    dutch = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    plain = pl.when(text.str.contains(",", literal=True)).then(dutch).otherwise(text)
    return plain.str.to_decimal(scale=2).cast(pl.Decimal(18, 2))


def day(column: str) -> pl.Expr:
    """A date written as 20201001 or 2020-10-01; null where it is empty."""
    return pl.col(column).str.replace_all("-", "", literal=True).str.to_date("%Y%m%d", strict=False)


def october_first(year_column: str) -> pl.Expr:
    """The reference date of a PEILJAAR: 1 October of that year."""
    return pl.date(pl.col(year_column).cast(pl.Int32), 10, 1)


def name(column: str) -> pl.Expr:
    """A name, as a spreadsheet will show and never run it; null where it is empty."""
    text = harmless(pl.col(column))
    return pl.when(text != "").then(text)


def text_day(on: date) -> str:
    """A date as the files write it, 20201001, to compare text with text."""
    return f"{on:%Y%m%d}"
