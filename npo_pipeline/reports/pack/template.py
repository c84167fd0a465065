"""The workbook that a board fills in, with its schools and the menukaart ready: what it spent, who consented."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.reports.pack.form_sheets import consents_sheet, spending_sheet
from npo_pipeline.reports.pack.form_text import TITLE, toelichting
from npo_pipeline.reports.pack.form_told import SHEETS, Blank, Menu
from npo_pipeline.reports.pack.schools_sheet import schools_sheet
from npo_pipeline.reports.workbook import EPOCH

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "bold": {"bold": True},
    "heading": {"bold": True, "bg_color": "#EEF4F9", "bottom": 1, "text_wrap": True, "valign": "top"},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "text": {"num_format": "@"},
    "year": {"num_format": "0"},
    "money": {"num_format": "#,##0.00"},
    "sum": {"num_format": "[$€-413] #,##0.00;[$€-413] -#,##0.00"},
    "total": {"num_format": "[$€-413] #,##0.00;[$€-413] -#,##0.00", "bold": True, "top": 1},
    "day": {"num_format": "dd-mm-yyyy"},
    "red": {"bg_color": "#FFC7CE", "font_color": "#9C0006"},
    "green": {"bg_color": "#C6EFCE", "font_color": "#006100"},
}

_ROWS_BELOW = 5_000
"""Rows below those that wait to be filled in, which are added up too: somebody may need more."""


def write_template(
    path: Path,
    year: int,
    board: str,
    schools: pl.DataFrame,
    menu: Menu,
    school_years: Sequence[str],
    *,
    spending: pl.DataFrame | None = None,
    consents: pl.DataFrame | None = None,
) -> None:
    """Write the workbook of a board and a year. The same data gives the same bytes.

    Args:
        path: where to.
        year: the calendar year that is accounted for.
        board: its number.
        schools: brin, name, received, carried_in (euros, Decimal): the schools of the board.
        menu: of each category its letter, its official name and its interventions.
        school_years: the school years of which consent is asked.
        spending: brin, category, intervention, level, amount, external: what stands filled in already.
        consents: the columns of `consents` from `brin` on: the same.

    Raises:
        OSError: the file cannot be written.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    blank = Blank(year, board, schools.sort("brin"), menu, tuple(school_years), spending, consents)
    try:
        with Workbook(str(path), _PLAIN) as book:
            _fill(book, blank)
    except FileCreateError as error:
        raise OSError(None, str(error)) from error


def _fill(book: Workbook, blank: Blank) -> None:
    book.set_properties({"title": f"{TITLE} {blank.year}, bestuur {blank.board}", "created": EPOCH})
    formats = {name: book.add_format(form) for name, form in _FORMATS.items()}
    # All sheets are made first: they point at each other, and their order is the one in which they are read.
    pages = {name: book.add_worksheet(name) for name in SHEETS}
    toelichting(pages["Toelichting"], blank, formats)
    last = spending_sheet(pages["Besteding"], blank, formats)
    consents_sheet(pages["Instemming"], blank, formats)
    schools_sheet(pages["Scholen"], blank, formats, last + _ROWS_BELOW)
    _menu_sheet(book, blank.menu, formats)
    for page in pages.values():
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)


def _menu_sheet(book: Workbook, menu: Menu, formats: dict[str, Any]) -> None:
    """The menukaart, a row per intervention; each category has a name by which its drop-down finds it."""
    page = book.get_worksheet_by_name("Menukaart")
    for place, (title, width) in enumerate((("Categorie", 10), ("Naam", 60), ("Interventie", 60))):
        page.write_string(0, place, title, formats["heading"])
        page.set_column(place, place, width, formats["wrapped"])
    row = 1
    for letter, name, interventions in menu:
        first = row
        for intervention in interventions:
            for place, text in enumerate((letter, name, intervention)):
                page.write_string(row, place, text, formats["wrapped"])
            row += 1
        if row > first:
            book.define_name(f"Menukaart_{letter}", f"=Menukaart!$C${first + 1}:$C${row}")
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
