"""The tables and views of the books: as they were made, and with the rows that they may hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import polars as pl
from pandera.errors import SchemaErrors

from npo_pipeline import dutch
from npo_pipeline.books.catalogue import (
    described_columns,
    function_names,
    view_definitions,
)
from npo_pipeline.books.duckdb import engine
from npo_pipeline.books.reader import Books
from npo_pipeline.books.tables import FORMAT, create
from npo_pipeline.books.views import VIEWS
from schemas.tables import TABLES, validated


def table_faults(books: Books) -> Iterator[str]:
    """Describe tables that are not as they were made, or hold what they may not, a sentence each."""
    yield from _shape_faults(books)
    yield from _content_faults(books)


def view_faults(books: Books) -> Iterator[str]:
    """Describe views that are not defined as in new books.

    Their rows are not compared: a view may show what it should today and hide what is paid tomorrow. DuckDB keeps
    a parsed query and writes its text itself, so one query has one text.
    """
    expected, found = _new_books().views, view_definitions(books)
    for name in VIEWS:
        if name in found and found[name] != expected[name]:
            yield f"view {name} was changed: it does not show what the tables hold, or will not"


def row_differences(
    subject: str, expected: pl.DataFrame, found: pl.DataFrame, columns: Sequence[str]
) -> Iterator[str]:
    """Describe rows in the books that do not follow, and rows that are missing; copies of a row are counted.

    `subject` begins the sentence; the `expected` rows were derived, and `columns` are compared.
    """
    if expected.select(columns).equals(found.select(columns)):
        return
    one, other = _numbered(expected, columns), _numbered(found, columns)
    missing = one.join(other, on=one.columns, how="anti", nulls_equal=True).sort(columns)
    extra = other.join(one, on=one.columns, how="anti", nulls_equal=True).sort(columns)
    if extra.height or missing.height:
        first = pl.concat([extra, missing]).row(0, named=True)
        shown = ", ".join(f"{name} {_shown(first[name])}" for name in columns)
        yield f"{subject}: {extra.height} rows do not follow, {missing.height} are missing; first: {shown}"


def _shape_faults(books: Books) -> Iterator[str]:
    expected, found = _new_books().columns, described_columns(books)
    for (kind, name), columns in expected.items():
        there = found.get((kind, name))
        if there is None:
            yield f"{kind} {name} is gone"
        elif there != columns:
            odd = ", ".join(sorted(set(there) ^ set(columns))) or "their order"
            yield f"the columns of {kind} {name} were changed: {odd}"
    for kind, name in sorted(set(found) - set(expected)):
        yield f"{kind} {name} is not one of ours"
    for name in function_names(books):
        yield f"function {name} is not one of ours"


@dataclass(frozen=True)
class _NewBooks:
    """Hold how new books are made: the columns of each table and view, and the definition of each view."""

    columns: dict[tuple[str, str], list[str]]
    views: dict[str, str]


@cache
def _new_books() -> _NewBooks:
    with engine() as duck:
        create(duck)
        books = Books(duck, "new books", frozenset())
        return _NewBooks(described_columns(books), view_definitions(books))


def _content_faults(books: Books) -> Iterator[str]:
    """Compare the rows of each table that has the columns it was made with against its model."""
    expected, found = _new_books().columns, described_columns(books)
    shaped = {
        name for kind, name in expected if kind == "table" and found.get((kind, name)) == expected[kind, name]
    }
    if "home" in shaped and books.table("home").rows() != [(FORMAT,)]:
        yield "table home says otherwise than the format of these books"
    for model in (one for one in TABLES if one.name in shaped):
        try:
            validated(books.table(model.name), model)
        except SchemaErrors as errors:
            faults = errors.failure_cases.group_by("column", "check", maintain_order=True).first()
            for column, check, case in faults.select("column", "check", "failure_case").iter_rows():
                yield f"table {model.name}, {column}: {case} is against rule {check}"


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return dutch.number(value, -int(value.as_tuple().exponent))
    return str(value)


def _numbered(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Add column `copy`: the number of a row among exact copies of it."""
    return rows.select(*columns, copy=pl.int_range(pl.len()).over(columns))
