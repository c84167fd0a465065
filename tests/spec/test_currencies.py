"""Two currencies are never added: what holds money of more than one has a total per currency.

The rule for the program's own code is read from its syntax: a sum of amounts is made by `money.total`, which
refuses two currencies, or is grouped by what has one currency.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from decimal import Decimal

import polars as pl
import pytest

from npo_pipeline import dutch
from npo_pipeline.money import MONEY, total, totals
from tests.spec.test_house import ROOT, Module, modules

AMOUNTS = {
    *("amount", "amount_applied", "received", "spent", "external", "accrued", "carried_in", "carried_out"),
    *("before", "after", "difference", "total"),
}
"""Columns that hold money."""

ONE_CURRENCY = {"currency", "decision_id", "unit"}
"""Columns of which each value belongs to one currency; `unit` is that of a fact in XBRL.
A school may have money in two."""

OF_ONE_CURRENCY = {
    "npo_pipeline/cli/render/pay.py sums_by": "whoever asks gives rows of one currency, or the currency as a key",
    "npo_pipeline/cli/render/decide.py grants_by_scheme": "subsidies are granted in euro",
    "npo_pipeline/accounts/board_reports.py by_intervention": "a school spends in one currency",
    "npo_pipeline/accounts/findings/spending.py _spent_twice": "rules of findings see one currency at a time",
    "npo_pipeline/accounts/findings/spending.py only_facilities": "rules of findings see one currency at a time",
    "npo_pipeline/reports/explain/cashflow.py _due_by_school": "an explanation is of one decision",
    "npo_pipeline/reports/explain/cashflow.py claims_by_school": "an explanation is of one decision",
    "npo_pipeline/reports/explain/cashflow.py lifecycle_events": "an explanation is of one decision",
    "npo_pipeline/reports/explain/cashflow.py correction_causes": "an explanation is of one decision",
    "npo_pipeline/commands/account/template.py _school_facts": "a school spends in one currency",
    "npo_pipeline/commands/account/write.py _other_years": "a control total of rows, written without a currency",
    "npo_pipeline/accounts/findings/spending.py external_above_amount": "rules of findings see one currency",
    "npo_pipeline/intake/board_reports.py credit_rejections": "a school spends in one currency",
    "npo_pipeline/books/publish.py _compare": "a control total only compares two sums of the same rows",
    "npo_pipeline/books/queries/publication.py view_of": "a control total of the rows that a file must give",
    "npo_pipeline/decisions/change_causes.py _differences": "its key is given, and has the currency",
    "npo_pipeline/reports/specification/model.py _sum": "all keys of its callers begin with a part, which has one",
}
"""Functions whose rows are of one currency, each with the reason."""


def money(**columns: list[str]) -> pl.DataFrame:
    rows = pl.DataFrame(columns)
    return rows.with_columns(pl.col("amount").cast(MONEY))


def test_a_total_is_of_one_currency():
    rows = money(amount=["482017.31", "-0.31"], currency=["EUR", "EUR"])
    assert total(rows) == Decimal("482017.00")


def test_a_total_of_nothing_is_zero():
    assert total(money(amount=[], currency=[])) == Decimal("0.00")


def test_a_total_of_two_currencies_is_refused():
    with pytest.raises(ValueError, match="EUR, USD"):
        total(money(amount=["1.00", "2.00"], currency=["USD", "EUR"]))


def test_rows_without_a_currency_of_their_own_are_of_one():
    # Instalments have that of their decision.
    assert total(money(amount=["1.00", "2.00"])) == Decimal("3.00")


def test_totals_are_written_per_currency():
    rows = money(amount=["400000.00", "82017.00", "0.31"], currency=["EUR", "USD", "EUR"])
    assert dutch.totals(rows) == "€ 400.000,31 and US$ 82.017,00"


def test_totals_are_in_order_of_their_codes():
    # Rows are grouped in an order of chance: of two currencies every second time the right one.
    codes = ["USD", "SEK", "PLN", "NOK", "GBP", "EUR", "DKK", "CHF"]
    assert list(totals(money(amount=["1.00"] * 8, currency=codes))) == codes[::-1]


def test_totals_of_nothing_are_nothing_in_euro():
    assert dutch.totals(money(amount=[], currency=[])) == "€ 0,00"


def test_no_sum_of_amounts_mixes_currencies():
    assert sorted(mixed for module in modules() for mixed in _mixed(module)) == []


def test_every_exception_is_there():
    names = {f"{module.path} {node.name}" for module in modules() for node in module.definitions()}
    assert sorted(set(OF_ONE_CURRENCY) - names) == []


def test_the_rule_finds_a_sum_over_all_currencies_and_leaves_one_per_currency():
    found = [
        _mixed(Module("some.py", ast.parse(f"def some(rows):\n    return {body}")))
        for body in (
            "rows['amount'].sum()",
            "rows.group_by('board').agg(pl.col('amount').sum())",
            "rows.select(pl.col('received', 'spent').sum())",
            "rows.group_by('board', 'currency').agg(pl.col('amount').sum())",
            "rows['pupils'].sum()",
        )
    ]
    assert [len(list(each)) for each in found] == [1, 1, 1, 0, 0]


def _mixed(module: Module) -> Iterator[str]:
    """Yield where a sum of amounts may be of two currencies: `file:line function`."""
    if module.path == "npo_pipeline/money.py":
        return
    for function in module.definitions():
        if isinstance(function, ast.ClassDef) or f"{module.path} {function.name}" in OF_ONE_CURRENCY:
            continue
        sums = [node for node in ast.walk(function) if _sums_amounts(node)]
        groups = _grouped_by_currency(module, function) if sums else ()
        grouped = {id(inner) for call in groups for inner in ast.walk(call)}
        for node in sums:
            if id(node) not in grouped:
                yield module.at(node, function.name)


def _sums_amounts(node: ast.AST) -> bool:
    """Return whether this is `rows["amount"].sum()` or `pl.col("amount").sum()`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sum"):
        return False
    summed = node.func.value
    if isinstance(summed, ast.Subscript):
        return _names(summed.slice) <= AMOUNTS and bool(_names(summed.slice))
    if not (isinstance(summed, ast.Call) and ast.unparse(summed.func) == "pl.col"):
        return False
    return any(_names(one) & AMOUNTS for one in summed.args)


