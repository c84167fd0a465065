"""Workbooks: sheets of typed columns with real numbers, in which no text can become a formula or a link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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
        """Return how many decimals there are in the whole numbers of the column."""
        return {"quantity": 2, "money": 2, "share": 4, "rate": 8}.get(self.kind, 0)


@dataclass(frozen=True)
class Sheet:
    """A sheet. `frozen`: columns that stay in sight."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    frozen: int = 0


_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MONEY_FORMATS = {"EUR": "[$€-413] #,##0.00;[$€-413] -#,##0.00", "USD": "[$US$-413] #,##0.00;[$US$-413] -#,##0.00"}
_RATE = {currency: form.replace("0.00", "0.00######") for currency, form in MONEY_FORMATS.items()}
_NUMBERS = {"whole": "#,##0", "quantity": "#,##0.00", "share": "0.00%", "day": "dd-mm-yyyy"}
EPOCH = datetime(2021, 8, 1, tzinfo=UTC)
"""The time of creation in every workbook without one of its own: the first day of the programme."""


def write_sheets(title: str, pages: Iterable[Sheet], path: Path, made: datetime = EPOCH) -> None:
    """Write sheets as a workbook. The same sheets give the same bytes.

    Args:
        title: of the workbook.
        pages: the sheets, in order.
        path: where to.
        made: the time of creation in it.

    Raises:
        OSError: the file cannot be written.
    """
    with new_workbook(path) as book:
        _fill(book, title, pages, made)


def workbook_of(title: str, pages: Iterable[Sheet], made: datetime = EPOCH) -> bytes:
    """Return the same workbook as bytes; no file is written for it, not even for a moment."""
    buffer = BytesIO()
    with new_workbook(buffer) as book:
        _fill(book, title, pages, made)
    return buffer.getvalue()


@contextmanager
def new_workbook(target: Path | BytesIO) -> Iterator[Workbook]:
    """Open a workbook to write in; no text in it becomes a formula, a link or a number.

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


def _fill(book: Workbook, title: str, pages: Iterable[Sheet], made: datetime) -> None:
    book.set_properties({"title": title, "created": made})
    formats = _formats(book)
    for sheet in pages:
        _write(book.add_worksheet(sheet.name), sheet, formats)


def _formats(book: Workbook) -> dict[tuple[str, str], Any]:
    """Return the formats by kind and currency."""
    formats = {
        ("heading", ""): book.add_format({"bold": True, "bg_color": "#EEF4F9", "bottom": 1, "text_wrap": True})
    }
    formats["text", ""] = book.add_format({})
    formats["wrapped", ""] = book.add_format({"text_wrap": True, "valign": "top"})
    for kind, form in _NUMBERS.items():
        formats[kind, ""] = book.add_format({"num_format": form})
    for currency in MONEY_FORMATS:
        formats["money", currency] = book.add_format({"num_format": MONEY_FORMATS[currency]})
        formats["rate", currency] = book.add_format({"num_format": _RATE[currency]})
    return formats


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
