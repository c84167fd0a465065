"""Counts and scores: those of current deliveries, those of some schools, and differences between files."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from npo_pipeline.books.reader import Books


def current_rows(books: Books, table: str) -> pl.DataFrame:
    """Return the rows of `counts` or `scores` that belong to current deliveries."""
    return books.frame(
        f"select t.* from {table} t join deliveries d using (delivery_id) where d.superseded_by is null"
    )


def rows_of_brins(books: Books, table: str, brins: Sequence[str]) -> pl.DataFrame:
    """Return the rows of `counts` or `scores` for some BRINs, of all deliveries."""
    return books.frame(f"from {table} where substr(vestiging, 1, 4) = any($1)", [list(brins)])


def counting_deliveries(books: Books) -> list[str]:
    """Return the deliveries that have counts or scores."""
    query = "select delivery_id from counts union select delivery_id from scores"
    return books.frame(query)["delivery_id"].to_list()


def open_differences(books: Books) -> list[str]:
    """Return the messages about differences between the files in use: of each reference date its last run's."""
    query = """
        with latest as (
            select reference_date, max(run_id) as run_id from deliveries
            where reference_date is not null group by 1)
        select d.message from differences d join latest using (reference_date, run_id)
        where d.measure <> 'score_formula'
        union all
        select d.message from differences d join deliveries v on v.delivery_id = d.used_delivery
        where d.measure = 'score_formula' and v.superseded_by is null order by 1"""
    return books.frame(query)["message"].to_list()
