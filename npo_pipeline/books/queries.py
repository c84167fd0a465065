"""What the books hold at this moment, for a run that builds on it.

What the books hold of declared corrections and of refused lines that were resolved.

What boards told of which period, and which of it a later delivery told anew.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from npo_pipeline.books.reader import Books


def live_deliveries(books: Books) -> pl.DataFrame:
    """The deliveries that nothing has superseded, in the order of their arrival."""
    return books.frame("from deliveries where superseded_by is null order by delivery_id")


def current_rows(books: Books, table: str) -> pl.DataFrame:
    """The rows of `counts` or `scores` that belong to live deliveries."""
    return books.frame(
        f"select t.* from {table} t join deliveries d using (delivery_id) where d.superseded_by is null"
    )


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


def reference_dates(books: Books) -> list[date]:
    """The reference dates of which pupils were counted."""
    return [row[0] for row in books.frame("select distinct reference_date from counts order by 1").iter_rows()]


def live_corrections(books: Books) -> pl.DataFrame:
    """The rows of `source_corrections` of live deliveries."""
    return books.frame(
        "select c.* from source_corrections c join deliveries using (delivery_id) where superseded_by is null"
    )


def live_resolutions(books: Books) -> pl.DataFrame:
    """The rows of `resolutions` whose resolving delivery is live: when it goes, its lines are open again."""
    return books.frame("""
        select r.* from resolutions r join deliveries d on d.delivery_id = r.resolved_by
        where d.superseded_by is null""")


def delivery_states(books: Books) -> pl.DataFrame:
    """All deliveries: delivery_id, kind, reference_date, superseded_by."""
    return books.frame("select delivery_id, kind, reference_date, superseded_by from deliveries")


def refused_lines(books: Books) -> pl.DataFrame:
    """The lines that stand in quarantine: delivery_id, line."""
    return books.frame("select distinct delivery_id, line from quarantine")


def counted_rows(books: Books) -> pl.DataFrame:
    """What live deliveries count: delivery_id, kind, reference_date, vestiging, school_type, cluster."""
    return books.frame("""
        with told as (
            select delivery_id, vestiging, school_type, cluster from counts
            union all select delivery_id, vestiging, null, null from scores)
        select delivery_id, kind, d.reference_date, vestiging, school_type, cluster
        from told join deliveries d using (delivery_id) where superseded_by is null""")


_TOLD = """
    select distinct delivery_id, board, year::varchar as period from spending
    union select distinct delivery_id, board, school_year from consents"""

_FIRST_TELLING_AFTER = f"""
    with told as ({_TOLD}),
    mentioned as (
        from told union all
        select distinct delivery_id, board, period from quarantine
        where board is not null and delivery_id not in (select delivery_id from told)),
    news as (select t.*, n.kind, n.run_id from told t join deliveries n using (delivery_id))
    select m.delivery_id, d.kind, m.board, m.period, d.superseded_by, min(n.run_id) as run_id,
           min_by(n.delivery_id, (n.run_id, n.delivery_id)) as newer
    from mentioned m join deliveries d using (delivery_id)
    left join news n on n.kind = d.kind and n.board = m.board and n.run_id > d.run_id
        and (m.period is null or n.period = m.period)
    group by all"""
"""Every board and period that a delivery tells of, and the first later delivery that tells of it anew.

Of a delivery of which all rows of a board were refused it is the periods of those rows; where a row says none, any
later telling of the board will do."""

RESTATED = f"""
    select delivery_id, min(newer) as newer, run_id
    from (
        from ({_FIRST_TELLING_AFTER})
        qualify bool_and(newer is not null) over (partition by delivery_id)
            and run_id = max(run_id) over (partition by delivery_id))
    group by delivery_id, run_id"""
"""The deliveries of which all was told anew, and the delivery and run that took the last of it."""


def current_reports(books: Books) -> pl.DataFrame:
    """What live deliveries tell that no later one told anew: delivery_id, kind, board, period."""
    return books.frame(f"""
        select delivery_id, kind, board, period from ({_FIRST_TELLING_AFTER})
        where newer is null and superseded_by is null order by all""")


def schools_by_board(books: Books) -> pl.DataFrame:
    """The schools that each board holds or ever held, by what was told of them or was paid: board, brin."""
    return books.frame("""
        select board, vestiging[:4] as brin from school_facts union select board, brin from payments""")


_ROWS = """
    with told as (
        select delivery_id from spending union all select delivery_id from consents)
    select d.delivery_id, d.rows - d.rejected as taken, count(t.delivery_id) as found
    from deliveries d left join told t using (delivery_id)
    where d.kind in ('spending', 'consents') group by all having found <> taken order by 1"""


def row_count_mismatches(books: Books) -> list[str]:
    """Deliveries of boards that have other rows in the books than they had good ones, a sentence each."""
    return [
        f"delivery {name} has {taken} good rows, the books hold {found}"
        for name, taken, found in books.frame(_ROWS).iter_rows()
    ]
