"""A command as a flow, its steps as tasks, and the failure of a run: a line in its log, and a page that helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Any, ParamSpec, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.flows import Flow
from prefect.logging.loggers import flow_run_logger
from prefect.tasks import Task

from npo_pipeline.commands import ingest, pay
from npo_pipeline.commands.account import command as account
from npo_pipeline.commands.account import reports
from npo_pipeline.commands.decide import command as decide
from npo_pipeline.commands.decide import plan
from npo_pipeline.errors import HomeLocked, NpoError, Refused
from npo_pipeline.rulebook import load as rulebook

P = ParamSpec("P")
T = TypeVar("T")

READING: frozenset[Callable[..., Any]] = frozenset(
    {
        ingest.recognise_files,
        ingest.read_files,
        pay.plan_months,
        pay.settle_month,
        rulebook.load_rulebook,
        plan.work_out_year,
        decide.decision_before,
        plan.changed_currencies,
        plan.changes_due,
        plan.plan_of,
        account.recognise_spending,
        account.refuse_unaccountable,
        account.work_out_accounts,
        reports.gather,
    }
)
"""Steps that only read, and may be retried. One that writes is not: to start the whole run again is safe."""

RETRIES, RETRY_DELAY = 2, 10

WAIT_SECONDS = 600
"""Seconds that a flow waits for another run to release the home."""


def as_task(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a step as a task that is named after it.

    The task closes over the arguments and has no parameters of its own: so Prefect inspects, hashes,
    caches and stores none of the data.

    Raises:
        NpoError: the step has a fault of ours; names the place, and nothing of the rows.
    """
    name = step.__name__.replace("_", " ")

    def run() -> T:
        try:
            return step(*args, **kwargs)
        except (NpoError, OSError):
            raise
        except Exception as error:
            # Prefect logs an error, and keeps it as a pickle: one of a library can hold the rows it is about.
            raise NpoError(f"{name}: {_where(error)}") from None

    named = task(
        name=name,
        cache_policy=NO_CACHE,
        persist_result=False,
        log_prints=False,
        retries=RETRIES if step in READING else 0,
        retry_delay_seconds=RETRY_DELAY,
        retry_condition_fn=_may_pass,
    )
    return named(run)()


def _where(error: Exception) -> str:
    place = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name} ({Path(place.filename).name}, line {place.lineno})"


def _may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Return whether a retry can help: a fault of the machine may pass, a refusal does not."""
    return isinstance(state.result(raise_on_failure=False), OSError)


def npo_flow(name: str) -> Callable[[Callable[P, T]], Flow[P, T]]:
    """Make a flow of a function: its result is kept nowhere, and its failure is reported."""
    return flow(name=name, persist_result=False, on_failure=[report_failure], on_crashed=[report_failure])


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
