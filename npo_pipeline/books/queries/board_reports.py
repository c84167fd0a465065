"""Reports of boards on spending and consent, by period, and the later deliveries that restate them."""

from __future__ import annotations

import polars as pl

from npo_pipeline.books.reader import Books
from schemas.frames.books import CurrentReports

_REPORTED = """
    select distinct delivery_id, board, year::varchar as period from spending
    union select distinct delivery_id, board, school_year from consents"""

_FIRST_RESTATEMENT = f"""
    with reported as ({_REPORTED}),
    mentioned as (
        from reported union all
        select distinct delivery_id, board, period from quarantine
        where board is not null and delivery_id not in (select delivery_id from reported)),
    reports as (select r.*, d.kind, d.run_id from reported r join deliveries d using (delivery_id))
    select m.delivery_id, d.kind, m.board, m.period, d.superseded_by, min(n.run_id) as run_id,
           min_by(n.delivery_id, (n.run_id, n.delivery_id)) as newer
    from mentioned m join deliveries d using (delivery_id)
    left join reports n on n.kind = d.kind and n.board = m.board and n.run_id > d.run_id
        and (m.period is null or n.period = m.period)
    group by all"""
"""The boards and periods that each delivery reports on, and the first later delivery that restates each.

Where all rows of a board were rejected, the periods are those of the rejected rows; where such a row names no
period, any later report of the board restates it."""

RESTATED = f"""
    select delivery_id, min(newer) as newer, run_id
    from (
        from ({_FIRST_RESTATEMENT})
        qualify bool_and(newer is not null) over (partition by delivery_id)
            and run_id = max(run_id) over (partition by delivery_id))
    group by delivery_id, run_id"""
"""The deliveries that were restated in full, and the delivery and run that restated the last of each."""


def current_reports(books: Books) -> CurrentReports:
    """Return the boards and periods of current deliveries that no later one has restated."""
    return CurrentReports(
        books.frame(f"""
            select delivery_id, kind, board, period from ({_FIRST_RESTATEMENT})
            where newer is null and superseded_by is null order by all""")
    )


def row_count_mismatches(books: Books) -> list[tuple[str, int, int]]:
    """Select the board reports of which the books hold other rows than were valid: delivery_id, valid, found."""
    query = """
        with reported as (
            select delivery_id from spending union all select delivery_id from consents)
        select d.delivery_id, d.rows - d.rejected as valid, count(r.delivery_id) as found
        from deliveries d left join reported r using (delivery_id)
        where d.kind in ('spending', 'consents') group by all having found <> valid order by 1"""
    return books.frame(query).rows()


def rows_until(books: Books, table: str, run_id: str) -> pl.DataFrame:
    """Return the rows of a table that belong to deliveries of the runs up to and including a run."""
    query = f"select t.* from {table} t join deliveries d using (delivery_id) where d.run_id <= ?"
    return books.frame(query, [run_id])
