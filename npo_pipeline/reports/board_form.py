"""The workbook that a board fills in: five sheets with drop-downs, and a balance that adds up by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from npo_pipeline.delivery.kinds import CONSENTS, SPENDING
from npo_pipeline.reports.xlsx import EPOCH, MONEY_FORMATS, cell_number, fit_on_a4, new_workbook
from schemas.accounted import LEVELS
from schemas.frames.accounts import SchoolOpenings

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

Menu: TypeAlias = Sequence[tuple[str, str, Sequence[str]]]
"""For each category its letter, its official name and its interventions."""

Formats: TypeAlias = Mapping[str, Any]
_Row: TypeAlias = dict[str, Any]

_TITLE = "Verantwoording Nationaal Programma Onderwijs"

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
_SHEETS = ("Toelichting", "Besteding", "Instemming", "Scholen", "Menukaart")
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

_ROWS_PER_SCHOOL, _ROWS_MORE = 6, 200
"""Empty rows to fill in: for each school, and below those for any other."""

_CHECK_ROW, _HEADER_ROW, _FIRST_SCHOOL = 2, 4, 5
"""Rows of sheet `Scholen` (1 is the top)."""

_WIDTHS = {
    "INTERVENTIE": 60,
    "NIVEAU": 14,
    "BEDRAG": 16,
    "WAARVAN_EXTERN": 18,
    "SCHOOLJAAR": 12,
    "BOVENSCHOOLS_BEDRAG_MR": 18,
    "OUDERS_BETROKKEN": 50,
    "RESULTAAT": 60,
}
_FORMS = {
    "JAAR": "year",
    **dict.fromkeys(("BEDRAG", "WAARVAN_EXTERN", "BOVENSCHOOLS_BEDRAG_MR"), "money"),
    **dict.fromkeys(("DATUM_MR", "DATUM_GMR"), "day"),
}
"""The formats of columns; the others are text."""

_SPENT = {
    "category": "CATEGORIE",
    "intervention": "INTERVENTIE",
    "level": "NIVEAU",
    "amount": "BEDRAG",
    "external": "WAARVAN_EXTERN",
}
_CONSENTED = {
    "school_scan": "SCHOOLSCAN",
    "mr_consent": "SCHOOLPROGRAMMA_MR",
    "mr_date": "DATUM_MR",
    "board_level_agreed": "BOVENSCHOOLS_BEDRAG_MR",
    "gmr_consent": "GMR",
    "gmr_date": "DATUM_GMR",
    "parents_involved": "OUDERS_BETROKKEN",
    "municipality_informed": "GEMEENTE_GEINFORMEERD",
    "result": "RESULTAAT",
}
"""Columns of tables -> columns of the sheets."""

_TIES, _OFF = "Klopt", "Klopt niet"
_NOTHING = Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class BoardForm:
    """A workbook to be filled in.

    `school_years`: those of which consent is asked. `spending`: rows filled in already, brin, category,
    intervention, level, amount, external. `consents`: the same, the columns of `consents` from `brin` on.
    """

    year: int
    board: str
    schools: SchoolOpenings
    menu: Menu
    school_years: tuple[str, ...]
    spending: pl.DataFrame | None = None
    consents: pl.DataFrame | None = None

    @property
    def brins(self) -> list[str]:
        """Return the schools, in order."""
        return self.schools["brin"].to_list()

    @cached_property
    def spent(self) -> list[_Row]:
        """Return the rows of spending that are filled in already, by school."""
        return [] if self.spending is None else self.spending.sort("brin", maintain_order=True).to_dicts()


def write_board_form(path: Path, form: BoardForm) -> None:
    """Write the workbook of a board and a year. The same data gives the same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    with new_workbook(path) as book:
        book.set_properties({"title": f"{_TITLE} {form.year}, bestuur {form.board}", "created": EPOCH})
        formats = {name: book.add_format(properties) for name, properties in _FORMATS.items()}
        # All sheets are made first: they point at each other, and their order is the one in which they are read.
        pages = [book.add_worksheet(name) for name in _SHEETS]
        explanation, spending, consents, schools, menu = pages
        _explanation_sheet(explanation, form, formats)
        last = _spending_sheet(spending, form, formats)
        _consents_sheet(consents, form, formats)
        _schools_sheet(schools, form, formats, last + _ROWS_BELOW)
        _menu_sheet(book, menu, form.menu, formats=formats)
        for page in pages:
            fit_on_a4(page)


