"""What a decision makes of the next payment run, before it is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.ledger_state import AFTER_ALL_RUNS, ledger_state, paid_until
from npo_pipeline.entitlements.model import DecisionTables
from npo_pipeline.months import Month, month_after
from npo_pipeline.payments.booking import LedgerState, payment_rows
from npo_pipeline.payments.settlement import KEY

_NEW = "new"
"""Stands for the decision that has no name yet."""

_AFTER_ALL = 2**31
"""Its place among the decisions of its year."""


@dataclass(frozen=True)
class NextPayment:
    """The payment run that comes next, if the decision is taken.

    `payments`: its rows, as in `payments`. `below_zero`: who would have to pay back: board, currency, amount.
    """

    month: Month
    payments: pl.DataFrame
    below_zero: pl.DataFrame


def next_payment(
    books: Books, school_year: str, decided: DecisionTables, due: pl.DataFrame, changed: Sequence[str]
) -> NextPayment | None:
    """Work out the next payment run as if the decision were taken; nothing where no payment is left to come.

    Args:
        books: the books.
        school_year: of the decision.
        decided: the decision.
        due: what it makes due that the one before it did not (`due_changes`).
        changed: the currencies in which it is a new decision.
    """
    last = books.value("select max(paid_month) from payments")
    scheduled = books.frame(
        """
        select distinct month, school_year, currency
        from instalments join latest_decisions using (decision_id, school_year)"""
    )
    others = scheduled.filter(~_of(school_year, changed))["month"].to_list()
    months = [*others, *decided.instalments["month"].unique()]
    coming = [month for month in months if last is None or month > last]
    if not coming and last is None:
        return None
    month = min(coming) if coming else month_after(last)
    until = {currency: paid_until(books, school_year, currency) for currency in changed}
    gap = books.value("select coalesce(max(run_id), '') from runs where command = 'pay'")
    found = ledger_state(books, month, AFTER_ALL_RUNS, school_directory(books), spreading=school_year)
    found = _if_taken(found, school_year, decided, due, until, gap)
    payments = payment_rows(month, AFTER_ALL_RUNS, found)
    each = payments.group_by("board", "currency").agg(pl.col("amount").sum())
    below = each.filter(pl.col("amount") < 0).sort("amount", "board")
    return NextPayment(month, payments, below)


def _if_taken(
    found: LedgerState,
    school_year: str,
    decided: DecisionTables,
    due: pl.DataFrame,
    until: Mapping[str, date | None],
    gap: str,
) -> LedgerState:
    """The books with the decision in them.

    `until`: of each currency it changes, the last month that was run before it. `gap`: the payment run before it.
    """
    schema = {"currency": pl.String, "paid_until": pl.Date}
    news = pl.DataFrame(list(until.items()), schema=schema, orient="row").with_columns(
        school_year=pl.lit(school_year),
        decision_id=pl.concat_str(pl.lit(_NEW), "currency"),
        sequence=pl.lit(_AFTER_ALL, pl.Int64),
        gap=pl.lit(gap),
    )
    stays = ~_of(school_year, list(until))
    instalments = pl.concat(
        [
            found.instalments.filter(stays),
            decided.instalments.filter(_of(school_year, list(until))).select(found.instalments.columns),
        ]
    )
    named = due.join(news.select("currency", "decision_id", "gap", "paid_until"), on="currency")
    before = named.filter(pl.col("month") <= pl.col("paid_until"))
    corrected = before.group_by(*KEY, "decision_id", "gap", "paid_until").agg(pl.col("amount").sum())
    told = news.select("currency", "decision_id", "sequence", "gap")
    terms = decided.settling.join(told, on="currency").with_columns(school_year=pl.lit(school_year))
    return replace(
        found,
        instalments=instalments,
        latest=pl.concat([found.latest.filter(stays), news.select(found.latest.columns)]),
        corrections=pl.concat([found.corrections, corrected.select(found.corrections.columns)]),
        terms=pl.concat([found.terms, terms.select(found.terms.columns)]),
    )


def _of(school_year: str, currencies: Sequence[str]) -> pl.Expr:
    return (pl.col("school_year") == school_year) & pl.col("currency").is_in(list(currencies))
