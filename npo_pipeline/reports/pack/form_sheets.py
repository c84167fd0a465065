"""The two sheets of the workbook of a board that are filled in, and read back as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from npo_pipeline.files.kinds import CONSENTS, SPENDING
from npo_pipeline.reports.pack.form_told import ROWS_MORE, ROWS_PER_SCHOOL, Blank, number
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


def spending_sheet(page: Worksheet, blank: Blank, formats: Formats) -> int:
    """Write sheet `Besteding`; gives its last row that waits to be filled in (1 is the header)."""
    columns = SPENDING.columns
    _heading(page, columns, formats)
    last = _rows(page, columns, list(_spending_rows(blank)), formats)
    at = {name: place for place, name in enumerate(columns)}

    def check(name: str, rule: dict[str, Any]) -> None:
        page.data_validation(1, at[name], last - 1, at[name], rule)

    check("BRIN_NUMMER", _choice(blank.brin_list, "Kies een school van uw bestuur; zie blad Scholen."))
    check("CATEGORIE", _choice([letter for letter, *_ in blank.menu], "Kies de letter van de menukaart."))
    # The name may be one that a newer menukaart has; what is not on it is told after the file is read.
    unlisted = {"error_type": "warning"}
    by_category = '=INDIRECT("Menukaart_"&$D2)'
    check("INTERVENTIE", _choice(by_category, "Kies eerst de categorie, dan de interventie.") | unlisted)
    check("NIVEAU", _choice(list(LEVELS), "school of bovenschools"))
    check("BEDRAG", _at_least_nothing())
    external = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": "=$G2"}
    check("WAARVAN_EXTERN", external | _told("Vul een bedrag in van 0 tot en met BEDRAG."))
    return last


def consents_sheet(page: Worksheet, blank: Blank, formats: Formats) -> None:
    """Write sheet `Instemming`: a row per school and school year."""
    columns = CONSENTS.columns
    _heading(page, columns, formats)
    last = _rows(page, columns, list(_consent_rows(blank)), formats)
    for place, name in enumerate(columns):
        if name in _YES_NO:
            rule = _choice(["J", "N"], "J (ja) of N (nee)")
        elif name in _DAYS:
            rule = {"validate": "date", "criteria": ">=", "value": _SINCE} | _told("Vul een datum in, dd-mm-jjjj.")
        elif name in _MONEY:
            rule = _at_least_nothing()
        else:
            continue
        page.data_validation(1, place, last - 1, place, rule)


def _spending_rows(blank: Blank) -> Iterator[_Row]:
    filled = [] if blank.spending is None else blank.spending.sort("brin", maintain_order=True).to_dicts()
    begin = {"BEVOEGD_GEZAG_NUMMER": blank.board, "JAAR": blank.year}
    for brin in sorted({*blank.brins, *(row["brin"] for row in filled)}):
        told = [_spent(row) for row in filled if row["brin"] == brin]
        empty: list[_Row] = [{}] * (ROWS_PER_SCHOOL - len(told) if brin in blank.brins else 0)
        yield from ({**begin, "BRIN_NUMMER": brin, **row} for row in (*told, *empty))
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


def _consent_rows(blank: Blank) -> Iterator[_Row]:
    filled = (
        {} if blank.consents is None else {(r["brin"], r["school_year"]): r for r in blank.consents.to_dicts()}
    )
    asked = [(brin, year) for brin in blank.brins for year in blank.school_years]
    for brin, year in dict.fromkeys([*asked, *sorted(filled)]):
        begin = {"BEVOEGD_GEZAG_NUMMER": blank.board, "BRIN_NUMMER": brin, "SCHOOLJAAR": year}
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
            _write(page, number_of_row, place, row.get(name), _form(name, formats))
    last = len(rows) + 1
    # The number of a board is a code: Excel need not warn that it is text.
    page.ignore_errors({"number_stored_as_text": f"A1:C{last}"})
    return last


def _form(name: str, formats: Formats) -> Any:
    if name in _MONEY or name in _DAYS or name == "JAAR":
        return formats["money" if name in _MONEY else "day" if name in _DAYS else "year"]
    return formats["text"]


def _write(page: Worksheet, row: int, place: int, value: Any, form: Any) -> None:
    if isinstance(value, str):
        page.write_string(row, place, value, form)
    elif isinstance(value, date):
        page.write_datetime(row, place, datetime(value.year, value.month, value.day), form)
    elif value is not None:
        page.write_number(row, place, number(value), form)


def _choice(source: str | list[str], message: str) -> dict[str, Any]:
    return {"validate": "list", "source": source, **_told(message)}


def _at_least_nothing() -> dict[str, Any]:
    return {
        "validate": "decimal",
        "criteria": ">=",
        "value": 0,
        **_told("Vul een bedrag in euro's in, 0 of meer."),
    }


def _told(message: str) -> dict[str, Any]:
    return {"error_title": "Dit kan hier niet staan", "error_message": message}
