"""`npo status`: deliveries, decisions, months paid, and what is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from npo_pipeline.home.books import Books, read_books
from npo_pipeline.home.folder import Home

_DELIVERIES = """
    select delivery_id, reference_date, kind, file, rows, rejected, ingested_at, superseded_by
    from deliveries order by delivery_id"""
_DECISIONS = """
    select decision_id, school_year, reference_date, regulation, reason, decided_at, total, currency, rests_on
    from decisions order by run_id"""
_MONTHS = """
    select paid_month, count(distinct run_id) as runs, count(*) as payments,
           count(distinct board) as boards, sum(amount)::decimal(18, 2) as total, currency
    from payments group by all order by 1, currency"""
_DUE = """
    with due as (
        select month, currency, sum(amount) as amount
        from instalments join latest_decisions using (decision_id) group by all)
    select month, amount::decimal(18, 2) as amount, currency from due
    where month > (select coalesce(max(paid_month), date '1900-01-01') from payments) order by 1, currency"""
_OPEN_DIFFERENCES = """
    with latest as (
        select reference_date, max(run_id) as run_id from deliveries where reference_date is not null group by 1)
    select d.message from differences d join latest using (reference_date, run_id) order by 1"""


@dataclass(frozen=True)
class Status:
    """The state of a home; amounts of two currencies stand apart.

    `to_come`: month, amount still to be paid, currency. `findings`: open things, in words.
    """

    deliveries: pl.DataFrame
    decisions: pl.DataFrame
    months: pl.DataFrame
    to_come: pl.DataFrame
    findings: tuple[str, ...]


def status(home: Home) -> Status:
    """Read the state of a home; it may be empty. Never waits for a run that is busy.

    Raises:
        Refused: the books cannot be read.
    """
    with read_books(home) as books:
        return Status(
            books.frame(_DELIVERIES),
            books.frame(_DECISIONS),
            books.frame(_MONTHS),
            books.frame(_DUE),
            tuple(_findings(books, home)),
        )


def _findings(books: Books, home: Home) -> Iterator[str]:
    refused = books.frame("""
        with faults as (
            select delivery_id, file, rejected, rule, count(*) as times
            from quarantine join deliveries using (delivery_id, file) where superseded_by is null group by all)
        select file, rejected, string_agg(times || ' ' || rule, ', ' order by rule) as rules
        from faults group by delivery_id, file, rejected order by delivery_id""")
    for file, rows, rules in refused.iter_rows():
        yield f"{file}: {rows} rows in quarantine ({rules})"
    differences = books.frame(_OPEN_DIFFERENCES)["message"]
    if differences.len():
        yield f"{differences.len()} differences between files, first: {differences[0]}"
    homeless = books.value(
        "select count(distinct vestiging) from current_counts anti join schools using (vestiging)"
    )
    if homeless:
        yield f"{homeless} vestigingen with pupils have no known board; ingest the address list that names them"
    newer = books.frame("""
        select d.decision_id, count(*) from latest_decisions d
        join decision_inputs i using (decision_id) join deliveries v using (delivery_id)
        where v.superseded_by is not null group by 1 order by 1""")
    for decision, files in newer.iter_rows():
        yield f"decision {decision} rests on {files} superseded files; run `npo decide` again"
    if home.work.exists() and any(home.work.iterdir()):
        yield "a run is busy, or died half-way; what it left is cleared away by the next and was never published"
