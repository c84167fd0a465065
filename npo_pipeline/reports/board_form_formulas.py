"""The formulas of the checks of a board's workbook: for one row, and over all rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from npo_pipeline.reports.board_form_checks import LAST_ROW, Check, has_entry


@dataclass(frozen=True, kw_only=True)
class FormTable:
    """The place of a table: its sheet and columns, its first row, and the last that is prefilled and checked."""

    sheet: str
    columns: Sequence[str]
    first: int
    filled: int
    last: int

    def place(self, column: str) -> int:
        """Return the position of a column; 0 is the first."""
        return self.columns.index(column)

    def letter(self, column: str) -> str:
        """Return the letter of a column."""
        return chr(ord("A") + self.place(column))

    def all(self, column: str) -> str:
        """Return the cells of a column as another sheet names them."""
        letter = self.letter(column)
        return f"'{self.sheet}'!${letter}${self.first}:${letter}${self.last}"

    def below(self, column: str) -> str:
        """Return the cells of a column below those that are checked."""
        letter = self.letter(column)
        return f"'{self.sheet}'!${letter}${self.last + 1}:${letter}${LAST_ROW}"

    def range_of(self, column: str) -> str:
        """Return the cells of a column as its own sheet names them."""
        letter = self.letter(column)
        return f"${letter}${self.first}:${letter}${self.last}"


@dataclass(frozen=True)
class _Reference:
    """A column in a condition: `{X}` is its cell or cells, `{X:all}` all its cells, `{X:y}` those of table y."""

    name: str
    here: str
    tables: Mapping[str, FormTable]

    def __format__(self, of: str) -> str:
        return self.tables[of].all(self.name) if of else self.here


class _References(dict[str, _Reference]):
    def __init__(self, table: FormTable, row: int | None, tables: Mapping[str, FormTable]) -> None:
        self._table, self._row, self._tables = table, row, {"all": table, **tables}

    def __missing__(self, name: str) -> _Reference:
        here = ""
        if name in self._table.columns:
            cell = f"${self._table.letter(name)}{self._row}"
            here = self._table.all(name) if self._row is None else cell
        return _Reference(name, here, self._tables)


def _condition(check: Check) -> str:
    if check.in_empty_rows:
        return check.when
    return f"{has_entry(check.sheet)}*({check.when})"


def row_formula(table: FormTable, row: int, checks: Sequence[Check], tables: Mapping[str, FormTable]) -> str:
    """Return the formula in a row that shows its first fault, or nothing."""
    own = [one for one in checks if not one.below]
    always, others = ([one for one in own if one.in_empty_rows is wanted] for wanted in (True, False))
    formula = '""'
    if others:
        # Said once and not for each check: no spreadsheet takes a formula of more than 8.192 characters.
        formula = f'IF(IFERROR({has_entry(table.sheet)},0),{_first_fault(others, formula)},"")'
    return "=" + _first_fault(always, formula).format_map(_References(table, row, tables))


def _first_fault(checks: Sequence[Check], formula: str) -> str:
    for check in reversed(checks):
        formula = f'IF(IFERROR({check.when},0),"{check.message}",{formula})'
    return formula


def count_formula(check: Check, table: FormTable, tables: Mapping[str, FormTable]) -> str:
    """Return the array formula that counts the rows with a fault."""
    if check.by_cell:
        return f'{{=COUNTIF({table.all("CONTROLE")},"{check.message}")}}'
    if check.below:
        return f"{{=COUNTA({table.below(check.column)})}}"
    references = _References(table, None, tables)
    count = f"SUM(IFERROR(IF({_condition(check)},1,0),0))"
    if check.only_if:
        count = f"IF({check.only_if},{count},0)"
    return f"{{={count.format_map(references)}}}"


def first_row_formula(check: Check, table: FormTable, count: str, tables: Mapping[str, FormTable]) -> str:
    """Return the array formula of the first row with a fault, where the cell `count` counts any."""
    rows = f"ROW({table.all(table.columns[0])})"
    if check.below:
        return f'{{=IF({count}=0,"",{table.last + 1})}}'
    if check.by_cell:
        condition = f'{table.all("CONTROLE")}="{check.message}"'
    else:
        condition = f"IFERROR({_condition(check)},0)>0".format_map(_References(table, None, tables))
    return f'{{=IF({count}=0,"",MIN(IF({condition},{rows})))}}'


def entries_formula(table: FormTable) -> str:
    """Return the array formula that counts the rows of a table with an entry of the board."""
    count = f"SUM(IFERROR(IF({has_entry(table.sheet)},1,0),0))"
    return f"{{={count.format_map(_References(table, None, {}))}}}"
