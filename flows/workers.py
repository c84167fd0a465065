"""The workers of flows: tasks of Prefect on this machine, or on a Dask cluster (`NPO_TASK_RUNNER`).

A task closes over its job and has no parameters, and its result goes back to who waits for it: so Prefect
inspects, stores and logs none of the data.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import count
from platform import python_version
from typing import TYPE_CHECKING, Any, TypeVar, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.tasks import Task

from npo_pipeline.books.manifest import code_version
from npo_pipeline.errors import NpoError, Refused, fault_words, printable
from npo_pipeline.worker_processes import WorkerProcesses
from npo_pipeline.workers import (
    Boards,
    Done,
    NoWorkers,
    Pooled,
    Submit,
    Workers,
    attempt,
    cores,
    local,
    started_processes,
)

if TYPE_CHECKING:
    from distributed import Client

J = TypeVar("J")
R = TypeVar("R")

TASK_RUNNER, DASK_ADDRESS, WORKERS = "NPO_TASK_RUNNER", "NPO_DASK_ADDRESS", "NPO_WORKERS"
KINDS = ("processes", "threads", "dask")

RETRIES, RETRY_DELAY = 2, 5

CONNECT_SECONDS = 30
"""So long the scheduler of a cluster is waited for, and its first worker."""

LONELY_LOOKS = 15
"""So often in a row a cluster may be found without any worker, 20 seconds apart, before the run gives up."""

LIBRARIES = ("polars", "xlsxwriter", "lxml", "jinja2", "openpyxl", "arelle-release", "ixbrl-viewer", "prefect")
"""The libraries that a byte of a report depends on, or the exchange of work."""

INSTALL = "install the same on all nodes, with requirements-dask.lock"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Workers as the environment asks. `kind`: one of KINDS. `address`: of the scheduler of a cluster."""

    kind: str
    address: str
    count: int


def asked_workers() -> Asked:
    """Read which workers the environment asks for; no cluster is looked at.

    Raises:
        Refused: a variable is not understood, or the extra is not installed.
    """
    kind, address = os.environ.get(TASK_RUNNER) or "processes", os.environ.get(DASK_ADDRESS, "")
    written = os.environ.get(WORKERS, "")
    if kind not in KINDS:
        raise Refused(f"{TASK_RUNNER} is {kind!r}: write processes, threads or dask, or leave it out")
    if written and not re.fullmatch(r"[1-9][0-9]{0,2}", written):
        raise Refused(f"{WORKERS} is {written!r}: write a whole number from 1 to 999, or leave it out")
    if kind == "dask":
        _require_dask(address)
    elif address:
        raise Refused(f"{DASK_ADDRESS} is set, and {TASK_RUNNER} is {kind}: write dask there, or unset both")
    return Asked(kind=kind, address=address, count=int(written) if written else cores())


def _require_dask(address: str) -> None:
    if find_spec("prefect_dask") is None or find_spec("distributed") is None:
        raise Refused(
            f"{TASK_RUNNER} is dask, and the libraries of Dask are not installed: "
            "`pip install npo-pipeline[dask]`, on this machine and on all nodes"
        )
    if not re.fullmatch(r"(tcp|tls)://[^\s/]+:[0-9]{1,5}", address):
        raise Refused(f"{DASK_ADDRESS} is {address!r}: write the address of the scheduler, as tcp://10.0.0.5:8786")


def cluster_or_local() -> Workers:
    """Return the workers that the environment asks for: those of a cluster, or of this machine.

    Raises:
        Refused: a variable is not understood, the extra is not installed, or the cluster is not there or unfit.
    """
    asked = asked_workers()
    if not asked.address:
        # One worker is the process of the flow: a task for each job would be bookkeeping alone.
        return local(1) if asked.count == 1 else TaskRunnerWorkers(count=asked.count, kind=asked.kind)
    with _connected(asked.address) as client:
        _refuse_unfit(client, asked.address)
        return TaskRunnerWorkers(count=max(1, _threads(client)), kind="dask", address=asked.address)


class WhenNeeded:
    """Ask for the workers when there is work for them. So no payment waits for a cluster, or fails with it."""

    @cached_property
    def _workers(self) -> Workers:
        return cluster_or_local()

    @property
    def count(self) -> int:
        """Return how many jobs run at once."""
        return self._workers.count

    def map(self, work: Callable[[J], R], jobs: Iterable[J], *, name: str) -> Iterator[Done[J, R]]:
        """Do the work for each job.

        Raises:
            Refused: see `cluster_or_local`.
        """
        return self._workers.map(work, jobs, name=name)


