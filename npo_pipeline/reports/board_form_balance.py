"""The form of a board, and two sheets of it to look at: the balance of each school, and all checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from npo_pipeline.dutch import SIGNS
from npo_pipeline.reports import board_form_checks as checking
from npo_pipeline.reports.board_form_checks import (
    Check,
    FormFacts,
)
from npo_pipeline.reports.board_form_formulas import (
    FormTable,
    count_formula,
    entries_formula,
    first_row_formula,
    row_formula,
)
from npo_pipeline.reports.xlsx import LINE_HEIGHT, TITLE_HEIGHT, cell_number, height_of
from schemas.frames.accounts import SchoolOpenings

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

Menu: TypeAlias = Sequence[tuple[str, str, Sequence[str]]]
"""For each category its letter, its official name and its interventions."""

Formats: TypeAlias = Mapping[str, Any]
Tables: TypeAlias = Mapping[str, FormTable]

_HEADER_ROW = 4
"""The row of the header (1 is the top)."""

_COLUMNS = {
    "BRIN": ("BRIN", 8),
    "NAME": ("Naam", 34),
    "CURRENCY": ("Valuta", 8),
    "RECEIVED": ("Ontvangen in {year}", 16),
    "CARRIED": ("Meegenomen uit het jaar ervoor", 18),
    "CORRECTED": ("Correcties van eerdere jaren", 17),
    "MOVED": ("Overgedragen saldo", 17),
    "AVAILABLE": ("Beschikbaar", 16),
    "SPENT": ("Besteed", 16),
    "EXTERNAL": ("Waarvan extern", 16),
    "LEFT": ("Blijft over", 16),
    "ROWS": ("Regels op Besteding", 11),
    "CONTROLE": ("Controle", 60),
}
_HIDDEN = ("ASKED", "ASKED_0", "ASKED_1", "SUPPORTED", "BOARD_LEVEL_BEFORE", "AGREED_BEFORE")
"""Facts of a school that its checks need; they stand in hidden columns."""

_AMOUNTS = ("RECEIVED", "CARRIED", "CORRECTED", "MOVED", "AVAILABLE", "SPENT", "EXTERNAL", "LEFT")
_NOTHING = Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class BoardForm:
    """A workbook to be filled in.

    `name`: of the board, null where it is not known. `school_years`: those of which consent is asked.
    `complete`: the letters of categories of which the whole menukaart is known. `spending`: rows filled in
    already, brin, category, intervention, level, amount, external. `consents`: the same, the columns of
    `consents` from `brin` on.
    """

    year: int
    board: str
    schools: SchoolOpenings
    menu: Menu
    school_years: tuple[str, ...]
    name: str | None = None
    complete: str = ""
    after_deadline: bool = False
    spending: pl.DataFrame | None = None
    consents: pl.DataFrame | None = None
    transfers: pl.DataFrame | None = None

    @property
    def moves(self) -> list[dict[str, Any]]:
        """Return the reserves that moved which are filled in already."""
        return [] if self.transfers is None else self.transfers.to_dicts()

    def moved(self, row: Mapping[str, Any]) -> Decimal:
        """Return what a reserve that moved adds to the board, below zero where it takes."""
        return Decimal(row["amount"]) if row["to_board"] == self.board else -Decimal(row["amount"])

    @property
    def brins(self) -> list[str]:
        """Return the schools, in order."""
        return self.schools["brin"].to_list()

    @property
    def currencies(self) -> list[str]:
        """Return the currencies in which the schools are paid; euro where there is no school."""
        return self.schools["currency"].unique().sort().to_list() or ["EUR"]

    @property
    def shown(self) -> str:
        """Return the name of the board with its number, or the number alone."""
        return f"bestuur {self.board}" + (f", {self.name}" if self.name else "")

    @property
    def facts(self) -> FormFacts:
        """Return the facts that the checks need."""
        return FormFacts(
            year=self.year,
            board=self.board,
            school_years=self.school_years,
            complete=self.complete,
            after_deadline=self.after_deadline,
        )

    @cached_property
    def spent(self) -> list[dict[str, Any]]:
        """Return the rows of spending that are filled in already, by school."""
        return [] if self.spending is None else self.spending.sort("brin", maintain_order=True).to_dicts()


def _school_table(form: BoardForm) -> FormTable:
    last = _HEADER_ROW + max(len(form.brins), 1)
    return FormTable(
        sheet=checking.SCHOOLS,
        columns=(*_COLUMNS, *_HIDDEN),
        first=_HEADER_ROW + 1,
        filled=last,
        last=last,
    )


def _tables(tables: Tables) -> Tables:
    """Return the tables by the names that the conditions of schools have for them."""
    return {"spending": tables[checking.SPENDING], "consents": tables[checking.CONSENTS]}


def write_schools_sheet(
    book: Workbook, page: Worksheet, form: BoardForm, *, tables: Tables, formats: Formats, checks: Sequence[Check]
) -> None:
    """Write sheet `Scholen`: the balance of each school, as a spreadsheet will calculate it."""
    table = _school_table(form)
    page.set_row(0, TITLE_HEIGHT)
    page.write_string(0, 0, f"Scholen {form.year}, {form.shown}", formats["title"])
    page.write_string(1, 0, "Controle", formats["bold"])
    write_outcome(page, 2, "H", formats)
    titles = {name: (title.format(year=form.year), width) for name, (title, width) in _COLUMNS.items()}
    for place, (name, (title, width)) in enumerate(titles.items()):
        side = "heading right" if name in (*_AMOUNTS, "ROWS") else "heading"
        page.write_string(_HEADER_ROW - 1, place, title, formats[side])
        page.set_column(place, place, width)
    page.set_row(_HEADER_ROW - 1, height_of(list(titles.values())))
    page.set_column(len(_COLUMNS), len(_COLUMNS) + len(_HIDDEN) - 1, None, None, {"hidden": True})
    own = [one for one in checks if one.sheet == checking.SCHOOLS]
    for row, school in enumerate(form.schools.rows(named=True), table.first):
        page.set_row(row - 1, 2 * LINE_HEIGHT + 3)
        _school(page, row, school, form=form, tables=tables, formats=formats, checks=own)
    _totals(page, form, table, formats)
    for name, column in ((checking.SCHOOL_NAMES, "BRIN"), (checking.SCHOOL_TITLES, "NAME")):
        book.define_name(name, f"={table.all(column)}")
    over = f"${table.letter('LEFT')}${table.first}:${table.letter('LEFT')}${table.last}"
    page.conditional_format(over, {"type": "cell", "criteria": "<", "value": 0, "format": formats["red"]})
    page.conditional_format(table.range_of("CONTROLE"), {"type": "no_blanks", "format": formats["red"]})
    page.freeze_panes(_HEADER_ROW, 2)
    page.repeat_rows(_HEADER_ROW - 1)


def _school(
    page: Worksheet, row: int, school: dict[str, Any], *, form: BoardForm, tables: Tables, formats: Formats,
    checks: Sequence[Check],
) -> None:  # fmt: skip
    table, money = _school_table(form), formats[f"sum {school['currency']}"]
    for name, value in (
        ("BRIN", school["brin"]),
        ("NAME", school["name"] or ""),
        ("CURRENCY", school["currency"]),
    ):
        page.write_string(row - 1, table.place(name), value, formats["shown"])
    balance = _balance(form, school)
    for name in ("RECEIVED", "CARRIED", "CORRECTED"):
        page.write_number(row - 1, table.place(name), cell_number(balance[name]), money)
    # A school with money in two currencies has two rows, and spends in one of them.
    spending = ("MOVED", "SPENT", "EXTERNAL", "ROWS") if not school["spends"] else ()
    for name, formula in _formulas(form, table, tables, row).items():
        formula = "=0" if name in spending else formula
        kept = formats["whole"] if name == "ROWS" else money
        page.write_formula(row - 1, table.place(name), formula, kept, cell_number(balance[name]))
    place = table.place("CONTROLE")
    control = row_formula(table, row, checks, _tables(tables)).removeprefix("=")
    page.write_array_formula(row - 1, place, row - 1, place, f"{{={control}}}", formats["shown"], "")
    hidden = _hidden(form, school)
    for name in _HIDDEN:
        page.write_number(row - 1, table.place(name), cell_number(hidden[name]))


def _formulas(form: BoardForm, table: FormTable, tables: Tables, row: int) -> dict[str, str]:
    spending, transfers = tables[checking.SPENDING], tables[checking.TRANSFERS]
    cell = {name: f"{table.letter(name)}{row}" for name in table.columns}
    own = f'${cell["BRIN"]}&"*"'

    def moved(party: str) -> str:
        return (
            f"SUMIFS({transfers.all('BEDRAG')},{transfers.all('BRIN_NUMMER')},{own},"
            f'{transfers.all(party)},"{form.board}")'
        )

    def spent(column: str) -> str:
        return f"=SUMIFS({spending.all(column)},{spending.all('BRIN_NUMMER')},{own})"

    return {
        "MOVED": f"={moved('NAAR_BEVOEGD_GEZAG')}-{moved('VAN_BEVOEGD_GEZAG')}",
        "AVAILABLE": f"={cell['RECEIVED']}+{cell['CARRIED']}+{cell['CORRECTED']}+{cell['MOVED']}",
        "SPENT": spent("BEDRAG"),
        "EXTERNAL": spent("WAARVAN_EXTERN"),
        "LEFT": f"=ROUND({cell['AVAILABLE']}-{cell['SPENT']},2)",
        "ROWS": f'=COUNTIFS({spending.all("BRIN_NUMMER")},{own},{spending.all("CATEGORIE")},"?*")',
    }


def _balance(form: BoardForm, school: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return the numbers of a school, for readers of the workbook that calculate nothing."""
    own = [row for row in form.spent if row["brin"] == school["brin"] and school["spends"]]
    amount, external = (sum((row[name] for row in own), _NOTHING) for name in ("amount", "external"))
    moved = sum((form.moved(row) for row in form.moves if row["brin"] == school["brin"]), _NOTHING)
    moved = moved if school["spends"] else _NOTHING
    available = school["received"] + school["carried_in"] + school["corrections"] + moved
    return {
        "RECEIVED": school["received"],
        "CARRIED": school["carried_in"],
        "CORRECTED": school["corrections"],
        "MOVED": moved,
        "AVAILABLE": available,
        "SPENT": amount,
        "EXTERNAL": external,
        "LEFT": available - amount,
        "ROWS": Decimal(len(own)),
    }


