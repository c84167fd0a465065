"""Deliveries as they stand: current, superseded, corrected, resolved."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from npo_pipeline.books.reader import Books
from schemas.frames.reports import DeclaredCorrections


def live_deliveries(books: Books) -> pl.DataFrame:
    """The deliveries that nothing has superseded, in the order of their arrival."""
    return books.frame("from deliveries where superseded_by is null order by delivery_id")


def live_corrections(books: Books) -> pl.DataFrame:
    """The rows of `source_corrections` of live deliveries."""
    return books.frame(
        "select c.* from source_corrections c join deliveries using (delivery_id) where superseded_by is null"
    )


def corrections_used_by(books: Books, decision_id: str, brins: Sequence[str]) -> DeclaredCorrections:
    """Return the corrections for some BRINs in the deliveries that a decision uses."""
    query = """
        select c.* exclude (delivery_id)
        from source_corrections c semi join (from decision_inputs where decision_id = $1) i using (delivery_id)
        where substr(vestiging, 1, 4) = any($2)"""
    return DeclaredCorrections(books.frame(query, [decision_id, list(brins)]))


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
