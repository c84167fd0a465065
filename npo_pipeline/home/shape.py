"""The shape of the books: are the tables the ones that were made, and do the views say what they should?"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from npo_pipeline.errors import Refused
from npo_pipeline.home.books import Books
from npo_pipeline.home.tables import VIEWS, create
from schemas.tables import TABLES

_COLUMNS = """
    select table_name, column_name, data_type
    from duckdb_columns() join duckdb_tables() using (database_name, schema_name, table_name)
    where database_name = current_database() and schema_name = 'main'
    order by table_name, column_index"""


def shape_faults(books: Books) -> Iterator[str]:
    """Tables that were dropped, or whose columns were changed, a sentence each."""
    with duckdb.connect() as connection:
        create(connection)
        made = _columns(Books(connection))
    found = _columns(books)
    for name in ("home", *(model.name for model in TABLES)):
        if name not in found:
            yield f"table {name} is gone"
        elif found[name] != made[name]:
            odd = sorted(set(found[name]) ^ set(made[name]))
            names = ", ".join(dict.fromkeys(column for column, _ in odd))
            yield f"the columns of table {name} were changed: {names}"


def view_faults(books: Books) -> Iterator[str]:
    """Views that show something else than what they are defined to show."""
    for name, query in VIEWS.items():
        try:
            apart = books.value(f"""
                select count(*) from (
                    (from {name} except all ({query})) union all (({query}) except all from {name}))""")
        except Refused:
            apart = None
        if apart != 0:
            yield f"view {name} was changed: it does not show what the tables hold"


def _columns(books: Books) -> dict[str, list[tuple[str, str]]]:
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, dtype in books.frame(_COLUMNS).iter_rows():
        columns.setdefault(table, []).append((column, dtype))
    return columns
