"""The catalogue of the database: its tables, views, columns and functions, with a comment on what each is.

The comments are for whoever opens the books with a client of SQL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache

import duckdb

from npo_pipeline.books.reader import Books
from npo_pipeline.books.views import VIEWS
from schemas.columns import SHARED_DESCRIPTIONS
from schemas.tables import TABLES

_OURS = "not internal and database_name = current_database()"
_HOME = "The format of these books: a program refuses books of a newer format than its own."


def add_comments(connection: duckdb.DuckDBPyConnection) -> None:
    """Comment all tables, views and columns of the current database, unless these comments are there.

    Every run looks one row up to know that.
    """
    found = connection.execute("""
        select comment from duckdb_tables()
        where table_name = 'home' and database_name = current_database()""").fetchall()
    if found == [(_comment_of_home(),)]:
        return
    columns = connection.execute("""
        select table_name, column_name from duckdb_columns()
        where not internal and database_name = current_database()""").fetchall()
    comments = {**_comments_of_tables(), **_comments_of_views(columns), "table home": _comment_of_home()}
    connection.execute(";".join(f"comment on {target} is {quoted(text)}" for target, text in comments.items()))


def _comments_of_tables() -> dict[str, str]:
    comments = {"column home.format": "Number of the format."}
    for model in TABLES:
        comments[f"table {model.name}"] = str(model.description)
        for name, column in model.columns.items():
            comments[f"column {model.name}.{name}"] = str(column.description)
    return comments


def _comments_of_views(columns: list[tuple[str, str]]) -> dict[str, str]:
    of_columns = {f"column {name}.{one}": VIEWS[name].describe(one) for name, one in columns if name in VIEWS}
    return {f"view {name}": view.description for name, view in VIEWS.items()} | of_columns


@cache
def _comment_of_home() -> str:
    """Return the comment of table `home`, which ends with a hash of all descriptions."""
    digest = hashlib.sha256()
    views = ((name, view.description, *view.columns.items()) for name, view in VIEWS.items())
    for text in (*_comments_of_tables().items(), *views, *SHARED_DESCRIPTIONS.items()):
        digest.update(repr(text).encode())
    return f"{_HOME} Descriptions: {digest.hexdigest()[:12]}."


def described(name: str) -> tuple[str, Callable[[str], str]]:
    """Return the description of a table or view, and the one of each of its columns."""
    if view := VIEWS.get(name):
        return view.description, view.describe
    model = next(one for one in TABLES if one.name == name)
    return str(model.description), lambda column: str(model.columns[column].description)


def quoted(text: str) -> str:
    """Return a text as a string of SQL."""
    return "'" + text.replace("'", "''") + "'"


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