def _explanation_sheet(page: Worksheet, form: BoardForm, formats: Formats) -> None:
    page.set_column(0, 0, 28)
    page.set_column(1, 1, 110)
    page.write_string(0, 0, f"{_TITLE}, {form.year}", formats["title"])
    page.write_string(1, 0, f"Bestuur {form.board}", formats["bold"])
    for row, (form_name, *texts) in enumerate(_explanation(), 3):
        page.write_row(row, 0, texts, formats[form_name])


def _explanation() -> Iterator[tuple[str, ...]]:
    """Yield the lines of sheet `Toelichting`: a format, subject and words; without words for an empty line."""
    yield from (("wrapped", f"Stap {step}", words) for step, words in enumerate(_STEPS, 1))
    for sheet, columns in _COLUMNS.items():
        yield from (("wrapped",), ("heading", f"Blad {sheet}", "Wat er moet staan"))
        yield from (("wrapped", name, words) for name, words in columns.items())
    yield from (("wrapped",), ("wrapped", "Let op", _ENDING))


def _spending_sheet(page: Worksheet, form: BoardForm, formats: Formats) -> int:
    """Write sheet `Besteding`; return its last empty row to fill in (1 is the header)."""
    schools = f"=Scholen!$A${_FIRST_SCHOOL}:$A${_FIRST_SCHOOL + max(len(form.brins), 1) - 1}"
    by_category = _choice('=INDIRECT("Menukaart_"&$D2)', "Kies eerst de categorie, dan de interventie.")
    at_most_the_amount = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": "=$G2"}
    checks = {
        "BRIN_NUMMER": _choice(schools, "Kies een school van uw bestuur; zie blad Scholen."),
        "CATEGORIE": _choice([letter for letter, *_ in form.menu], "Kies de letter van de menukaart."),
        # The name may be one of a newer menukaart; one that is not on it is a finding after the file is read.
        "INTERVENTIE": by_category | {"error_type": "warning"},
        "NIVEAU": _choice(list(LEVELS), "school of bovenschools"),
        "BEDRAG": _at_least_nothing(),
        "WAARVAN_EXTERN": at_most_the_amount | _on_error("Vul een bedrag in van 0 tot en met BEDRAG."),
    }
    return _data_sheet(page, SPENDING.columns, list(_spending_rows(form)), formats=formats, checks=checks)


def _consents_sheet(page: Worksheet, form: BoardForm, formats: Formats) -> None:
    """Write sheet `Instemming`: a row per school and school year."""
    yes_no = _choice(["J", "N"], "J (ja) of N (nee)")
    since = {"validate": "date", "criteria": ">=", "value": date(2021, 1, 1)}
    day = since | _on_error("Vul een datum in, dd-mm-jjjj.")
    checks = {
        "SCHOOLSCAN": yes_no,
        "SCHOOLPROGRAMMA_MR": yes_no,
        "DATUM_MR": day,
        "BOVENSCHOOLS_BEDRAG_MR": _at_least_nothing(),
        "GMR": yes_no,
        "DATUM_GMR": day,
        "GEMEENTE_GEINFORMEERD": yes_no,
    }
    _data_sheet(page, CONSENTS.columns, list(_consent_rows(form)), formats=formats, checks=checks)


def _spending_rows(form: BoardForm) -> Iterator[_Row]:
    begin = {"BEVOEGD_GEZAG_NUMMER": form.board, "JAAR": form.year}
    for brin in sorted({*form.brins, *(row["brin"] for row in form.spent)}):
        own = [_renamed(row, _SPENT) for row in form.spent if row["brin"] == brin]
        empty: list[_Row] = [{}] * (_ROWS_PER_SCHOOL - len(own) if brin in form.brins else 0)
        yield from ({**begin, "BRIN_NUMMER": brin, **row} for row in (*own, *empty))
    yield from [begin] * _ROWS_MORE


def _consent_rows(form: BoardForm) -> Iterator[_Row]:
    filled = {} if form.consents is None else {(r["brin"], r["school_year"]): r for r in form.consents.to_dicts()}
    asked = [(brin, year) for brin in form.brins for year in form.school_years]
    for brin, year in dict.fromkeys([*asked, *sorted(filled)]):
        begin = {"BEVOEGD_GEZAG_NUMMER": form.board, "BRIN_NUMMER": brin, "SCHOOLJAAR": year}
        yield begin | _renamed(filled.get((brin, year), {}), _CONSENTED)


