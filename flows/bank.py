"""The flows to and from the bank, as the commands: a release that waits for a person, and what came back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import FlowRun, State
from prefect.deployments import run_deployment
from prefect.events import emit_event
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run

from flows import artifacts
from flows.recalibration import (
    SEVEN_DAYS,
    Approval,
    approval_answer,
    plan_awaiting_approval,
    refuse_no_way_to_wait,
)
from flows.tasks import WAIT_SECONDS, as_task, closed, log_remarks, npo_flow
from flows.workers import WhenNeeded
from npo_pipeline.cli.options import DEBTOR_VARIABLE, home_of, name_from, path_from
from npo_pipeline.commands.bank import BankRequest, BankResult, bank, contradiction_words
from npo_pipeline.commands.release import ReleaseRequest, release
from npo_pipeline.commands.specification import raise_faults
from npo_pipeline.errors import Refused, printable
from npo_pipeline.months import Month, day_from, month_from, month_text

RELEASE = "npo-release/two-people"

CAME_BACK = "npo.transfers.came-back"
"""The event of Prefect that transfers were rejected or returned; automations wait for it."""


def _name_of_release() -> str:
    return f"release-{printable(str(flow_run.parameters.get('month')))}"


@npo_flow("npo-release", _name_of_release)
def release_month(
    home: str,
    month: str,
    prepared_by: str,
    debtor: str | None = None,
    pay_on: str | None = None,
    approval_timeout: int = SEVEN_DAYS,
) -> State[Any]:
    """Show what would go out to the bank in a month, wait for a person to approve it, and write just that.

    Args:
        home: the home folder, as a full path.
        month: as 2021-09.
        prepared_by: your name; it is kept in the books, and another person must approve it.
        debtor: the file with the account that pays, as a full path; NPO_DEBTOR where it is not given.
        pay_on: the day on which the bank is to pay, as 2021-09-03; the day of the approval where it is not given.
        approval_timeout: how many seconds it waits for an answer.

    Returns:
        Completed, and its message says what was done. Its name is Rejected when a person said no.

    Raises:
        Refused: the month was not paid, payments are on hold, or no account is named that pays; or what was
            approved has become something else, or was approved by who prepared it. Nothing has gone out.
        HomeLocked: another run held the home for WAIT_SECONDS.
        NpoError: the specification of some boards could not be written; names them. All is released.
    """
    payer = debtor or os.environ.get(DEBTOR_VARIABLE)
    if not payer:
        raise Refused("no account is named that pays; add --debtor, or set NPO_DEBTOR where the flows run")
    request = ReleaseRequest(
        home=home_of(home),
        month=month_from(month),
        prepared_by=name_from(prepared_by),
        debtor=path_from(payer),
        pay_on=day_from(pay_on) if pay_on else None,
        wait_seconds=WAIT_SECONDS,
    )
    refuse_no_way_to_wait(approval_timeout, "a release", RELEASE, "release")
    plan, summary = plan_awaiting_approval(), ""
    if plan is None:
        prepared = release(request, call=as_task)
        if prepared.prepared.plan.is_empty:
            return closed(f"Nothing to do: nothing is left to release of {month_text(request.month)}")
        plan = prepared.prepared.plan.fingerprint
        summary = artifacts.release_artifact(request, prepared)
    # When nobody has answered yet, this ends the process; the run comes back to the line above with an answer.
    return _act(request, plan, approval_answer(plan, approval_timeout, summary))


def _act(request: ReleaseRequest, plan: str, answer: Approval) -> State[Any]:
    """Release what was approved, or nothing."""
    approver = f"{answer.approved_by}: {answer.remark}" if answer.remark else answer.approved_by
    if answer.choice != "approve":
        return closed(f"Rejected by {approver}; nothing has gone out", name="Rejected")
    done = release(
        replace(request, approved_by=answer.approved_by, approved_plan=plan),
        call=as_task,
        workers=WhenNeeded(),
    )
    log_remarks(done.prepared.remarks)
    raise_faults(done.specified)
    if done.run_id is None:
        return closed("Nothing was written: this was released before, or nothing is left to release")
    people = f"prepared by {request.prepared_by}, approved by {approver}"
    return closed(f"Released {artifacts.batch_words(done)}; {people}", {"files": [str(one) for one in done.files]})


def ask_for_release(home: str, months: Sequence[Month], prepared_by: str, debtor: str | None) -> list[str]:
    """Start a run per month that shows its release and waits for a person; return the names of the runs.

    Raises:
        Refused: the deployment is not registered on this server.
    """
    names = []
    for month in map(month_text, months):
        parameters = {"home": home, "month": month, "prepared_by": prepared_by, "debtor": debtor}
        try:
            run = run_deployment(
                RELEASE,
                parameters=parameters,
                flow_run_name=f"release-{month}",
                timeout=0,
                as_subflow=False,
                # A payment run that is tried again asks once.
                idempotency_key=f"{flow_run.get_id()}-{month}",
            )
            assert isinstance(run, FlowRun)
        except ObjectNotFound:
            raise Refused(
                f"{RELEASE}: there is no such deployment on this server, so nobody is asked to release {month}; "
                "start `npo serve`, or release it by `npo release`"
            ) from None
        names.append(run.name)
    return names


def _name_of_feedback() -> str:
    return f"bank-{printable(Path(str(flow_run.parameters.get('folder'))).name) or 'feedback'}"


@npo_flow("npo-bank-feedback", _name_of_feedback)
def bank_feedback(home: str, folder: str) -> State[Any]:
    """Read what the bank answered from a folder. Files that were read before change nothing, so they may stay.

    Args:
        home: the home folder, as a full path.
        folder: the folder in which the bank, or who downloads from it, puts its files; as a full path.

    Returns:
        run_id (null when nothing was new), read, changed, came_back and refused.

    Raises:
        Refused: nothing was released yet, or a file was refused; all others are read.
        HomeLocked: another run held the home for WAIT_SECONDS.
        NpoError: the specification of some boards could not be written; names them. All is read.
    """
    request = BankRequest(home=home_of(home), paths=(path_from(folder),), wait_seconds=WAIT_SECONDS)
    if request.paths[0].is_dir() and not any(request.paths[0].iterdir()):
        return closed(f"{folder}: nothing to read")
    result = bank(request, call=as_task, workers=WhenNeeded())
    artifacts.bank_artifacts(result)
    open_questions = contradiction_words(result.contradictions)
    log_remarks([*result.unknown[: artifacts.MOST_ROWS], *result.remarks, *open_questions])
    words = artifacts.came_back_words(result.changed)
    if result.run_id and words:
        report_came_back(result.run_id, words)
    refuse_files(result)
    raise_faults(result.specified)
    return closed(_closing(result), _summary(result))


def report_came_back(run_id: str, words: str) -> None:
    """Emit the event that transfers came back, for automations: amounts and recipients, and nothing else."""
    resource = {"prefect.resource.id": f"npo.bank.{run_id}", "prefect.resource.name": run_id}
    emit_event(event=CAME_BACK, resource=resource, payload={"message": words})


def refuse_files(result: BankResult) -> None:
    """Refuse the files that were refused, now that all others are read.

    Raises:
        Refused: names them, with their cause.
    """
    if result.refused:
        causes = "; ".join(message for _, message in result.refused)
        taken = f"; all others are read ({result.run_id})" if result.run_id else ""
        raise Refused(f"{causes}{taken}; while it is in the folder, each run names it")


def _closing(result: BankResult) -> str:
    if result.run_id is None:
        return "nothing new: all files were read before"
    came_back = artifacts.came_back_words(result.changed) or "none came back"
    read, changed = result.files.height, result.changed.height
    return f"files read {read}, transfers changed {changed}, {came_back} ({result.run_id})"


def _summary(result: BankResult) -> dict[str, Any]:
    return {
        "run_id": result.run_id,
        "read": result.files["file"].to_list(),
        "changed": result.changed.height,
        "came_back": artifacts.came_back(result.changed).height,
    }
