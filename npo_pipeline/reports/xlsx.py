"""Workbooks: sheets of typed columns with real numbers, in which no text can become a formula or a link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.dutch import SIGNS

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet


Row = tuple[str, Sequence[Any]]
"""The currency of the row (empty where it has no amounts) and its values."""


@dataclass(frozen=True)
class Column:
    """A column. `kind`: text, wrapped, whole, quantity, money, rate, share or day. `total`: its values add up.

    Its numbers are decimals, or whole numbers of the smallest part that the kind has.
    """

    title: str
    kind: str = "text"
    width: int = 12
    total: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet. `frozen`: columns that stay in sight. `about`: the line on top that says what the sheet holds.

    Below the rows stand the totals of the columns that have one, a row per currency.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    _: KW_ONLY
    frozen: int = 0
    about: str = ""


_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MONEY_FORMATS = {"EUR": "[$€-413] #,##0.00;[$€-413] -#,##0.00", "USD": "[$US$-413] #,##0.00;[$US$-413] -#,##0.00"}
_NUMBERS = {"whole": "#,##0", "quantity": "#,##0.00", "share": "0.00%", "day": "dd-mm-yyyy"}
_TEXTS = ("text", "wrapped")
_INDENTED = {"align": "left", "indent": 1}
_PLACES = {"quantity": 2, "money": 2, "share": 4, "rate": 8}
LINE_HEIGHT = 15.0
"""The height of a row of one line, in points."""

_MORE, _OF_WIDTH = 3.0, 0.85
"""Room above a line, and the part of a width that is counted on: another computer has another font."""

TITLE_HEIGHT = 21.0
"""The height of the row of a title."""

_HIGHEST = 409.0
"""The height of a row that no spreadsheet exceeds."""

EPOCH = datetime(2021, 8, 1, tzinfo=UTC)
"""The time of creation in every workbook without one of its own: the first day of the programme."""


def frame_sheet(
    name: str, rows: pl.DataFrame, columns: Mapping[str, Column], frozen: int = 0, *, about: str = ""
) -> Sheet:
    """Return a sheet of some columns of a frame, in the order of `columns`; amounts in its `currency`, if any."""
    currencies = rows["currency"] if "currency" in rows.columns else [""] * rows.height
    values = rows.select(list(columns)).rows()
    return Sheet(
        name, list(columns.values()), list(zip(currencies, values, strict=True)), frozen=frozen, about=about
    )


def write_sheets(
    title: str, pages: Iterable[Sheet], target: Path | BytesIO, made: datetime = EPOCH, *, note: str = ""
) -> None:
    """Write sheets as a workbook, `made` at a time. The same sheets give the same bytes.

    A sheet that says what it holds has `title` and `note` below that: of whom it is, and from when.

    Raises:
        OSError: the file cannot be written.
    """
    with new_workbook(target) as book:
        book.set_properties({"title": title, "created": made})
        formats = _formats(book)
        for sheet in pages:
            page = book.add_worksheet(sheet.name)
            head = [one for one in (sheet.about, title, note) if one] if sheet.about else []
            _write(page, sheet, formats, head)
            set_footer(page, f"{title}: {sheet.name}")


@contextmanager
def new_workbook(target: Path | BytesIO) -> Iterator[Workbook]:
    """Open a workbook to write in, in memory or in a file; no text in it becomes a formula, a link or a number.

    Raises:
        OSError: the file cannot be written.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    in_memory = isinstance(target, BytesIO)
    try:
        with Workbook(target if in_memory else str(target), {**_PLAIN, "in_memory": in_memory}) as book:
            yield book
    except FileCreateError as error:
        raise OSError(None, str(error)) from error


def _formats(book: Workbook) -> dict[tuple[str, str], Any]:
    heading = {"bold": True, "bg_color": "#EEF4F9", "bottom": 1, "text_wrap": True, "valign": "top"}
    forms: dict[tuple[str, str], dict[str, Any]] = {
        ("title", ""): {"bold": True, "font_size": 14},
        ("note", ""): {"font_color": "#444444"},
        ("heading", ""): {**heading, **_INDENTED},
        ("heading", "number"): {**heading, "align": "right"},
        # A text that follows a number in the next column would else touch it.
        ("text", ""): _INDENTED,
        ("wrapped", ""): {**_INDENTED, "text_wrap": True},
        **{(kind, ""): {"num_format": form} for kind, form in _NUMBERS.items()},
    }
    for currency, form in MONEY_FORMATS.items():
        forms["money", currency] = {"num_format": form}
        forms["rate", currency] = {"num_format": form.replace("0.00", "0.00######")}
    totals = {
        (f"{kind} total", of): {**form, "bold": True, "top": 1}
        for (kind, of), form in forms.items()
        if kind in ("text", "whole", "quantity", "money")
    }
    return {key: book.add_format({"valign": "top", **form}) for key, form in {**forms, **totals}.items()}


