"""`npo account`: the year-end accountability of every board, tied to the payments in the books.

`account_and_report` is the whole command; `account` is its part on the books.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline.accounts.statement import YearAccounts, account_for
from npo_pipeline.books.queries import accounts as queries
from npo_pipeline.books.queries.deliveries import intake_state
from npo_pipeline.books.queries.ledger import paid_months
from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import Books, require_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.commands import ingest
from npo_pipeline.commands.account.inputs import AccountingContext, load_inputs
from npo_pipeline.commands.account.report_inputs import ReportRequest
from npo_pipeline.commands.account.reports import WrittenReports, refuse_unwritable, write_reports
from npo_pipeline.commands.account.write import AccountResult, write_accounts
from npo_pipeline.commands.rejects import require_apart, write_rejects
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.board_workbook import refuse_other_form
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.errors import Refused
from npo_pipeline.intake.board_reports import AskedReports
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.months import day_of
from npo_pipeline.rulebook.year_end import year_end_rules
from npo_pipeline.workers import HERE, Workers
from schemas.accounted import RESERVE_TRANSFERS, SPENDING, Accounts
from schemas.columns import schema_of
from schemas.received import DELIVERIES, QUARANTINE


@dataclass(frozen=True, kw_only=True)
class AccountRequest(ReportRequest):
    """Represent a calendar year to account for, and the reports that are asked for.

    `spending`: new files of spending and consent. `treatment`: of money that is left over, in the annual accounts;
    that of the file on accountability when null. `rejects`: a new file for the rejected rows of `spending`.
    `other_years`: forms of another year, and files without a row of this one, are wanted.
    """

    spending: tuple[Path, ...] = ()
    treatment: str | None = None
    max_rejected: Decimal = ingest.DEFAULT_MAX_REJECTED
    rejects: Path | None = None
    other_years: bool = False


@dataclass(frozen=True)
class YearEnd:
    """Hold the accounts of a year, and the reports that were written from them."""

    accounts: AccountResult
    reports: WrittenReports


def account_and_report(
    request: AccountRequest,
    *,
    call: Call = directly,
    progress: Progress = silently,
    progress_of_packs: Callable[[AccountResult], AbstractContextManager[Progress]] | None = None,
    workers: Workers = HERE,
) -> YearEnd:
    """Account for a calendar year and write its reports: the whole of `npo account`, and of its flow.

    The lock of the home is taken twice: first by the run that publishes the accounts, then while reports are
    written from what is published. So the accounts stand where a report cannot be written, and running it again
    writes the reports that lack. `progress_of_packs`: that of packs alone, where it needs the accounts first.

    Raises:
        Refused: see `account` and `write_reports`.
        HomeLocked: another run is busy.
    """
    call(refuse_unwritable, request)
    accounts = account(request, call=call, progress=progress)
    with progress_of_packs(accounts) if progress_of_packs else nullcontext(progress) as packs_written:
        reports = write_reports(request, call=call, progress=packs_written, workers=workers)
    return YearEnd(accounts, reports)


def account(
    request: AccountRequest, *, call: Call = directly, progress: Progress = silently, clock: Clock = now
) -> AccountResult:
    """Account for a calendar year, for every board at once. The same facts again write nothing.

    Raises:
        Refused: nothing was paid in the year and nothing was left over, the year before was not accounted for, or
            a file was refused; nothing was changed.
        HomeLocked: another run is busy.
    """
    require_books(request.home)
    if request.rejects is not None:
        require_apart(request.rejects, request.spending)
    files = call(recognise_spending, request, day_of(clock())) if request.spending else []
    with open_run(
        request.home, "account", clock, subject=str(request.year), wait_seconds=request.wait_seconds
    ) as run:
        if (closed := queries.closing_of(run.books, request.year)) is not None:
            return call(closed_accounts, run.books, request, closed)
        call(refuse_unaccountable, run.books, request.year)
        ingested = (
            call(take_spending, run, files, request=request, clock=clock, progress=progress) if files else None
        )
        if ingested:
            call(refuse_out_of_order, run, request)
        context = accounting_context(run, request, day_of(clock()))
        accounts = call(work_out_accounts, run, context)
        if accounts.accountability.is_empty():
            raise Refused(f"nothing was paid in {request.year}, left over for it or corrected in it")
        if request.board is not None and request.board not in accounts.accountability["board"]:
            raise Refused(
                f"board {request.board} received nothing in {request.year}, spent nothing and had nothing left"
            )
        return call(write_accounts, run, context, accounts, ingested)


def recognise_spending(request: AccountRequest, today: date) -> list[DeliveredFile]:
    """Step: recognise files of spending and consent.

    Raises:
        Refused: a file is of another kind, or damaged.
    """
    wanted = ingest.IngestRequest(home=request.home, paths=request.spending, only=kinds.BOARD_REPORTS)
    return ingest.recognise_files(wanted, today)


def refuse_unaccountable(books: Books, year: int) -> None:
    """Step: refuse a year without anything to account for, or one that comes before its turn.

    Raises:
        Refused: names the year to begin with, or the years with payments.
    """
    paid, done = sorted({month.year for month in paid_months(books)}), set(queries.all_accounts(books)["year"])
    closed = queries.closed_years(books)["year"].to_list()
    if year not in paid and not queries.has_carry_over(books, year - 1) and year - 1 not in closed:
        there = ", ".join(map(str, paid)) or "none yet"
        raise Refused(f"nothing was paid in {year} and nothing was left over for it; years with payments: {there}")
    if paid and paid[0] < year and year - 1 not in done:
        first = next(one for one in range(paid[0], year) if one not in done)
        raise Refused(f"{year} opens on what {year - 1} leaves over; begin with `npo account --year {first}`")
    later = queries.changes_since_account(books).filter(
        (pl.col("year") < year) & pl.col("what").is_in(["payments", "spending", "transfers"])
    )
    for first, what in later.head(1).iter_rows():
        raise Refused(
            f"{year} opens on what {first} leaves over, and {what} of {first} came in since it was accounted for; "
            f"begin with `npo account --year {first}`"
        )


def closed_accounts(books: Books, request: AccountRequest, closed: Mapping[str, Any]) -> AccountResult:
    """Step: return the accounts of a closed year as they were closed.

    Raises:
        Refused: something is asked that would change them.
    """
    year, since = request.year, f"{request.year} was closed on {closed['closed_on']}"
    row = Accounts(queries.latest_accounts(books).filter(year=year))
    first_open = max(queries.closed_years(books)["year"]) + 1
    if request.spending:
        raise Refused(
            f"{since} and its accounts change no more; give the files to `npo account --year {first_open} "
            "--other-years --spending`, where they correct it"
        )
    if request.treatment not in (None, row["treatment"][0]):
        raise Refused(f"{since} and its accounts change no more; leave --treatment out")
    rows = queries.accountability_of(books, year)
    if request.board is not None and request.board not in rows["board"]:
        raise Refused(f"board {request.board} received nothing in {year}, spent nothing and had nothing left")
    return AccountResult(
        year=year,
        run_id=None,
        accounts=row,
        accountability=rows,
        interventions=queries.interventions_of(books, year),
        receipts=queries.receipts_of(books, year),
        corrections=queries.corrections_of(books, year),
        claims=queries.claims_of(books, year),
        findings=queries.findings_of(books, year),
        ingested=None,
        remarks=(f"{since}; its accounts change no more: what comes in of it is corrected in {first_open}",),
        closed_on=closed["closed_on"],
    )


def refuse_out_of_order(run: Run, request: AccountRequest) -> None:
    """Step: refuse rows of an earlier year that is accounted for and open: this year opens on it.

    Rows of a closed year are corrections in the first year after those that are closed.

    Raises:
        Refused: names the years, and the first file and line of the earliest; nothing was added.
    """
    done, closed = queries.latest_accounts(run.books)["year"], queries.closed_years(run.books)["year"]
    first_open = max(closed, default=0) + 1
    placed = _rows_with_year(run).with_columns(counts_in=pl.max_horizontal("year", pl.lit(first_open, pl.Int64)))
    is_earlier = (pl.col("counts_in") < request.year) & pl.col("counts_in").is_in(done.implode())
    found = placed.filter(is_earlier).sort("counts_in", "year", "file", "line")
    if found.is_empty():
        return
    file, line, year, first = found.row(0)
    years = " and ".join(map(str, found["year"].unique().sort()))
    paths = " ".join(f"--spending {path}" for path in request.spending)
    raise Refused(
        f"{file}, line {line}: is of {year}, and {request.year} opens on the accounts of {first}; rows of {years} "
        f"come first: begin with `npo account --year {first} {paths}`"
    )


def _rows_with_year(run: Run) -> pl.DataFrame:
    """Return file, line and year of each row of a calendar year that a run takes in, also of rejected ones."""
    new = run.appended.get(DELIVERIES.name, pl.DataFrame(schema=schema_of(DELIVERIES)))
    parts = [
        run.appended[name].select("delivery_id", "line", year=year)
        for name, year in (
            *((model.name, pl.col("year")) for model in (SPENDING, RESERVE_TRANSFERS)),
            (QUARANTINE.name, pl.col("period").str.extract(r"^([0-9]{4})$").cast(pl.Int64)),
        )
        if name in run.appended
    ]
    empty = pl.DataFrame(schema={"delivery_id": pl.String, "line": pl.Int64, "year": pl.Int64})
    return pl.concat([empty, *parts]).join(new, on="delivery_id").select("file", "line", "year")


def take_spending(
    run: Run, files: Sequence[DeliveredFile], request: AccountRequest, *, clock: Clock, progress: Progress
) -> ingest.IngestResult:
    """Step: validate the files and add new rows to the books.

    Raises:
        Refused: too large a share of the rows is rejected; nothing was added.
    """
    state = intake_state(run.books)
    closed = queries.closed_years(run.books)["year"].to_list()
    for file in files:
        refuse_other_form(file, request.board, None if request.other_years else request.year, closed)
    asked = AskedReports(
        board=request.board,
        first=min(month.year for month in paid_months(run.books)),
        last=day_of(clock()).year,
        other_years=request.other_years,
    )
    results = ingest.read_files(files, state, progress, asked=asked)
    if request.rejects is not None:
        write_rejects(results, request.rejects)
    ingest.refuse_when_too_many(results, request.max_rejected, request.rejects)
    if not request.other_years:
        refuse_without_year(results, request.year, closed)
    return ingest.register_files(run, results, state, at=clock())


def refuse_without_year(results: Sequence[FileResult], year: int, closed: Sequence[int]) -> None:
    """Refuse spending of which no row is of the year that is accounted for, nor of a closed one.

    Raises:
        Refused: names the file and the years that it is of.
    """
    reporting = [(one.file.name, set(one.spending["year"])) for one in results if one.spending.height]
    found = set[int]().union(*(years for _, years in reporting))
    if found and not found & {year, *closed}:
        name, years = reporting[0]
        there = ", ".join(map(str, sorted(years)))
        raise Refused(
            f"{name}: has no row of {year}, only of {there}; name that year with --year, or add --other-years to "
            "take them in all the same"
        )


def accounting_context(run: Run, request: AccountRequest, today: date) -> AccountingContext:
    """Return the context of the account that a run is about to make, the rows it appended so far among that."""
    rules = year_end_rules()
    treatment = rules.accountability.treatment
    return AccountingContext(
        year=request.year,
        run_id=run.run_id,
        accounted_on=today,
        treatment=request.treatment or treatment.known("the treatment of what is left over"),
        rules=rules,
        schools=school_directory(run.books),
        before=queries.accountability_of(run.books, request.year - 1),
        appended=run.appended,
    )


def work_out_accounts(run: Run, context: AccountingContext) -> YearAccounts:
    """Step: calculate the accounts of the year, from the books and from the rows that this run adds."""
    return account_for(load_inputs(run.books, context))
