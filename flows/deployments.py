"""The deployments and notifications that `npo serve` registers, and recovery after nobody served."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.deployments import run_deployment
from prefect.deployments.runner import RunnerDeployment
from prefect.events.actions import CallWebhook
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from prefect.schedules import Cron
from prefect.settings import PREFECT_UI_URL
from prefect.states import Crashed
from prefect.types import SecretDict
from prefect.types.entrypoint import EntrypointType
from pydantic import SecretStr

from flows.bank import CAME_BACK, bank_feedback, release_month
from flows.failures import books_words
from flows.ingest import ingest_delivery, reconciliation
from flows.payment_run import FIRST_OF_MONTH, ZONE, month_of, payment_run
from flows.recalibration import recalibration
from flows.year_end import year_end
from npo_pipeline.errors import Refused
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
    )
    made = [
        flow.to_deployment(
            name=name,
            tags=["npo", flow.name.removeprefix("npo-")],
            schedule=Cron(FIRST_OF_MONTH, timezone=ZONE.key) if flow is payment_run else None,
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


WEBHOOK_VARIABLE = "NPO_WEBHOOK"
"""The variable with the address that is called when somebody must act; where it is not set, nobody is."""

WEBHOOK_BLOCK = "npo-notifications"

_OF_RUNS = {
    "match": {"prefect.resource.id": "prefect.flow-run.*"},
    "match_related": {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.npo"},
}
_STATE = "prefect.flow-run."


def automations(block: UUID) -> list[AutomationCore]:
    """Return the automations that call a webhook: a run failed, a plan waits for a person, transfers came back.

    They send `{"text": ...}`, which Slack, Mattermost and Teams read.
    """
    failed = {f"{_STATE}{name}" for name in ("Failed", "Crashed", "TimedOut")}
    waits = {f"{_STATE}Suspended", f"{_STATE}Paused"}
    failure = "flow_run.name ~ ' failed: ' ~ flow_run.state.message"
    # The server itself may not know by which address its page is seen.
    page = f"{PREFECT_UI_URL.value()}/runs/flow-run/"
    question = f"flow_run.name ~ ' waits for a person: {page}' ~ flow_run.id"
    answer = "'the bank: ' ~ event.payload['message']"
    of_bank = {"match": {"prefect.resource.id": "npo.bank.*"}}
    return [
        _automation(block, "npo: a run failed", _OF_RUNS, expect=failed, text=failure),
        _automation(block, "npo: a plan waits for a person", _OF_RUNS, expect=waits, text=question),
        _automation(block, "npo: transfers came back", of_bank, expect={CAME_BACK}, text=answer),
    ]


def _automation(
    block: UUID, name: str, match: Mapping[str, Any], *, expect: set[str], text: str
) -> AutomationCore:
    """Return an automation that calls the webhook for each event; `text`: an expression of Jinja."""
    payload = '{"text": {{ (' + text + ") | tojson }} }"
    return AutomationCore(
        name=name,
        description="Registered by npo serve (docs/how-to/notifications.md)",
        trigger=EventTrigger(
            expect=expect, for_each={"prefect.resource.id"}, posture=Posture.Reactive, threshold=1, **match
        ),
        actions=[CallWebhook(block_document_id=block, payload=payload)],
    )


def register_notifications(url: str) -> list[str]:
    """Register a webhook and the automations that call it, once; return the names of the automations.

    One that was switched off on the server stays so.

    Raises:
        Refused: the address is none.
    """
    if not re.match(r"https?://[^/\s]+", url):
        raise Refused(f"{WEBHOOK_VARIABLE}: is no web address; write it as https://example.nl/hook, or unset it")
    webhook = Webhook(url=SecretStr(url), headers=SecretDict({"Content-Type": "application/json"}))
    block = cast(UUID, webhook.save(WEBHOOK_BLOCK, overwrite=True))
    with get_client(sync_client=True) as client:
        made = automations(block)
        for one in made:
            there = client.read_automations_by_name(one.name)
            if there:
                client.update_automation(there[0].id, one.model_copy(update={"enabled": there[0].enabled}))
            else:
                client.create_automation(one)
    return [one.name for one in made]


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
