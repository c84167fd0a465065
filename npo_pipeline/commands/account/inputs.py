"""The inputs of the accounts of a year, loaded from the books in one way for a run and for `npo verify` later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.accounts.board_reports import latest_reports
from npo_pipeline.accounts.received import claims_by
from npo_pipeline.accounts.statement import FLOWS, AccountInputs, ClosedBooks
from npo_pipeline.books.manifest import rows_sha256
from npo_pipeline.books.queries.accounts import closed_years
from npo_pipeline.books.queries.decisions import totals_of_decisions
from npo_pipeline.books.queries.deliveries import rows_until
from npo_pipeline.books.queries.ledger import attribution_inputs, decisions_in_force, unsettled_schools
from npo_pipeline.books.queries.payments import last_month_paid, paid_for_months, receipts_per_month
from npo_pipeline.books.queries.runs import archived_texts
from npo_pipeline.books.reader import Books
from npo_pipeline.entitlements.beneficiaries import with_beneficiary
from npo_pipeline.intake.board_transfers import board_on
from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.months import Month, month_after
from npo_pipeline.payments.attribution import ITEM_KEY, open_items
from npo_pipeline.rulebook.archive import archived_year_end_rules
from npo_pipeline.rulebook.year_end import YearEndRules
from schemas.accounted import (
    Accountability,
    AccountabilityClaims,
    AccountabilityCorrections,
    Consents,
    ReserveTransfers,
    Spending,
)
from schemas.frames.accounts import DeliveryFiles, OpenAmounts, OpenRejections
from schemas.frames.money import DueItemCents, SettledItemCents
from schemas.received import Deliveries, Quarantine, Schools

BY_MONTH, BY_COMPONENT, BY_VESTIGING = 3, 2, 1
"""Ways to work out accruals, as manifests name them: each component of a vestiging rounded as instalments are, and
what a merger, closure or opening moves in its month; or, as older versions did, over the year; or all together."""

WITH_CLAIMS, WITHOUT_CLAIMS = 2, 1
"""Ways to make accounts, as manifests name them: with claims between boards, and findings that say their currency;
or, as older versions did, without."""

AccountRow = Mapping[str, Any]
"""A row of table `accounts`."""


@dataclass(frozen=True, kw_only=True)
class AccountingContext:
    """An account of a year, made by a run in the past or now.

    `before`: the accountability of the year before, as it was then. `schools`: the directory as it was known then.
    `appended`: table -> rows that the run itself adds. `accrual`: how accruals are rounded.
    `accounts`: how accounts are made.
    """

    year: int
    run_id: str
    accounted_on: date
    treatment: str
    rules: YearEndRules
    schools: Schools
    before: Accountability
    appended: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    accrual: int = BY_MONTH
    accounts: int = WITH_CLAIMS


def load_inputs(books: Books, context: AccountingContext) -> AccountInputs:
    """Load all rows of the runs before, and of the run itself, that the accounts of a year are calculated from."""
    spending, consents, transfers = (
        _rows(books, table, context) for table in ("spending", "consents", "reserve_transfers")
    )
    deliveries = Deliveries(_rows(books, "deliveries", context))
    rejected = Quarantine(_rows(books, "quarantine", context))
    reported = {"year": spending, "school_year": consents}
    current = Spending(latest_reports(spending, "year"))
    closings = _closings(books, context)
    return AccountInputs(
        year=context.year,
        accounted_on=context.accounted_on,
        treatment=context.treatment,
        rules=context.rules,
        payments=receipts_per_month(books, context.run_id),
        totals=totals_of_decisions(
            books,
            decisions_in_force(books, context.run_id)["decision_id"].to_list(),
            by_component=context.accrual >= BY_COMPONENT,
            by_month=context.accrual >= BY_MONTH,
        ),
        schools=context.schools,
        spending=current,
        consents=Consents(latest_reports(consents, "school_year")),
        files=DeliveryFiles(deliveries.select("delivery_id", "file")),
        rejections=OpenRejections(
            pl.concat(
                _open_rejections(reported, rejected, deliveries, year).filter(pl.col("run_id") > since)
                for year, since in ((context.year, ""), *closings.items())
            )
            .unique(maintain_order=True)
            .drop("run_id")
        ),
        before=context.before,
        transfers=ReserveTransfers(latest_reports(transfers, "year")),
        closed=_closed_books(books, closings, current, deliveries),
        **({"claims": _claims(books, context)} if context.accounts == WITH_CLAIMS else {}),
    )


def _claims(books: Books, context: AccountingContext) -> AccountabilityClaims:
    """Return what boards claim of each other and of the next payment run, as it was when a run began."""
    paid = paid_for_months(books, context.run_id)
    last = last_month_paid(books, context.run_id)
    coming = _open_amounts(books, context, last) if last else pl.DataFrame(schema=_OPEN)
    return claims_by(context.year, paid, OpenAmounts(coming), context.schools)


_OPEN: dict[str, Any] = {
    **dict.fromkeys(("school_year", "currency", "vestiging", "cause", "board"), pl.String),
    "month": pl.Date,
    "amount": pl.Decimal(18, 2),
}


def _open_amounts(books: Books, context: AccountingContext, last: Month) -> pl.DataFrame:
    """Return what is due up to the last paid month and not settled, of the board that the next run would pay."""
    made = attribution_inputs(books, unsettled_schools(books, last, context.run_id), last, context.run_id)
    cents = to_cents(pl.col("amount"))
    items = open_items(
        DueItemCents(made.items.with_columns(amount_cents=cents)),
        SettledItemCents(made.settled.select(*ITEM_KEY, amount_cents=cents)),
        made.booked,
        made.first_runs,
    )
    left = with_beneficiary(items.filter(pl.col("amount_cents") != 0))
    placed = board_on(context.schools, left.filter(pl.col("vestiging").is_not_null()), month_after(last))
    return placed.with_columns(amount=to_euro(pl.col("amount_cents"))).select(list(_OPEN))


def _closings(books: Books, context: AccountingContext) -> dict[int, str]:
    """Return the years that were closed when the run began, each with the run that closed it.

    None where the year is not the first after them: that is the one open year in which later data of closed years
    is accounted for.
    """
    closed = dict(closed_years(books, context.run_id).select("year", "run_id").iter_rows())
    return closed if closed and context.year == max(closed) + 1 else {}


def _closed_books(
    books: Books, closings: Mapping[int, str], spending: Spending, deliveries: Deliveries
) -> ClosedBooks:
    """Return what stands for closed years, and the spending in them that was reported since."""
    if not closings:
        return ClosedBooks()
    in_closed = pl.col("year").is_in(list(closings))
    since = pl.col("year").replace_strict(closings, default=None, return_dtype=pl.String)
    reported = spending.filter(in_closed).join(deliveries.select("delivery_id", "run_id"), on="delivery_id")
    return ClosedBooks(
        tuple(closings),
        Accountability(books.table("accountability").filter(in_closed)),
        AccountabilityCorrections(books.table("accountability_corrections").filter(in_closed)),
        Spending(reported.filter(pl.col("run_id") > since).drop("run_id")),
    )


def _rows(books: Books, table: str, context: AccountingContext) -> pl.DataFrame:
    """Return the rows of deliveries that were there when the run ended."""
    rows = rows_until(books, table, context.run_id)
    appended = context.appended.get(table)
    return rows if appended is None else pl.concat([rows, appended.select(rows.columns)])


def _open_rejections(
    reported: Mapping[str, pl.DataFrame], quarantine: Quarantine, deliveries: Deliveries, year: int
) -> pl.DataFrame:
    """Return the rejected rows of a year that no later report of their board replaces.

    A report of a board in a later run replaces its earlier one of the same period, rejected rows and all. A row
    without a period is of every year, until the next report of the board. `reported`: period column -> rows.
    """
    when = deliveries.select("delivery_id", "kind", "run_id")
    rejected = quarantine.filter(pl.col("board").is_not_null()).join(when, on="delivery_id")
    accepted = [
        rows.select("delivery_id", "board", period=pl.col(period).cast(pl.String)).join(when, on="delivery_id")
        for period, rows in reported.items()
    ]
    reports = pl.concat([*accepted, rejected], how="diagonal")
    of_period, of_board = ["kind", "board", "period"], ["kind", "board"]
    latest_of_period = reports.group_by(of_period).agg(pl.col("run_id").max().alias("latest_of_period"))
    latest = reports.group_by(of_board).agg(pl.col("run_id").max().alias("latest"))
    is_in_year = pl.col("period").is_in([str(year), f"{year - 1}-{year}", f"{year}-{year + 1}"])
    of_year = rejected.filter(pl.col("period").is_null() | is_in_year)
    of_year = of_year.join(latest_of_period, on=of_period, how="left")
    replaced_by = pl.when(pl.col("period").is_null()).then("latest").otherwise("latest_of_period")
    still_open = of_year.join(latest, on=of_board).filter(pl.col("run_id") >= replaced_by)
    return still_open.select("board", "file", "line", "message", "run_id")


def rules_of_account(books: Books, row: AccountRow) -> YearEndRules:
    """Return the archived rules that an account was made by; raise `BooksDoNotTie` where they changed."""
    return archived_year_end_rules(archived_texts(books), row["menukaart"], row["menukaart_sha256"])


def closing_sha256(rows: Accountability, account: str) -> str:
    """Hash the accounts of a year and the run that made them: the plan by which a closing is approved."""
    return hashlib.sha256(f"{account}\n{rows_sha256(rows.select(_SEALED))}".encode()).hexdigest()


_SEALED = (
    *("year", "board", "brin", "carried_in", *FLOWS, "corrections", "accrued_corrections", "carried_out"),
    *("currency", "treatment", "run_id"),
)
"""The columns of `accountability` that a closing is approved by; later formats may have more."""
