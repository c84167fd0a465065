"""The deployments that `npo serve` registers, and recovery after nobody served."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, cast

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.deployments import run_deployment
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.schedules import Cron
from prefect.states import Crashed
from prefect.types.entrypoint import EntrypointType

from flows.bank import bank_feedback, release_month
from flows.failures import books_words
from flows.ingest import ingest_delivery, reconciliation
from flows.payment_run import FIRST_OF_MONTH, ZONE, month_of, payment_run
from flows.recalibration import recalibration
from flows.watch import EVERY_MORNING, watch
from flows.year_end import year_end
from npo_pipeline.months import month_text

MONTHLY = "npo-payment-run/monthly"
ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
"""The second guard against two runs at once; the first is the lock on the home. A run that finds another waits
its turn: to cancel it could lose a month, and when its turn comes it pays only what is left to pay."""
BY_THE_RUNNER = "Runner is shutting down."
"""The message of a run that Prefect's runner cancelled because it was ended itself."""

BUSY = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


def deployments(home: Path) -> list[RunnerDeployment]:
    """Return the deployments for a home. Entry points are modules, so they work wherever the package is."""
    flows = (
        (payment_run, "monthly", "Pays the month, and the months that were missed, in order"),
        (ingest_delivery, "on-request", "Takes in a delivery"),
        (
            recalibration,
            "with-approval",
            "Shows what a new decision would change, and writes it when a person approves",
        ),
        (year_end, "accounts", "Accounts for a calendar year and writes the pack of every board"),
        (reconciliation, "others", "Compares what others say, as DUO, with the decision in force"),
        (
            release_month,
            "two-people",
            "Shows what would go out to the bank, and writes it when a person approves",
        ),
        (bank_feedback, "folder", "Reads what the bank answered from a folder"),
        (watch, "daily", "Verifies the books and looks whether somebody must act"),
    )
    schedules = {payment_run.name: FIRST_OF_MONTH, watch.name: EVERY_MORNING}
    made = [
        flow.to_deployment(
            name=name,
            tags=["npo", flow.name.removeprefix("npo-")],
            schedule=Cron(schedules[flow.name], timezone=ZONE.key) if flow.name in schedules else None,
            parameters={"home": str(home)},
            concurrency_limit=ONE_AT_A_TIME,
            description=description,
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for flow, name, description in flows
    ]
    return cast(list[RunnerDeployment], made)


def keep_schedules(deployment: RunnerDeployment) -> bool:
    """Take over schedules and parameters of a deployment on the server; return whether a schedule is active.

    Whoever paused one, changed it or took it away there did so on purpose: to register it again must not start it.
    So did whoever filled in who prepares a release, or the folder of the bank; the home is that of `npo serve`.
    A deployment that the server does not know yet has those of `deployments`.
    """
    with get_client(sync_client=True) as client:
        try:
            there = client.read_deployment_by_name(f"{deployment.flow_name}/{deployment.name}")
        except ObjectNotFound:
            return bool(deployment.schedules)
    deployment.paused = there.paused
    deployment.parameters = {**there.parameters, **deployment.parameters}
    kept = {"schedule", "active", "max_scheduled_runs", "parameters", "slug"}
    deployment.schedules = [DeploymentScheduleCreate(**one.model_dump(include=kept)) for one in there.schedules]
    return not there.paused and any(one.active for one in there.schedules)


def submit_run_of(tick: datetime) -> None:
    """Submit the payment run of a tick, late: it pays the month of the tick."""
    run_deployment(MONTHLY, scheduled_time=tick, flow_run_name=f"pay-{month_text(month_of(tick))}", timeout=0)


def close_dead_runs(home: Path) -> list[str]:
    """Mark the runs that died together with their server, or were ended with it, as crashed; return their names.

    Left as they are, they would keep the one place of the concurrency limit, and no run would ever start again; or
    be called cancelled, as if somebody had wanted that. Only for a server on which nothing can be running.
    """
    client = get_client(sync_client=True)
    ended = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[*BUSY, StateType.CANCELLED])))
    found = client.read_flow_runs(flow_run_filter=ended, sort=FlowRunSort.START_TIME_DESC)
    dead = [run for run in found if run.state_type in BUSY or (run.state and run.state.message == BY_THE_RUNNER)]
    books = books_words(home) if dead else ""
    for run in dead:
        state: State[Any] = Crashed(message=f"cut off when npo serve ended; {books}")
        client.set_flow_run_state(run.id, state, force=True)
    return [run.name for run in dead]
