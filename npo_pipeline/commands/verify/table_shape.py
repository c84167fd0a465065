"""The shape of the books: are the tables the ones that were made, and do they hold what they may hold?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pandera.errors import SchemaErrors

from npo_pipeline.books.duckdb import engine
from npo_pipeline.books.reader import Books
from npo_pipeline.books.tables import FORMAT, create
from npo_pipeline.books.views import VIEWS
from npo_pipeline.errors import Refused
from schemas.tables import TABLES, validated

_COLUMNS = """
    select view_oid is not null as view, table_name, list((column_name, data_type)::text order by column_index)
    from duckdb_columns() left join duckdb_views() on table_oid = view_oid
    where not duckdb_columns.internal and duckdb_columns.database_name = current_database() group by all"""

_WRITTEN = """
    select view_name, sql from duckdb_views() where not internal and database_name = current_database()"""

_FUNCTIONS = """
    select function_name from duckdb_functions()
    where not internal and database_name = current_database() order by 1"""


def table_faults(books: Books) -> Iterator[str]:
    """Tables that are not as they were made, or hold what they may not, a sentence each."""
    misshapen = list(_shape_faults(books))
    yield from misshapen
    if not misshapen:
        yield from _content_faults(books)


def view_faults(books: Books) -> Iterator[str]:
    """Views that show something else than what they are defined to show.

    One that is written as in new books shows what it should. One that is not may be of another version of DuckDB
    or of ours, so what it shows is looked at.
    """
    written, found = _as_made().views, _views(books)
    for name, query in VIEWS.items():
        if found.get(name) == written[name]:
            continue
        try:
            apart = books.value(f"""
                select count(*) from (
                    (from {name} except all ({query})) union all (({query}) except all from {name}))""")
        except Refused:
            apart = None
        if apart != 0:
            yield f"view {name} was changed: it does not show what the tables hold"


def _shape_faults(books: Books) -> Iterator[str]:
    made, found = _as_made().columns, _columns(books)
    for (kind, name), columns in made.items():
        there = found.get((kind, name))
        if there is None:
            yield f"{kind} {name} is gone"
        elif there != columns:
            odd = ", ".join(sorted(set(there) ^ set(columns))) or "their order"
            yield f"the columns of {kind} {name} were changed: {odd}"
    for kind, name in sorted(set(found) - set(made)):
        yield f"{kind} {name} is not one of ours"
    for name in books.frame(_FUNCTIONS)["function_name"]:
        yield f"function {name} is not one of ours"


@dataclass(frozen=True)
class _Made:
    """New books: the columns of each table and view, and how each view is written."""

    columns: dict[tuple[str, str], list[str]]
    views: dict[str, str]


@cache
def _as_made() -> _Made:
    with engine() as duck:
        create(duck)
        books = Books(duck, "new books", frozenset())
        return _Made(_columns(books), _views(books))


def _columns(books: Books) -> dict[tuple[str, str], list[str]]:
    rows = books.frame(_COLUMNS).iter_rows()
    return {("view" if view else "table", name): columns for view, name, columns in rows}


def _views(books: Books) -> dict[str, str]:
    return dict(books.frame(_WRITTEN).iter_rows())


def _content_faults(books: Books) -> Iterator[str]:
    if books.table("home").rows() != [(FORMAT,)]:
        yield "table home says otherwise than the format of these books"
    for model in TABLES:
        try:
            validated(books.table(model.name), model)
        except SchemaErrors as errors:
            faults = errors.failure_cases.group_by("column", "check", maintain_order=True).first()
            for column, check, case in faults.select("column", "check", "failure_case").iter_rows():
                yield f"table {model.name}, {column}: {case} is against rule {check}"
