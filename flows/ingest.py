"""The flow that ingests a delivery: the same steps as `npo ingest`, each a task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows import artifacts
from flows.tasks import WAIT_SECONDS, as_task, closed, log_remarks, npo_flow
from npo_pipeline.cli.options import home_of, max_change_of_machine, share_from
from npo_pipeline.cli.output import number
from npo_pipeline.commands.ingest import IngestRequest, ingest
from npo_pipeline.errors import printable
from npo_pipeline.months import day_from


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
    result = ingest(request, call=as_task)
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
