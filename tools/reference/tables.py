"""The reference page of the published tables and views, from their schemas and from empty books made of them."""

from __future__ import annotations

from typing import Any

import duckdb
import pandera.polars as pa

from npo_pipeline.books.catalogue import add_comments
from npo_pipeline.books.tables import create
from npo_pipeline.books.views import VIEWS
from schemas.tables import TABLES
from tools.reference.markdown import code, codes, document, table

_INTRO = """`HOME/npo.duckdb` holds these tables and views. It can be opened read-only at any moment, with
DuckDB 1.5 or newer; how, and which questions they answer, is in [Query the
tables](../how-to/query-the-tables.md). The descriptions are in the database too, as comments that any SQL
client shows. Months are the date of their first day. Amounts are in the currency of their row or decision:
never add up two currencies. Above zero goes to the board, below zero comes back."""


def page() -> str:
    """Return the page: a section per table, then per view."""
    with duckdb.connect() as books:
        create(books)
        add_comments(books)
        made = [_table(books, one) for one in sorted(TABLES, key=lambda one: str(one.name))]
        views = [_view(books, name) for name in sorted(VIEWS)]
    return document("Tables and views", _INTRO, [*made, *views])


def _table(books: duckdb.DuckDBPyConnection, model: pa.DataFrameSchema) -> str:
    name = str(model.name)
    columns = [
        (
            code(column),
            kind,
            "may be null" if model.columns[column].nullable else "",
            _described(model, column, comment),
        )
        for column, kind, comment in _columns(books, name)
    ]
    key = f"Key: {codes(model.unique)}." if model.unique else "No key: rows may repeat."
    return _section(
        name, [_comment(books, "tables", name), key, table(["column", "type", "", "description"], columns)]
    )


def _view(books: duckdb.DuckDBPyConnection, name: str) -> str:
    columns = [(code(column), kind, comment) for column, kind, comment in _columns(books, name)]
    return _section(
        f"{name} (view)", [_comment(books, "views", name), table(["column", "type", "description"], columns)]
    )


def _section(title: str, parts: list[str]) -> str:
    return "\n\n".join([f"## {title}", *filter(None, parts)])


def _described(model: pa.DataFrameSchema, column: str, comment: str) -> str:
    values = [check.statistics["allowed_values"] for check in model.columns[column].checks if check.name == "isin"]
    listed = f"One of {codes(values[0])}." if values else ""
    return f"{comment} {listed}".strip()


def _columns(books: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str, str]]:
    query = """
        select column_name, lower(data_type), coalesce(comment, '') from duckdb_columns()
        where table_name = $name and not internal order by column_index"""
    return _rows(books, query, name)


def _comment(books: duckdb.DuckDBPyConnection, kind: str, name: str) -> str:
    query = f"select comment from duckdb_{kind}() where {kind[:-1]}_name = $name and not internal"
    return _rows(books, query, name)[0][0] or ""


def _rows(books: duckdb.DuckDBPyConnection, query: str, name: str) -> list[Any]:
    return books.execute(query, {"name": name}).fetchall()
