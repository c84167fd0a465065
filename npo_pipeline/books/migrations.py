"""Migration: books of an older format as the tables of this one, filled from theirs.

Published books are never altered. Commands that read see a migrated copy in memory; a run writes its draft from
that copy, so that its rename publishes the new format together with what it did.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pandera.polars as pa

from npo_pipeline.books.tables import create
from npo_pipeline.errors import Refused
from schemas.columns import BESTUUR
from schemas.tables import TABLES

_OF_A_SCHOOL = {"beneficiary": "vestiging", "recipient_kind": f"'{BESTUUR}'"}
"""All money of format 3 is of a vestiging and paid to its board."""

_NO_SUPPLEMENT = dict.fromkeys(("small_below", "small_fixed", "small_decrease"), "null")

NEW_COLUMNS: Mapping[int, Mapping[str, Mapping[str, str]]] = {
    4: {
        "school_facts": {"municipality_number": "null"},
        "schools": {"municipality_number": "null"},
        "counts": {"pro_pupils": "null"},
        "entitlements": {**_OF_A_SCHOOL, "recipient": "board"},
        "trace": {**_OF_A_SCHOOL, "unrounded_before": "0", "counted_on": "null", **_NO_SUPPLEMENT},
        "instalments": _OF_A_SCHOOL,
        "adjustments": _OF_A_SCHOOL,
        "due_changes": _OF_A_SCHOOL,
        "payments": {**_OF_A_SCHOOL, "recipient": "board"},
        "findings": {"basis": "null"},
        "applications": dict.fromkeys(("vestiging", "region", "new_region", "granted_before"), "null"),
        "grants": {"region": "null"},
    },
    5: {},
}
"""Format -> table -> column that it added -> its value in older rows, in SQL over the older columns.

Manifests seal rows with the columns of the format they were written in (`columns_since`)."""

NEW_TABLES: Mapping[int, frozenset[str]] = {
    4: frozenset(
        {
            "areas",
            "municipal_scores",
            "listed_vestigingen",
            "leerplus_schools",
            "completions",
            "accountability_receipts",
        }
    ),
    5: frozenset({"zero_counts", "holds"}),
}
"""Format -> the tables that it added. No older run has rows in them."""


def columns_since(table: str, older: int) -> dict[str, str]:
    """Return the columns that a table got after a format: column -> its value in rows written in that format."""
    return {
        column: value
        for number, tables in NEW_COLUMNS.items()
        if number > older
        for column, value in tables.get(table, {}).items()
    }


def migrate(connection: duckdb.DuckDBPyConnection, source: str, older: int, shown: str) -> None:
    """Create the tables of this format in the current database, and fill them from an attached one.

    Args:
        connection: the engine.
        source: name of the attached database.
        older: its format.
        shown: the file, for messages.

    Raises:
        Refused: a table or column of the older format is gone, or a control total differs.
    """
    new = frozenset[str]().union(*(names for number, names in NEW_TABLES.items() if number > older))
    _refuse_newer(connection, source, older, shown)
    create(connection)
    try:
        for model in TABLES:
            if model.name not in new:
                _fill(connection, model, source, columns_since(str(model.name), older))
    except duckdb.Error as error:
        reason = (str(error).splitlines() or ["it cannot be read"])[0]
        raise Refused(f"{shown}: is damaged ({reason}); put a back-up in its place") from error


def _refuse_newer(connection: duckdb.DuckDBPyConnection, source: str, older: int, shown: str) -> None:
    """Refuse books that have a column of a newer format than they say: a migration would overwrite it."""
    there = connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = ?", [source]
    ).fetchall()
    for table, column in sorted(there):
        if column in columns_since(table, older):
            raise Refused(
                f"{shown}: says that it is of format {older}, and column {column} of {table} is newer; it is "
                "damaged: put a back-up in its place"
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
    values = ", ".join(f"{new[name]} as {name}" if name in new else name for name in model.columns)
    connection.execute(f"insert into {model.name} by name select {values} from {older}")
    total = "coalesce(sum(amount), 0)" if "amount" in model.columns else "0"
    was, now = (
        connection.execute(f"select count(*), {total} from {name}").fetchall() for name in (older, model.name)
    )
    if was != now:
        raise Refused(f"control total of {model.name}: {was[0]} in the older books, {now[0]} after migration")
