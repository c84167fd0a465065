"""Automations: whoever must act is called at a web address, when a run or the daily watch says so."""

from __future__ import annotations

import re
from typing import cast
from uuid import UUID

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import get_client
from prefect.events.actions import CallWebhook
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.settings import PREFECT_UI_URL
from prefect.types import SecretDict
from pydantic import SecretStr

from flows.bank import CAME_BACK
from flows.watch import ABSENT, LATE, NEEDS
from npo_pipeline.errors import Refused

WEBHOOK_VARIABLE = "NPO_WEBHOOK"
"""The variable with the address that is called when somebody must act; where it is not set, nobody is."""

WEBHOOK_BLOCK = "npo-notifications"


def automations(block: UUID) -> list[AutomationCore]:
    """Return the automations that call a webhook: a block of Prefect with its address.

    They send `{"text": ...}`, which Slack, Mattermost and Teams read.
    """
    # The server itself may not know by which address its page is seen.
    page = f"{PREFECT_UI_URL.value()}/runs/flow-run/"
    state, message = "flow_run.state.message", "event.payload['message']"
    waits = f"flow_run.name ~ ' waits for a person: {page}' ~ flow_run.id"
    late = f"flow_run.name ~ ' is late: it should have started, and nothing runs it: {page}' ~ flow_run.id"
    made = [
        ("npo: a run failed", _of_runs("Failed", "TimedOut"), f"flow_run.name ~ ' failed: ' ~ {state}"),
        ("npo: a run crashed", _of_runs("Crashed"), f"flow_run.name ~ ' crashed: ' ~ {state}"),
        ("npo: a run is late", _of_runs("Late"), late),
        ("npo: a plan waits for a person", _of_runs("Suspended", "Paused"), waits),
        ("npo: transfers came back", _of("npo.bank", CAME_BACK), f"'the bank: ' ~ {message}"),
        ("npo: a payment is late", _of("npo.home", LATE), f"'npo: ' ~ {message}"),
        ("npo: a delivery did not come", _of("npo.home", ABSENT), f"'npo: ' ~ {message}"),
        ("npo: the books need somebody", _of("npo.home", NEEDS), f"'npo: ' ~ {message}"),
    ]
    return [_automation(block, name, trigger, text) for name, trigger, text in made]


def _of_runs(*states: str) -> EventTrigger:
    """Return a trigger by the states of runs of npo."""
    tag: dict[str, str | list[str]] = {
        "prefect.resource.role": "tag",
        "prefect.resource.id": "prefect.tag.npo",
    }
    return _of("prefect.flow-run", *(f"prefect.flow-run.{one}" for one in states), related=tag)


def _of(resource: str, *events: str, related: dict[str, str | list[str]] | None = None) -> EventTrigger:
    """Return a trigger by events of a kind of resource, each time that one comes."""
    return EventTrigger(
        match={"prefect.resource.id": f"{resource}.*"},
        match_related=related or {},
        expect=set(events),
        for_each={"prefect.resource.id"},
        posture=Posture.Reactive,
        threshold=1,
    )


def _automation(block: UUID, name: str, trigger: EventTrigger, text: str) -> AutomationCore:
    """Return an automation that calls the webhook; `text`: an expression of Jinja."""
    return AutomationCore(
        name=name,
        description="Registered by npo serve (docs/how-to/notifications.md)",
        trigger=trigger,
        actions=[CallWebhook(block_document_id=block, payload='{"text": {{ (' + text + ") | tojson }} }")],
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