def _client(address: str) -> Client:
    from distributed import Client

    made: Client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    return made


def _threads(client: Client) -> int:
    """Return how many jobs the workers of a cluster do at once."""
    return sum(client.nthreads().values())  # type: ignore[no-untyped-call]


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    """Connect to the scheduler of a cluster that has a worker.

    Raises:
        Refused: it does not answer, or no worker came.
    """
    try:
        client = _client(address)
    except (OSError, ValueError) as error:
        why = printable(str(error) or type(error).__name__)
        raise Refused(
            f"{address}: no scheduler of Dask answers there ({why}); start one with `dask scheduler`, or mend "
            f"{DASK_ADDRESS}"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError) as error:
            words = f"{address}: the cluster has no worker; start `dask worker {address}` on its nodes"
            raise Refused(words) from error
        yield client


def _refuse_unfit(client: Client, address: str) -> None:
    """Refuse a cluster in which a worker has another version of anything that a byte depends on."""
    try:
        found: Mapping[str, Mapping[str, str]] = client.run(environment)
    except Exception as error:
        raise Refused(f"{address}: a worker of it cannot run npo ({type(error).__name__}); {INSTALL}") from error
    for worker, theirs in sorted(found.items()):
        if words := difference(environment(), theirs):
            raise Refused(f"{worker}: {words}; {INSTALL}")


