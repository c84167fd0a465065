"""The workbook that a board fills in: five sheets, of which `Toelichting` and `Menukaart` are written here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npo_pipeline.reports.board_form.model import SHEETS, BoardForm, Menu
from npo_pipeline.reports.board_form.sheets import consents_sheet, schools_sheet, spending_sheet
from npo_pipeline.reports.xlsx import EPOCH, MONEY_FORMATS, new_workbook

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet


TITLE = "Verantwoording Nationaal Programma Onderwijs"

_STEPS = (
    "Vul op blad Besteding in waaraan het geld is uitgegeven: een regel per school en interventie. Bestuur, BRIN "
    "en jaar staan er al; regels die u niet nodig hebt, laat u leeg.",
    "Vul op blad Instemming per school en schooljaar in of er een schoolscan is en wie heeft ingestemd.",
    "Kijk op blad Scholen. De cel naast Controle is groen als alles klopt; is zij rood, dan staat er wat er niet "
    "klopt.",
    "Sla het bestand op als Excel-werkmap (.xlsx) en lever het in. Daarna krijgt u de bevindingen en het verslag.",
    "Iets vergeten of verkeerd? Verbeter dit bestand en lever het nog eens in: het hele jaar van uw bestuur wordt "
    "dan vervangen door wat er nu in staat.",
)
_COLUMNS = {
    "Besteding": {
        "BEVOEGD_GEZAG_NUMMER": "Het nummer van uw bestuur, vijf cijfers. Staat er al.",
        "BRIN_NUMMER": "De school, bijvoorbeeld 01AA. Kies uit de lijst.",
        "JAAR": "Het kalenderjaar van de uitgave. Staat er al.",
        "CATEGORIE": "De letter van de menukaart, A tot en met F.",
        "INTERVENTIE": "De naam van de interventie, zoals op blad Menukaart. Kies eerst de categorie.",
        "NIVEAU": "school, of bovenschools als het bestuur het geld voor meer scholen samen uitgaf.",
        "BEDRAG": "Euro's, met hoogstens twee decimalen. Geen formule: plak de waarde.",
        "WAARVAN_EXTERN": "Het deel van BEDRAG dat naar personeel niet in loondienst (PNIL) ging. Leeg is 0.",
    },
    "Instemming": {
        "SCHOOLJAAR": "Staat er al.",
        "SCHOOLSCAN": "J als er een schoolscan (analyse van de behoeften van de leerlingen) is, anders N.",
        "SCHOOLPROGRAMMA_MR": "J als de MR met het schoolprogramma heeft ingestemd, anders N.",
        "DATUM_MR": "De dag waarop de MR instemde.",
        "BOVENSCHOOLS_BEDRAG_MR": "Het bedrag dat met instemming van de MR bovenschools mag worden besteed.",
        "GMR": "J als de GMR heeft ingestemd met de bovenschoolse besteding, anders N. Leeg is N.",
        "DATUM_GMR": "De dag waarop de GMR instemde.",
        "OUDERS_BETROKKEN": "Hoe ouders zijn betrokken, in uw eigen woorden (hoogstens 1.000 tekens).",
        "GEMEENTE_GEINFORMEERD": "J als de gemeente over het programma is geïnformeerd, anders N.",
        "RESULTAAT": "Wat het heeft opgeleverd, in uw eigen woorden (hoogstens 1.000 tekens).",
    },
}
_ENDING = (
    "Laat de namen van de bladen en de kopregels staan: daaraan wordt het bestand herkend. Eigen kolommen mogen "
    "rechts van de tabel staan; zij worden niet gelezen."
)
_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "bold": {"bold": True},
    "heading": {"bold": True, "bg_color": "#EEF4F9", "bottom": 1, "text_wrap": True, "valign": "top"},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "text": {"num_format": "@"},
    "year": {"num_format": "0"},
    "money": {"num_format": "#,##0.00"},
    "sum": {"num_format": MONEY_FORMATS["EUR"]},
    "total": {"num_format": MONEY_FORMATS["EUR"], "bold": True, "top": 1},
    "day": {"num_format": "dd-mm-yyyy"},
    "red": {"bg_color": "#FFC7CE", "font_color": "#9C0006"},
    "green": {"bg_color": "#C6EFCE", "font_color": "#006100"},
}

_ROWS_BELOW = 5_000
"""Rows below the empty ones to fill in that are added up too: a board may need more."""


def write_board_form(path: Path, form: BoardForm) -> None:
    """Write the workbook of a board and a year. The same data gives the same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    with new_workbook(path) as book:
        _fill(book, form)


def _fill(book: Workbook, form: BoardForm) -> None:
    book.set_properties({"title": f"{TITLE} {form.year}, bestuur {form.board}", "created": EPOCH})
    formats = {name: book.add_format(form) for name, form in _FORMATS.items()}
    # All sheets are made first: they point at each other, and their order is the one in which they are read.
    pages = {name: book.add_worksheet(name) for name in SHEETS}
    _explanation_sheet(pages["Toelichting"], form, formats)
    last = spending_sheet(pages["Besteding"], form, formats)
    consents_sheet(pages["Instemming"], form, formats)
    schools_sheet(pages["Scholen"], form, formats, last + _ROWS_BELOW)
    _menu_sheet(book, form.menu, formats)
    for page in pages.values():
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)


def _explanation_sheet(page: Worksheet, form: BoardForm, formats: Mapping[str, Any]) -> None:
    """Write sheet `Toelichting`."""
    page.set_column(0, 0, 28)
    page.set_column(1, 1, 110)
    page.write_string(0, 0, f"{TITLE}, {form.year}", formats["title"])
    page.write_string(1, 0, f"Bestuur {form.board}", formats["bold"])
    row = 3
    for step, words in enumerate(_STEPS, 1):
        row = _line(page, row, f"Stap {step}", words, formats=formats)
    for sheet, columns in _COLUMNS.items():
        page.write_string(row + 1, 0, f"Blad {sheet}", formats["heading"])
        page.write_string(row + 1, 1, "Wat er moet staan", formats["heading"])
        row += 2
        for name, words in columns.items():
            row = _line(page, row, name, words, formats=formats)
    _line(page, row + 1, "Let op", _ENDING, formats=formats)


def _line(page: Worksheet, row: int, subject: str, words: str, *, formats: Mapping[str, Any]) -> int:
    page.write_string(row, 0, subject, formats["wrapped"])
    page.write_string(row, 1, words, formats["wrapped"])
    return row + 1


def _menu_sheet(book: Workbook, menu: Menu, formats: dict[str, Any]) -> None:
    """Write the menukaart, a row per intervention; each category has a name by which its drop-down finds it."""
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
