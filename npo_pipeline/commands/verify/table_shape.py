"""The shape of the books: the tables and views are the ones that were made, and hold what they may hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pandera.errors import SchemaErrors

from npo_pipeline.books.catalogue import (
    count_view_differences,
    described_columns,
    function_names,
    view_definitions,
)
from npo_pipeline.books.duckdb import engine
from npo_pipeline.books.reader import Books
from npo_pipeline.books.tables import FORMAT, create
from npo_pipeline.books.views import VIEWS
from npo_pipeline.errors import Refused
from schemas.tables import TABLES, validated


def table_faults(books: Books) -> Iterator[str]:
    """Describe tables that are not as they were made, or hold what they may not, a sentence each."""
    misshapen = list(_shape_faults(books))
    yield from misshapen
    if not misshapen:
        yield from _content_faults(books)


def view_faults(books: Books) -> Iterator[str]:
    """Describe views that show something else than what they are defined to show.

    A view that is defined as in new books shows what it should. Another may have been written by another version
    of DuckDB or of this program, so its rows are compared.
    """
    expected, found = _new_books().views, view_definitions(books)
    for name, view in VIEWS.items():
        if found.get(name) == expected[name]:
            continue
        try:
            different = count_view_differences(books, name, view.query) != 0
        except Refused:
            different = True
        if different:
            yield f"view {name} was changed: it does not show what the tables hold"


def _shape_faults(books: Books) -> Iterator[str]:
    expected, found = _new_books().columns, described_columns(books)
    for (kind, name), columns in expected.items():
        there = found.get((kind, name))
        if there is None:
            yield f"{kind} {name} is gone"
        elif there != columns:
            odd = ", ".join(sorted(set(there) ^ set(columns))) or "their order"
            yield f"the columns of {kind} {name} were changed: {odd}"
    for kind, name in sorted(set(found) - set(expected)):
        yield f"{kind} {name} is not one of ours"
    for name in function_names(books):
        yield f"function {name} is not one of ours"


@dataclass(frozen=True)
class _NewBooks:
    """Hold how new books are made: the columns of each table and view, and the definition of each view."""

    columns: dict[tuple[str, str], list[str]]
    views: dict[str, str]


@cache
def _new_books() -> _NewBooks:
    with engine() as duck:
        create(duck)
        books = Books(duck, "new books", frozenset())
        return _NewBooks(described_columns(books), view_definitions(books))


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
