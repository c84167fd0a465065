"""Migration: books of an older format as the tables of this one, filled from theirs.

Published books are never altered. Commands that read see a migrated copy in memory; a run writes its draft from
that copy, so that its rename publishes the new format together with what it did.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pandera.polars as pa

from npo_pipeline.books.formats import STEPS, columns_at, columns_since, step_of, steps_of, tables_since
from npo_pipeline.books.tables import create
from npo_pipeline.books.views import VIEWS
from npo_pipeline.errors import Refused
from schemas.tables import TABLES

_SINCE_THE_SECOND_DAY = "trace"
"""The table that the very first books lack."""


def migrate(connection: duckdb.DuckDBPyConnection, source: str, older: int, shown: str) -> None:
    """Create the tables of this format in the current database, and fill them from an attached one.

    Args:
        connection: the engine.
        source: name of the attached database.
        older: its format.
        shown: the file, for messages.

    Raises:
        Refused: its tables are those of no program that wrote its format, or a control total differs.
    """
    step = _step_of(connection, source, older, shown)
    new = tables_since(step)
    create(connection)
    added = {model.name: columns_since(model.name, step) for model in TABLES if model.name not in new}
    try:
        for model in TABLES:
            if model.name in added:
                _fill(connection, model, source, added[model.name])
        for table, columns in added.items():
            for column, value in columns.items():
                if _is_query(value):
                    connection.execute(f"update {table} set {column} = {value}")
    except duckdb.Error as error:
        reason = (str(error).splitlines() or ["it cannot be read"])[0]
        raise Refused(f"{shown}: is damaged ({reason}); put a back-up in its place") from error


def _step_of(connection: duckdb.DuckDBPyConnection, source: str, older: int, shown: str) -> int:
    """Return the step of the history that books are at; name a table or column that none of their format had."""
    ours = [model.name for model in TABLES]
    query = """
        select table_name, column_name from duckdb_columns()
        where database_name = ? and table_name in (select unnest(?))"""
    found: dict[str, set[str]] = {}
    for table, column in connection.execute(query, [source, ours]).fetchall():
        found.setdefault(table, set()).add(column)
    if (step := step_of(older, found)) is not None:
        return step
    if older == STEPS[0].format and _SINCE_THE_SECOND_DAY not in found:
        raise Refused(
            f"{shown}: was written on the first day of npo, when payments were identified in another way, and no "
            "later npo can verify it; keep the npo that wrote it to read it"
        )
    expected = columns_at(steps_of(older)[0])
    for table in sorted({*found, *expected}):
        odd = sorted(found.get(table, set()) ^ expected.get(table, set()))
        if odd:
            break
    what = f"table {table}" if table not in found or table not in expected else f"column {odd[0]} of {table}"
    how = "is gone" if odd[0] in expected.get(table, set()) else "is not of that format"
    raise Refused(f"{shown}: says that it is of format {older}, and {what} {how}; put a back-up in its place")


def _is_query(value: str) -> bool:
    """Return whether a value is looked up in the tables, once they are filled."""
    return value.startswith("(")


def refuse_foreign(connection: duckdb.DuckDBPyConnection, source: str, shown: str) -> None:
    """Refuse to replace older books that hold a table or view of somebody else: the migrated ones would lack it.

    Raises:
        Refused: names them.
    """
    query = """
        select 'table ' || table_name, table_name from duckdb_tables() where database_name = $source
        union all select 'view ' || view_name, view_name from duckdb_views()
        where database_name = $source and not internal order by 1"""
    ours = {"home", *VIEWS, *(model.name for model in TABLES)}
    found = connection.execute(query, {"source": source}).fetchall()
    if foreign := ", ".join(what for what, name in found if name not in ours):
        raise Refused(
            f"{shown}: holds {foreign}, which npo did not make and which would be lost, because these books are "
            "of an older format; move it to a database of your own, and go on"
        )


def copy_migrated(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Fill new books, the current database, from a migrated copy of this format.

    Raises:
        Refused: a control total differs.
    """
    for model in TABLES:
        _fill(connection, model, source, {})


def _fill(
    connection: duckdb.DuckDBPyConnection, model: pa.DataFrameSchema, source: str, new: Mapping[str, str]
) -> None:
    """Copy the rows of a table, add its new columns, and compare control totals."""
    older = f"{source}.main.{model.name}"
    given = {name: "null" if _is_query(value) else value for name, value in new.items()}
    values = ", ".join(f"{given[name]} as {name}" if name in given else name for name in model.columns)
    connection.execute(f"insert into {model.name} by name select {values} from {older}")
    total = "coalesce(sum(amount), 0)" if "amount" in model.columns else "0"
    was, now = (
        connection.execute(f"select count(*), {total} from {name}").fetchall() for name in (older, model.name)
    )
    if was != now:
        raise Refused(f"control total of {model.name}: {was[0]} in the older books, {now[0]} after migration")
