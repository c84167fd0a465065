"""A sheet of a workbook: columns, and rows of values with amounts in whole cents.

A workbook: sheets with real numbers, in which no text can become a formula or a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet


Row = tuple[str, Sequence[Any]]
"""The currency of the row (empty where it has no amounts) and its values."""


@dataclass(frozen=True)
class Column:
    """A column. `kind`: text, wrapped, whole, quantity, money, rate, share, or day (counted as Excel does)."""

    title: str
    kind: str = "text"
    width: int = 12

    @property
    def places(self) -> int:
        """How many decimals the whole numbers of the column stand for."""
        return {"quantity": 2, "money": 2, "share": 4, "rate": 8}.get(self.kind, 0)


@dataclass(frozen=True)
class Sheet:
    """A sheet. `frozen`: columns that stay in sight."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    frozen: int = 0


_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_MONEY = {"EUR": "[$€-413] #,##0.00;[$€-413] -#,##0.00", "USD": "[$US$-413] #,##0.00;[$US$-413] -#,##0.00"}
_RATE = {currency: form.replace("0.00", "0.00######") for currency, form in _MONEY.items()}
_NUMBERS = {"whole": "#,##0", "quantity": "#,##0.00", "share": "0.00%", "day": "dd-mm-yyyy"}
EPOCH = datetime(2021, 8, 1, tzinfo=UTC)
"""Of what says no time of its own: the first day of the programme."""


def write_sheets(title: str, pages: Iterable[Sheet], path: Path, made: datetime = EPOCH) -> None:
    """Write sheets as a workbook. The same sheets give the same bytes.

    Args:
        title: of the workbook.
        pages: the sheets, in order.
        path: where to.
        made: when it says it was made.

    Raises:
        OSError: the file cannot be written.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    try:
        with Workbook(str(path), _PLAIN) as book:
            _fill(book, title, pages, made)
    except FileCreateError as error:
        raise OSError(None, str(error)) from error


def workbook_of(title: str, pages: Iterable[Sheet], made: datetime = EPOCH) -> bytes:
    """The same workbook as bytes; no file is written for it, not even for a moment."""
    from xlsxwriter import Workbook

    held = BytesIO()
    with Workbook(held, {**_PLAIN, "in_memory": True}) as book:
        _fill(book, title, pages, made)
    return held.getvalue()


def _fill(book: Workbook, title: str, pages: Iterable[Sheet], made: datetime) -> None:
    book.set_properties({"title": title, "created": made})
    formats = _formats(book)
    for sheet in pages:
        _write(book.add_worksheet(sheet.name), sheet, formats)


def _formats(book: Workbook) -> dict[tuple[str, str], Any]:
    """The formats by kind and currency."""
    found = {
        ("heading", ""): book.add_format({"bold": True, "bg_color": "#EEF4F9", "bottom": 1, "text_wrap": True})
    }
    found["text", ""] = book.add_format({})
    found["wrapped", ""] = book.add_format({"text_wrap": True, "valign": "top"})
    for kind, form in _NUMBERS.items():
        found[kind, ""] = book.add_format({"num_format": form})
    for currency in _MONEY:
        found["money", currency] = book.add_format({"num_format": _MONEY[currency]})
        found["rate", currency] = book.add_format({"num_format": _RATE[currency]})
    return found


def _write(page: Worksheet, sheet: Sheet, formats: dict[tuple[str, str], Any]) -> None:
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
        page.write_string(0, place, column.title, formats["heading", ""])
    for number, (currency, values) in enumerate(sheet.rows, 1):
        for place, (column, value) in enumerate(zip(sheet.columns, values, strict=True)):
            if value is None:
                continue
            if column.kind in ("text", "wrapped"):
                page.write_string(number, place, str(value), formats[column.kind, ""])
            else:
                form = formats.get((column.kind, currency), formats.get((column.kind, "")))
                page.write_number(number, place, _double(value, column.places), form)
    page.freeze_panes(1, sheet.frozen)
    page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.columns) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _double(whole: int, places: int) -> float:
    # A workbook holds numbers as doubles and nothing else. This is the double nearest to the exact value, and
    # no sum is made with it: totals are added up in whole cents. Excel shows two decimals, which come back exact.
    return float(Decimal(whole).scaleb(-places))
