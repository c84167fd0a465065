"""Sheet `Scholen` of the workbook of a board: what each school had, spent and keeps, and whether it ties."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.reports.pack.form_told import FIRST_SCHOOL, Blank, number

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

Formats = Mapping[str, Any]

TIES = "Klopt"
_OFF = "Klopt niet"
_CHECK_ROW, _HEADER_ROW = 2, FIRST_SCHOOL - 1
_NOTHING = Decimal("0.00")


def schools_sheet(page: Worksheet, blank: Blank, formats: Formats, last: int) -> None:
    """Write sheet `Scholen`.

    Args:
        page: the sheet.
        blank: what the workbook is made of.
        formats: by name.
        last: the last row of sheet `Besteding` that is added up.
    """
    page.write_string(0, 0, f"Scholen van bestuur {blank.board}, {blank.year}", formats["title"])
    for place, (title, width) in enumerate(_columns(blank.year)):
        page.write_string(_HEADER_ROW - 1, place, title, formats["heading"])
        page.set_column(place, place, width)
    spent = _spent(blank.spending)
    totals = [_NOTHING] * 6
    for row, school in enumerate(blank.schools.iter_rows(named=True), FIRST_SCHOOL):
        values = _values(school, spent.get(school["brin"], (_NOTHING, _NOTHING)))
        totals = [total + value for total, value in zip(totals, values, strict=True)]
        _school(page, row, school, values, formats, last)
    total_row = FIRST_SCHOOL + blank.schools.height
    _total(page, total_row, totals, formats)
    _check(page, total_row, blank, totals, formats, last)
    page.freeze_panes(_HEADER_ROW, 2)
    page.repeat_rows(_HEADER_ROW - 1)


def _columns(year: int) -> list[tuple[str, int]]:
    return [
        ("BRIN", 12),
        ("Naam", 40),
        (f"Ontvangen in {year}", 18),
        ("Meegenomen uit het jaar ervoor", 18),
        ("Beschikbaar", 18),
        ("Besteed", 18),
        ("Waarvan extern", 18),
        ("Blijft over", 18),
    ]


def _spent(spending: pl.DataFrame | None) -> dict[str, tuple[Decimal, Decimal]]:
    """What is filled in already per school, as Excel will work it out once it opens the workbook."""
    if spending is None or spending.is_empty():
        return {}
    summed = spending.group_by("brin").agg(pl.col("amount").sum(), pl.col("external").sum())
    return {brin: (amount, external) for brin, amount, external in summed.iter_rows()}


def _values(school: Mapping[str, Any], spent: tuple[Decimal, Decimal]) -> list[Decimal]:
    available = school["received"] + school["carried_in"]
    return [school["received"], school["carried_in"], available, *spent, available - spent[0]]


def _school(
    page: Worksheet, row: int, school: Mapping[str, Any], values: list[Decimal], formats: Formats, last: int
) -> None:
    page.write_string(row - 1, 0, school["brin"])
    page.write_string(row - 1, 1, school["name"] or "")
    for place, value in enumerate(values[:2], 2):
        page.write_number(row - 1, place, number(value), formats["sum"])
    made = [f"=C{row}+D{row}", _summed("G", row, last), _summed("H", row, last), f"=ROUND(E{row}-F{row},2)"]
    for place, (formula, value) in enumerate(zip(made, values[2:], strict=True), 4):
        page.write_formula(row - 1, place, formula, formats["sum"], number(value))


def _summed(column: str, row: int, last: int) -> str:
    """A column of `Besteding` over the rows of a school that name a category of the menukaart."""
    cells = {name: f"Besteding!${name}$2:${name}${last}" for name in ("B", "D", column)}
    letters = '{"A","B","C","D","E","F"}'
    return f"=SUMPRODUCT(SUMIFS({cells[column]},{cells['B']},$A{row},{cells['D']},{letters}))"


def _total(page: Worksheet, row: int, totals: list[Decimal], formats: Formats) -> None:
    page.write_string(row - 1, 0, "Totaal", formats["bold"])
    for place, (column, total) in enumerate(zip("CDEFGH", totals, strict=True), 2):
        formula = f"=SUM({column}{FIRST_SCHOOL}:{column}{row - 1})" if row > FIRST_SCHOOL else "=0"
        page.write_formula(row - 1, place, formula, formats["total"], number(total))


def _check(
    page: Worksheet, total_row: int, blank: Blank, totals: list[Decimal], formats: Formats, last: int
) -> None:
    """A cell that says whether all ties: green, or red with what does not."""
    amounts = f"Besteding!$G$2:$G${last}"
    over = f"H{FIRST_SCHOOL}:H{max(total_row - 1, FIRST_SCHOOL)}"
    asked = [
        (f"COUNTA({amounts})<>COUNT({amounts})", "op blad Besteding staat een bedrag als tekst"),
        (
            f"ROUND(SUM({amounts})-F{total_row},2)<>0",
            "een gevulde regel op blad Besteding heeft geen BRIN van uw bestuur of geen categorie A-F",
        ),
        (f'COUNTIF({over},"<0")>0', "een school besteedde meer dan er beschikbaar is"),
    ]
    formula = f'"{TIES}"'
    for condition, words in reversed(asked):
        formula = f'IF({condition},"{_OFF}: {words}",{formula})'
    page.write_string(_CHECK_ROW - 1, 0, "Controle", formats["bold"])
    page.write_formula(_CHECK_ROW - 1, 1, f"={formula}", None, _as_it_stands(blank, totals, asked))
    cell = f"B{_CHECK_ROW}"
    for criterion, form in (("begins with", "red"), ("not containing", "green")):
        rule = {"type": "text", "criteria": criterion, "value": _OFF, "format": formats[form]}
        page.conditional_format(cell, rule)
    page.conditional_format(over, {"type": "cell", "criteria": "<", "value": 0, "format": formats["red"]})
    tying = {"type": "formula", "criteria": f'=$B${_CHECK_ROW}="{TIES}"'}
    for form, rule in (("green", tying), ("red", {"type": "no_errors"})):
        page.conditional_format(
            f"F{total_row}", {**rule, "format": formats[form], "stop_if_true": form == "green"}
        )


def _as_it_stands(blank: Blank, totals: list[Decimal], asked: list[tuple[str, str]]) -> str:
    """What the cell says of what is filled in already, until Excel works it out."""
    filled = _NOTHING if blank.spending is None or blank.spending.is_empty() else blank.spending["amount"].sum()
    spent = _spent(blank.spending)
    if filled != totals[3]:
        return f"{_OFF}: {asked[1][1]}"
    for school in blank.schools.iter_rows(named=True):
        if _values(school, spent.get(school["brin"], (_NOTHING, _NOTHING)))[-1] < 0:
            return f"{_OFF}: {asked[2][1]}"
    return TIES