def _hidden(form: BoardForm, school: Mapping[str, Any]) -> dict[str, Decimal | int]:
    asked = {f"ASKED_{number}": int(year in school["funded"]) for number, year in enumerate(form.school_years)}
    return {
        **dict.fromkeys(_HIDDEN, 0),
        **asked,
        "ASKED": school["asked"],
        "SUPPORTED": int(school["supported"]),
        "BOARD_LEVEL_BEFORE": school["board_level_before"],
        "AGREED_BEFORE": school["agreed_before"],
    }


def _totals(page: Worksheet, form: BoardForm, table: FormTable, formats: Formats) -> None:
    """Write the totals below the schools, a row per currency."""
    schools = form.schools.rows(named=True)
    for row, currency in enumerate(form.currencies, table.last + 1):
        for place in range(len(_COLUMNS)):
            page.write_blank(row - 1, place, None, formats["total"])
        label = f"Totaal {SIGNS.get(currency, currency)}" if len(form.currencies) > 1 else "Totaal"
        page.write_string(row - 1, 0, label, formats["total"])
        own = [_balance(form, one) for one in schools if one["currency"] == currency]
        for name in _AMOUNTS:
            formula = f'=SUMIF({table.range_of("CURRENCY")},"{currency}",{table.range_of(name)})'
            total = sum((one[name] for one in own), _NOTHING)
            form_of = formats[f"total {currency}"]
            page.write_formula(row - 1, table.place(name), formula, form_of, cell_number(total))


