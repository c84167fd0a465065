"""Accounts of all years calculated a second time, from payments and board reports, and tied to the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.accounts.findings.registry import OPENING, opening_findings
from npo_pipeline.accounts.statement import ACCOUNTABILITY, YearAccounts, account_for
from npo_pipeline.books.queries.accounts import (
    account_before,
    accountability_of,
    all_accounts,
    claims_of,
    closed_years,
    corrections_of,
    findings_of,
    interventions_of,
    latest_accounts,
    ledger_mismatches,
    receipts_of,
    years_without_account,
)
from npo_pipeline.books.queries.decision_state import written_by_other_version
from npo_pipeline.books.queries.runs import rule_of_run
from npo_pipeline.books.queries.schools import directory_as_derived
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.account.inputs import (
    BY_VESTIGING,
    WITHOUT_CLAIMS,
    AccountingContext,
    AccountRow,
    closing_sha256,
    load_inputs,
    rules_of_account,
)
from npo_pipeline.commands.verify.tables import row_differences
from npo_pipeline.errors import BooksDoNotTie, Refused
from schemas.accounted import (
    ACCOUNTABILITY_CLAIMS,
    ACCOUNTABILITY_CORRECTIONS,
    ACCOUNTABILITY_INTERVENTIONS,
    ACCOUNTABILITY_RECEIPTS,
    FINDINGS,
    Accountability,
)
from schemas.received import Schools


def account_faults(books: Books) -> Iterator[str]:
    """Compare the accounts of every year with those calculated again, and their totals with the payments."""
    yield from _sequence_faults(books)
    yield from _closing_faults(books)
    latest = latest_accounts(books).rows(named=True)
    # The last run also compared the openings of all years, by the rules it had.
    last = max(latest, key=lambda row: str(row["run_id"]), default=None)
    for row in latest:
        try:
            yield from _differences(books, row, last or row)
        except (BooksDoNotTie, Refused) as fault:
            yield f"{row['run_id']}: {fault}"
    for year in years_without_account(books):
        yield f"{year}: there are accounts that no run made"
    for year, board, currency, received, paid in ledger_mismatches(books).iter_rows():
        accounted, booked = dutch.money(received, currency), dutch.money(paid, currency)
        yield f"{year}: board {board} received {accounted} by the accounts, and {booked} by the ledger"


def _closing_faults(books: Books) -> Iterator[str]:
    """Compare each closing with the accounts that stand: the last of their year, and closed in order."""
    accounts = all_accounts(books)
    done, closed = set(accounts["year"]), dict(closed_years(books).select("year", "run_id").iter_rows())
    for row in closed_years(books).iter_rows(named=True):
        year, run_id, says = row["year"], row["run_id"], f"{row['run_id']}: closed_years"
        own = accounts.filter(year=year)["run_id"]
        if own.filter(own < run_id).max() != row["account"]:
            yield f"{says} names {row['account']}, which is not the account of {year} that was there to close"
        elif later := own.filter(own > run_id).to_list():
            yield f"{says} closed {year}, and {later[0]} accounted for it all the same"
        if year - 1 in done and not closed.get(year - 1, run_id) < run_id:
            yield f"{says} closed {year} before {year - 1}, which it opens on"
        if row["plan"] != closing_sha256(accountability_of(books, year), row["account"]):
            yield f"{says} closed other accounts of {year} than are there"


def _sequence_faults(books: Books) -> Iterator[str]:
    done: dict[int, int] = {}
    for run_id, year, sequence in all_accounts(books).select("run_id", "year", "sequence").iter_rows():
        done[year] = done.get(year, 0) + 1
        if sequence != done[year]:
            yield f"{run_id}: is account {done[year]} of {year}, not {sequence}"


def _differences(books: Books, row: AccountRow, last: AccountRow) -> Iterator[str]:
    """Compare the six tables of a year with those calculated again; `last`: the latest account of any year."""
    year, again, rules = row["year"], _account_again(books, row), rules_of_account(books, last)
    found = accountability_of(books, year)
    yield from row_differences(f"accountability {year}", again.accountability, found, ACCOUNTABILITY)
    of_other_runs = found.filter(pl.col("run_id") != row["run_id"]).height
    if of_other_runs:
        yield f"accountability {year}: {of_other_runs} rows name another run than {row['run_id']}"
    yield from row_differences(
        f"accountability_interventions {year}",
        again.interventions,
        interventions_of(books, year),
        list(ACCOUNTABILITY_INTERVENTIONS.columns),
    )
    yield from row_differences(
        f"accountability_receipts {year}",
        again.receipts,
        receipts_of(books, year),
        list(ACCOUNTABILITY_RECEIPTS.columns),
    )
    yield from row_differences(
        f"accountability_claims {year}",
        again.claims,
        claims_of(books, year),
        list(ACCOUNTABILITY_CLAIMS.columns),
    )
    yield from row_differences(
        f"accountability_corrections {year}",
        again.corrections,
        corrections_of(books, year),
        list(ACCOUNTABILITY_CORRECTIONS.columns),
    )
    opening = opening_findings(Accountability(books.table("accountability")), year, rules.accountability)
    expected = pl.concat([again.findings, opening])
    columns = _findings_columns(books, row, last)
    yield from row_differences(f"findings {year}", expected, findings_of(books, year), columns)
    yield from _total_mismatches(row, again, expected)


def _findings_columns(books: Books, *rows: AccountRow) -> list[str]:
    """Return the columns of findings to compare: all, but for the wording where another version wrote it.

    An older version did not say their currency.
    """
    reworded = any(written_by_other_version(books, row["run_id"]) for row in rows)
    older = any(_is_older(books, row) for row in rows)
    unknown = {*(("message", "advice") if reworded else ()), *(("currency",) if older else ())}
    return [name for name in FINDINGS.columns if name not in unknown]


def _is_older(books: Books, row: AccountRow) -> bool:
    """Return whether a version made the accounts that made none of claims, nor of findings per currency."""
    return rule_of_run(books, row["run_id"], "accounts", WITHOUT_CLAIMS) == WITHOUT_CLAIMS


def _total_mismatches(row: AccountRow, again: YearAccounts, findings: pl.DataFrame) -> Iterator[str]:
    """Compare the totals that a run states of its accounts with the accounts themselves."""
    for name in ("received", "spent", "carried_out", "corrections"):
        for currency, suffix in (("EUR", ""), ("USD", "_usd")):
            total = again.accountability.filter(pl.col("currency") == currency)[name].sum()
            if total != row[f"{name}{suffix}"]:
                said, found = (dutch.money(Decimal(one), currency) for one in (row[f"{name}{suffix}"], total))
                yield f"{row['run_id']}: says {name} is {said}, and it is {found}"
    own = findings.filter(pl.col("rule") != OPENING)
    for severity in ("error", "warning", "note"):
        if own.filter(pl.col("severity") == severity).height > row[f"{severity}s"]:
            yield (
                f"{row['run_id']}: says it found {row[f'{severity}s']} of severity {severity}, and there are more"
            )


def _account_again(books: Books, row: AccountRow) -> YearAccounts:
    """Account for a year again, once: the year after it opens on it."""
    return books.once(("account again", row["run_id"], row["year"]), lambda: _accounted(books, row))


def _accounted(books: Books, row: AccountRow) -> YearAccounts:
    """Account for a year from what was there when its run ended."""
    known = directory_as_derived(books, row["run_id"])
    before = account_before(books, row["year"] - 1, row["run_id"])
    # The year before as it was then: it may have been accounted for again since.
    opening = [_account_again(books, one).accountability for one in before.iter_rows(named=True)]
    none = books.table("accountability").clear().drop("run_id")
    context = AccountingContext(
        year=row["year"],
        run_id=row["run_id"],
        accounted_on=row["accounted_on"],
        treatment=row["treatment"],
        rules=rules_of_account(books, row),
        schools=Schools(known),
        accrual=rule_of_run(books, row["run_id"], "accrual", BY_VESTIGING),
        accounts=rule_of_run(books, row["run_id"], "accounts", WITHOUT_CLAIMS),
        before=Accountability(pl.concat([none, *(one.select(none.columns) for one in opening)])),
    )
    return account_for(load_inputs(books, context))
