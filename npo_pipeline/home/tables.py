"""The tables of the books in DuckDB, made from their pandera models, and the views beside them."""

from __future__ import annotations

import duckdb
import polars as pl

from npo_pipeline.errors import Refused
from schemas.tables import TABLES

_SQL_TYPES: dict[type[pl.DataType], str] = {
    pl.String: "varchar",
    pl.Int64: "bigint",
    pl.Date: "date",
    pl.Datetime: "timestamp",
}

FORMAT = 1
"""The form of the books. A program refuses a home of a higher format than its own."""

VIEWS = {
    "board_payments": """
        select paid_month, school_year, board, component, sum(amount)::decimal(18, 2) as amount, currency
        from payments group by all order by all""",
    "current_counts": """
        select counts.* from counts join deliveries using (delivery_id)
        where deliveries.superseded_by is null""",
    "latest_decisions": """
        select * from decisions qualify sequence = max(sequence) over (partition by school_year, currency)""",
}


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Make empty books."""
    made = ["create table home (format integer)", f"insert into home values ({FORMAT})"]
    for model in TABLES:
        columns = ", ".join(f"{name} {sql_type(column.dtype.type)}" for name, column in model.columns.items())
        made.append(f"create table {model.name} ({columns})")
    made += [f"create view {name} as {query}" for name, query in VIEWS.items()]
    connection.execute(";".join(made))


def check_format(connection: duckdb.DuckDBPyConnection, shown: str) -> None:
    """Refuse books that are not ours, or of a newer program.

    Raises:
        Refused: says which.
    """
    try:
        found = connection.sql("select max(format)::bigint from home").fetchall()[0][0]
    except duckdb.Error as error:
        raise Refused(f"{shown}: is no database of npo, or a damaged one; choose another --home") from error
    if found is None or found < 1:
        raise Refused(f"{shown}: does not say its format; it is damaged: put a back-up in its place")
    if found > FORMAT:
        raise Refused(
            f"{shown}: was written by a newer npo (format {found}, this one knows {FORMAT}); use that one"
        )


def sql_type(dtype: pl.DataType | type[pl.DataType]) -> str:
    """The DuckDB type of a polars type."""
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    return _SQL_TYPES[dtype.base_type()]
