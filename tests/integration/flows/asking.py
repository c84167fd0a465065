"""What waits for a person, as its deployment runs it: it begins, is suspended, gets an answer and goes on."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.flow_runs import resume_flow_run
from prefect.flows import Flow
from prefect.states import Pending

from flows.deployments import deployments
from flows.recalibration import recalibration
from tests.integration.flows.prefect_side import run_now

PREPARED_BY, APPROVED_BY = "A. de Vries", "B. Jansen"


@cache
def deployed(name: str = "with-approval") -> UUID:
    """The deployment; each run names the home it is for."""
    return next(one for one in deployments(Path("/srv/npo")) if one.name == name).apply()


def submitted(home: Path, **parameters: Any) -> FlowRun:
    """A run of the deployment that has not begun."""
    given = {"home": str(home), "school_year": "2021-2022", "prepared_by": PREPARED_BY, **parameters}
    with get_client(sync_client=True) as client:
        return client.create_flow_run_from_deployment(deployed(), parameters=given)


def begun(home: Path, **parameters: Any) -> FlowRun:
    """A run that has done all it can without an answer."""
    return went_on(submitted(home, **parameters))


def went_on(run: FlowRun, flow: Flow[..., Any] = recalibration) -> FlowRun:
    """A run after a process has run it until it ended or was suspended."""
    with get_client(sync_client=True) as client:
        # As a runner does. It is here that a run takes the place that its deployment has.
        assert client.set_flow_run_state(run.id, Pending()).status == "ACCEPT"
    run_now(again(run), flow)
    return again(run)


def again(run: FlowRun) -> FlowRun:
    """A run as the server knows it now."""
    with get_client(sync_client=True) as client:
        return client.read_flow_run(run.id)


def answered(
    run: FlowRun, approved: bool, *, by: str = APPROVED_BY, remark: str = "", flow: Flow[..., Any] = recalibration
) -> State[Any]:
    """Answer as with Resume on the page of a run, and run it to its end."""
    resume_flow_run(
        run.id, run_input={"choice": "approve" if approved else "reject", "approved_by": by, "remark": remark}
    )
    state = went_on(run, flow).state
    assert state is not None
    return state