def _write(page: Worksheet, sheet: Sheet, formats: dict[tuple[str, str], Any], head: Sequence[str]) -> None:
    for row, line in enumerate(head):
        if not row:
            page.set_row(row, TITLE_HEIGHT)
        page.write_string(row, 0, line, formats["note" if row else "title", ""])
    header = len(head) + 1 if head else 0
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
        side = "" if column.kind in _TEXTS else "number"
        page.write_string(header, place, column.title, formats["heading", side])
    page.set_row(header, height_of([(column.title, column.width) for column in sheet.columns]))
    by_currency = {currency: _forms_of(sheet, formats, currency) for currency, _ in sheet.rows}
    for number, (currency, values) in enumerate(sheet.rows, header + 1):
        _write_row(page, number, sheet.columns, values, forms=by_currency[currency])
        long = [(str(v), c.width) for c, v in zip(sheet.columns, values, strict=True) if c.kind == "wrapped" and v]
        page.set_row(number, height_of(long) + _MORE)
    if sheet.about and not sheet.rows:
        page.write_string(header + 1, 0, "niets", formats["note", ""])
    last = header + max(len(sheet.rows), 1)
    for number, (currency, totals) in enumerate(totals_of(sheet), last + 1):
        forms = _forms_of(sheet, formats, currency, of_totals=True)
        _write_row(page, number, sheet.columns, totals, forms=forms)
    page.freeze_panes(header + 1, sheet.frozen)
    page.autofilter(header, 0, last, len(sheet.columns) - 1)
    page.repeat_rows(header)
    fit_on_a4(page)


def _forms_of(
    sheet: Sheet, formats: dict[tuple[str, str], Any], currency: str, *, of_totals: bool = False
) -> list[Any]:
    """Return the format of each column in the rows of a currency, or in the row of its totals."""
    kinds = [f"{one.kind if one.total else 'text'} total" if of_totals else one.kind for one in sheet.columns]
    return [formats.get((kind, currency), formats.get((kind, ""))) for kind in kinds]


def _write_row(
    page: Worksheet, number: int, columns: Sequence[Column], values: Sequence[Any], *, forms: Sequence[Any]
) -> None:
    for place, (column, value, form) in enumerate(zip(columns, values, forms, strict=True)):
        if value is None:
            page.write_blank(number, place, None, form)
        elif column.kind in _TEXTS or isinstance(value, str):
            page.write_string(number, place, str(value), form)
        elif isinstance(value, date):
            page.write_datetime(number, place, value, form)
        else:
            page.write_number(number, place, cell_number(value, _PLACES.get(column.kind, 0)), form)


def totals_of(sheet: Sheet) -> list[Row]:
    """Return a row of totals per currency of a sheet, `Totaal` in its first column; none where nothing adds up.

    They are values: sums of exact numbers, which no rounding of a spreadsheet changes.
    """
    places = [place for place, column in enumerate(sheet.columns) if column.total]
    if not places or not sheet.rows:
        return []
    currencies = sorted({currency for currency, _ in sheet.rows})
    rows: list[Row] = []
    for currency in currencies:
        totals: list[Any] = [None] * len(sheet.columns)
        totals[0] = f"Totaal {SIGNS.get(currency, currency)}" if len(currencies) > 1 else "Totaal"
        for place in places:
            values = [one[place] for of, one in sheet.rows if of == currency and one[place] is not None]
            totals[place] = sum(values) if values else None
        rows.append((currency, totals))
    return rows


def height_of(texts: Iterable[tuple[str, int]]) -> float:
    """Return the height of a row that shows all of these texts, each in a column of a width in characters.

    LibreOffice opens a workbook with rows of one line, whatever is in them, unless their height is written.
    """
    lines = [
        sum(_lines_of(line, max(int(width * _OF_WIDTH), 1)) for line in text.splitlines() or [""])
        for text, width in texts
    ]
    return min(LINE_HEIGHT * max(lines, default=1), _HIGHEST)


@lru_cache(4096)
def _lines_of(line: str, width: int) -> int:
    """Return the number of lines that a text takes; to wrap one takes its time, and the same ones come again."""
    return 1 if len(line) <= width and "\t" not in line else len(wrap(line, width)) or 1


def set_footer(page: Worksheet, words: str) -> None:
    """Print what a sheet is and the number of the page below it."""
    plain = words.replace("&", "&&")
    page.set_footer(f"&L&8{plain[:200]}&R&8&P / &N")


def fit_on_a4(page: Worksheet) -> None:
    """Print a sheet on lying A4, all its columns on one page."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)


def cell_number(value: Decimal | int, places: int = 0) -> Decimal:
    """Return the exact value of a cell; a whole number counts units of `places` decimals.

    A workbook keeps sixteen digits of it, as all numbers there; Excel shows two decimals, which come back exact.
    """
    return value if isinstance(value, Decimal) else Decimal(value).scaleb(-places)