def _renamed(row: _Row, names: Mapping[str, str]) -> _Row:
    return {names[name]: value for name, value in row.items() if name in names}


def _data_sheet(
    page: Worksheet, columns: Sequence[str], rows: Sequence[_Row], *, formats: Formats, checks: Mapping[str, _Row]
) -> int:
    """Write the header, the rows and the checks of a sheet to fill in; return its last row (1 is the header)."""
    last = len(rows) + 1
    forms = [formats[_FORMS.get(name, "text")] for name in columns]
    for place, name in enumerate(columns):
        page.write_string(0, place, name, formats["heading"])
        page.set_column(place, place, _WIDTHS.get(name, 13), forms[place])
        if name in checks:
            page.data_validation(1, place, last - 1, place, checks[name])
    for number, row in enumerate(rows, 1):
        for place, name in enumerate(columns):
            _write(page, number, place, row.get(name), form=forms[place])
    # The number of a board is a code: Excel need not warn that it is text.
    page.ignore_errors({"number_stored_as_text": f"A1:C{last}"})
    page.freeze_panes(1, 3)
    page.repeat_rows(0)
    return last


def _write(page: Worksheet, row: int, place: int, value: Any, *, form: Any) -> None:
    if isinstance(value, bool):
        page.write_string(row, place, "J" if value else "N", form)
    elif isinstance(value, str):
        page.write_string(row, place, value, form)
    elif isinstance(value, date):
        page.write_datetime(row, place, value, form)
    elif value is not None:
        page.write_number(row, place, cell_number(value), form)


def _choice(source: str | list[str], message: str) -> dict[str, Any]:
    return {"validate": "list", "source": source, **_on_error(message)}


def _at_least_nothing() -> dict[str, Any]:
    limit = {"validate": "decimal", "criteria": ">=", "value": 0}
    return limit | _on_error("Vul een bedrag in euro's in, 0 of meer.")


def _on_error(message: str) -> dict[str, Any]:
    return {"error_title": "Dit kan hier niet staan", "error_message": message}


def _schools_sheet(page: Worksheet, form: BoardForm, formats: Formats, last: int) -> None:
    """Write sheet `Scholen`: the balance of each school, as Excel will calculate it once it opens the workbook.

    `last`: the last row of sheet `Besteding` that is added up.
    """
    received, used = f"Ontvangen in {form.year}", ("Beschikbaar", "Besteed", "Waarvan extern", "Blijft over")
    amounts = (received, "Meegenomen uit het jaar ervoor", *used)
    columns = {"BRIN": 12, "Naam": 40, **dict.fromkeys(amounts, 18)}
    page.write_string(0, 0, f"Scholen van bestuur {form.board}, {form.year}", formats["title"])
    for place, (title, width) in enumerate(columns.items()):
        page.write_string(_HEADER_ROW - 1, place, title, formats["heading"])
        page.set_column(place, place, width)
    balances = _balances(form)
    schools = zip(form.schools.rows(named=True), balances, strict=True)
    for row, (school, balance) in enumerate(schools, _FIRST_SCHOOL):
        _school(page, row, school, balance=balance, formats=formats, last=last)
    _total(page, balances, formats)
    _check(page, form, balances, formats=formats, last=last)
    page.freeze_panes(_HEADER_ROW, 2)
    page.repeat_rows(_HEADER_ROW - 1)


def _balances(form: BoardForm) -> list[list[Decimal]]:
    """Return the amounts of each school on sheet `Scholen`, in the order of its columns."""
    balances = []
    for brin, received, carried_in in form.schools.select("brin", "received", "carried_in").iter_rows():
        own = [row for row in form.spent if row["brin"] == brin]
        amount, external = (sum((row[name] for row in own), _NOTHING) for name in ("amount", "external"))
        available = received + carried_in
        balances.append([received, carried_in, available, amount, external, available - amount])
    return balances


def _school(
    page: Worksheet, row: int, school: _Row, *, balance: Sequence[Decimal], formats: Formats, last: int
) -> None:
    page.write_string(row - 1, 0, school["brin"])
    page.write_string(row - 1, 1, school["name"] or "")
    page.write_row(row - 1, 2, map(cell_number, balance[:2]), formats["sum"])
    formulas = [f"=C{row}+D{row}", _summed("G", row, last), _summed("H", row, last), f"=ROUND(E{row}-F{row},2)"]
    for place, (formula, value) in enumerate(zip(formulas, balance[2:], strict=True), 4):
        page.write_formula(row - 1, place, formula, formats["sum"], value=cell_number(value))


