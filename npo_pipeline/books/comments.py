"""Comments in the database: what every table, view and column is, for whoever opens it with a client of SQL."""

from __future__ import annotations

import hashlib
from functools import cache

import duckdb

from npo_pipeline.books.views import VIEWS
from schemas.columns import SHARED_DESCRIPTIONS
from schemas.tables import TABLES

_HOME = "The format of these books: a program refuses books of a newer format than its own."


def add_comments(connection: duckdb.DuckDBPyConnection) -> None:
    """Comment all tables, views and columns of the current database, unless these comments are there.

    Every run looks one row up to know that. The comments themselves are written in the first run of a home, and in
    the next one of a home that another version commented, or none did.
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
    connection.execute(";".join(f"comment on {target} is {_quoted(text)}" for target, text in comments.items()))


def _comments_of_tables() -> dict[str, str]:
    comments = {"column home.format": "Number of the format."}
    for model in TABLES:
        comments[f"table {model.name}"] = str(model.description)
        for name, column in model.columns.items():
            comments[f"column {model.name}.{name}"] = str(column.description)
    return comments


def _comments_of_views(columns: list[tuple[str, str]]) -> dict[str, str]:
    comments = {f"view {name}": view.description for name, view in VIEWS.items()}
    for name, column in columns:
        if view := VIEWS.get(name):
            comments[f"column {name}.{column}"] = view.describe(column)
    return comments


@cache
def _comment_of_home() -> str:
    """Return the comment of table `home`, which ends with a hash of all descriptions."""
    digest = hashlib.sha256()
    views = ((name, view.description, *view.columns.items()) for name, view in VIEWS.items())
    for text in (*_comments_of_tables().items(), *views, *SHARED_DESCRIPTIONS.items()):
        digest.update(repr(text).encode())
    return f"{_HOME} Descriptions: {digest.hexdigest()[:12]}."


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
