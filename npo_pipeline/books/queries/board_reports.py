"""Reports of boards by period, and which later delivery restates them."""

from __future__ import annotations

import polars as pl

from npo_pipeline.books.reader import Books

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