def _summed(column: str, row: int, last: int) -> str:
    """Return the sum of a column of `Besteding` over the rows of a school with a category of the menukaart."""
    cells = {name: f"Besteding!${name}$2:${name}${last}" for name in ("B", "D", column)}
    letters = '{"A","B","C","D","E","F"}'
    return f"=SUMPRODUCT(SUMIFS({cells[column]},{cells['B']},$A{row},{cells['D']},{letters}))"


def _total(page: Worksheet, balances: Sequence[Sequence[Decimal]], formats: Formats) -> None:
    row = _FIRST_SCHOOL + len(balances)
    page.write_string(row - 1, 0, "Totaal", formats["bold"])
    for place, column in enumerate("CDEFGH"):
        formula = f"=SUM({column}{_FIRST_SCHOOL}:{column}{row - 1})" if balances else "=0"
        total = sum((balance[place] for balance in balances), _NOTHING)
        page.write_formula(row - 1, place + 2, formula, formats["total"], value=cell_number(total))


def _check(
    page: Worksheet, form: BoardForm, balances: Sequence[Sequence[Decimal]], *, formats: Formats, last: int
) -> None:
    """Write a cell that is green when all ties, or red with what does not."""
    total_row = _FIRST_SCHOOL + len(balances)
    amounts = f"Besteding!$G$2:$G${last}"
    over = f"H{_FIRST_SCHOOL}:H{max(total_row - 1, _FIRST_SCHOOL)}"
    asked = [
        (f"COUNTA({amounts})<>COUNT({amounts})", "op blad Besteding staat een bedrag als tekst"),
        (
            f"ROUND(SUM({amounts})-F{total_row},2)<>0",
            "een gevulde regel op blad Besteding heeft geen BRIN van uw bestuur of geen categorie A-F",
        ),
        (f'COUNTIF({over},"<0")>0', "een school besteedde meer dan er beschikbaar is"),
    ]
    formula = f'"{_TIES}"'
    for condition, words in reversed(asked):
        formula = f'IF({condition},"{_OFF}: {words}",{formula})'
    page.write_string(_CHECK_ROW - 1, 0, "Controle", formats["bold"])
    page.write_formula(_CHECK_ROW - 1, 1, f"={formula}", value=_status_of(form, balances, asked))
    cell = f"B{_CHECK_ROW}"
    for criterion, colour in (("begins with", "red"), ("not containing", "green")):
        rule = {"type": "text", "criteria": criterion, "value": _OFF, "format": formats[colour]}
        page.conditional_format(cell, rule)
    page.conditional_format(over, {"type": "cell", "criteria": "<", "value": 0, "format": formats["red"]})
    tying = {"type": "formula", "criteria": f'=$B${_CHECK_ROW}="{_TIES}"'}
    for colour, rule in (("green", tying), ("red", {"type": "no_errors"})):
        last_rule = {"format": formats[colour], "stop_if_true": colour == "green"}
        page.conditional_format(f"F{total_row}", {**rule, **last_rule})


def _status_of(form: BoardForm, balances: Sequence[Sequence[Decimal]], asked: Sequence[tuple[str, str]]) -> str:
    """Return what the cell says of the rows that are filled in already, until Excel calculates it."""
    filled = sum(row["amount"] for row in form.spent)
    if filled != sum(balance[3] for balance in balances):
        return f"{_OFF}: {asked[1][1]}"
    if any(balance[-1] < 0 for balance in balances):
        return f"{_OFF}: {asked[2][1]}"
    return _TIES


def _menu_sheet(book: Workbook, page: Worksheet, menu: Menu, *, formats: Formats) -> None:
    """Write the menukaart, a row per intervention; each category has a name by which its drop-down finds it."""
    for place, (title, width) in enumerate((("Categorie", 10), ("Naam", 60), ("Interventie", 60))):
        page.write_string(0, place, title, formats["heading"])
        page.set_column(place, place, width, formats["wrapped"])
    row = 0
    for letter, name, interventions in menu:
        first = row + 1
        for row, intervention in enumerate(interventions, first):
            page.write_row(row, 0, (letter, name, intervention), formats["wrapped"])
        if row >= first:
            book.define_name(f"Menukaart_{letter}", f"=Menukaart!$C${first + 1}:$C${row + 1}")
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