def write_checks_sheet(
    book: Workbook, page: Worksheet, form: BoardForm, *, tables: Tables, formats: Formats, checks: Sequence[Check]
) -> None:
    """Write sheet `Controle`: the outcome, how much is filled in, and a row per check with what it found."""
    columns = {"Blad": 18, "Gegeven": 26, "Wat er niet klopt": 62, "Aantal": 9, "Eerste regel": 11, "Regel": 26}
    page.set_row(0, TITLE_HEIGHT)
    page.write_string(0, 0, f"Controle {form.year}, {form.shown}", formats["title"])
    _counts(page, tables, formats)
    for place, (title, width) in enumerate(columns.items()):
        page.write_string(
            _CHECKS_ROW - 2, place, title, formats["heading right" if place in (3, 4) else "heading"]
        )
        page.set_column(place, place, width)
    page.set_row(_CHECKS_ROW - 2, 2 * LINE_HEIGHT)
    every = {**tables, checking.SCHOOLS: _school_table(form)}
    for row, check in enumerate(checks, _CHECKS_ROW):
        table, more = every[check.sheet], _tables(tables)
        page.write_row(row - 1, 0, (check.sheet, check.column, check.words), formats["shown"])
        page.set_row(row - 1, height_of([(check.words, columns["Wat er niet klopt"])]))
        counted, first = count_formula(check, table, more), first_row_formula(check, table, f"$D{row}", more)
        page.write_array_formula(row - 1, 3, row - 1, 3, counted, formats["whole"], 0)
        page.write_array_formula(row - 1, 4, row - 1, 4, first, formats["whole"], "")
        page.write_string(row - 1, 5, check.rule, formats["shown"])
    last = _CHECKS_ROW + len(checks) - 1
    page.write_string(2, 0, "Uitkomst", formats["bold"])
    write_outcome(page, 3, "F", formats, formula=_outcome(last))
    book.define_name(checking.OUTCOME, "=Controle!$B$3")
    found = {"type": "formula", "criteria": f"=$D{_CHECKS_ROW}>0", "format": formats["red"]}
    page.conditional_format(f"A{_CHECKS_ROW}:E{last}", found)
    _impossible(page, last + 2, formats)
    page.freeze_panes(_CHECKS_ROW - 1, 0)
    page.repeat_rows(_CHECKS_ROW - 2)


