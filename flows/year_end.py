"""The flow of the year-end accounts: the same steps as `npo account`, each a task. Packs up to date stay."""

from __future__ import annotations

from typing import Any

import polars as pl
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows import artifacts
from flows.tasks import WAIT_SECONDS, as_task, closed, log_remarks, npo_flow
from flows.workers import cluster_or_local
from npo_pipeline import dutch
from npo_pipeline.cli.options import board_from, home_of, path_from, share_from, year_from
from npo_pipeline.commands.account.command import AccountRequest, account_and_report
from npo_pipeline.commands.account.write import AccountResult


def _run_name() -> str:
    board = flow_run.parameters.get("board")
    return f"account-{flow_run.parameters.get('year')}{f'-{board}' if board else ''}"


@npo_flow("npo-year-end", _run_name)
def year_end(
    home: str,
    year: int,
    spending: list[str] | None = None,
    board: str | None = None,
    treatment: str | None = None,
    force: bool = False,
    full_check: bool = False,
    max_rejected: str = "0.01",
) -> State[Any]:
    """Account for a calendar year and write the pack of every board.

    Args:
        home: the home folder, as a full path.
        year: the calendar year, as 2021.
        spending: files of spending and consent, as full paths.
        board: write the reports of this board alone.
        treatment: what is left over, in the annual accounts: bestemmingsreserve or overlopende_passiva.
        force: make the filing of a board with errors too.
        full_check: have Arelle check the filings too.
        max_rejected: the largest share of refused rows of `spending`, from 0 to 1.

    Returns:
        run_id (null when nothing had changed), boards, errors, and how many packs were written or up to date.

    Raises:
        Refused: nothing was paid in the year, the year before was not accounted for, or a file was refused;
            nothing was changed.
        HomeLocked: another run held the home for WAIT_SECONDS.
        NpoError: the report of some boards could not be made; names them. All others are written.
    """
    request = AccountRequest(
        home=home_of(home),
        year=year_from(str(year)),
        spending=tuple(map(path_from, spending or ())),
        board=board_from(board) if board else None,
        treatment=treatment,
        force=force,
        full_check=full_check,
        max_rejected=share_from(max_rejected),
        wait_seconds=WAIT_SECONDS,
    )

    done = account_and_report(
        request,
        call=as_task,
        progress_of_packs=lambda accounts: artifacts.pack_progress(accounts.year, _boards(accounts, board)),
        workers=cluster_or_local(),
    )
    result, reports = done.accounts, done.reports
    artifacts.accounts_artifacts(result, reports)
    log_remarks([*(result.ingested.remarks if result.ingested else ()), *result.remarks])
    summary = {
        "run_id": result.run_id,
        "boards": _boards(result, board),
        "errors": result.findings.filter(severity="error").height,
        "written": len(reports.packs.written),
        "up_to_date": len(reports.packs.up_to_date),
    }
    reports.raise_faults()
    return closed(_closing(result, summary), summary)


def _closing(accounts: AccountResult, summary: dict[str, Any]) -> str:
    sums = accounts.accountability.group_by("currency").agg(pl.col("received", "spent").sum()).sort("currency")
    amounts = "; ".join(
        f"{dutch.money(received, currency)} received, {dutch.money(spent, currency)} spent"
        for currency, received, spent in sums.iter_rows()
    )
    return (
        f"accounted for {accounts.year} ({accounts.run_id or 'nothing had changed'}): {amounts}; boards "
        f"{summary['boards']}, errors {summary['errors']}; packs written {summary['written']}, up to date "
        f"{summary['up_to_date']}"
    )


def _boards(accounts: AccountResult, board: str | None) -> int:
    """Return the number of boards that reports are asked for."""
    return accounts.accountability["board"].n_unique() if board is None else 1
