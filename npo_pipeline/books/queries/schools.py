"""Schools: facts by delivery, the directory, and who holds them."""

from __future__ import annotations

import polars as pl

from npo_pipeline.books.reader import Books

PLACES = """
    select delivery_id, vestiging from counts union select delivery_id, vestiging from scores
    union select delivery_id, vestiging from school_facts"""

"""Which schools each delivery tells of."""


def schools_by_delivery(books: Books) -> pl.DataFrame:
    """Which schools each delivery tells of: delivery_id, vestiging."""
    return books.frame(PLACES)


def known_vestigingen(books: Books) -> pl.Series:
    """The vestigingen that have a board."""
    return books.frame("select distinct vestiging from school_facts")["vestiging"]


def school_facts(books: Books) -> pl.DataFrame:
    """All that was ever told of schools, in the order of arrival.

    Also of lists that were superseded: a corrected list in which a school is missing does not stop its
    money, and where both name it the later one is believed.
    """
    return books.frame("from school_facts order by delivery_id, vestiging")


def school_directory(books: Books) -> pl.DataFrame:
    """The directory of schools."""
    return books.frame("from schools order by vestiging, valid_from")


def schools_by_board(books: Books) -> pl.DataFrame:
    """The schools that each board holds or ever held, by what was told of them or was paid: board, brin."""
    return books.frame("""
        select board, vestiging[:4] as brin from school_facts union select board, brin from payments""")
