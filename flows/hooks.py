"""What happens when a flow run fails: one line in the log, and a page that says what to do."""

from __future__ import annotations

from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow
from prefect.logging import get_logger

KEY = "npo-failure"


def report_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Say that a run failed, and that nothing half done was published."""
    message = state.message or "no message"
    get_logger("npo").error(
        "%s failed (%s): %s; nothing half done was published", flow.name, flow_run.name, message
    )
    create_markdown_artifact(
        key=KEY,
        markdown=(
            f"# {flow.name} failed\n\n"
            f"Run `{flow_run.name}`: {message}\n\n"
            "Nothing half done was published: the books are as they were before the step that failed.\n\n"
            "1. `npo status` shows what was done last and what is open.\n"
            "2. Mend what the message names.\n"
            "3. Start the run again; what is done already is not done twice.\n"
        ),
        description=f"{flow.name}: {message}"[:250],
    )
