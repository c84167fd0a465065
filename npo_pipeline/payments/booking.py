"""Settled amounts as rows of the ledger: named, with the board that gets them."""

from __future__ import annotations

import polars as pl

from npo_pipeline.counts.schools import board_on
from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.months import Month
from npo_pipeline.payments.settlement import KEY, settle, with_payment_ids
from schemas import tables

COLUMNS = list(tables.PAYMENTS.columns)


def payments_of(
    month: Month,
    run_id: str,
    *,
    instalments: pl.DataFrame,
    ledger: pl.DataFrame,
    latest: pl.DataFrame,
    schools: pl.DataFrame,
) -> pl.DataFrame:
    """What a payment run pays, from the tables of the books.

    The board is the one that holds the vestiging on the first day of the paid month (contract, section 4).

    Args:
        month: the month of the run.
        run_id: the run.
        instalments: of the latest decision of every school year: KEY, month, amount.
        ledger: what was paid before: KEY, paid_month, reason, amount.
        latest: school_year, currency and decision_id of those decisions.
        schools: the directory.

    Returns:
        Rows of `payments`, sorted by school and component.
    """
    rows = settle(month, _cents(instalments, "month"), _cents(ledger, "paid_month", "reason"), latest)
    placed = board_on(schools, with_payment_ids(rows, month), month)
    return placed.with_columns(
        run_id=pl.lit(run_id),
        paid_month=pl.lit(month),
        brin=pl.col("vestiging").str.head(4),
        amount=to_euro(pl.col("amount_cents")),
    ).select(COLUMNS)


def _cents(rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return rows.select(*KEY, *columns, amount_cents=to_cents(pl.col("amount")))
