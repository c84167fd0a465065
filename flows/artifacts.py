"""Artifacts in Prefect: tables of totals, rejected rows, differences and accounts. Never a pupil."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl
from prefect import artifacts

from flows.plan_page import plan_page, plan_summary
from npo_pipeline import dutch
from npo_pipeline.commands.account.reports import WrittenReports
from npo_pipeline.commands.account.write import AccountResult
from npo_pipeline.commands.decide.model import DecideRequest, DecisionPlan
from npo_pipeline.commands.ingest import IngestResult
from npo_pipeline.commands.pay import MonthPaid
from npo_pipeline.commands.steps import Progress
from npo_pipeline.months import month_text

MOST_ROWS = 200
"""A table in an artifact is for a person; the books hold the rest."""


def payments_artifact(paid: Sequence[MonthPaid]) -> None:
    """Publish a table per month that was paid: euro and payments per kind of recipient, component and reason."""
    for one in paid:
        if one.run_id is None:
            continue  # An empty table would hide the one that the paying run left under this key.
        of_currency = one.payments.group_by("currency").agg(pl.col("amount").sum()).sort("currency")
        total = " and ".join(dutch.money(amount, currency) for currency, amount in of_currency.iter_rows())
        key = ["recipient_kind", "component", "reason"]
        sums = one.payments.group_by(key).agg(
            payments=pl.len(), recipients=pl.col("recipient").n_unique(), euro=pl.col("amount").sum()
        )
        _publish_table(
            f"npo-payment-run-{month_text(one.month)}",
            sums.sort(key),
            f"Payment run of {month_text(one.month)} ({one.run_id}): {total}",
        )


def delivery_artifacts(result: IngestResult) -> None:
    """Publish tables of the files, of rejected rows by file and rule, and of differences between files."""
    if result.run_id is None:
        return
    files = result.files.select("delivery_id", "file", "kind", "reference_date", "rows", "rejected")
    _publish_table("npo-delivery", files, f"Files taken in ({result.run_id})")
    refused = result.rejections.group_by("file", "rule").agg(rows=pl.col("line").n_unique())
    _publish_table(
        "npo-refused-rows",
        refused.sort("file", "rule"),
        "Refused rows by file and rule; each one stands in the table quarantine",
    )
    differences = result.differences.select("vestiging", "school_type", "measure", "used", "other", "message")
    _publish_table("npo-differences", differences, "Where files of one reference date disagree")


def plan_artifact(request: DecideRequest, result: DecisionPlan) -> str:
    """Publish the page of a plan that waits for approval; return a summary that names the page."""
    key, summary = f"npo-recalibration-{result.state.school_year}", plan_summary(request, result)
    artifacts.create_markdown_artifact(plan_page(request, result), key=key, description=summary)
    return f"{summary} All of it stands under Artifacts, {key}."


@contextmanager
def pack_progress(year: int, boards: int) -> Iterator[Progress]:
    """Yield a callback that fills a bar per pack; the bar ends full, for packs that were up to date count too."""
    bar: Any = artifacts.create_progress_artifact(
        0.0, key=f"npo-year-end-{year}-packs", description=f"Packs of {year}"
    )

    def report(_step: str, done: int) -> None:
        artifacts.update_progress_artifact(bar, min(100.0 * done / boards, 100.0))

    yield report
    artifacts.update_progress_artifact(bar, 100.0)


def accounts_artifacts(result: AccountResult, reports: WrittenReports) -> None:
    """Publish a table of all boards, and per board whose pack was written its schools and its findings."""
    year, errors = result.year, pl.col("severity") == "error"
    counted = result.findings.group_by("board").agg(errors=errors.sum(), findings=pl.len())
    sums = result.accountability.group_by("board", "currency").agg(
        pl.len().alias("schools"), pl.col("carried_in", "received", "spent", "carried_out").sum()
    )
    boards = sums.join(counted, on="board", how="left").with_columns(pl.col("errors", "findings").fill_null(0))
    _publish_table(
        f"npo-year-end-{year}", boards.sort("errors", "board", descending=[True, False]), f"Accounts of {year}"
    )
    for board in reports.packs.written:
        schools = result.accountability.filter(board=board)
        shown = schools.select("brin", "carried_in", "received", "spent", "external", "board_level", "carried_out")
        where = reports.folder / board
        _publish_table(f"npo-year-end-{year}-{board}", shown, f"Board {board}; its pack is in {where}")
        findings = result.findings.filter(board=board).select("brin", "severity", "rule", "amount", "message")
        if findings.height:
            _publish_table(f"npo-year-end-{year}-{board}-findings", findings, f"Findings of board {board}")


def _publish_table(key: str, rows: pl.DataFrame, description: str) -> None:
    more = f"; the first {MOST_ROWS} of {rows.height}" if rows.height > MOST_ROWS else ""
    table: list[dict[str, Any]] = [
        {name: None if value is None else str(value) for name, value in row.items()}
        for row in rows.head(MOST_ROWS).iter_rows(named=True)
    ]
    artifacts.create_table_artifact(table=table, key=key, description=description + more)
