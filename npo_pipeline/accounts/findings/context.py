"""What the rules of a finding look at, and what a rule finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.rulebook.accountability.model import Accountability

FOUND = {
    "board": pl.String,
    "brin": pl.String,
    "amount": pl.Int64,
    "message": pl.String,
    "advice": pl.String,
    "file": pl.String,
    "line": pl.Int64,
}
"""What a rule finds; `amount` in cents. What it leaves out is null."""


@dataclass(frozen=True)
class FindingContext:
    """A calendar year as the rules look at it. Amounts are whole cents.

    `schools`: board, brin, carried_in, received, spent, external, board_level, carried_out, school_scan,
    mr_consent, gmr_consent, currency. `paid_for`: board, brin, school_year of which it got money. `rows`: spending
    of the year: category, written, intervention, menu_status, hint, level, amount, external, file, line. `ever`:
    spending of this year and those before, as in the table. `consents`: those of the two school years in the year.
    `agreed`: board, brin, agreed. `refused`: board, file, line, message.
    """

    year: int
    accounted_on: date
    rules: Accountability
    schools: pl.DataFrame
    paid_for: pl.DataFrame
    rows: pl.DataFrame
    ever: pl.DataFrame
    consents: pl.DataFrame
    agreed: pl.DataFrame
    refused: pl.DataFrame


def finding_rows(cases: pl.DataFrame, message: pl.Expr, advice: str, amount: str | None = None) -> pl.DataFrame:
    """Say of each case what is wrong and what to do.

    Args:
        cases: board, and brin, file, line and the amount where there are.
        message: in Dutch.
        advice: what to do, in Dutch.
        amount: the column of cents that is at stake.
    """
    there = set(cases.columns)
    kept = {
        name: pl.col(name) if name in there else pl.lit(None, dtype)
        for name, dtype in FOUND.items()
        if name in ("board", "brin", "file", "line")
    }
    cents = pl.col(amount).cast(pl.Int64) if amount else pl.lit(None, pl.Int64)
    told = cases.select(**kept, amount=cents, message=message, advice=pl.lit(advice))
    return told.select([pl.col(name).cast(dtype) for name, dtype in FOUND.items()])
