"""What a test asks of the Prefect server, and the books beside it."""

from __future__ import annotations

import json
import socket
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.flows import Flow
from prefect.states import Scheduled

from flows.payment_run import payment_run

PATIENCE = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_scheduled_at(moment: datetime, home: Path) -> State[Any]:
    """Run the payment flow now, as a run that was scheduled at a moment long past."""
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(
            payment_run, parameters={"home": str(home)}, state=Scheduled(scheduled_time=moment)
        )
    return run_now(run)


def run_now(run: FlowRun, flow: Flow[..., Any] = payment_run) -> State[Any]:
    """Run what was submitted as a process of the runner would."""
    try:
        state: State[Any] = run_flow(flow, flow_run=run, parameters=run.parameters, return_type="state")
    except Pause as suspended:
        state = suspended.state
    return state


def artifact_ids_of(state: State[Any]) -> dict[str, UUID]:
    """The artifacts of a flow run: key -> id."""
    run_id = ArtifactFilterFlowRunId(any_=[flow_run_id(state)])
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=run_id))
    return {one.key: one.id for one in found}


def artifacts_of(state: State[Any]) -> dict[str, Any]:
    """The artifacts of a flow run: key -> table, or text; the last one where there are several."""
    run_id = ArtifactFilterFlowRunId(any_=[flow_run_id(state)])
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=run_id))
    found.sort(key=lambda one: one.created)
    return {one.key: json.loads(one.data) if one.type == "table" else one.data for one in found}


def task_runs_of(state: State[Any], last: str | None = None) -> dict[str, list[int]]:
    """The tasks of a flow run: name -> how often each run of it was tried.

    What becomes of a task reaches the server as an event, in order and a little later: so wait for the end of the
    `last` one.
    """
    only = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id(state)]))
    until = time.monotonic() + PATIENCE
    with get_client(sync_client=True) as client:
        runs = client.read_task_runs(flow_run_filter=only)
        while last and not any(_name(run) == last and run.state.is_final() for run in runs):
            assert time.monotonic() < until, f"{last}: {runs}"
            time.sleep(0.05)
            runs = client.read_task_runs(flow_run_filter=only)
    tried: dict[str, list[int]] = {}
    for run in sorted(runs, key=lambda run: run.start_time):
        tried.setdefault(_name(run), []).append(run.run_count)
    return tried


def _name(run: TaskRun) -> str:
    return run.name.rsplit("-", 1)[0]


def flow_run_id(state: State[Any]) -> UUID:
    assert state.state_details.flow_run_id
    return state.state_details.flow_run_id


def tables(home: Path) -> dict[str, list[tuple]]:
    """Every table and view of the books, all columns, sorted."""
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as books:
        names = [name for (name,) in books.sql("select table_name from information_schema.tables").fetchall()]
        return {name: books.sql(f"from {name} order by all").fetchall() for name in names}


def months_paid(home: Path) -> list[str]:
    """The months in the order in which they were paid."""
    return [
        str(month)[:7] for month in select(home, "select month from runs where command = 'pay' order by run_id")
    ]


def select(home: Path, query: str) -> list[Any]:
    """The values of a query of one column."""
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as books:
        return [row[0] for row in books.sql(query).fetchall()]
