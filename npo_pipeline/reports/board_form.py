"""The workbook that a board fills in: sheets with drop-downs, checks, and a balance that adds up by itself."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from npo_pipeline.delivery.board_workbook import EXPLANATION, MARKS
from npo_pipeline.dutch import CURRENCIES
from npo_pipeline.reports import board_form_checks as checking
from npo_pipeline.reports.board_form_balance import (
    BoardForm,
    Menu,
    write_checks_sheet,
    write_outcome,
    write_schools_sheet,
)
from npo_pipeline.reports.board_form_checks import Check, checks_of
from npo_pipeline.reports.board_form_formulas import FormTable, row_formula
from npo_pipeline.reports.xlsx import (
    EPOCH,
    MONEY_FORMATS,
    TITLE_HEIGHT,
    cell_number,
    fit_on_a4,
    height_of,
    new_workbook,
    set_footer,
)
from schemas.accounted import LEVELS

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

Formats: TypeAlias = Mapping[str, Any]
_Row: TypeAlias = dict[str, Any]

_TITLE = "Verantwoording Nationaal Programma Onderwijs"

MARK = "npo 2"
"""The program that made a form, and the version of its layout."""

_STEPS = (
    "Vul op blad Besteding in waaraan het geld is uitgegeven: een regel per school en interventie. Bestuur, BRIN "
    "en jaar staan er al; regels die u niet nodig hebt, laat u leeg.",
    "Vul op blad Instemming per school en schooljaar in of er een schoolscan is en wie heeft ingestemd.",
    "Ging er een saldo mee met een school die van bestuur wisselde? Vul dan blad Overdracht saldo in.",
    "Kijk bij Controle, boven elk blad. Groen is goed; is het rood, dan staat er wat er niet klopt, en op blad "
    "Controle staat alles bij elkaar.",
    "Sla het bestand op als Excel-werkmap (.xlsx) en lever het in. Daarna krijgt u de bevindingen en het verslag.",
    "Iets vergeten of verkeerd? Verbeter dit bestand en lever het nog eens in: het hele jaar van uw bestuur wordt "
    "dan vervangen door wat er nu in staat.",
)
_COLUMNS = {
    checking.SPENDING: {
        "BEVOEGD_GEZAG_NUMMER": "Het nummer van uw bestuur, vijf cijfers. Staat er al.",
        "BRIN_NUMMER": "De school, bijvoorbeeld 01AA. Kies uit de lijst; de naam verschijnt ernaast.",
        "JAAR": "Het kalenderjaar van de uitgave. Staat er al.",
        "CATEGORIE": "De letter van de menukaart, A tot en met F.",
        "INTERVENTIE": "De naam van de interventie, zoals op blad Menukaart. Kies eerst de categorie.",
        "NIVEAU": "school, of bovenschools als het bestuur het geld voor meer scholen samen uitgaf.",
        "BEDRAG": "Het bedrag, met hoogstens twee decimalen. Geen formule: plak de waarde.",
        "WAARVAN_EXTERN": "Het deel van BEDRAG dat naar personeel niet in loondienst (PNIL) ging. Leeg is 0.",
        "REDEN": "Alleen bij een bedrag onder nul: waarom, bijvoorbeeld een creditnota.",
    },
    checking.CONSENTS: {
        "SCHOOLJAAR": "Staat er al.",
        "SCHOOLSCAN": "J als er een schoolscan (analyse van de behoeften van de leerlingen) is, anders N.",
        "SCHOOLPROGRAMMA_MR": "J als de MR met het schoolprogramma heeft ingestemd, anders N.",
        "DATUM_MR": "De dag waarop de MR instemde.",
        "BOVENSCHOOLS_BEDRAG_MR": "Het bedrag dat met instemming van de MR bovenschools mag worden besteed.",
        "GMR": "J als de GMR heeft ingestemd met de bovenschoolse besteding, anders N. Is er bovenschools niets "
        "besteed, laat het dan leeg.",
        "DATUM_GMR": "De dag waarop de GMR instemde.",
        "OUDERS_BETROKKEN": "Hoe ouders zijn betrokken, in uw eigen woorden (hoogstens 1.000 tekens).",
        "GEMEENTE_GEINFORMEERD": "J als de gemeente over het programma is geïnformeerd, anders N.",
        "RESULTAAT": "Wat het heeft opgeleverd, in uw eigen woorden (hoogstens 1.000 tekens).",
    },
    checking.TRANSFERS: {
        "VAN_BEVOEGD_GEZAG": "Het nummer van het bestuur dat de school overdroeg.",
        "NAAR_BEVOEGD_GEZAG": "Het nummer van het bestuur dat de school overnam.",
        "BEDRAG": "Het saldo dat met de school meeging, zoals beide besturen het hebben afgesproken.",
        "DATUM": "De dag van de overdracht.",
    },
}
_ENDINGS = {
    "Let op": "Laat de namen van de bladen en de kopregels staan: daaraan wordt het bestand herkend. Eigen "
    "kolommen mogen rechts van de tabel staan; zij worden niet gelezen.",
    "Regels": "Regels mag u invoegen, verwijderen en sorteren. Kopieer voor een nieuwe regel een bestaande: dan "
    "gaan de keuzelijsten en de kolommen SCHOOL en CONTROLE mee. Ook zonder die kolommen telt de regel mee.",
    "Beveiliging": "Koppen, blad Scholen, blad Menukaart en blad Controle zijn beveiligd zonder wachtwoord, zodat "
    "er niets per ongeluk verandert. U kunt de beveiliging uitzetten als u die cellen wilt aanpassen.",
}
_HEADING = {"bold": True, "font_size": 10, "bg_color": "#EEF4F9", "bottom": 1, "text_wrap": True}
_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "note": {"font_color": "#444444"},
    "bold": {"bold": True},
    "heading": {**_HEADING, "indent": 1},
    "heading right": {**_HEADING, "align": "right", "indent": 1},
    "wrapped": {"text_wrap": True},
    "locked": {},
    "shown": {"text_wrap": True, "indent": 1},
    "read only": {"font_color": "#444444", "bg_color": "#F5F5F5", "indent": 1, "locked": False},
    "free": {"locked": False},
    "text": {"num_format": "@", "indent": 1, "locked": False},
    "long": {"num_format": "@", "indent": 1, "locked": False, "text_wrap": True},
    "year": {"num_format": "0", "align": "left", "indent": 1, "locked": False},
    "money": {"num_format": "#,##0.00", "locked": False},
    "day": {"num_format": "dd-mm-yyyy", "align": "right", "locked": False},
    "whole": {"num_format": "#,##0"},
    **{f"sum {currency}": {"num_format": form} for currency, form in MONEY_FORMATS.items()},
    **{
        f"total {currency}": {"num_format": form, "bold": True, "top": 1}
        for currency, form in MONEY_FORMATS.items()
    },
    "total": {"bold": True, "top": 1},
    "red": {"bg_color": "#FFC7CE", "font_color": "#9C0006"},
    "green": {"bg_color": "#C6EFCE", "font_color": "#006100"},
    "yellow": {"bg_color": "#FFEB9C", "font_color": "#7F6000"},
}

_ROWS_BELOW = {checking.SPENDING: 2_000, checking.CONSENTS: 200, checking.TRANSFERS: 50}
"""Rows below the empty ones to fill in that are checked and added up too: a board may need more."""

_ROWS_PER_SCHOOL, _ROWS_MORE, _ROWS_OF_TRANSFERS = 5, 40, 10
"""Empty rows to fill in: for each school, below those for any other, and of reserves that moved."""

_CHECK_ROW, _HEADER_ROW = 2, 4
"""Rows of a sheet to fill in (1 is the top): the check, and the header of the table."""

_NAMES = {
    checking.SPENDING: (
        *("BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER", "SCHOOL", "JAAR", "CATEGORIE", "INTERVENTIE", "NIVEAU"),
        *("BEDRAG", "WAARVAN_EXTERN", "REDEN", "CONTROLE"),
    ),
    checking.CONSENTS: (
        *("BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER", "SCHOOL", "SCHOOLJAAR", "SCHOOLSCAN", "SCHOOLPROGRAMMA_MR"),
        *("DATUM_MR", "BOVENSCHOOLS_BEDRAG_MR", "GMR", "DATUM_GMR", "OUDERS_BETROKKEN"),
        *("GEMEENTE_GEINFORMEERD", "RESULTAAT", "CONTROLE"),
    ),
    checking.TRANSFERS: (
        *(
            "JAAR",
            "VAN_BEVOEGD_GEZAG",
            "NAAR_BEVOEGD_GEZAG",
            "BRIN_NUMMER",
            "SCHOOL",
            "BEDRAG",
            "DATUM",
            "CONTROLE",
        ),
    ),
}
"""The columns of each sheet to fill in; `SCHOOL` and `CONTROLE` are formulas, and are not read."""

_WIDTHS = {
    "BEVOEGD_GEZAG_NUMMER": 26,
    "VAN_BEVOEGD_GEZAG": 22,
    "NAAR_BEVOEGD_GEZAG": 24,
    "SCHOOL": 26,
    "INTERVENTIE": 46,
    "NIVEAU": 14,
    "BEDRAG": 15,
    "WAARVAN_EXTERN": 21,
    "REDEN": 24,
    "CONTROLE": 42,
    "SCHOOLPROGRAMMA_MR": 24,
    "BOVENSCHOOLS_BEDRAG_MR": 29,
    "OUDERS_BETROKKEN": 32,
    "GEMEENTE_GEINFORMEERD": 28,
    "RESULTAAT": 38,
}
_WIDTH = 16
"""The width of the other columns."""

_FORMS = {
    "JAAR": "year",
    **dict.fromkeys(("BEDRAG", "WAARVAN_EXTERN", "BOVENSCHOOLS_BEDRAG_MR"), "money"),
    **dict.fromkeys(("DATUM_MR", "DATUM_GMR", "DATUM"), "day"),
    **dict.fromkeys(("OUDERS_BETROKKEN", "RESULTAAT"), "long"),
    **dict.fromkeys(("SCHOOL", "CONTROLE"), "read only"),
}
"""The formats of columns; the others are text."""

_SPENT = {
    "category": "CATEGORIE",
    "intervention": "INTERVENTIE",
    "level": "NIVEAU",
    "amount": "BEDRAG",
    "external": "WAARVAN_EXTERN",
    "reason": "REDEN",
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
_MOVED = {
    "from_board": "VAN_BEVOEGD_GEZAG",
    "to_board": "NAAR_BEVOEGD_GEZAG",
    "brin": "BRIN_NUMMER",
    "amount": "BEDRAG",
    "moved_on": "DATUM",
}
"""Columns of tables -> columns of the sheets."""

_PROTECTED = {
    **dict.fromkeys(("format_cells", "format_columns", "format_rows", "insert_rows", "delete_rows"), True),
    **dict.fromkeys(("sort", "autofilter", "insert_columns"), True),
}
"""Changes that a protected sheet allows in its unlocked cells."""


def write_board_form(path: Path, form: BoardForm) -> None:
    """Write the workbook of a board and a year. The same data gives the same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    whole = BytesIO()
    with new_workbook(whole) as book:
        book.set_properties({"title": f"{_TITLE} {form.year}, {form.shown}", "created": EPOCH})
        # In the middle: a font that is higher than ours would lose its tops below a border.
        formats = {name: book.add_format({"valign": "vcenter", **one}) for name, one in _FORMATS.items()}
        # All sheets are made first: they point at each other, and their order is the one in which they are read.
        names = (EXPLANATION, *_NAMES, checking.SCHOOLS, "Menukaart", "Controle")
        pages = {name: book.add_worksheet(name) for name in names}
        rows = _rows_of(form)
        tables = {name: _table(name, len(rows[name])) for name in _NAMES}
        checks = checks_of(form.facts)
        _explanation_sheet(pages[EXPLANATION], form, formats)
        for name, table in tables.items():
            own = [one for one in checks if one.sheet == name]
            _data_sheet(pages[name], form, table, rows=rows[name], formats=formats, checks=own)
        write_schools_sheet(book, pages[checking.SCHOOLS], form, tables=tables, formats=formats, checks=checks)
        _menu_sheet(book, pages["Menukaart"], form.menu, formats=formats)
        write_checks_sheet(book, pages["Controle"], form, tables=tables, formats=formats, checks=checks)
        for name, page in pages.items():
            page.protect("", _PROTECTED)
            fit_on_a4(page)
            set_footer(page, f"{_TITLE} {form.year}, {form.shown}: {name}")
        pages[EXPLANATION].activate()
    path.write_bytes(_recalculated(whole.getvalue()))


