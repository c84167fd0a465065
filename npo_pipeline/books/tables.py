"""The tables of the books in DuckDB, created from their pandera models, and the views beside them."""

from __future__ import annotations

import duckdb
import polars as pl

from npo_pipeline.books.formats import READABLE_FORMAT
from npo_pipeline.books.views import VIEWS
from npo_pipeline.errors import Refused
from schemas.tables import TABLES

_SQL_TYPES: dict[type[pl.DataType], str] = {
    pl.String: "varchar",
    pl.Int64: "bigint",
    pl.Date: "date",
    pl.Datetime: "timestamp",
    pl.Boolean: "boolean",
}

FORMAT = 8
"""The form of the books: their tables, columns and views (`tools/reference/formats.json` holds a hash of each)."""


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Create empty books: all tables and views."""
    statements = ["create table home (format integer)", f"insert into home values ({FORMAT})"]
    for model in TABLES:
        columns = ", ".join(f"{name} {sql_type(column.dtype.type)}" for name, column in model.columns.items())
        statements.append(f"create table {model.name} ({columns})")
    statements += [f"create view {name} as {view.query}" for name, view in VIEWS.items()]
    connection.execute(";".join(statements))


def check_format(connection: duckdb.DuckDBPyConnection, shown: str, oldest: int = READABLE_FORMAT) -> int:
    """Return the format of books; refuse those that are not ours, newer, or first to be upgraded.

    `oldest`: the oldest format that is good enough.

    Raises:
        Refused: says which.
    """
    try:
        found = connection.execute("select max(format)::bigint from home").fetchall()[0][0]
    except duckdb.Error as error:
        raise Refused(f"{shown}: is no database of npo, or a damaged one; choose another --home") from error
    if found is None or found < 1:
        raise Refused(f"{shown}: does not say its format; it is damaged: put a back-up in its place")
    if found > FORMAT:
        raise Refused(
            f"{shown}: was written by a newer npo (format {found}, this one knows {FORMAT}); use that one"
        )
    if found < oldest:
        raise Refused(
            f"{shown}: was written by an older npo (format {found}); run `npo upgrade`, which keeps all of it"
        )
    return int(found)


def sql_type(dtype: pl.DataType | type[pl.DataType]) -> str:
    """Return the DuckDB type of a polars type."""
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    return _SQL_TYPES[dtype.base_type()]
