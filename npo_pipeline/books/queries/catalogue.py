"""The catalogue of the database: its tables, views, columns and functions as DuckDB describes them."""

from __future__ import annotations

from npo_pipeline.books.reader import Books

_OURS = "not internal and database_name = current_database()"


def described_columns(books: Books) -> dict[tuple[str, str], list[str]]:
    """Return the columns, each with its type, of every `table` and `view`: (kind, name) -> columns in order."""
    query = f"""
        select if(view_oid is null, 'table', 'view'), table_name,
               list((column_name, data_type)::text order by column_index)
        from (from duckdb_columns() where {_OURS}) left join duckdb_views() on table_oid = view_oid group by all"""
    return {(kind, name): columns for kind, name, columns in books.frame(query).iter_rows()}


def view_definitions(books: Books) -> dict[str, str]:
    """Return the SQL of every view."""
    return dict(books.frame(f"select view_name, sql from duckdb_views() where {_OURS}").iter_rows())


def function_names(books: Books) -> list[str]:
    """Return the names of the functions and macros that somebody added."""
    query = f"select function_name from duckdb_functions() where {_OURS} order by 1"
    return books.frame(query)["function_name"].to_list()


def count_view_differences(books: Books, view: str, query: str) -> int:
    """Count the rows that a view shows and a query does not, or the other way round.

    Raises:
        Refused: the view cannot be read.
    """
    return int(
        books.value(f"""
            select count(*) from (
                (from {view} except all ({query})) union all (({query}) except all from {view}))""")
    )
