"""Recovery after nobody served: submit the payment run that is owed, close runs that died with their server."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import State, StateType
from prefect.deployments import run_deployment
from prefect.states import Crashed

from flows.deployments import MONTHLY
from flows.schedule import month_of
from npo_pipeline.months import month_text

BUSY = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


def submit_run_of(tick: datetime) -> None:
    """Submit the payment run of a tick, late: it pays the month of the tick."""
    run_deployment(MONTHLY, scheduled_time=tick, flow_run_name=f"owed-{month_text(month_of(tick))}", timeout=0)


def close_dead_runs() -> list[str]:
    """Mark the runs that died together with their server as crashed, and return their names.

    Left as they are, they would keep the one place of the concurrency limit, and no run would ever start again.
    Only for a server that was just started, on which nothing can be running.
    """
    client = get_client(sync_client=True)
    busy = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=BUSY)))
    dead = client.read_flow_runs(flow_run_filter=busy)
    for run in dead:
        state: State[Any] = Crashed(message="cut off when npo serve ended; nothing half done was published")
        client.set_flow_run_state(run.id, state, force=True)
    return [run.name for run in dead]
