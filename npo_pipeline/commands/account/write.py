"""Write the accounts of a year in the books, in place of those before; or nothing, when nothing has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.accounts.findings.registry import OPENING, in_order, opening_findings
from npo_pipeline.accounts.statement import YearAccounts
from npo_pipeline.books.queries.accounts import (
    all_accounts,
    changes_since_account,
    closed_years,
    latest_accounts,
)
from npo_pipeline.books.queries.ledger import paid_months, scheduled_months
from npo_pipeline.books.reader import Books
from npo_pipeline.books.run import Run
from npo_pipeline.commands.account.inputs import WITH_CLAIMS, AccountingContext
from npo_pipeline.commands.decide.write import keep_texts
from npo_pipeline.commands.ingest import IngestResult
from npo_pipeline.months import month_text
from schemas import accounted
from schemas.accounted import (
    Accountability,
    AccountabilityClaims,
    AccountabilityCorrections,
    AccountabilityInterventions,
    AccountabilityReceipts,
    Accounts,
    Findings,
)
from schemas.columns import schema_of

_DERIVED = (
    accounted.ACCOUNTABILITY,
    accounted.ACCOUNTABILITY_INTERVENTIONS,
    accounted.ACCOUNTABILITY_RECEIPTS,
    accounted.ACCOUNTABILITY_CORRECTIONS,
    accounted.ACCOUNTABILITY_CLAIMS,
    accounted.FINDINGS,
)


@dataclass(frozen=True, kw_only=True)
class AccountResult:
    """The rows of the tables of the year. `run_id` is null when nothing had changed.

    `ingested`: the result for the files that were given. `remarks`: for the reader. `closed_on`: the day on which
    the year was closed; null while it is open.
    """

    year: int
    run_id: str | None
    accounts: Accounts
    accountability: Accountability
    interventions: AccountabilityInterventions
    receipts: AccountabilityReceipts
    corrections: AccountabilityCorrections
    claims: AccountabilityClaims
    findings: Findings
    ingested: IngestResult | None
    remarks: tuple[str, ...]
    closed_on: date | None = None


def write_accounts(
    run: Run, context: AccountingContext, accounts: YearAccounts, ingested: IngestResult | None
) -> AccountResult:
    """Step: replace the accounts of the year, and add a row to `accounts`; or do nothing."""
    year = context.year
    new = _new_tables(run, context, accounts)
    # The texts and dates of consent are in reports and in none of these tables, so they may have changed alone.
    changed = run.appended or year in changes_since_account(run.books)["year"] or not _is_same(run.books, new)
    if changed:
        row = _account_row(run, context, accounts, new["findings"])
        run.append(accounted.ACCOUNTS, row)
        run.manifest_entries["accrual"] = context.accrual
        run.manifest_entries["accounts"] = WITH_CLAIMS
        for model in _DERIVED:
            run.replace(model, new[model.name])
        keep_texts(run, context.rules.texts)
    else:
        row = Accounts(latest_accounts(run.books).filter(year=year))
    own = {name: rows.filter(pl.col("year") == year) for name, rows in new.items()}
    return AccountResult(
        year=year,
        run_id=run.run_id if changed else None,
        accounts=row,
        accountability=Accountability(own["accountability"]),
        interventions=AccountabilityInterventions(own["accountability_interventions"]),
        receipts=AccountabilityReceipts(own["accountability_receipts"]),
        corrections=AccountabilityCorrections(own["accountability_corrections"]),
        claims=AccountabilityClaims(own["accountability_claims"]),
        findings=Findings(own["findings"]),
        ingested=ingested,
        remarks=tuple(_remarks(run, year, new["findings"])),
    )


def _new_tables(run: Run, context: AccountingContext, accounts: YearAccounts) -> dict[str, pl.DataFrame]:
    """Return the tables of all years, with the new rows of the year."""
    own = accounts.accountability.with_columns(run_id=pl.lit(run.run_id))
    accountability = Accountability(_with_other_years(run.books, "accountability", own, context.year))
    return {
        "accountability": accountability,
        "accountability_interventions": _with_other_years(
            run.books, "accountability_interventions", accounts.interventions, context.year
        ),
        "accountability_receipts": _with_other_years(
            run.books, "accountability_receipts", accounts.receipts, context.year
        ),
        "accountability_claims": _with_other_years(
            run.books, "accountability_claims", accounts.claims, context.year
        ),
        "accountability_corrections": _with_other_years(
            run.books, "accountability_corrections", accounts.corrections, context.year
        ),
        "findings": _with_openings(run.books, accountability, accounts.findings, context),
    }


def _with_openings(
    books: Books, accountability: Accountability, own: Findings, context: AccountingContext
) -> Findings:
    """Return the findings of the year and of other years, and the openings of all years compared again."""
    others = books.table("findings").filter(pl.col("year") != context.year, pl.col("rule") != OPENING)
    rules, years = context.rules.accountability, sorted(accountability["year"].unique())
    openings = [opening_findings(accountability, one, rules) for one in years]
    return in_order(Findings(pl.concat([own, others.select(own.columns), *openings])))


def _with_other_years(books: Books, table: str, own: pl.DataFrame, year: int) -> pl.DataFrame:
    others = books.table(table).filter(pl.col("year") != year)
    return pl.concat([others, own.select(others.columns)]).sort("year", "board", "brin", maintain_order=True)


def _is_same(books: Books, new: dict[str, pl.DataFrame]) -> bool:
    """Return True when the accounts are as they were, whichever run wrote them."""
    for name, rows in new.items():
        columns = [column for column in rows.columns if column != "run_id"]
        before = books.table(name).select(columns)
        if not before.sort(columns).equals(rows.select(columns).sort(columns)):
            return False
    return True


def _account_row(run: Run, context: AccountingContext, accounts: YearAccounts, findings: pl.DataFrame) -> Accounts:
    schools = accounts.accountability
    own = findings.filter(pl.col("year") == context.year)
    sums = {
        f"{name}{suffix}": Decimal(schools.filter(pl.col("currency") == currency)[name].sum())
        for name in ("received", "spent", "carried_out", "corrections")
        for currency, suffix in (("EUR", ""), ("USD", "_usd"))
    }
    row: dict[str, Any] = {
        "run_id": run.run_id,
        "year": context.year,
        "sequence": all_accounts(run.books).filter(year=context.year).height + 1,
        "accounted_on": context.accounted_on,
        "treatment": context.treatment,
        "menukaart": context.rules.name,
        "menukaart_sha256": context.rules.sha256,
        "boards": schools["board"].n_unique(),
        "schools": schools.height,
        **sums,
        **{f"{one}s": own.filter(pl.col("severity") == one).height for one in ("error", "warning", "note")},
    }
    return Accounts(pl.DataFrame([row], schema=schema_of(accounted.ACCOUNTS)))


def unpaid_months(books: Books, year: int) -> list[str]:
    """Return the months of a year in which instalments fall and that were not paid yet."""
    paid = [month for month in paid_months(books) if month.year == year]
    due = [month for month in scheduled_months(books) if month.year == year]
    return [month_text(month) for month in due if not paid or month > paid[-1]]


def _other_years(run: Run, year: int) -> list[str]:
    """Count the rows that this run adds of years that it does not account for."""
    models = (accounted.SPENDING, accounted.RESERVE_TRANSFERS)
    # A reserve that both boards report is one row of the file.
    parts = [
        run.appended[model.name].unique(("delivery_id", "line")).select("year", "amount")
        for model in models
        if model.name in run.appended
    ]
    if not parts:
        return []
    closed = set(closed_years(run.books)["year"])
    others = pl.concat(parts).filter(pl.col("year") != year).group_by("year").agg(pl.len(), pl.col("amount").sum())
    return [
        f"{rows} rows, of {dutch.number(amount, 2)} together, are of {other}, which is closed; they correct it in "
        f"{year}"
        if other in closed
        else f"{rows} rows, of {dutch.number(amount, 2)} together, are of {other} and not of {year}; "
        f"they count when {other} is accounted for"
        for other, rows, amount in others.sort("year").iter_rows()
    ]


def _remarks(run: Run, year: int, findings: pl.DataFrame) -> list[str]:
    """Return remarks: rows of other years, months that are not paid yet, later years that open differently now."""
    books, remarks = run.books, _other_years(run, year)
    if open_months := unpaid_months(books, year):
        remarks.append(f"not paid yet, and not in what was received: {', '.join(open_months)}")
    later = findings.filter((pl.col("rule") == OPENING) & (pl.col("year") > year))
    for one in sorted(later["year"].unique()):
        remarks.append(f"{one} opens on something else now; run `npo account --year {one}` again")
    return remarks
