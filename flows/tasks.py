"""Steps of a command as Prefect tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from npo_pipeline.commands import decide, ingest, pay
from npo_pipeline.errors import NpoError

P = ParamSpec("P")
T = TypeVar("T")

READING: frozenset[Callable[..., Any]] = frozenset(
    {
        ingest.recognise_files,
        ingest.read_files,
        decide.load_rules,
        decide.work_out_decision,
        decide.decision_before,
        pay.plan_months,
        pay.settle_month,
    }
)
"""Steps that only read. They may be tried again; a step that writes never is, because a run that is started
again is always safe, and a half-known one is not."""

RETRIES, RETRY_DELAY = 2, 10


def as_task(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a step as a task that is named after it.

    The task closes over the arguments and has no parameters of its own: so Prefect inspects, hashes,
    caches and stores none of the data.
    """

    def run() -> T:
        return step(*args, **kwargs)

    named = task(
        name=step.__name__.replace("_", " "),
        cache_policy=NO_CACHE,
        persist_result=False,
        log_prints=False,
        retries=RETRIES if step in READING else 0,
        retry_delay_seconds=RETRY_DELAY,
        retry_condition_fn=_may_pass,
    )
    return named(run)()


def _may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again can help: a fault of the machine may pass, a refusal does not."""
    try:
        state.result()
    except NpoError:
        return False
    except OSError:
        return True
    except Exception:
        return False
    return False
