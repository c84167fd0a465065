"""A command as a flow, its steps as tasks: named, tagged, and with its cause in the first line when it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.flows import Flow
from prefect.states import Completed

from flows.failures import WithoutTraceback, failed, report_failure, with_parameters
from flows.server import end_with_serve
from flows.workers import may_pass
from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import WAITING
from npo_pipeline.commands import bank, ingest, pay, reconcile, release
from npo_pipeline.commands.account import command as account
from npo_pipeline.commands.account import report_inputs
from npo_pipeline.commands.decide import command as decide
from npo_pipeline.commands.decide import plan
from npo_pipeline.commands.steps import directly
from npo_pipeline.errors import NpoError, fault_words
from npo_pipeline.operating_system import set_umask
from npo_pipeline.rulebook import load as rulebook
from npo_pipeline.watch.spans import watching

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
        report_inputs.gather,
        reconcile.read_tables,
        bank.read_files,
        bank.load_released,
        release.plan_month,
        reconcile.load_decided,
        reconcile.read_amounts,
    }
)
"""Steps that only read, and may be retried. One that writes is not: to start the whole run again is safe."""

RETRIES, RETRY_DELAY = 2, 10

WAIT_SECONDS = 600
"""Seconds that a flow waits for another run to release the home."""


for logger in ("task_runs", "flow_runs", "engine"):
    logging.getLogger(f"prefect.{logger}").addFilter(WithoutTraceback())


_PARAMETERS: ContextVar[frozenset[str]] = ContextVar("parameters", default=frozenset())
"""The parameters of the deployment that runs."""


def as_task(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a step as a task that is named after it.

    The task closes over the arguments and has no parameters of its own: so Prefect inspects, hashes,
    caches and stores none of the data.

    Raises:
        NpoError: the step refused, or has a fault of ours; then it names the place, and nothing of the rows.
    """
    name = step.__name__.replace("_", " ")

    def run() -> T:
        try:
            return directly(step, *args, **kwargs)
        except NpoError as error:
            raise with_parameters(error, _PARAMETERS.get()) from None
        except OSError:
            raise
        except Exception as error:
            # Prefect logs an error, and keeps it as a pickle: one of a library can hold the rows it is about.
            raise NpoError(f"{name}: {fault_words(error)}") from None

    named = task(
        name=name,
        cache_policy=NO_CACHE,
        persist_result=False,
        log_prints=False,
        retries=RETRIES if step in READING else 0,
        retry_delay_seconds=RETRY_DELAY,
        retry_condition_fn=may_pass,
    )
    return named(run)()


def npo_flow(name: str, run_name: Callable[[], str]) -> Callable[[Callable[P, T]], Flow[P, T]]:
    """Make a flow of a function: its result is kept nowhere, its failure is reported, and its runs have names.

    `run_name`: returns the name of a run, from its parameters (`prefect.runtime`).
    """

    def make(function: Callable[P, T]) -> Flow[P, T]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            parameters = frozenset(signature(function).parameters)
            _set_parameters(parameters)
            end_with_serve()
            with _waiting_logged():
                try:
                    set_umask()
                    with watching(name, _home_of(signature(function).bind(*args, **kwargs).arguments)):
                        return function(*args, **kwargs)
                except (NpoError, OSError) as error:
                    return cast(T, failed(error, parameters))

        return flow(
            name=name,
            flow_run_name=run_name,
            persist_result=False,
            on_failure=[report_failure],
            on_crashed=[report_failure],
        )(run)

    return make


def _home_of(parameters: Mapping[str, Any]) -> Home | None:
    return Home(Path(str(parameters["home"]))) if "home" in parameters else None


def _set_parameters(parameters: frozenset[str]) -> None:
    """Set the parameters of the deployment that runs.

    A flow goes along to workers as a pickle, in which no context variable can be: it only names this function.
    """
    _PARAMETERS.set(parameters)


def closed(message: str, data: object = None, name: str = "Completed") -> State[Any]:
    """Return the state of a run that did what it is for, with a closing message, which is logged too."""
    get_run_logger().info("%s", message)
    state: State[Any] = Completed(name=name, message=message, data=data)
    return state


def log_remarks(remarks: Iterable[str]) -> None:
    """Log as warnings what the operator should know of a run that did its work."""
    for remark in remarks:
        get_run_logger().warning("%s", remark)


@contextmanager
def _waiting_logged() -> Iterator[None]:
    """Log that the run waits for another to release the home, in its own log."""
    logger, handler = get_run_logger(), logging.Handler()
    handler.emit = lambda record: logger.info("%s", record.getMessage())  # type: ignore[method-assign]
    waiting = logging.getLogger(WAITING)
    waiting.setLevel(logging.INFO)
    waiting.propagate = False
    waiting.addHandler(handler)
    try:
        yield
    finally:
        waiting.removeHandler(handler)
