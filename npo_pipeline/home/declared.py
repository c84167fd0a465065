"""What the books hold of declared corrections and of refused lines that were resolved."""

from __future__ import annotations

import polars as pl

from npo_pipeline.home.books import Books


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


def deliveries(books: Books) -> pl.DataFrame:
    """All deliveries: delivery_id, kind, reference_date, superseded_by."""
    return books.frame("select delivery_id, kind, reference_date, superseded_by from deliveries")


def refused_lines(books: Books) -> pl.DataFrame:
    """The lines that stand in quarantine: delivery_id, line."""
    return books.frame("select distinct delivery_id, line from quarantine")


def told_rows(books: Books) -> pl.DataFrame:
    """What live deliveries count: delivery_id, kind, reference_date, vestiging, school_type, cluster."""
    return books.frame("""
        with told as (
            select delivery_id, vestiging, school_type, cluster from counts
            union all select delivery_id, vestiging, null, null from scores)
        select delivery_id, kind, d.reference_date, vestiging, school_type, cluster
        from told join deliveries d using (delivery_id) where superseded_by is null""")
