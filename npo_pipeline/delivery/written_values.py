"""Values as people write them and spreadsheets change them, read where they can mean one thing only.

Those of boards: registers and the files of DUO and CBS are written by programs. Of these only codes are read
otherwise, where a workbook or an export took them for numbers. A value with two meanings is left as it is, and its
row is rejected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date

import polars as pl

from npo_pipeline import dutch
from schemas.frames.intake import READINGS, FileRows, Readings, empty
from schemas.rules import is_amount

_SPACES = "\u0020\u00a0\u2007\u2009\u202f"
"""Spaces between thousands: plain, no-break, figure, thin, and narrow no-break."""

_MINUS = str.maketrans(dict.fromkeys("\u2212\u2013\u2014", "-") | dict.fromkeys(_SPACES, " "))
_EURO, _DOLLAR = r"€|eur(?:o|o's)?", r"us\s?\$|\$|usd"
_NUMBER = (
    r"(?P<dots>[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?P<cents_after_dots>,[0-9]{1,2}|,--?)?"
    r"|(?P<spaces>[1-9][0-9]{0,2}(?: [0-9]{3})+)(?P<cents_after_spaces>[.,][0-9]{1,2}|,--?)?"
    r"|(?P<commas>[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?P<cents_after_commas>\.[0-9]{1,2})"
    r"|(?P<plain>[0-9]{1,9})(?P<cents_after_plain>[.,][0-9]{1,2}|,--?)?"
    r"|(?P<none>)(?P<cents_after_none>[.,][0-9]{1,2})"
)
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s?(?P<before>[-+])?\s?(?:(?P<first>{_EURO}|{_DOLLAR})\s?)?(?P<within>[-+])?\s?"
    rf"(?:{_NUMBER})(?P<after>-)?\s?(?P<close>\))?(?:\s?(?P<last>{_EURO}|{_DOLLAR}))?",
    re.IGNORECASE,
)
_NIL = re.compile(rf"(?:{_EURO}|{_DOLLAR})\s*-", re.IGNORECASE)
"""Nothing, as spreadsheets show it in their format for accounts."""

_POINT = re.compile(r"[0-9]\.[0-9]{1,2}(?![0-9])")
"""A decimal point: in a file with one, 1.234 may be a little over 1."""

PERCENTAGE = re.compile(r"-?(?P<number>[0-9]{1,3}(?:[.,][0-9]{1,4})?)\s?(?:%|procent)", re.IGNORECASE)


def amount_of(text: str, *, has_points: bool = False) -> str | None:
    """Return an amount as a file would have it, with a decimal point; null where it is none or has two meanings.

    `has_points`: the file writes decimals behind a point, so that a point need not stand between thousands.
    """
    plain = text.translate(_MINUS).strip()
    if _NIL.fullmatch(plain):
        return "0"
    found = _AMOUNT.fullmatch(plain)
    if found is None or bool(found["open"]) != bool(found["close"]) or (found["first"] and found["last"]):
        return None
    signs = [sign for sign in (found["open"], found["before"], found["within"], found["after"]) if sign]
    is_one_group = found["dots"] and found["dots"].count(".") == 1 and not found["cents_after_dots"]
    if len(signs) > 1 or (has_points and is_one_group):
        return None
    name = next(one for one in ("dots", "spaces", "commas", "plain", "none") if found[one] is not None)
    whole = re.sub(r"[^0-9]", "", found[name]) or "0"
    cents = re.sub(r"[^0-9]", "", found[f"cents_after_{name}"] or "")
    value = f"{'-' if signs and signs[0] != '+' else ''}{whole}{f'.{cents}' if cents else ''}"
    return value if is_amount(value) else None


def currency_of(text: str) -> str | None:
    """Return the currency that an amount is written with; null where it says none."""
    for currency, sign in (("USD", _DOLLAR), ("EUR", _EURO)):
        if re.search(sign, text, re.IGNORECASE):
            return currency
    return None


_MONTHS = {
    name: number
    for number, names in enumerate(zip(dutch.DUTCH.months, dutch.SHORT_MONTHS, strict=True), 1)
    for name in names
} | {"mar": 3, "may": 5, "oct": 10, "sept": 9}
"""Names of months, and what programs that are set to English write for them."""

_TIME = r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}})([-/.])([0-9]{{1,2}})\2(20[0-9]{{2}}){_TIME}")
_YEAR_FIRST = re.compile(rf"(20[0-9]{{2}})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}}){_TIME}Z?")
_NAMED = re.compile(rf"([0-9]{{1,2}})[-\s]?([a-z]+)\.?[-\s]?((?:20)?[0-9]{{2}}){_TIME}", re.IGNORECASE)


def day_of(text: str) -> str | None:
    """Return a day as 20210615, from 15-6-2021, 15/06/2021, 15 juni 2021 and the like; null where it is none.

    The day comes before the month, as in the Netherlands. A time behind it is no part of the day.
    """
    plain = " ".join(text.split())
    if found := _DAY_FIRST.fullmatch(plain):
        return _day(found[4], found[3], found[1])
    if found := _YEAR_FIRST.fullmatch(plain):
        return _day(found[1], found[3], found[4])
    if found := _NAMED.fullmatch(plain):
        month = _MONTHS.get(found[2].lower())
        return _day(found[3] if len(found[3]) == 4 else f"20{found[3]}", month, found[1]) if month else None
    return None


def _day(year: str, month: str | int, day: str) -> str | None:
    try:
        return f"{date(int(year), int(month), int(day)):%Y%m%d}"
    except ValueError:
        return None


_ANSWERS = {
    **dict.fromkeys(("ja", "j", "yes", "y", "waar", "true", "✓", "✔"), "J"),
    **dict.fromkeys(("nee", "n", "neen", "no", "onwaar", "false"), "N"),
}
_NOT_APPLICABLE = frozenset({"n.v.t.", "n.v.t", "nvt", "nvt.", "-", "–"})


def answer_of(text: str) -> str | None:
    """Return J or N; null for what is neither, and for a cross, with which one ticks and another strikes out."""
    return _ANSWERS.get(text.casefold())


def brin_of(text: str) -> str | None:
    """Return the school of a BRIN in small letters, or of a vestiging of it."""
    found = re.fullmatch(r"([0-9]{2})\s?([A-Za-z]{2})(?:\s?[0-9]{2})?", text)
    return f"{found[1]}{found[2]}".upper() if found else None


def category_of(text: str) -> str | None:
    """Return the letter of a category of the menukaart."""
    found = re.fullmatch(r"([A-Fa-f])\.?", text)
    return found[1].upper() if found else None


def school_year_of(text: str) -> str | None:
    """Return a school year as 2021-2022."""
    found = re.fullmatch(r"(20[0-9]{2})\s?[-/–]\s?(?:20)?([0-9]{2})", text)
    return f"{found[1]}-20{found[2]}" if found else None


_DIGITS = {"BEVOEGD_GEZAG_NUMMER": 5, "VESTIGINGSNUMMER": 2, "GEMEENTENUMMER": 4}
"""Columns of codes that are digits, and how many: a program that takes them for numbers loses the zeros before."""

EXPORTED = "_ID"
"""The column that the portal of open data adds to a table that it exports, with numbers in place of codes."""

OF_THE_PORTAL = "PEILJAAR"
"""The column with the date of files that only that portal has; some copies of them have lost zeros too."""

_HOUR = re.compile(r"1899-12-3[01] ([0-9]{2}):00:00")
"""An hour, as the library of workbooks writes it."""


def code_of(column: str, text: str) -> str | None:
    """Return a code that a program took for a number or a time, as it was; null where it is none or has two forms.

    `03AM` is an hour to a spreadsheet. Hours 0 and 12 are left: `00AM` and `12AM` are the same.
    """
    if (digits := _DIGITS.get(column)) and text.isascii() and text.isdigit() and len(text) < digits:
        return text.zfill(digits)
    if column == "BRIN_NUMMER" and (found := _HOUR.fullmatch(text)) and (hour := int(found[1])) % 12:
        return f"{hour % 12:02d}{'PM' if hour > 12 else 'AM'}"
    return None


def with_codes(rows: FileRows) -> tuple[FileRows, Readings]:
    """Return rows with the codes that a spreadsheet or an export changed as they were, and those values."""
    changed: dict[str, pl.Series] = {}
    readings: list[pl.DataFrame] = [empty(READINGS)]
    for column in [one for one in (*_DIGITS, "BRIN_NUMMER") if one in rows.columns]:
        texts = rows[column].unique()
        meanings = {text: code for text in texts if (code := code_of(column, text)) is not None}
        changed[column] = _replaced(rows[column], meanings)
        readings.append(_readings(rows, column, changed[column]))
    return FileRows(rows.with_columns(**changed)), Readings(pl.concat(readings))


Reader = Callable[[str], str | None]

AMOUNTS = frozenset({"BEDRAG", "WAARVAN_EXTERN", "BOVENSCHOOLS_BEDRAG_MR"})
_MAY_BE_EMPTY = frozenset(
    {"WAARVAN_EXTERN", "BOVENSCHOOLS_BEDRAG_MR", "GMR", "GEMEENTE_GEINFORMEERD", "DATUM_MR", "DATUM_GMR"}
)
_READERS: Mapping[str, Reader] = {
    "BRIN_NUMMER": brin_of,
    "CATEGORIE": category_of,
    "SCHOOLJAAR": school_year_of,
    **dict.fromkeys(("SCHOOLSCAN", "SCHOOLPROGRAMMA_MR", "GMR", "GEMEENTE_GEINFORMEERD"), answer_of),
    **dict.fromkeys(("DATUM", "DATUM_MR", "DATUM_GMR"), day_of),
}
_BOARDS = ("BEVOEGD_GEZAG_NUMMER", "VAN_BEVOEGD_GEZAG", "NAAR_BEVOEGD_GEZAG")


def as_meant(rows: FileRows, numbers: Mapping[str, frozenset[int]]) -> tuple[FileRows, Readings]:
    """Return the rows of a board report with their values as they are meant, and the values read otherwise.

    `numbers`: column -> the lines in which its cell is a number of a workbook, and no text.
    """
    changed: dict[str, pl.Series] = {}
    readings: list[pl.DataFrame] = [empty(READINGS)]
    has_points = _writes_points(rows, numbers)
    for column in rows.columns:
        is_number = rows["line"].is_in(list(numbers.get(column, ())))
        if column in _BOARDS:
            new = _replaced(rows[column], {one: one.zfill(5) for one in rows[column].unique() if one.isdigit()})
            new = new.zip_with(is_number, rows[column])
        elif column in AMOUNTS:
            texts = rows[column].filter(~is_number).unique()
            new = _replaced(rows[column], _meanings(column, texts, lambda one: _amount(one, has_points)))
            new = rows[column].zip_with(is_number, new)
        elif column in _READERS:
            new = _replaced(rows[column], _meanings(column, rows[column].unique(), _READERS[column]))
        else:
            continue
        changed[column] = new
        readings.append(_readings(rows, column, new))
    return FileRows(rows.with_columns(**changed)), Readings(pl.concat(readings))


def _readings(rows: FileRows, column: str, new: pl.Series) -> pl.DataFrame:
    both = rows.select("line", column_name=pl.lit(column), written=pl.col(column), value=new)
    return both.filter(pl.col("written") != pl.col("value")).select(list(READINGS))


def _writes_points(rows: FileRows, numbers: Mapping[str, frozenset[int]]) -> bool:
    """Return whether a text among the amounts has a decimal point."""
    for column in AMOUNTS & set(rows.columns):
        texts = rows.filter(~pl.col("line").is_in(list(numbers.get(column, ()))))[column].unique()
        if any("," not in one and _POINT.search(one) for one in texts):
            return True
    return False


def _amount(text: str, has_points: bool) -> str | None:
    return None if is_amount(text) else amount_of(text, has_points=has_points)


def _meanings(column: str, texts: Iterable[str], reader: Reader) -> dict[str, str]:
    """Return what each text means that is not written as it is meant."""
    meanings = {}
    for text in texts:
        meant = "" if column in _MAY_BE_EMPTY and text.casefold() in _NOT_APPLICABLE else reader(text)
        if meant is not None and meant != text:
            meanings[text] = meant
    return meanings


def _replaced(values: pl.Series, meanings: Mapping[str, str]) -> pl.Series:
    return values.replace(list(meanings), list(meanings.values())) if meanings else values
