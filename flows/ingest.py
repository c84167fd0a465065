"""The flow that ingests a delivery: the same steps as `npo ingest`, each a task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import get_run_logger

from flows import artifacts
from flows.tasks import WAIT_SECONDS, as_task, npo_flow
from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import share_from
from npo_pipeline.commands.ingest import IngestRequest, ingest
from npo_pipeline.months import day_from


@npo_flow("npo-ingest")
def ingest_delivery(
    home: str, paths: list[str], reference_date: str | None = None, max_rejected: str = "0.01"
) -> dict[str, Any]:
    """Ingest a delivery.

    Args:
        home: the home folder, as a full path.
        paths: folders, files or zips that make one delivery, as full paths.
        reference_date: for files that do not say theirs, as 2020-10-01.
        max_rejected: the largest share of refused rows, from 0 to 1.

    Returns:
        run_id (null when nothing was new), rows, rejected and differences.

    Raises:
        Refused: the delivery was refused whole; nothing was changed.
        HomeLocked: another run held the home for WAIT_SECONDS.
    """
    request = IngestRequest(
        home=Home(Path(home)),
        paths=tuple(Path(path) for path in paths),
        reference_date=day_from(reference_date) if reference_date else None,
        max_rejected=share_from(max_rejected),
        wait_seconds=WAIT_SECONDS,
    )
    result = ingest(request, call=as_task)
    artifacts.delivery_artifacts(result)
    summary = {
        "run_id": result.run_id,
        "rows": int(result.files["rows"].sum()),
        "rejected": int(result.files["rejected"].sum()),
        "differences": result.differences.height,
    }
    get_run_logger().info("taken in: %s", summary)
    return summary
