"""Automations: whoever must act is called at a web address, when a run or the daily watch says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast
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

_OF_RUNS = {
    "match": {"prefect.resource.id": "prefect.flow-run.*"},
    "match_related": {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.npo"},
}
_OF_BANK = {"match": {"prefect.resource.id": "npo.bank.*"}}
_OF_HOME = {"match": {"prefect.resource.id": "npo.home.*"}}
_STATE = "prefect.flow-run."


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
        ("npo: a run failed", _OF_RUNS, ("Failed", "TimedOut"), f"flow_run.name ~ ' failed: ' ~ {state}"),
        ("npo: a run crashed", _OF_RUNS, ("Crashed",), f"flow_run.name ~ ' crashed: ' ~ {state}"),
        ("npo: a run is late", _OF_RUNS, ("Late",), late),
        ("npo: a plan waits for a person", _OF_RUNS, ("Suspended", "Paused"), waits),
        ("npo: transfers came back", _OF_BANK, (CAME_BACK,), f"'the bank: ' ~ {message}"),
        ("npo: a payment is late", _OF_HOME, (LATE,), f"'npo: ' ~ {message}"),
        ("npo: a delivery did not come", _OF_HOME, (ABSENT,), f"'npo: ' ~ {message}"),
        ("npo: the books need somebody", _OF_HOME, (NEEDS,), f"'npo: ' ~ {message}"),
    ]
    return [
        _automation(
            block,
            name,
            match,
            expect={f"{_STATE}{one}" if match is _OF_RUNS else one for one in expected},
            text=text,
        )
        for name, match, expected, text in made
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
