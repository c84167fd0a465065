"""`npo account --close`: close a year by two pairs of eyes; its accounts change no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.accounts.findings.registry import OPENING
from npo_pipeline.accounts.received import last_day
from npo_pipeline.accounts.statement import account_for
from npo_pipeline.books.queries import accounts as queries
from npo_pipeline.books.queries.ledger import AFTER_ALL_RUNS
from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import Books, require_books
from npo_pipeline.books.run import Clock, Run
from npo_pipeline.commands.account.inputs import AccountingContext, closing_sha256, load_inputs, rules_of_account
from npo_pipeline.commands.account.report_inputs import ReportRequest
from npo_pipeline.commands.account.reports import WrittenReports, write_reports
from npo_pipeline.commands.account.write import unpaid_months
from npo_pipeline.commands.approval import FourEyes
from npo_pipeline.commands.steps import Progress, now, silently
from npo_pipeline.errors import Refused
from npo_pipeline.months import day_of
from npo_pipeline.workers import HERE, Workers
from schemas.accounted import CLOSED_YEARS, Accountability
from schemas.columns import schema_of


@dataclass(frozen=True, kw_only=True)
class CloseRequest(FourEyes):
    """Represent a calendar year to close."""

    subject = "the closing"
    would = "what would be closed"

    year: int


@dataclass(frozen=True, kw_only=True)
class Closing:
    """Represent the closing of a year: planned, just written (`run_id`), or on record already (`closed_on`).

    `account`: the row of `accounts` that is closed. `plan`: the hash that it is approved by. `boards_with_errors`:
    those whose accounts are closed with an error in them.
    """

    account: Mapping[str, Any]
    accountability: Accountability
    plan: str
    boards_with_errors: tuple[str, ...] = ()
    closed_on: date | None = None
    prepared_by: str | None = None
    approved_by: str | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class ClosedYear:
    """Hold a closing, and the reports that say so; none of a dry run."""

    closing: Closing
    reports: WrittenReports | None


def close_and_report(
    request: CloseRequest, *, progress: Progress = silently, clock: Clock = now, workers: Workers = HERE
) -> ClosedYear:
    """Close a year, and write its reports again, which say from then on that it is closed.

    Raises:
        Refused: see `close_year` and `write_reports`.
        HomeLocked: another run is busy.
    """
    closing = close_year(request, clock=clock)
    if request.dry_run:
        return ClosedYear(closing, None)
    reports = ReportRequest(home=request.home, year=request.year, wait_seconds=request.wait_seconds)
    return ClosedYear(closing, write_reports(reports, progress=progress, clock=clock, workers=workers))


def close_year(request: CloseRequest, *, clock: Clock = now) -> Closing:
    """Close a year, or show what would be closed. A year that is closed stays as it is.

    Raises:
        Refused: the year was not accounted for or is not over, the year before is open, months are not paid, later
            data would change the accounts, or another plan was approved; nothing was changed.
        HomeLocked: another run is busy.
    """
    require_books(request.home)
    request.require_four_eyes()
    with request.open_books("close", str(request.year), clock) as (run, books):
        today = day_of(clock())
        closed = queries.closing_of(books, request.year)
        if closed is None:
            refuse_unclosable(books, request.year, today)
        closing = closing_of(books, request.year)
        if closed is not None:
            names = ("closed_on", "prepared_by", "approved_by")
            return replace(closing, **{name: closed[name] for name in names})
        request.require_approved_plan(closing.plan)
        return closing if run is None else _write(run, request, closing, today)


def refuse_unclosable(books: Books, year: int, today: date) -> None:
    """Refuse to close a year that can still change by itself, or that does not open on a closed one.

    Raises:
        Refused: says why, and what to do first.
    """
    done, closed = queries.latest_accounts(books), queries.closed_years(books)["year"].to_list()
    if year not in done["year"]:
        raise Refused(f"{year} was not accounted for yet; begin with `npo account --year {year}`")
    if year - 1 in done["year"] and year - 1 not in closed:
        raise Refused(
            f"{year} opens on {year - 1}, which is open; begin with `npo account --year {year - 1} --close`"
        )
    if today <= last_day(year):
        raise Refused(f"{year} is not over, so it cannot be closed; close it after {last_day(year)}")
    if months := unpaid_months(books, year):
        raise Refused(f"{', '.join(months)} is not paid yet, so {year} is not whole; pay first, and account again")
    news = queries.changes_since_account(books).filter(year=year)["what"].to_list()
    if news or _would_differ(books, year):
        what = " and ".join(news) or "decisions, schools or rules"
        raise Refused(
            f"{what} of {year} changed since it was accounted for; begin with `npo account --year {year}`, and "
            "close what that says"
        )


def closing_of(books: Books, year: int) -> Closing:
    """Return the accounts of a year as they would be closed, or are."""
    row = queries.latest_accounts(books).filter(year=year).row(0, named=True)
    rows = queries.accountability_of(books, year)
    return Closing(
        account=row,
        accountability=rows,
        plan=closing_sha256(rows, str(row["run_id"])),
        boards_with_errors=tuple(
            queries.findings_of(books, year).filter(severity="error")["board"].unique().sort()
        ),
    )


def _would_differ(books: Books, year: int) -> bool:
    """Return whether the year would be accounted for otherwise by all that the books hold now."""
    row = queries.latest_accounts(books).filter(year=year).row(0, named=True)
    again = account_for(
        load_inputs(
            books,
            AccountingContext(
                year=year,
                run_id=AFTER_ALL_RUNS,
                accounted_on=row["accounted_on"],
                treatment=row["treatment"],
                rules=rules_of_account(books, row),
                schools=school_directory(books),
                before=queries.accountability_of(books, year - 1),
            ),
        )
    )
    # Another version of the program may say a finding in other words.
    found = queries.findings_of(books, year).filter(pl.col("rule") != OPENING).drop("message", "advice")
    pairs: tuple[tuple[pl.DataFrame, pl.DataFrame], ...] = (
        (again.accountability, queries.accountability_of(books, year)),
        (again.interventions, queries.interventions_of(books, year)),
        (again.receipts, queries.receipts_of(books, year)),
        (again.corrections, queries.corrections_of(books, year)),
        (again.findings.drop("message", "advice"), found),
    )
    return any(not one.sort(one.columns).equals(two.select(one.columns).sort(one.columns)) for one, two in pairs)


def _write(run: Run, request: CloseRequest, closing: Closing, today: date) -> Closing:
    """Write the closing in the books."""
    row = {
        "run_id": run.run_id,
        "year": request.year,
        "account": closing.account["run_id"],
        "closed_on": today,
        **request.people(),
        "plan": closing.plan,
    }
    run.append(CLOSED_YEARS, pl.DataFrame([row], schema=schema_of(CLOSED_YEARS)))
    names = ("run_id", "closed_on", "prepared_by", "approved_by")
    return replace(closing, **{name: row[name] for name in names})
