"""Artifacts in Prefect: tables of totals, rejected rows, differences and accounts. Never a pupil."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl
from prefect import artifacts
from prefect.settings import PREFECT_UI_URL

from flows.plan_page import plain, plan_page, plan_summary
from npo_pipeline import dutch
from npo_pipeline.cli.render.pay import schools
from npo_pipeline.commands.account.reports import WrittenReports
from npo_pipeline.commands.account.write import AccountResult
from npo_pipeline.commands.decide.model import DecideRequest, DecisionPlan
from npo_pipeline.commands.ingest import IngestResult
from npo_pipeline.commands.pay import MonthPaid
from npo_pipeline.commands.steps import Progress
from npo_pipeline.months import month_text
from npo_pipeline.translation import singular

MOST_ROWS = 200
"""A table in an artifact is for a person; the books hold the rest."""

MOST_BOARDS = 2000
"""All boards there are."""


def payments_artifact(paid: Sequence[MonthPaid]) -> None:
    """Publish a table per month that was paid: sums per kind of recipient, component, reason and currency."""
    for one in paid:
        if one.run_id is None:
            continue  # An empty table would hide the one that the paying run left under this key.
        key = ["currency", "recipient_kind", "component", "reason"]
        sums = one.payments.group_by(key).agg(
            payments=pl.len(), recipients=pl.col("recipient").n_unique(), amount=pl.col("amount").sum()
        )
        _publish_table(f"npo-payment-run-{month_text(one.month)}", sums.sort(key), f"{payment_words(one)}.")


def payment_words(paid: MonthPaid) -> str:
    """Return in words what a run paid in a month: an amount per currency, and to whom."""
    month = month_text(paid.month)
    if paid.run_id is None:
        return f"{month}: nothing left to pay"
    return singular(f"{month}: paid {dutch.totals(paid.payments)} to {schools(paid.payments)} ({paid.run_id})")


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
    """Publish the page of a plan that waits for approval; return a summary that links to it and shows its hash.

    The page has the plan in its key, and the link its id: two plans of a year never hide each other.
    """
    key = f"npo-recalibration-{result.state.school_year}-{result.fingerprint[:12]}"
    summary = plan_summary(request, result)
    made = artifacts.create_markdown_artifact(plan_page(request, result), key=key, description=summary)
    page = f"{PREFECT_UI_URL.value()}/artifacts/artifact/{made}"
    return f"{summary} You approve [this plan]({page}), hash `{result.fingerprint}`, and nothing else."


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
    """Publish one table of the boards: their sums per currency, their findings, and whether a pack was written.

    The schools and findings of a board are in its pack: to publish those of hundreds takes minutes.
    """
    errors = pl.col("severity") == "error"
    counted = result.findings.group_by("board").agg(errors=errors.sum(), findings=pl.len())
    sums = result.accountability.group_by("board", "currency").agg(
        pl.len().alias("schools"), pl.col("carried_in", "received", "spent", "carried_out").sum()
    )
    packs = reports.packs
    made = {
        **dict.fromkeys(packs.up_to_date, "up to date"),
        **dict.fromkeys(packs.written, "written"),
        **dict.fromkeys(packs.faults, "could not be made"),
    }
    # A board with two currencies has a pack for each.
    names = (pl.format("{}-{}", "board", "currency"), pl.col("board"))
    outcomes = [one.replace_strict(made, default=None, return_dtype=pl.String) for one in names]
    pack = pl.coalesce(*outcomes, pl.lit("none"))
    boards = sums.join(counted, on="board", how="left").with_columns(
        pl.col("errors", "findings").fill_null(0), pack=pack
    )
    rows = boards.sort("errors", "board", "currency", descending=[True, False, False])
    words = f"Accounts of {result.year}; the packs are in {reports.folder}"
    _publish_table(f"npo-year-end-{result.year}", rows, words, most=MOST_BOARDS)


def _publish_table(key: str, rows: pl.DataFrame, description: str, most: int | None = None) -> None:
    """Publish rows as a table; Prefect shows texts as Markdown, so what comes from outside is made plain."""
    most = most or MOST_ROWS
    more = f"; the first {most} of {rows.height}" if rows.height > most else ""
    table: list[dict[str, Any]] = [
        {name: None if value is None else plain(str(value)) for name, value in row.items()}
        for row in rows.head(most).iter_rows(named=True)
    ]
    artifacts.create_table_artifact(table=table, key=key, description=plain(description + more))
