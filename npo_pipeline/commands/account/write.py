"""Writing the accounts of a year in the books, in place of those before; or nothing, when nothing has changed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline.accounts.findings.registry import OPENING, in_order, opening_findings
from npo_pipeline.accounts.statement import Accounted
from npo_pipeline.books.queries.accounts import changes_since_account, count_accounts, latest_account_of
from npo_pipeline.books.queries.payments import last_paid_month_in, months_due_in
from npo_pipeline.books.reader import Books
from npo_pipeline.books.run import Run
from npo_pipeline.commands.account.inputs import AccountingContext
from npo_pipeline.commands.decide.rules import keep_texts
from npo_pipeline.commands.ingest import IngestResult
from schemas import tables
from schemas.columns import schema_of

ACCOUNTED = (tables.ACCOUNTABILITY, tables.ACCOUNTABILITY_INTERVENTIONS, tables.FINDINGS)


@dataclass(frozen=True)
class AccountResult:
    """What was accounted for: rows of the tables of the year. `run_id` is null when nothing had changed.

    `taken`: what became of the files that were given. `remarks`: what else the reader should know.
    """

    year: int
    run_id: str | None
    accounts: pl.DataFrame
    accountability: pl.DataFrame
    interventions: pl.DataFrame
    findings: pl.DataFrame
    taken: IngestResult | None
    remarks: tuple[str, ...]


def write_accounts(
    run: Run, moment: AccountingContext, accounted: Accounted, taken: IngestResult | None
) -> AccountResult:
    """Step: put the accounts of the year in place of those before, and say so in `accounts`; or nothing."""
    mine = accounted.accountability.with_columns(run_id=pl.lit(run.run_id))
    new = {
        "accountability": _with_others(run.books, "accountability", mine, moment.year),
        "accountability_interventions": _with_others(
            run.books, "accountability_interventions", accounted.interventions, moment.year
        ),
    }
    new["findings"] = _with_openings(run.books, new["accountability"], accounted.findings, moment)
    # What a report tells beside the tables, a text or a date of consent, may have changed alone.
    news = moment.year in changes_since_account(run.books)["year"]
    if not run.appended and not news and _same(run.books, new):
        return _result(run, moment.year, None, new, latest_account_of(run.books, moment.year), taken)
    row = _row(run, moment, accounted, new["findings"])
    run.append(tables.ACCOUNTS, row)
    for model in ACCOUNTED:
        run.replace(model, new[model.name])
    keep_texts(run, moment.rules.texts)
    return _result(run, moment.year, run.run_id, new, row, taken)


def _with_openings(
    books: Books, accountability: pl.DataFrame, mine: pl.DataFrame, moment: AccountingContext
) -> pl.DataFrame:
    """All findings: those of the year and of other years, and the openings of all years compared anew."""
    others = books.table("findings").filter(pl.col("year") != moment.year, pl.col("rule") != OPENING)
    rules, years = moment.rules.accountability, sorted(accountability["year"].unique())
    openings = [opening_findings(accountability, one, rules) for one in years]
    return in_order(pl.concat([mine, others.select(mine.columns), *openings]))


def _with_others(books: Books, table: str, mine: pl.DataFrame, year: int) -> pl.DataFrame:
    others = books.table(table).filter(pl.col("year") != year)
    return pl.concat([others, mine.select(others.columns)]).sort("year", "board", "brin", maintain_order=True)


def _same(books: Books, new: dict[str, pl.DataFrame]) -> bool:
    """Whether the accounts are what they were, whichever run wrote them."""
    for name, rows in new.items():
        columns = [column for column in rows.columns if column != "run_id"]
        before = books.table(name).select(columns)
        if not before.sort(columns).equals(rows.select(columns).sort(columns)):
            return False
    return True


def _row(run: Run, moment: AccountingContext, accounted: Accounted, findings: pl.DataFrame) -> pl.DataFrame:
    schools = accounted.accountability
    mine = findings.filter(pl.col("year") == moment.year)
    sums = {
        f"{name}{suffix}": Decimal(schools.filter(pl.col("currency") == currency)[name].sum())
        for name in ("received", "spent", "carried_out")
        for currency, suffix in (("EUR", ""), ("USD", "_usd"))
    }
    row: dict[str, Any] = {
        "run_id": run.run_id,
        "year": moment.year,
        "sequence": count_accounts(run.books, moment.year) + 1,
        "accounted_on": moment.accounted_on,
        "treatment": moment.treatment,
        "menukaart": moment.rules.name,
        "menukaart_sha256": moment.rules.sha256,
        "boards": schools["board"].n_unique(),
        "schools": schools.height,
        **sums,
        **{f"{one}s": mine.filter(pl.col("severity") == one).height for one in ("error", "warning", "note")},
    }
    return pl.DataFrame([row], schema=schema_of(tables.ACCOUNTS))


def _result(
    run: Run,
    year: int,
    run_id: str | None,
    new: dict[str, pl.DataFrame],
    accounts: pl.DataFrame,
    taken: IngestResult | None,
) -> AccountResult:
    mine = {name: rows.filter(pl.col("year") == year) for name, rows in new.items()}
    return AccountResult(
        year,
        run_id,
        accounts,
        mine["accountability"],
        mine["accountability_interventions"],
        mine["findings"],
        taken,
        tuple(_remarks(run, year, new["findings"])),
    )


def _other_years(run: Run, year: int) -> list[str]:
    """Rows that this run took in of years that it does not account for."""
    added = run.appended.get(tables.SPENDING.name)
    if added is None:
        return []
    others = added.filter(pl.col("year") != year).group_by("year").len().sort("year")
    return [
        f"{rows} rows of spending are of {other} and not of {year}; they count when {other} is accounted for"
        for other, rows in others.iter_rows()
    ]


def _remarks(run: Run, year: int, findings: pl.DataFrame) -> list[str]:
    """What else the reader should know: months that are not paid yet, and later years that open otherwise now."""
    books, remarks = run.books, _other_years(run, year)
    last = last_paid_month_in(books, year)
    open_months = [f"{month:%Y-%m}" for month in months_due_in(books, year) if last is None or month > last]
    if open_months:
        remarks.append(f"{', '.join(open_months)} is not paid yet, and not in what was received")
    later = findings.filter((pl.col("rule") == OPENING) & (pl.col("year") > year))
    for one in sorted(later["year"].unique()):
        remarks.append(f"{one} opens on something else now; run `npo account --year {one}` again")
    return remarks