_CHECKS_ROW = 11
"""The row of the first check; the counts of what is filled in stand above."""


def _counts(page: Worksheet, tables: Tables, formats: Formats) -> None:
    for row, name in enumerate((checking.SPENDING, checking.CONSENTS, checking.TRANSFERS), 4):
        page.write_string(row - 1, 0, f"Ingevulde regels op {name}", formats["bold"])
        page.write_array_formula(row - 1, 3, row - 1, 3, entries_formula(tables[name]), formats["whole"], 0)


def _outcome(last: int) -> str:
    """Return the formula of the outcome: nothing filled in, all right, or the first fault and how many more."""
    cells = {letter: f"${letter}${_CHECKS_ROW}:${letter}${last}" for letter in "ABCDE"}
    first = f"MATCH(TRUE,{cells['D']}>0,0)"
    kinds = f'COUNTIF({cells["D"]},">0")'
    at = {letter: f"INDEX({column},{first})" for letter, column in cells.items()}
    wrong = (
        f'"{checking.WRONG}: "&{at["A"]}&", regel "&{at["E"]}&", "&{at["B"]}&": "&{at["C"]}'
        f'&IF({at["D"]}>1," ("&{at["D"]}&" keer)","")'
        f'&IF({kinds}>1,"; zie blad Controle voor nog "&({kinds}-1)&" meer","")'
    )
    filled = "SUM($D$4:$D$6)=0"
    return f'IF({filled},"{checking.NOTHING}",IF(SUM({cells["D"]})=0,"{checking.RIGHT}",{wrong}))'


def _impossible(page: Worksheet, row: int, formats: Formats) -> None:
    page.write_string(row - 1, 0, "Wat alleen het programma kan controleren", formats["bold"])
    for number, (rule, words) in enumerate(checking.IMPOSSIBLE.items(), row):
        page.merge_range(number, 0, number, 4, words, formats["wrapped"])
        page.set_row(number, height_of([(words, 110)]))
        page.write_string(number, 5, rule, formats["shown"])


def write_outcome(
    page: Worksheet, row: int, last: str, formats: Formats, *, formula: str = checking.OUTCOME
) -> None:
    """Write the outcome of all checks in column B of a row: green, or red with what is wrong, to column `last`."""
    # As an array formula, so that a spreadsheet calculates it when it opens the workbook.
    page.write_array_formula(row - 1, 1, row - 1, 1, f"{{={formula}}}", None, checking.NOTHING)
    for words, colour in ((checking.WRONG, "red"), (checking.RIGHT, "green"), (checking.NOTHING, "yellow")):
        begins = f'=LEFT($B${row},{len(words)})="{words}"'
        rule = {"type": "formula", "criteria": begins, "format": formats[colour], "stop_if_true": True}
        page.conditional_format(f"B{row}:{last}{row}", rule)
