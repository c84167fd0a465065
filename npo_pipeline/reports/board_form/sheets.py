"""The sheets of the workbook of a board with data: `Besteding`, `Instemming`, and the balance in `Scholen`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.delivery.kinds import CONSENTS, SPENDING
from npo_pipeline.reports.board_form.model import FIRST_SCHOOL, ROWS_MORE, ROWS_PER_SCHOOL, BoardForm, number
from schemas.accounted import LEVELS

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet


Formats = Mapping[str, Any]
_Row = dict[str, Any]

_WIDTHS = {
    "INTERVENTIE": 60,
    "NIVEAU": 14,
    "BEDRAG": 16,
    "WAARVAN_EXTERN": 18,
    "SCHOOLJAAR": 12,
    "DATUM_MR": 13,
    "DATUM_GMR": 13,
    "BOVENSCHOOLS_BEDRAG_MR": 18,
    "OUDERS_BETROKKEN": 50,
    "RESULTAAT": 60,
}
_MONEY = ("BEDRAG", "WAARVAN_EXTERN", "BOVENSCHOOLS_BEDRAG_MR")
_DAYS = ("DATUM_MR", "DATUM_GMR")
_YES_NO = ("SCHOOLSCAN", "SCHOOLPROGRAMMA_MR", "GMR", "GEMEENTE_GEINFORMEERD")
_SINCE = date(2021, 1, 1)
TIES = "Klopt"
_OFF = "Klopt niet"
_CHECK_ROW, _HEADER_ROW = 2, FIRST_SCHOOL - 1
_NOTHING = Decimal("0.00")


def spending_sheet(page: Worksheet, form: BoardForm, formats: Formats) -> int:
    """Write sheet `Besteding`; return its last empty row to fill in (1 is the header)."""
    columns = SPENDING.columns
    _heading(page, columns, formats)
    last = _rows(page, columns, list(_spending_rows(form)), formats)
    at = {name: place for place, name in enumerate(columns)}

    def check(name: str, rule: dict[str, Any]) -> None:
        page.data_validation(1, at[name], last - 1, at[name], rule)

    check("BRIN_NUMMER", _choice(form.brin_list, "Kies een school van uw bestuur; zie blad Scholen."))
    check("CATEGORIE", _choice([letter for letter, *_ in form.menu], "Kies de letter van de menukaart."))
    # The name may be one of a newer menukaart; one that is not on it is a finding after the file is read.
    unlisted = {"error_type": "warning"}
    by_category = '=INDIRECT("Menukaart_"&$D2)'
    check("INTERVENTIE", _choice(by_category, "Kies eerst de categorie, dan de interventie.") | unlisted)
    check("NIVEAU", _choice(list(LEVELS), "school of bovenschools"))
    check("BEDRAG", _at_least_nothing())
    external = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": "=$G2"}
    check("WAARVAN_EXTERN", external | _on_error("Vul een bedrag in van 0 tot en met BEDRAG."))
    return last


def consents_sheet(page: Worksheet, form: BoardForm, formats: Formats) -> None:
    """Write sheet `Instemming`: a row per school and school year."""
    columns = CONSENTS.columns
    _heading(page, columns, formats)
    last = _rows(page, columns, list(_consent_rows(form)), formats)
    for place, name in enumerate(columns):
        if name in _YES_NO:
            rule = _choice(["J", "N"], "J (ja) of N (nee)")
        elif name in _DAYS:
            rule = {"validate": "date", "criteria": ">=", "value": _SINCE} | _on_error(
                "Vul een datum in, dd-mm-jjjj."
            )
        elif name in _MONEY:
            rule = _at_least_nothing()
        else:
            continue
        page.data_validation(1, place, last - 1, place, rule)


def _spending_rows(form: BoardForm) -> Iterator[_Row]:
    filled = [] if form.spending is None else form.spending.sort("brin", maintain_order=True).to_dicts()
    begin = {"BEVOEGD_GEZAG_NUMMER": form.board, "JAAR": form.year}
    for brin in sorted({*form.brins, *(row["brin"] for row in filled)}):
        own = [_spent(row) for row in filled if row["brin"] == brin]
        empty: list[_Row] = [{}] * (ROWS_PER_SCHOOL - len(own) if brin in form.brins else 0)
        yield from ({**begin, "BRIN_NUMMER": brin, **row} for row in (*own, *empty))
    for _ in range(ROWS_MORE):
        yield begin


def _spent(row: _Row) -> _Row:
    return {
        "CATEGORIE": row["category"],
        "INTERVENTIE": row["intervention"],
        "NIVEAU": row["level"],
        "BEDRAG": row["amount"],
        "WAARVAN_EXTERN": row["external"],
    }


def _consent_rows(form: BoardForm) -> Iterator[_Row]:
    filled = {} if form.consents is None else {(r["brin"], r["school_year"]): r for r in form.consents.to_dicts()}
    asked = [(brin, year) for brin in form.brins for year in form.school_years]
    for brin, year in dict.fromkeys([*asked, *sorted(filled)]):
        begin = {"BEVOEGD_GEZAG_NUMMER": form.board, "BRIN_NUMMER": brin, "SCHOOLJAAR": year}
        yield {**begin, **(_consented(filled[brin, year]) if (brin, year) in filled else {})}


def _consented(row: _Row) -> _Row:
    yes_no = {True: "J", False: "N", None: None}
    return {
        "SCHOOLSCAN": yes_no[row["school_scan"]],
        "SCHOOLPROGRAMMA_MR": yes_no[row["mr_consent"]],
        "DATUM_MR": row["mr_date"],
        "BOVENSCHOOLS_BEDRAG_MR": row["board_level_agreed"],
        "GMR": yes_no[row["gmr_consent"]],
        "DATUM_GMR": row["gmr_date"],
        "OUDERS_BETROKKEN": row["parents_involved"],
        "GEMEENTE_GEINFORMEERD": yes_no[row["municipality_informed"]],
        "RESULTAAT": row["result"],
    }


def _heading(page: Worksheet, columns: tuple[str, ...], formats: Formats) -> None:
    for place, name in enumerate(columns):
        page.write_string(0, place, name, formats["heading"])
        page.set_column(place, place, _WIDTHS.get(name, 13), _form(name, formats))
    page.freeze_panes(1, 3)
    page.repeat_rows(0)


def _rows(page: Worksheet, columns: tuple[str, ...], rows: list[_Row], formats: Formats) -> int:
    for number_of_row, row in enumerate(rows, 1):
        for place, name in enumerate(columns):
            _write(page, number_of_row, place, row.get(name), form=_form(name, formats))
    last = len(rows) + 1
    # The number of a board is a code: Excel need not warn that it is text.
    page.ignore_errors({"number_stored_as_text": f"A1:C{last}"})
    return last


def _form(name: str, formats: Formats) -> Any:
    if name in _MONEY or name in _DAYS or name == "JAAR":
        return formats["money" if name in _MONEY else "day" if name in _DAYS else "year"]
    return formats["text"]


def _write(page: Worksheet, row: int, place: int, value: Any, *, form: Any) -> None:
    if isinstance(value, str):
        page.write_string(row, place, value, form)
    elif isinstance(value, date):
        page.write_datetime(row, place, datetime(value.year, value.month, value.day), form)
    elif value is not None:
        page.write_number(row, place, number(value), form)


def _choice(source: str | list[str], message: str) -> dict[str, Any]:
    return {"validate": "list", "source": source, **_on_error(message)}


def _at_least_nothing() -> dict[str, Any]:
    return {
        "validate": "decimal",
        "criteria": ">=",
        "value": 0,
        **_on_error("Vul een bedrag in euro's in, 0 of meer."),
    }


def _on_error(message: str) -> dict[str, Any]:
    return {"error_title": "Dit kan hier niet staan", "error_message": message}


def schools_sheet(page: Worksheet, form: BoardForm, formats: Formats, last: int) -> None:
    """Write sheet `Scholen`.

    Args:
        page: the sheet.
        form: the data of the workbook.
        formats: by name.
        last: the last row of sheet `Besteding` that is added up.
    """
    page.write_string(0, 0, f"Scholen van bestuur {form.board}, {form.year}", formats["title"])
    for place, (title, width) in enumerate(_columns(form.year)):
        page.write_string(_HEADER_ROW - 1, place, title, formats["heading"])
        page.set_column(place, place, width)
    spent = _spent_per_school(form.spending)
    totals = [_NOTHING] * 6
    for row, school in enumerate(form.schools.iter_rows(named=True), FIRST_SCHOOL):
        values = _values(school, spent.get(school["brin"], (_NOTHING, _NOTHING)))
        totals = [total + value for total, value in zip(totals, values, strict=True)]
        _school(page, row, school, values=values, formats=formats, last=last)
    total_row = FIRST_SCHOOL + form.schools.height
    _total(page, total_row, totals, formats)
    _check(page, form, total_row, totals=totals, formats=formats, last=last)
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


def _spent_per_school(spending: pl.DataFrame | None) -> dict[str, tuple[Decimal, Decimal]]:
    """Return what is filled in already per school, as Excel will calculate it once it opens the workbook."""
    if spending is None or spending.is_empty():
        return {}
    summed = spending.group_by("brin").agg(pl.col("amount").sum(), pl.col("external").sum())
    return {brin: (amount, external) for brin, amount, external in summed.iter_rows()}


def _values(school: Mapping[str, Any], spent: tuple[Decimal, Decimal]) -> list[Decimal]:
    available = school["received"] + school["carried_in"]
    return [school["received"], school["carried_in"], available, *spent, available - spent[0]]


def _school(
    page: Worksheet, row: int, school: Mapping[str, Any], *, values: list[Decimal], formats: Formats, last: int
) -> None:
    page.write_string(row - 1, 0, school["brin"])
    page.write_string(row - 1, 1, school["name"] or "")
    for place, value in enumerate(values[:2], 2):
        page.write_number(row - 1, place, number(value), formats["sum"])
    made = [f"=C{row}+D{row}", _summed("G", row, last), _summed("H", row, last), f"=ROUND(E{row}-F{row},2)"]
    for place, (formula, value) in enumerate(zip(made, values[2:], strict=True), 4):
        page.write_formula(row - 1, place, formula, formats["sum"], value=number(value))


def _summed(column: str, row: int, last: int) -> str:
    """Return the sum of a column of `Besteding` over the rows of a school with a category of the menukaart."""
    cells = {name: f"Besteding!${name}$2:${name}${last}" for name in ("B", "D", column)}
    letters = '{"A","B","C","D","E","F"}'
    return f"=SUMPRODUCT(SUMIFS({cells[column]},{cells['B']},$A{row},{cells['D']},{letters}))"


def _total(page: Worksheet, row: int, totals: list[Decimal], formats: Formats) -> None:
    page.write_string(row - 1, 0, "Totaal", formats["bold"])
    for place, (column, total) in enumerate(zip("CDEFGH", totals, strict=True), 2):
        formula = f"=SUM({column}{FIRST_SCHOOL}:{column}{row - 1})" if row > FIRST_SCHOOL else "=0"
        page.write_formula(row - 1, place, formula, formats["total"], value=number(total))


def _check(
    page: Worksheet, form: BoardForm, total_row: int, *, totals: list[Decimal], formats: Formats, last: int
) -> None:
    """Write a cell that is green when all ties, or red with what does not."""
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
    page.write_formula(_CHECK_ROW - 1, 1, f"={formula}", value=_status_of(form, totals, asked))
    cell = f"B{_CHECK_ROW}"
    for criterion, colour in (("begins with", "red"), ("not containing", "green")):
        rule = {"type": "text", "criteria": criterion, "value": _OFF, "format": formats[colour]}
        page.conditional_format(cell, rule)
    page.conditional_format(over, {"type": "cell", "criteria": "<", "value": 0, "format": formats["red"]})
    tying = {"type": "formula", "criteria": f'=$B${_CHECK_ROW}="{TIES}"'}
    for colour, rule in (("green", tying), ("red", {"type": "no_errors"})):
        last_rule = {"format": formats[colour], "stop_if_true": colour == "green"}
        page.conditional_format(f"F{total_row}", {**rule, **last_rule})


def _status_of(form: BoardForm, totals: list[Decimal], asked: list[tuple[str, str]]) -> str:
    """Return what the cell says of the rows that are filled in already, until Excel calculates it."""
    filled = _NOTHING if form.spending is None or form.spending.is_empty() else form.spending["amount"].sum()
    spent = _spent_per_school(form.spending)
    if filled != totals[3]:
        return f"{_OFF}: {asked[1][1]}"
    for school in form.schools.iter_rows(named=True):
        if _values(school, spent.get(school["brin"], (_NOTHING, _NOTHING)))[-1] < 0:
            return f"{_OFF}: {asked[2][1]}"
    return TIES
