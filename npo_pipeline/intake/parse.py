"""Parsers of text that several kinds of file share, as polars expressions over validated text."""

from __future__ import annotations

from datetime import date

import polars as pl

from npo_pipeline.delivery.sanitize import sanitize

_SCHOOL_TYPES = {"Bo": "bao", "Sbo": "sbo", "So": "so", "Vso": "vso"}
_SCHOOL_TYPE_OF = _SCHOOL_TYPES | {sort.upper(): code for sort, code in _SCHOOL_TYPES.items()}


def vestiging() -> pl.Expr:
    """Return the code of a vestiging, six characters, from BRIN_NUMMER and VESTIGINGSNUMMER (two or six)."""
    number = pl.col("VESTIGINGSNUMMER")
    whole = pl.when(number.str.len_bytes() == 6).then(number)
    return whole.otherwise(pl.concat_str("BRIN_NUMMER", "VESTIGINGSNUMMER")).alias("vestiging")


def school_type(column: str) -> pl.Expr:
    """Return the school type of a SOORT_PO or TYPE_PO, which newer files write in capitals."""
    return pl.col(column).replace_strict(_SCHOOL_TYPE_OF, return_dtype=pl.String).alias("school_type")


def school_type_vo(onderwijstype: str, year: str | None = None) -> pl.Expr:
    """Return the school type of a vo onderwijstype, by the cited mapping (`rulebook/onderwijstypen.yaml`).

    DUO's own file has the leerjaren in the name of the type; in a register the column of the year decides, and
    where that is empty the name.
    """
    # Only vo needs it, and it takes pydantic to read it.
    from npo_pipeline.rulebook.onderwijstypen import onderwijstypen

    found = pl.lit(None, pl.String)
    for one in reversed(onderwijstypen().onderwijstypen):
        fits = pl.any_horizontal(pl.col(onderwijstype).str.starts_with(begin) for begin in one.begins_with)
        if one.years:
            fits &= _in_years(onderwijstype, year, one.years)
        found = pl.when(fits).then(pl.lit(one.value)).otherwise(found)
    return found.alias("school_type")


def _in_years(onderwijstype: str, year: str | None, years: tuple[int, ...]) -> pl.Expr:
    """Return whether a row is of some leerjaren, by its year or else by the name of its type.

    A type without years in its name is of them in DUO's own file; in a register nothing says so.
    """
    first, last = years_in_name(onderwijstype)
    by_name = (first.is_in(years) & last.is_in(years)).fill_null(year is None)
    if year is None:
        return by_name
    by_column = pl.col(year).cast(pl.Int64, strict=False).is_in(years)  # it may be empty, or written 03
    return by_column.fill_null(by_name)


def years_in_name(onderwijstype: str) -> tuple[pl.Expr, pl.Expr]:
    """Return the first and the last leerjaar in the name of a type, as in `VMBO BL lj 3-4`; null without any."""
    named = pl.col(onderwijstype).str.extract_groups(r" (?:lj )?([1-6])(?:-([1-6]))?$")
    first = named.struct[0].cast(pl.Int64)
    return first, pl.coalesce(named.struct[1].cast(pl.Int64), first)


def with_years(onderwijstype: str) -> pl.Expr:
    """Return whether what a vo onderwijstype counts as depends on the leerjaar, by the same mapping."""
    from npo_pipeline.rulebook.onderwijstypen import onderwijstypen

    names = [begin for one in onderwijstypen().onderwijstypen if one.years for begin in one.begins_with]
    return pl.any_horizontal(pl.col(onderwijstype).str.starts_with(begin) for begin in names)


def is_praktijkonderwijs(onderwijstype: str) -> pl.Expr:
    """Return whether a vo onderwijstype is praktijkonderwijs, by the same mapping."""
    from npo_pipeline.rulebook.onderwijstypen import onderwijstypen

    names = [begin for one in onderwijstypen().onderwijstypen if one.pro for begin in one.begins_with]
    return pl.any_horizontal(pl.col(onderwijstype).str.starts_with(begin) for begin in names)


def municipality_number(column: str) -> pl.Expr:
    """Parse the number of a municipality as four digits; null where it is empty."""
    return pl.when(pl.col(column) != "").then(pl.col(column).str.zfill(4))


def parse_int(column: str) -> pl.Expr:
    """Parse a whole number."""
    return pl.col(column).cast(pl.Int64)


def parse_amount(column: str) -> pl.Expr:
    """Parse a score or amount with at most two decimals, exactly, as DECIMAL(18,2)."""
    return amount(pl.col(column))


def amount(text: pl.Expr) -> pl.Expr:
    """Parse any text expression that is an amount, exactly, as DECIMAL(18,2)."""
    dutch = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    plain = pl.when(text.str.contains(",", literal=True)).then(dutch).otherwise(text)
    return plain.str.to_decimal(scale=2).cast(pl.Decimal(18, 2))


def parse_date(column: str) -> pl.Expr:
    """Parse a date written as 20201001 or 2020-10-01; null where it is empty."""
    return pl.col(column).str.replace_all("-", "", literal=True).str.to_date("%Y%m%d", strict=False)


def clean_name(column: str) -> pl.Expr:
    """Sanitize a name, so that a spreadsheet shows and never runs it; null where it is empty."""
    text = sanitize(pl.col(column))
    return pl.when(text != "").then(text)


def compact_date(on: date) -> str:
    """Return a date as the files write it, 20201001, to compare text with text."""
    return f"{on:%Y%m%d}"
