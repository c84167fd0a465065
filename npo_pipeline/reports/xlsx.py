"""Workbooks: sheets of typed columns with real numbers, in which no text can become a formula or a link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet


Row = tuple[str, Sequence[Any]]
"""The currency of the row (empty where it has no amounts) and its values."""


@dataclass(frozen=True)
class Column:
    """A column. `kind`: text, wrapped, whole, quantity, money, rate, share or day.

    Its numbers are decimals, or whole numbers of the smallest part that the kind has.
    """

    title: str
    kind: str = "text"
    width: int = 12


@dataclass(frozen=True)
class Sheet:
    """A sheet. `frozen`: columns that stay in sight."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    frozen: int = 0


_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MONEY_FORMATS = {"EUR": "[$€-413] #,##0.00;[$€-413] -#,##0.00", "USD": "[$US$-413] #,##0.00;[$US$-413] -#,##0.00"}
_NUMBERS = {"whole": "#,##0", "quantity": "#,##0.00", "share": "0.00%", "day": "dd-mm-yyyy"}
_PLACES = {"quantity": 2, "money": 2, "share": 4, "rate": 8}
EPOCH = datetime(2021, 8, 1, tzinfo=UTC)
"""The time of creation in every workbook without one of its own: the first day of the programme."""


def frame_sheet(name: str, rows: pl.DataFrame, columns: Mapping[str, Column], frozen: int = 0) -> Sheet:
    """Return a sheet of some columns of a frame, in the order of `columns`; amounts in its `currency`, if any."""
    currencies = rows["currency"] if "currency" in rows.columns else [""] * rows.height
    values = rows.select(list(columns)).rows()
    return Sheet(name, list(columns.values()), list(zip(currencies, values, strict=True)), frozen)


def write_sheets(title: str, pages: Iterable[Sheet], target: Path | BytesIO, made: datetime = EPOCH) -> None:
    """Write sheets as a workbook, `made` at a time. The same sheets give the same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    with new_workbook(target) as book:
        book.set_properties({"title": title, "created": made})
        formats = _formats(book)
        for sheet in pages:
            _write(book.add_worksheet(sheet.name), sheet, formats)


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
    forms: dict[tuple[str, str], dict[str, Any]] = {
        ("heading", ""): {"bold": True, "bg_color": "#EEF4F9", "bottom": 1, "text_wrap": True},
        ("text", ""): {},
        ("wrapped", ""): {"text_wrap": True, "valign": "top"},
        **{(kind, ""): {"num_format": form} for kind, form in _NUMBERS.items()},
    }
    for currency, form in MONEY_FORMATS.items():
        forms["money", currency] = {"num_format": form}
        forms["rate", currency] = {"num_format": form.replace("0.00", "0.00######")}
    return {key: book.add_format(form) for key, form in forms.items()}


def _write(page: Worksheet, sheet: Sheet, formats: dict[tuple[str, str], Any]) -> None:
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
        page.write_string(0, place, column.title, formats["heading", ""])
    for number, (currency, values) in enumerate(sheet.rows, 1):
        for place, (column, value) in enumerate(zip(sheet.columns, values, strict=True)):
            form = formats.get((column.kind, currency), formats.get((column.kind, "")))
            if value is None:
                continue
            if column.kind in ("text", "wrapped"):
                page.write_string(number, place, str(value), form)
            elif isinstance(value, date):
                page.write_datetime(number, place, value, form)
            else:
                page.write_number(number, place, cell_number(value, _PLACES.get(column.kind, 0)), form)
    page.freeze_panes(1, sheet.frozen)
    page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.columns) - 1)
    page.repeat_rows(0)
    fit_on_a4(page)


def fit_on_a4(page: Worksheet) -> None:
    """Print a sheet on lying A4, all its columns on one page."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def cell_number(value: Decimal | int, places: int = 0) -> float:
    """Return the double nearest to an exact value; a whole number counts units of `places` decimals.

    A workbook holds numbers as doubles and nothing else. No sum is made with them: totals are added up in whole
    cents or decimals. Excel shows two decimals, which come back exact.
    """
    return float(value if isinstance(value, Decimal) else Decimal(value).scaleb(-places))
