"""A recalibration with approval: compute a plan, show it, wait for a person, and decide; as `npo decide`.

Suspended and not paused. A paused run keeps its process and its place as long as nobody answers: it would hold up
the payment run for days, and is lost when the machine starts again. A suspended run is nothing but a row in the
database of the server, and begins at the top when there is an answer. The key of its suspension is the plan that
was shown; Prefect forgets that key when the run is retried, so a retry shows a fresh plan and asks about that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import deployment, flow_run
from pydantic import Field, ValidationError

from flows import artifacts
from flows.tasks import WAIT_SECONDS, as_task, closed, npo_flow
from npo_pipeline.cli.options import (
    LONGEST_NAME,
    home_of,
    max_change_of_machine,
    name_from,
    path_from,
    reason_from,
)
from npo_pipeline.commands.decide.command import decide
from npo_pipeline.commands.decide.model import DecideRequest
from npo_pipeline.errors import Refused
from npo_pipeline.months import day_from, series_from

SEVEN_DAYS = 7 * 24 * 60 * 60

KEY_PREFIX = "plan-"
"""Begins our keys; a run that is suspended by hand has a key of another kind."""

LONGEST_REMARK = 500


class Approval(RunInput):
    """Represent the form. The server validates an answer against it while it is given."""

    choice: Literal["approve", "reject"] = Field(
        description="approve: do what was shown, and nothing else. reject: end here, nothing is done."
    )
    approved_by: str = Field(
        min_length=1, max_length=LONGEST_NAME, description="Your name; it is kept in the books."
    )
    remark: str = Field(default="", max_length=LONGEST_REMARK, description="Kept with this run.")


def _run_name() -> str:
    return f"decide-{flow_run.parameters.get('school_year')}"


@npo_flow("npo-recalibration", _run_name)
def recalibration(
    home: str,
    school_year: str,
    prepared_by: str,
    regulations: list[str] | None = None,
    as_of: str | None = None,
    reference_date: str | None = None,
    reason: str | None = None,
    approval_timeout: int = SEVEN_DAYS,
) -> State[Any]:
    """Show what a new decision would change, wait for a person to approve it, and write just that.

    Args:
        home: the home folder, as a full path.
        school_year: as 2021-2022; 2021-2023, the period of their grant, for municipalities.
        prepared_by: your name; it is kept with the decision, and another person must approve it.
        regulations: regulation files in place of the shipped ones, or overlays on them, as full paths.
        as_of: by the rules that were published by this day, as 2022-01-01.
        reference_date: in place of the date in the regulation, as 2020-10-01.
        reason: why it is decided (again); kept with the decision.
        approval_timeout: how many seconds it waits for an answer.

    Returns:
        Completed, and its message says what was done. Its name is Rejected when a person said no.

    Raises:
        Refused: there are no rules or no counts; or what was approved has become something else, or was approved
            by who prepared it. Nothing was changed.
        HomeLocked: another run held the home for WAIT_SECONDS.
    """
    request = DecideRequest(
        home=home_of(home),
        school_year=series_from(school_year),
        regulations=tuple(map(path_from, regulations or ())),
        reference_date=day_from(reference_date) if reference_date else None,
        reason=(reason_from(reason) or None) if reason else None,
        as_of=day_from(as_of) if as_of else None,
        wait_seconds=WAIT_SECONDS,
        prepared_by=name_from(prepared_by),
        four_eyes=True,  # No parameter: who prepares the plan fills those in.
        max_change=max_change_of_machine(),
    )
    refuse_no_way_to_wait(
        approval_timeout, "a recalibration", "npo-recalibration/with-approval", "decide --dry-run"
    )
    plan, summary = plan_awaiting_approval(), ""
    if plan is None:
        plan, summary = _publish_plan(request)
        if plan is None:
            return closed(summary)
    # When nobody has answered yet, this ends the process; the run comes back to the line above with an answer.
    return _act(request, plan, approval_answer(plan, approval_timeout, summary))


def _publish_plan(request: DecideRequest) -> tuple[str | None, str]:
    """Compute and publish the plan; return its fingerprint (None: nothing to decide) and a summary."""
    result = decide(replace(request, dry_run=True), call=as_task)
    if not result.changed:
        before = ", ".join(result.state.before.values())
        return None, f"Nothing to do: decision {before} says the same" if before else "Nothing to decide"
    return result.fingerprint, artifacts.plan_artifact(request, result)


def _act(request: DecideRequest, plan: str, answer: Approval) -> State[Any]:
    """Write the plan that was approved, or nothing."""
    approver = f"{answer.approved_by}: {answer.remark}" if answer.remark else answer.approved_by
    if answer.choice != "approve":
        # Completed and not Cancelled: the run did what it is for. Nobody needs to be alarmed, and who looks for
        # runs that were cut off does not find it.
        return closed(f"Rejected by {approver}; nothing was written", name="Rejected")
    # The changes of size stand above the form: who approves the plan accepts them.
    approved = replace(request, approved_by=answer.approved_by, approved_plan=plan, accept_change=True)
    result = decide(approved, call=as_task)
    if not result.written:
        return closed(
            f"Nothing was written: by now decision {', '.join(result.state.before.values())} says the same"
        )
    written = ", ".join(result.written.values())
    return closed(f"Written as decision {written}, prepared by {request.prepared_by}, approved by {approver}")


def refuse_no_way_to_wait(seconds: int, what: str, place: str, command: str) -> None:
    """Refuse a run that cannot wait for a person, before anything is computed.

    `what`: it is, in words. `place`: its deployment. `command`: that shows the same plan.
    """
    if seconds <= 0:
        raise Refused(f"approval_timeout is {seconds}; say how many seconds to wait for an answer")
    if deployment.get_id() is None:
        raise Refused(
            f"{what} waits for a person as a run of its deployment: start it on the page of {place}; "
            f"or use `npo {command}`, and then the same with --approved-plan"
        )


def plan_awaiting_approval() -> str | None:
    """Return the fingerprint of the plan that was shown before this run was suspended; None on a first run."""
    with get_client(sync_client=True) as client:
        policy = client.read_flow_run(UUID(flow_run.get_id())).empirical_policy
    plans = [key.removeprefix(KEY_PREFIX) for key in policy.pause_keys or () if key.startswith(KEY_PREFIX)]
    return plans[0] if plans else None


def approval_answer(plan: str, seconds: int, summary: str) -> Approval:
    """Return the answer about a plan; where there is none yet, suspend this run for at most so many seconds.

    Raises:
        Pause: nobody answered yet. Not an `Exception`: it ends the process and not the run.
        Refused: the answer cannot be read.
    """
    form = Approval.with_initial_data(description=summary)
    try:
        answer = suspend_flow_run(wait_for_input=form, timeout=seconds, key=f"{KEY_PREFIX}{plan}")
    except ValidationError:
        raise Refused("the run went on without an answer; retry it, and answer with Resume on its page") from None
    answer.approved_by, answer.remark = name_from(answer.approved_by), reason_from(answer.remark)
    return answer
