"""The failure of a flow run: one line in its log, and a page that says what to do."""

from __future__ import annotations

from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow
from prefect.logging.loggers import flow_run_logger

from npo_pipeline.errors import HomeLocked, Refused

FAILURE_KEY = "npo-failure"

PAGE = """# {flow} failed: {what}

> {message}

Nothing half done was published: what was finished before stands, and the rest is as it was.

1. {advice}
2. `npo status --home {home}` shows what was done last and what is open.
3. Start the run again: "Retry" on its page, or by hand. What is done already is not done twice.
"""


def report_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Report that a run failed or crashed, why, and what to do."""
    error = None if state.is_crashed() else state.result(raise_on_failure=False)
    message = str(error or state.message or "no reason is known")
    what, advice = _advice(error)
    flow_run_logger(flow_run, flow).error(
        "%s failed, %s: %s; nothing half done was published", flow.name, what, message
    )
    page = PAGE.format(
        flow=flow.name, what=what, message=message, advice=advice, home=flow_run.parameters.get("home", "HOME")
    )
    # Not through `prefect.artifacts`: when a run crashed there is no run around this hook.
    get_client(sync_client=True).create_artifact(
        ArtifactCreate(
            key=FAILURE_KEY,
            type="markdown",
            data=page,
            description=f"{flow.name}, {flow_run.name}: {message}"[:250],
            flow_run_id=flow_run.id,
        )
    )


def _advice(error: object) -> tuple[str, str]:
    """Return the kind of failure, with the exit status the command would have, and what to do first."""
    if error is None:
        return "its process was stopped", "Look whether the machine ran out of memory, or was switched off."
    if isinstance(error, HomeLocked):
        return "another run held the home (exit 4)", "Wait until the run that the message names has ended."
    if isinstance(error, Refused):
        return "it was refused (exit 3)", "Mend what the message names."
    if isinstance(error, OSError):
        return "the machine failed it (exit 1)", "Mend the disk or the network that the message names."
    return (
        "a fault of ours (exit 1)",
        "Give it to who maintains this program; `NPO_DEBUG=1` before the same command shows more.",
    )
