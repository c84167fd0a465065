"""The flows on files: a delivery that is taken in, and what others say that is compared; each step a task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows import artifacts
from flows.tasks import WAIT_SECONDS, as_task, closed, log_remarks, npo_flow
from flows.workers import WhenNeeded
from npo_pipeline.cli.options import board_from, home_of, max_change_of_machine, path_from, share_from
from npo_pipeline.cli.output import number
from npo_pipeline.cli.reconcile import tolerance_from
from npo_pipeline.commands.ingest import IngestRequest, ingest
from npo_pipeline.commands.reconcile import ReconcileRequest, reconcile, write_reports_in_home
from npo_pipeline.errors import printable
from npo_pipeline.months import day_from, school_year_from
from npo_pipeline.reconciliation.model import Figures
from npo_pipeline.translation import singular


def _run_name() -> str:
    paths = flow_run.parameters.get("paths") or [""]
    return f"ingest-{printable(Path(str(paths[0])).name) or 'delivery'}"


@npo_flow("npo-ingest", _run_name)
def ingest_delivery(
    home: str,
    paths: list[str],
    reference_date: str | None = None,
    max_rejected: str = "0.01",
) -> State[Any]:
    """Ingest a delivery.

    Args:
        home: the home folder, as a full path.
        paths: folders, files or zips that make one delivery, as full paths.
        reference_date: for files that do not say theirs, as 2020-10-01.
        max_rejected: the largest share of refused rows, from 0 to 1.

    Returns:
        run_id (null when nothing was new), rows, rejected, differences and remarks.

    Raises:
        Refused: the delivery was refused whole; nothing was changed.
        HomeLocked: another run held the home for WAIT_SECONDS.
    """
    request = IngestRequest(
        home=home_of(home),
        paths=tuple(Path(path) for path in paths),
        reference_date=day_from(reference_date) if reference_date else None,
        max_rejected=share_from(max_rejected),
        max_change=max_change_of_machine(),
        wait_seconds=WAIT_SECONDS,
    )
    result = ingest(request, call=as_task, workers=WhenNeeded())
    artifacts.delivery_artifacts(result)
    waiting = [
        f"{name}: no school in it has a known board yet; ingest the address list that names them"
        for name in result.waiting
    ]
    log_remarks([*result.remarks, *waiting])
    rows, refused = (int(result.files[name].sum()) for name in ("rows", "rejected"))
    numbers = f"{number(rows)} rows, {number(refused)} refused, {number(result.differences.height)} differences"
    return closed(
        f"taken in: {numbers} ({result.run_id})" if result.run_id else "nothing new to take in",
        {
            "run_id": result.run_id,
            "rows": rows,
            "rejected": refused,
            "differences": result.differences.height,
            "remarks": list(result.remarks),
        },
    )


def _name_of_reconciliation() -> str:
    return f"reconcile-{printable(str(flow_run.parameters.get('school_year')))}"


@npo_flow("npo-reconcile", _name_of_reconciliation)
def reconciliation(
    home: str,
    paths: list[str],
    school_year: str,
    mapping: str | None = None,
    tolerance: str = "0.00",
    board: str | None = None,
) -> State[Any]:
    """Compare what others say with the decision in force, and write it as a workbook and a page in the home.

    Args:
        home: the home folder, as a full path.
        paths: folders or files to compare, as full paths.
        school_year: as 2021-2022.
        mapping: a file that says which column is what, as a full path; known layouts need none.
        tolerance: how far apart amounts of a match may be.
        board: compare the schools of this board alone.

    Returns:
        run_id, compared, matching, the workbook and the page.

    Raises:
        Refused: nothing can be compared; nothing was changed.
        HomeLocked: another run held the home for WAIT_SECONDS.
    """
    request = ReconcileRequest(
        home=home_of(home),
        paths=tuple(map(path_from, paths)),
        school_year=school_year_from(school_year),
        mapping=path_from(mapping) if mapping else None,
        tolerance=tolerance_from(tolerance),
        board=board_from(board) if board else None,
        wait_seconds=WAIT_SECONDS,
    )
    found = reconcile(request, call=as_task)
    workbook, page = as_task(write_reports_in_home, request.home, found)
    artifacts.reconciliation_artifacts(found, page)
    log_remarks(
        f"{file}, line {line}, {column}: {message}"
        for file, line, column, message in found.unread.head(artifacts.MOST_ROWS).iter_rows()
    )
    figures = Figures(found.rows, found.tolerance)
    return closed(
        f"{singular('. '.join(figures.conclusion()))} ({found.run_id})",
        {
            "run_id": found.run_id,
            "compared": figures.compared,
            "matching": figures.matching,
            "workbook": str(workbook),
            "page": str(page),
        },
    )
