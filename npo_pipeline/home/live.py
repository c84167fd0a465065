"""What the books hold at this moment, for a run that builds on it."""

from __future__ import annotations

from datetime import date

import polars as pl

from npo_pipeline.home.books import Books


def live_deliveries(books: Books) -> pl.DataFrame:
    """The deliveries that nothing has superseded, in the order of their arrival."""
    return books.frame("from deliveries where superseded_by is null order by delivery_id")


def live_rows(books: Books, table: str) -> pl.DataFrame:
    """The rows of `counts` or `scores` that belong to live deliveries."""
    return books.frame(
        f"select t.* from {table} t join deliveries d using (delivery_id) where d.superseded_by is null"
    )


PLACES = """
    select delivery_id, vestiging from counts union select delivery_id, vestiging from scores
    union select delivery_id, vestiging from school_facts"""
"""Which schools each delivery tells of."""


def places(books: Books) -> pl.DataFrame:
    """Which schools each delivery tells of: delivery_id, vestiging."""
    return books.frame(PLACES)


def known_vestigingen(books: Books) -> pl.Series:
    """The vestigingen that have a board."""
    return books.frame("select distinct vestiging from school_facts")["vestiging"]


def all_facts(books: Books) -> pl.DataFrame:
    """All that was ever told of schools, in the order of arrival.

    Also of lists that were superseded: a corrected list in which a school is missing does not stop its
    money, and where both name it the later one is believed.
    """
    return books.frame("from school_facts order by delivery_id, vestiging")


def schools(books: Books) -> pl.DataFrame:
    """The directory of schools."""
    return books.frame("from schools order by vestiging, valid_from")


def reference_dates(books: Books) -> list[date]:
    """The reference dates of which pupils were counted."""
    return [row[0] for row in books.frame("select distinct reference_date from counts order by 1").iter_rows()]