def _grouped_by_currency(module: Module, function: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls of `agg` and `over` on groups of one currency."""
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        keys = node.args if node.func.attr == "over" else getattr(node.func.value, "args", [])
        if node.func.attr in ("agg", "over") and any(_keys(module, function, one) & ONE_CURRENCY for one in keys):
            yield node


def _keys(module: Module, function: ast.AST, key: ast.expr) -> set[str]:
    """Return the columns that a key of groups stands for; a name by what the function or the module gives it."""
    found = _names(key)
    for name in (node.id for node in ast.walk(key) if isinstance(node, ast.Name)):
        given = [node.value for node in _assignments(function) if _gives(node, name)]
        found |= (
            set().union(*(_keys(module, function, value) for value in given)) if given else _constant(module, name)
        )
    return found


def _assignments(function: ast.AST) -> Iterator[ast.Assign]:
    yield from (node for node in ast.walk(function) if isinstance(node, ast.Assign))


def _gives(node: ast.Assign, name: str) -> bool:
    return [ast.unparse(one) for one in node.targets] == [name]


def _constant(module: Module, name: str) -> set[str]:
    """Return the columns in a constant of a module: a name, or several."""
    if not (ROOT / module.path).exists():
        return set()
    value = getattr(importlib.import_module(module.path[:-3].replace("/", ".")), name, ())
    return {value} if isinstance(value, str) else set(value) if isinstance(value, (list, tuple)) else set()


def _names(node: ast.AST) -> set[str]:
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}
