"""Accounts worked out a second time, from the payments and from what boards told, and tied to the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from npo_pipeline.accounts.findings.registry import OPENING, opening_findings
from npo_pipeline.accounts.statement import ACCOUNTABILITY, Accounted, account_for
from npo_pipeline.books.manifest import text_sha256
from npo_pipeline.books.queries.schools import school_facts
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.account.inputs import AccountingContext, load_inputs
from npo_pipeline.commands.decide.recompute import archived_texts, facts_as_of, written_by_other_version
from npo_pipeline.commands.verify.decisions_payments import row_differences
from npo_pipeline.errors import Refused
from npo_pipeline.intake.school_directory import build_directory
from npo_pipeline.rulebook.accountability.load import NAMES, YearEndRules, parse_year_end
from schemas import tables

Row = Mapping[str, Any]


def account_faults(books: Books) -> Iterator[str]:
    """The accounts of every year: worked out again, and their totals against the payments in the books."""
    yield from _sequence_faults(books)
    latest = books.frame("from accounts qualify sequence = max(sequence) over (partition by year) order by year")
    # The run that wrote last also compared the openings of all years, by the rules it had.
    last = max(latest.iter_rows(named=True), key=lambda row: str(row["run_id"]), default=None)
    for row in latest.iter_rows(named=True):
        try:
            yield from _apart(books, row, last or row)
        except Refused as refusal:
            yield f"{row['run_id']}: {refusal}"
    unsaid = books.frame("""
        select distinct year from (select year from accountability union all select year from findings
            union all select year from accountability_interventions)
        where year not in (select year from accounts) order by 1""")
    for (year,) in unsaid.iter_rows():
        yield f"{year}: there are accounts that no run made"
    yield from _ledger_mismatches(books)


def _sequence_faults(books: Books) -> Iterator[str]:
    done: dict[int, int] = {}
    for run_id, year, sequence in books.frame(
        "select run_id, year, sequence from accounts order by 1"
    ).iter_rows():
        done[year] = done.get(year, 0) + 1
        if sequence != done[year]:
            yield f"{run_id}: is account {done[year]} of {year}, not {sequence}"


def _apart(books: Books, row: Row, last: Row) -> Iterator[str]:
    year, again, rules = row["year"], _again(books, row), kept_rules_of(books, last)
    held = {one: books.frame(f"from {one} where year = ?", [year]) for one in ("accountability", "findings")}
    yield from row_differences(
        f"accountability {year}", again.accountability, held["accountability"], ACCOUNTABILITY
    )
    strange = held["accountability"].filter(pl.col("run_id") != row["run_id"]).height
    if strange:
        yield f"accountability {year}: {strange} rows name another run than {row['run_id']}"
    columns = list(tables.ACCOUNTABILITY_INTERVENTIONS.columns)
    found = books.frame("from accountability_interventions where year = ?", [year])
    yield from row_differences(f"accountability_interventions {year}", again.interventions, found, columns)
    opening = opening_findings(books.table("accountability"), year, rules.accountability)
    expected = pl.concat([again.findings, opening])
    yield from row_differences(f"findings {year}", expected, held["findings"], _findings_columns(books, row, last))
    yield from _total_mismatches(row, again, expected)


def _findings_columns(books: Books, *rows: Row) -> list[str]:
    """What must be the same of a finding: all of it, but for the wording where another program wrote it."""
    reworded = any(written_by_other_version(books, row["run_id"]) for row in rows)
    return [name for name in tables.FINDINGS.columns if not (reworded and name in ("message", "advice"))]


def _total_mismatches(row: Row, again: Accounted, findings: pl.DataFrame) -> Iterator[str]:
    """What a run says of its accounts, against the accounts themselves."""
    for name in ("received", "spent", "carried_out"):
        for currency, suffix in (("EUR", ""), ("USD", "_usd")):
            mine = again.accountability.filter(pl.col("currency") == currency)[name].sum()
            if mine != row[f"{name}{suffix}"]:
                yield f"{row['run_id']}: says {name} is {row[f'{name}{suffix}']} {currency}, and it is {mine}"
    own = findings.filter(pl.col("rule") != OPENING)
    for one in ("error", "warning", "note"):
        if own.filter(pl.col("severity") == one).height > row[f"{one}s"]:
            yield f"{row['run_id']}: says it found {row[f'{one}s']} of severity {one}, and there are more"


def _again(books: Books, row: Row) -> Accounted:
    known = build_directory(facts_as_of(books, school_facts(books), row["run_id"]))
    before = books.frame(
        "from accounts where year = ? and run_id < ? qualify run_id = max(run_id) over ()",
        [row["year"] - 1, row["run_id"]],
    )
    # The year before as it stood then, which may have been accounted for again since.
    opening = [_again(books, one).accountability for one in before.iter_rows(named=True)]
    nothing = books.frame("from accountability where false").drop("run_id")
    moment = AccountingContext(
        row["year"],
        row["run_id"],
        row["accounted_on"],
        row["treatment"],
        kept_rules_of(books, row),
        known,
        pl.concat([nothing, *(one.select(nothing.columns) for one in opening)]),
    )
    return account_for(load_inputs(books, moment))


def kept_rules_of(books: Books, row: Row) -> YearEndRules:
    """The rules that a row of `accounts` was judged by.

    Raises:
        Refused: they are gone from the books, or changed.
    """
    kept = archived_texts(books)
    texts = [kept.get(sha256, ("", "")) for sha256 in row["menukaart_sha256"].split("+")]
    found = "+".join(text_sha256(text) for _, text in texts)
    if found != row["menukaart_sha256"] or len(texts) != len(NAMES):
        raise Refused(f"the text of {row['menukaart']} is gone from table regulations, or changed")
    return parse_year_end(texts)


def _ledger_mismatches(books: Books) -> Iterator[str]:
    """What boards received by the accounts of a year, against the payments that were made by then."""
    query = """
        with latest as (from accounts qualify sequence = max(sequence) over (partition by year)),
        paid as (
            select l.year, p.board, p.currency, sum(p.amount) as amount
            from latest l join payments p on year(p.paid_month) = l.year and p.run_id < l.run_id group by all),
        told as (select year, board, currency, sum(received) as amount from accountability group by all)
        select year, board, currency, coalesce(told.amount, 0), coalesce(paid.amount, 0)
        from told full join paid using (year, board, currency)
        where coalesce(told.amount, 0) <> coalesce(paid.amount, 0) order by all"""
    for year, board, currency, told, paid in books.frame(query).iter_rows():
        yield f"{year}: board {board} received {told} {currency} by the accounts, and {paid} by the ledger"
