"""Schools: facts by delivery, the directory, and who holds them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from npo_pipeline.books.reader import Books
from schemas.frames.reports import KnownSchools
from schemas.received import Schools

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


def school_directory(books: Books) -> Schools:
    """Return the directory of schools."""
    return Schools(books.frame("from schools order by vestiging, valid_from"))


def known_schools(books: Books) -> KnownSchools:
    """Return the rows of the directory and the schools that only a count names, which may have no board."""
    return KnownSchools(
        books.frame("""
            select vestiging, brin, board, name, place, valid_from from schools
            union all
            select distinct vestiging, substr(vestiging, 1, 4), null, null, null, null
            from counts anti join schools using (vestiging)
            order by vestiging, valid_from""")
    )


def directory_of(books: Books, brins: Sequence[str]) -> Schools:
    """Return the rows of the directory for some BRINs."""
    return Schools(books.frame("from schools where brin = any($1) order by vestiging, valid_from", [list(brins)]))


def vestigingen_of_board(books: Books, board: str) -> list[str]:
    """Return the vestigingen for which a board has an entitlement or was paid."""
    query = """
        select vestiging from entitlements where board = $1
        union select vestiging from payments where board = $1"""
    return books.frame(query, [board])["vestiging"].to_list()


def schools_by_board(books: Books) -> pl.DataFrame:
    """The schools that each board holds or ever held, by what was told of them or was paid: board, brin."""
    return books.frame("""
        select board, vestiging[:4] as brin from school_facts union select board, brin from payments""")
