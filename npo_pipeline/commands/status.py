"""`npo status`: deliveries, decisions, months paid, and what is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.deliveries import live_deliveries
from npo_pipeline.books.reader import Books, read_books
from npo_pipeline.books.run import Clock
from npo_pipeline.commands.account.inputs import changes_since
from npo_pipeline.commands.ingest import correction_findings, resolved_lines
from npo_pipeline.commands.steps import now
from npo_pipeline.intake.source_precedence import CUMI, PUPILS_PO, PUPILS_VO, SCORES, select_sources

_COUNTING = "select delivery_id from counts union select delivery_id from scores"
_COUNTED = (PUPILS_PO, PUPILS_VO, CUMI, SCORES)

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
        select month, currency, amount from instalments join latest_decisions using (decision_id)
        union all select paid_month, currency, -amount from payments),
    last as (select max(paid_month) as paid from payments)
    select case when month <= paid then (paid + interval 1 month)::date else month end as month,
           sum(amount)::decimal(18, 2) as amount, currency
    from due, last group by all having sum(amount) <> 0 order by 1, currency"""
_ACCOUNTS = """
    select year, run_id, accounted_on, treatment, boards, schools, received, spent, carried_out,
           received_usd, spent_usd, carried_out_usd, errors, warnings, notes
    from accounts qualify sequence = max(sequence) over (partition by year) order by year"""
_OPEN_DIFFERENCES = """
    with latest as (
        select reference_date, max(run_id) as run_id from deliveries where reference_date is not null group by 1)
    select d.message from differences d join latest using (reference_date, run_id)
    where d.measure <> 'score_formula'
    union all
    select d.message from differences d join deliveries v on v.delivery_id = d.used_delivery
    where d.measure = 'score_formula' and v.superseded_by is null order by 1"""


@dataclass(frozen=True)
class Status:
    """The state of a home; amounts of two currencies stand apart.

    `to_come`: month, amount still to be paid, currency; what is due of months that were paid, a correction, stands
    in the month after the last. `findings`: open things, in words.
    """

    deliveries: pl.DataFrame
    decisions: pl.DataFrame
    months: pl.DataFrame
    to_come: pl.DataFrame
    findings: tuple[str, ...]
    accounts: pl.DataFrame
    """The latest accounts of each calendar year."""

    resolved: pl.DataFrame
    """Refused lines that a later delivery stands for: file, delivery_id, lines, resolved_by, by_file."""


def status(home: Home, *, clock: Clock = now) -> Status:
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
            (*_findings(books, home), *correction_findings(books, clock().date()), *_account_findings(books)),
            books.frame(_ACCOUNTS),
            resolved_lines(books),
        )


def _findings(books: Books, home: Home) -> Iterator[str]:
    refused = books.frame("""
        with done as (
            select r.delivery_id, line from resolutions r join deliveries d on d.delivery_id = r.resolved_by
            where d.superseded_by is null),
        still as (
            select delivery_id, file, line, rule from quarantine join deliveries using (delivery_id, file)
            anti join done using (delivery_id, line) where superseded_by is null),
        rules as (select delivery_id, rule, count(*) as times from still group by all),
        said as (
            select delivery_id, string_agg(times || ' ' || rule, ', ' order by rule) as told
            from rules group by all)
        select file, count(distinct line) as rows, told from still join said using (delivery_id)
        group by delivery_id, file, told order by delivery_id""")
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
    yield from _newer_counts(books, newer["decision_id"])
    yield from _newer_changes(books)
    for decision, files in newer.iter_rows():
        yield f"decision {decision} rests on {files} superseded files; run `npo decide` again"
    if home.work.exists() and any(home.work.iterdir()):
        yield "a run is busy, or died half-way; what it left is cleared away by the next and was never published"


def _account_findings(books: Books) -> Iterator[str]:
    """Years with errors, and years whose payments or spending changed since they were accounted for."""
    wrong = books.frame("""
        select year, count(*), count(distinct board) from findings where severity = 'error'
        group by 1 order by 1""")
    for year, errors, boards in wrong.iter_rows():
        yield f"accounts of {year}: {errors} errors of {boards} boards (table findings)"
    for (year,), later in changes_since(books).group_by("year", maintain_order=True):
        what = ", ".join(later["what"])
        yield f"accounts of {year}: {what} came in later; run `npo account --year {year}` again"


def _newer_changes(books: Books) -> Iterator[str]:
    """Latest decisions that know nothing of a merger, closure or opening that would move their instalments."""
    later = books.frame(_LATER_CHANGES)
    for decision, files in later.iter_rows():
        yield f"decision {decision} does not know of {files} that came later; run `npo decide` again"


_LATER_CHANGES = """
    select d.decision_id, string_agg(distinct v.file, ', ' order by v.file) as files
    from latest_decisions d
    join changes c on c.kind in ('fusie', 'sluiting', 'opening') and c.effective <= d.valid_to
    join deliveries v using (delivery_id)
    where c.delivery_id not in (select delivery_id from decision_inputs i where i.decision_id = d.decision_id)
        and exists (
            from instalments n where n.decision_id = d.decision_id and n.vestiging = c.vestiging
            and case when c.kind = 'opening' then n.month < c.effective else n.month >= c.effective end)
    group by 1 order by 1"""


def _newer_counts(books: Books, told: pl.Series) -> Iterator[str]:
    """Latest decisions, not told of yet, that would use another file now, or one more."""
    counting = books.frame(_COUNTING)["delivery_id"]
    live = live_deliveries(books).filter(pl.col("delivery_id").is_in(counting.implode()))
    rows = books.frame("select decision_id, used_for, delivery_id from decision_inputs")
    for decision, day in books.frame("select decision_id, reference_date from latest_decisions order by 1").rows():
        mine = rows.filter((pl.col("decision_id") == decision) & pl.col("used_for").is_in(list(_COUNTED)))
        now = select_sources(live.filter(pl.col("reference_date") == day))
        later = {name for subject in _COUNTED for name in now.get(subject, ())} - {*mine["delivery_id"]}
        if decision not in told and mine.height and later:
            files = live.filter(pl.col("delivery_id").is_in(list(later)))["file"].sort()
            yield f"decision {decision} does not count {', '.join(files)} that came later; run `npo decide` again"