@cache
def environment() -> dict[str, str]:
    """Return the versions of this process: of npo, of Python, and of the libraries that a byte depends on."""
    return {
        "npo": code_version().source,
        "Python": ".".join(python_version().split(".")[:2]),
        **{name: _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """Return in words the first version in which a worker differs from us; empty where it does not."""
    for name, one in ours.items():
        if (other := theirs.get(name, "none")) != one:
            return f"this worker has {name} {other}, and who gives out the work has {one}"
    return ""


@dataclass(frozen=True, kw_only=True)
class TaskRunnerWorkers(Pooled):
    """Do the work in tasks of Prefect, one per job, which are seen by name in its pages.

    `kind`: one of KINDS. `address`: of the scheduler of a cluster; empty on this machine. `lonely`: the looks in a
    row by which it had no worker.
    """

    count: int
    kind: str
    address: str = ""
    lonely: list[str] = field(default_factory=list, compare=False, repr=False)

    @contextmanager
    def pool(self, name: str, running: Mapping[Any, Any]) -> Iterator[Submit]:
        """Start the task runner.

        Raises:
            NoWorkers: the scheduler of the cluster is gone.
        """
        numbers = count(1)
        with self._started() as runner, self._processes(running) as processes:

            def submit(work: Callable[[J], R], job: J) -> Future[Done[None, R]]:
                title = f"{name} {job}" if isinstance(job, Boards) else f"{name} {next(numbers)}"
                if processes is not None:
                    do = partial(_in_process, processes, work, job)
                elif self.address:
                    do = partial(_on_cluster, environment(), work, job)
                else:
                    do = partial(_once, work, job)
                with _outside_of_task():
                    ended = runner.submit(_task_of(do, name=name, title=title), parameters={})
                return _future_of(ended.wrapped_future)

            yield submit

    def look(self) -> None:
        """Look whether the cluster has any worker.

        Raises:
            NoWorkers: it had none for five minutes, or its scheduler is gone.
        """
        if not self.address:
            return
        try:
            with _client(self.address) as client:
                self.lonely[:] = [] if _threads(client) else [*self.lonely, self.address]
        except OSError as error:
            raise self._gone() from error
        if len(self.lonely) >= LONELY_LOOKS:
            raise NoWorkers(
                f"{self.address}: the cluster has no worker left; what was written stands: start `dask worker "
                f"{self.address}` on its nodes, and run the same again"
            )

    @contextmanager
    def _started(self) -> Iterator[TaskRunner[Any]]:
        if not self.address:
            threads: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=self.count)
            with threads:
                yield threads
            return
        from prefect_dask.task_runners import DaskTaskRunner

        with DaskTaskRunner(address=self.address, client_kwargs={"timeout": CONNECT_SECONDS}) as cluster:
            try:
                # It connects when it is asked for first.
                _ = cluster.client
            except OSError as error:
                raise self._gone() from error
            yield cluster

    def _gone(self) -> NoWorkers:
        return NoWorkers(
            f"{self.address}: the scheduler of the cluster is gone; what was written stands: start it, and run "
            "the same again"
        )

    def _processes(self, running: Mapping[Any, Any]) -> AbstractContextManager[WorkerProcesses | None]:
        """Start the processes in which tasks on this machine have their work done; none for threads or a cluster.

        Those of Prefect's own runner of processes share a pipe, and all hang where one is killed while it writes.
        """
        return started_processes(self.count, running) if self.kind == "processes" else nullcontext()


@contextmanager
def _outside_of_task() -> Iterator[None]:
    """Leave the task that gives out the work: Prefect would send it along, and it closes over all data."""
    token = TaskRunContext.__var__.set(None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        TaskRunContext.__var__.reset(token)


def _once(work: Callable[[J], R], job: J) -> Done[None, R]:
    """Do a job. A fault of a disk or network goes on as it is: the task is retried.

    Raises:
        NpoError: its refusal or fault, in words.
        OSError: a disk or the network failed.
    """
    try:
        return Done(job=None, result=work(job))
    except (NpoError, OSError):
        raise
    except Exception as error:
        # Prefect logs an error, and hands it on as a pickle: one of a library can hold the rows it is about.
        raise NpoError(fault_words(error)) from None


def _in_process(processes: WorkerProcesses, work: Callable[[J], R], job: J) -> Done[None, R]:
    """Have a job done in a process of this machine, where a fault of a disk is tried again.

    Raises:
        NpoError: its refusal or fault, in words.
        BrokenExecutor: the process was killed.
    """
    done = processes.submit(attempt, work, job).result()
    if done.error is not None:
        raise done.error
    return cast("Done[None, R]", done)


def _on_cluster(ours: Mapping[str, str], work: Callable[[J], R], job: J) -> Done[None, R]:
    """Do a job on a node, which may have come to the cluster a moment ago.

    Raises:
        NoWorkers: it would make other bytes.
        NpoError: its refusal or fault, in words.
        OSError: a disk or the network failed.
    """
    if words := difference(ours, environment()):
        raise NoWorkers(f"{words}; {INSTALL}")
    return _once(work, job)


def _task_of(do: Callable[[], Done[None, R]], *, name: str, title: str) -> Task[[], Done[None, R]]:
    """Make a task of a job. It fails where the job does, so that people see it; a fault of a disk is retried."""

    def run() -> Done[None, R]:
        return do()

    return task(
        name=name,
        task_run_name=title,
        cache_policy=NO_CACHE,
        persist_result=False,
        log_prints=False,
        retries=RETRIES,
        retry_delay_seconds=RETRY_DELAY,
        retry_condition_fn=may_pass,
    )(run)


def may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Return whether a retry can help: a fault of the machine may pass, a refusal does not."""
    return isinstance(state.result(raise_on_failure=False), OSError)


def _future_of(theirs: Any) -> Future[Done[None, R]]:
    """Return a future of ours for one of a task runner: of Prefect's own, or of Dask."""
    ours: Future[Done[None, R]] = Future()

    def hand_on(ended: Any) -> None:
        try:
            found = ended.result()
            ours.set_result(_outcome(found) if isinstance(found, State) else found)
        except BaseException as error:
            # Dask and asyncio cancel by an error that is no Exception.
            ours.set_exception(_lost_or_error(error))

    theirs.add_done_callback(hand_on)
    return ours


def _outcome(state: State[Any]) -> Done[None, Any]:
    """Return what a task returned, or its error.

    Raises:
        NoWorkers: a worker came that would make other bytes.
        BrokenExecutor: it was cut off.
    """
    found = state.result(raise_on_failure=False)
    if isinstance(found, Done):
        return found
    if isinstance(found, NoWorkers):
        raise found
    if isinstance(found, NpoError):
        return Done(job=None, error=found)
    if isinstance(found, OSError):
        return Done(job=None, error=NpoError(fault_words(found)))
    raise BrokenExecutor("the task was cut off")


def _lost_or_error(error: BaseException) -> BaseException:
    """Return the error of a job that was lost with its worker as that, and any other as it is."""
    lost = ("KilledWorker", "CancelledError", "FutureCancelledError", "CommClosedError")
    if isinstance(error, BrokenExecutor) or type(error).__name__ in lost:
        return BrokenExecutor(type(error).__name__)
    return error
