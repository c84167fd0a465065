"""Approval by a person: a run is suspended with a form, and goes on when somebody has filled it in.

Suspended and not paused. A paused run keeps its process for as long as nobody answers: with the one place that
`npo serve` has it would hold up the payment run for days, it keeps the place that the limit of its deployment
has, and it is lost when the machine starts again. A suspended run ends its process, is nothing but a row in the
database of the server, and is started again when there is an answer. It begins at the top then, so it must know
that it was here before: the key of the suspension is the plan that was shown. Prefect keeps that key with the
run, and forgets it when the run is retried, so that a retry shows a fresh plan and asks about that.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from pydantic import Field, ValidationError

from npo_pipeline.cli.options import LONGEST_NAME, name_from, reason_from
from npo_pipeline.errors import Refused

KEY_PREFIX = "plan-"
"""Begins our keys; a run that is suspended by hand has a key of another kind."""

LONGEST_REMARK = 500


class Approval(RunInput):
    """Represent the form. The server validates an answer against it while it is given."""

    approved: bool = Field(description="Yes: write it as a decision. No: end here, nothing is written.")
    approved_by: str = Field(
        min_length=1, max_length=LONGEST_NAME, description="Your name; it is kept with the decision."
    )
    remark: str = Field(default="", max_length=LONGEST_REMARK, description="Kept with this run.")


@dataclass(frozen=True)
class Answer:
    """Hold the answer of a person; `remark` may be empty."""

    approved: bool
    by: str
    remark: str


def plan_awaiting_approval() -> str | None:
    """Return the fingerprint of the plan that was shown before this run was suspended; None on a first run."""
    with get_client(sync_client=True) as client:
        policy = client.read_flow_run(UUID(flow_run.get_id())).empirical_policy
    plans = [key.removeprefix(KEY_PREFIX) for key in policy.pause_keys or () if key.startswith(KEY_PREFIX)]
    return plans[0] if plans else None


def approval_answer(plan: str, seconds: int, summary: str) -> Answer:
    """Return the answer about a plan; where there is none yet, suspend this run.

    Args:
        plan: the fingerprint of the plan.
        seconds: how long the run waits; after that the server fails it.
        summary: Markdown above the form.

    Raises:
        Pause: nobody answered yet. Not an `Exception`: it ends the process and not the run.
        Refused: the answer cannot be read.
    """
    form = Approval.with_initial_data(description=summary)
    try:
        answer = suspend_flow_run(wait_for_input=form, timeout=seconds, key=f"{KEY_PREFIX}{plan}")
    except ValidationError:
        raise Refused("the run went on without an answer; retry it, and answer with Resume on its page") from None
    return Answer(answer.approved, name_from(answer.approved_by), reason_from(answer.remark))
