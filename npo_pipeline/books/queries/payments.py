"""Payments of schools, as they were when a later decision was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from npo_pipeline.books.reader import Books
from schemas.decided import Payments
from schemas.frames.reports import LedgerRows


@dataclass(frozen=True)
class PaymentScope:
    """Represent a choice of payments: a school year and currency, some BRINs, runs before one (null: all)."""

    school_year: str
    currency: str
    brins: Sequence[str]
    before_run: str | None


_IN_SCOPE = """
    where school_year = $1 and currency = $2 and substr(vestiging, 1, 4) = any($3)
        and ($4 is null or run_id < $4)"""


def payments_in(books: Books, scope: PaymentScope) -> Payments:
    """Return the rows of `payments` in a scope."""
    return Payments(books.frame(f"from payments {_IN_SCOPE}", _parameters(scope)))


def corrections_in(books: Books, scope: PaymentScope) -> LedgerRows:
    """Return the rows of the view `ledger` in a scope that are corrections."""
    return LedgerRows(
        books.frame(f"from (from ledger where cause <> 'instalment') {_IN_SCOPE}", _parameters(scope))
    )


def last_month_paid(books: Books, before_run: str | None) -> date | None:
    """Return the last month that any run before one (null: any run) paid; None when there is none."""
    query = "select max(paid_month) from payments where $1 is null or run_id < $1"
    month: date | None = books.value(query, [before_run])
    return month


def _parameters(scope: PaymentScope) -> list[object]:
    return [scope.school_year, scope.currency, list(scope.brins), scope.before_run]
