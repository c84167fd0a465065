"""Run the steps of a command as Prefect tasks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Any, ParamSpec, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from npo_pipeline.commands import ingest, pay
from npo_pipeline.commands.account import command as account
from npo_pipeline.commands.account import reports
from npo_pipeline.commands.decide import command as decide
from npo_pipeline.commands.decide import plan
from npo_pipeline.errors import NpoError
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
