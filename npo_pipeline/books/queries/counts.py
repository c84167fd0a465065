"""Counts and scores of current deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from npo_pipeline.books.reader import Books


def current_rows(books: Books, table: str) -> pl.DataFrame:
    """The rows of `counts` or `scores` that belong to live deliveries."""
    return books.frame(
        f"select t.* from {table} t join deliveries d using (delivery_id) where d.superseded_by is null"
    )


def rows_of_brins(books: Books, table: str, brins: Sequence[str]) -> pl.DataFrame:
    """Return the rows of `counts` or `scores` for some BRINs, of all deliveries."""
    return books.frame(f"from {table} where substr(vestiging, 1, 4) = any($1)", [list(brins)])


def reference_dates(books: Books) -> list[date]:
    """The reference dates of which pupils were counted."""
    return [row[0] for row in books.frame("select distinct reference_date from counts order by 1").iter_rows()]


def counted_rows(books: Books) -> pl.DataFrame:
    """What live deliveries count: delivery_id, kind, reference_date, vestiging, school_type, cluster."""
    return books.frame("""
        with told as (
            select delivery_id, vestiging, school_type, cluster from counts
            union all select delivery_id, vestiging, null, null from scores)
        select delivery_id, kind, d.reference_date, vestiging, school_type, cluster
        from told join deliveries d using (delivery_id) where superseded_by is null""")