def _recalculated(data: bytes) -> bytes:
    """Name this program as the maker: LibreOffice calculates no formula of a workbook that Excel made."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "docProps/app.xml":
                content = content.replace(b"Microsoft Excel", b"npo")
            new.writestr(part, content)
    return target.getvalue()


def _explanation_sheet(page: Worksheet, form: BoardForm, formats: Formats) -> None:
    width = 110
    page.set_column(0, 0, 28)
    page.set_column(1, 1, width)
    page.set_row(0, TITLE_HEIGHT)
    page.write_string(0, 0, f"{_TITLE}, {form.year}", formats["title"])
    currencies = ", ".join(form.currencies)
    marks = dict(zip(MARKS, (form.board, str(form.year), currencies, MARK), strict=True))
    for row, (label, value) in enumerate(marks.items(), 1):
        page.write_string(row, 0, label, formats["bold"])
        page.write_string(row, 1, value, formats["wrapped"])
    names = " en ".join(CURRENCIES.get(one, one) for one in form.currencies)
    page.write_string(len(marks) + 1, 0, "Voor", formats["bold"])
    page.write_string(len(marks) + 1, 1, f"{form.shown}; bedragen in {names}", formats["wrapped"])
    page.write_string(len(marks) + 2, 0, "Controle", formats["bold"])
    write_outcome(page, len(marks) + 3, "B", formats)
    for row, (form_name, *texts) in enumerate(_explanation(), len(marks) + 4):
        page.write_row(row, 0, texts, formats[form_name])
        page.set_row(row, height_of([(text, width) for text in texts]))


def _explanation() -> Iterator[tuple[str, ...]]:
    """Yield the lines of sheet `Toelichting`: a format, subject and words; without words for an empty line."""
    yield from (("wrapped", f"Stap {step}", words) for step, words in enumerate(_STEPS, 1))
    for sheet, columns in _COLUMNS.items():
        yield from (("wrapped",), ("heading", f"Blad {sheet}", "Wat er moet staan"))
        yield from (("wrapped", name, words) for name, words in columns.items())
    yield ("wrapped",)
    yield from (("wrapped", subject, words) for subject, words in _ENDINGS.items())


def _rows_of(form: BoardForm) -> dict[str, list[_Row]]:
    """Return the rows of each sheet to fill in, with what is in them already."""
    moved: list[_Row] = [_renamed(row, _MOVED) for row in form.moves]
    empty: list[_Row] = [{}] * max(_ROWS_OF_TRANSFERS - len(moved), 0)
    transfers = [{"JAAR": form.year, **row} for row in (*moved, *empty)]
    return {
        checking.SPENDING: list(_spending_rows(form)),
        checking.CONSENTS: list(_consent_rows(form)),
        checking.TRANSFERS: transfers,
    }


def _table(sheet: str, rows: int) -> FormTable:
    filled = max(rows, 1)
    return FormTable(
        sheet=sheet,
        columns=_NAMES[sheet],
        first=_HEADER_ROW + 1,
        filled=_HEADER_ROW + filled,
        last=_HEADER_ROW + filled + _ROWS_BELOW[sheet],
    )


def _validations(sheet: str, form: BoardForm) -> dict[str, _Row]:
    """Return the drop-downs and limits of the columns of a sheet."""
    yes_no = _choice(["J", "N"], "J (ja) of N (nee)")
    since = {"validate": "date", "criteria": ">=", "value": date(2021, 1, 1)}
    day = since | _on_error("Vul een datum in, dd-mm-jjjj.")
    school = _choice(f"={checking.SCHOOL_NAMES}", "Kies een school van uw bestuur; zie blad Scholen.")
    by_category = _choice(f'=INDIRECT("Menukaart_"&$E{_HEADER_ROW + 1})', "Kies eerst de categorie.")
    number = {"validate": "decimal", "criteria": "between", "minimum": -999_999_999.99, "maximum": 999_999_999.99}
    amount = number | _on_error("Vul een bedrag in, met hoogstens twee decimalen.")
    itself = {"validate": "custom", "value": "=FALSE"} | _on_error("Deze kolom vult zichzelf.")
    known = {
        "BRIN_NUMMER": school | {"error_type": "warning"},
        "CATEGORIE": _choice([letter for letter, *_ in form.menu], "Kies de letter van de menukaart."),
        # The name may be one of a newer menukaart; one that is not on it is a finding after the file is read.
        "INTERVENTIE": by_category | {"error_type": "warning"},
        "NIVEAU": _choice(list(LEVELS), "school of bovenschools"),
        **dict.fromkeys(("BEDRAG", "WAARVAN_EXTERN"), amount),
        **dict.fromkeys(("SCHOOLSCAN", "SCHOOLPROGRAMMA_MR", "GMR", "GEMEENTE_GEINFORMEERD"), yes_no),
        **dict.fromkeys(("DATUM_MR", "DATUM_GMR", "DATUM"), day),
        "BOVENSCHOOLS_BEDRAG_MR": _at_least_nothing(),
        **dict.fromkeys(("SCHOOL", "CONTROLE"), itself),
    }
    return {name: known[name] for name in _NAMES[sheet] if name in known}


def _spending_rows(form: BoardForm) -> Iterator[_Row]:
    begin = {"BEVOEGD_GEZAG_NUMMER": form.board, "JAAR": form.year}
    for brin in sorted({*form.brins, *(row["brin"] for row in form.spent)}):
        own = [_renamed(row, _SPENT) for row in form.spent if row["brin"] == brin]
        empty: list[_Row] = [{}] * (_ROWS_PER_SCHOOL - len(own) if brin in form.brins else 0)
        yield from ({**begin, "BRIN_NUMMER": brin, **row} for row in (*own, *empty))
    yield from [begin] * _ROWS_MORE


def _consent_rows(form: BoardForm) -> Iterator[_Row]:
    filled = {} if form.consents is None else {(r["brin"], r["school_year"]): r for r in form.consents.to_dicts()}
    # Of a school without money of a year in this one, such as one that left, nothing is asked of that year.
    asked = [
        (school["brin"], year)
        for school in form.schools.rows(named=True)
        for year in form.school_years
        if year in school["funded"] or not school["funded"]
    ]
    for brin, year in dict.fromkeys([*asked, *sorted(filled)]):
        begin = {"BEVOEGD_GEZAG_NUMMER": form.board, "BRIN_NUMMER": brin, "SCHOOLJAAR": year}
        yield begin | _renamed(filled.get((brin, year), {}), _CONSENTED)


def _renamed(row: _Row, names: Mapping[str, str]) -> _Row:
    return {names[name]: value for name, value in row.items() if name in names}


def _data_sheet(
    page: Worksheet,
    form: BoardForm,
    table: FormTable,
    *,
    rows: Sequence[_Row],
    formats: Formats,
    checks: Sequence[Check],
) -> None:
    """Write a sheet to fill in: title, outcome of the checks, header, rows with their drop-downs and checks."""
    _top(page, f"{table.sheet} {form.year}, {form.shown}", formats)
    forms = {name: formats[_FORMS.get(name, "text")] for name in table.columns}
    validations = _validations(table.sheet, form)
    names = dict(form.schools.select("brin", "name").iter_rows())
    for place, name in enumerate(table.columns):
        side = "heading right" if _FORMS.get(name) in ("money", "day") else "heading"
        page.write_string(_HEADER_ROW - 1, place, name, formats[side])
        page.set_column(place, place, _WIDTHS.get(name, _WIDTH), forms[name])
        if name in validations:
            page.data_validation(table.first - 1, place, table.last - 1, place, validations[name])
    height = height_of([(name, _WIDTHS.get(name, _WIDTH)) for name in table.columns])
    page.set_row(_HEADER_ROW - 1, height + 6, formats["locked"])
    # Columns of the board itself, right of the table, are free; a row is deleted only where no cell is locked.
    page.set_column(len(table.columns), 16_383, None, formats["free"])
    for number, row in enumerate(rows, table.first):
        for place, name in enumerate(table.columns):
            _write(page, number - 1, place, row.get(name), form=forms[name])
        _write_helpers(page, number, table, row, form=formats["read only"], checks=checks, names=names)
        _set_height(page, number, row)
    _marks_and_print(page, table, formats)


def _top(page: Worksheet, title: str, formats: Formats) -> None:
    # A row has its own lock, because its column has none.
    for row in range(_HEADER_ROW - 1):
        page.set_row(row, None, formats["locked"])
    page.set_row(0, TITLE_HEIGHT, formats["locked"])
    page.write_string(0, 0, title, formats["title"])
    page.write_string(_CHECK_ROW - 1, 0, "Controle", formats["bold"])
    write_outcome(page, _CHECK_ROW, "H", formats)


def _write_helpers(
    page: Worksheet,
    number: int,
    table: FormTable,
    row: _Row,
    *,
    form: Any,
    checks: Sequence[Check],
    names: Mapping[str, str],
) -> None:
    """Write the formulas in a row: the name of its school, and its first fault."""
    brin = f"LEFT(TRIM(${table.letter('BRIN_NUMMER')}{number}),4)"
    looked_up = f'=IFERROR(INDEX({checking.SCHOOL_TITLES},MATCH({brin},{checking.SCHOOL_NAMES},0)),"")'
    known = names.get(row.get("BRIN_NUMMER", "")) or ""
    page.write_formula(number - 1, table.place("SCHOOL"), looked_up, form, known)
    page.write_formula(number - 1, table.place("CONTROLE"), row_formula(table, number, checks, {}), form, "")


def _set_height(page: Worksheet, number: int, row: _Row) -> None:
    long = [(str(row[name]), _WIDTHS[name]) for name in ("OUDERS_BETROKKEN", "RESULTAAT") if row.get(name)]
    # A row of consents that is still empty has no height of its own: it grows with what is typed.
    if long or "SCHOOLJAAR" not in row:
        page.set_row(number - 1, height_of(long) + 2)


def _marks_and_print(page: Worksheet, table: FormTable, formats: Formats) -> None:
    """Colour the cell that a check names, and say how the sheet is printed."""
    control = f"${table.letter('CONTROLE')}{table.first}"
    corner = f"A${_HEADER_ROW}"
    last = len(table.columns) - 1
    named = {
        "type": "formula",
        "criteria": f'=LEFT({control},LEN({corner})+1)={corner}&":"',
        "format": formats["red"],
    }
    page.conditional_format(table.first - 1, 0, table.last - 1, last, named)
    some = {"type": "formula", "criteria": f'={control}<>""', "format": formats["red"]}
    page.conditional_format(table.first - 1, last, table.last - 1, last, some)
    # The number of a board is a code: Excel need not warn that it is text.
    page.ignore_errors({"number_stored_as_text": f"A1:{table.letter('CONTROLE')}{table.last}"})
    page.freeze_panes(_HEADER_ROW, table.place("SCHOOL") + 1)
    page.repeat_rows(_HEADER_ROW - 1)


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
    return limit | _on_error("Vul een bedrag in, 0 of meer.")


def _on_error(message: str) -> dict[str, Any]:
    return {"error_title": "Dit kan hier niet staan", "error_message": message}


def _menu_sheet(book: Workbook, page: Worksheet, menu: Menu, *, formats: Formats) -> None:
    """Write the menukaart, a row per intervention; each category has a name by which its drop-down finds it."""
    widths = {"Categorie": 10, "Naam": 60, "Interventie": 60, "Sleutel": 20}
    page.set_row(0, TITLE_HEIGHT)
    page.write_string(0, 0, "Menukaart: de interventies waaruit u kiest", formats["title"])
    for place, (title, width) in enumerate(widths.items()):
        page.write_string(2, place, title, formats["heading"])
        page.set_column(place, place, width, formats["wrapped"], {"hidden": title == "Sleutel"})
    row = 2
    for letter, name, interventions in menu:
        first = row + 1
        for row, intervention in enumerate(interventions, first):
            key = f"{letter}|{checking.plain_name(intervention)}"
            page.write_row(row, 0, (letter, name, intervention, key), formats["wrapped"])
            page.set_row(row, height_of([(name, 60), (intervention, 60)]))
        if row >= first:
            book.define_name(f"Menukaart_{letter}", f"=Menukaart!$C${first + 1}:$C${row + 1}")
    book.define_name(checking.MENU_NAMES, f"=Menukaart!$D$4:$D${max(row + 1, 4)}")
    page.freeze_panes(3, 0)
    page.repeat_rows(2)
