"""What a run leaves to look at in Prefect: tables of totals, refusals and differences. Never a pupil."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from prefect.artifacts import create_table_artifact

from npo_pipeline.commands.ingest import IngestResult
from npo_pipeline.commands.pay import MonthPaid
from npo_pipeline.months import month_text

MOST_ROWS = 200
"""A table in an artifact is for a person; the books hold the rest."""


def of_payments(paid: Sequence[MonthPaid]) -> None:
    """A table per paid month: euro and payments per component and reason."""
    for one in paid:
        sums = one.payments.group_by("component", "reason").agg(
            payments=pl.len().cast(pl.Int64), boards=pl.col("board").n_unique(), euro=pl.col("amount").sum()
        )
        _leave(
            f"npo-payment-run-{month_text(one.month)}",
            sums.sort("component", "reason"),
            f"Payment run of {month_text(one.month)} ({one.run_id or 'nothing left to pay'})",
        )


def of_delivery(result: IngestResult) -> None:
    """Tables of the files that were taken in, the refused rows by rule, and the differences between files."""
    files = result.files.select("delivery_id", "file", "kind", "reference_date", "rows", "rejected")
    _leave("npo-delivery", files, f"Files taken in ({result.run_id or 'nothing new'})")
    refused = result.refusals.group_by("file", "rule").agg(rows=pl.len().cast(pl.Int64)).sort("file", "rule")
    _leave("npo-refused-rows", refused, "Refused rows by file and rule; each one stands in the table quarantine")
    differences = result.differences.select("vestiging", "school_type", "measure", "used", "other", "message")
    _leave("npo-differences", differences, "Where files of one reference date disagree")


def _leave(key: str, rows: pl.DataFrame, description: str) -> None:
    more = f"; the first {MOST_ROWS} of {rows.height}" if rows.height > MOST_ROWS else ""
    table: list[dict[str, Any]] = [
        {name: None if value is None else str(value) for name, value in row.items()}
        for row in rows.head(MOST_ROWS).iter_rows(named=True)
    ]
    create_table_artifact(table=table, key=key, description=description + more)
