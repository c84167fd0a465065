"""A command and its steps as others watch them: how long each took, how it ended, and figures of its result.

One wrapper serves the command line and the flows: `watching` around a command, and `commands.steps.directly`
around each of its steps. Nothing is loaded for it unless a variable of the environment asks.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

from npo_pipeline.books.paths import Home
from npo_pipeline.commands.steps import WATCHING
from npo_pipeline.errors import NpoError, fault_words
from npo_pipeline.watch import logs
from npo_pipeline.watch.watched import (
    OPENLINEAGE_VARIABLE,
    OTLP_VARIABLE,
    WAITING,
    Figures,
    Published,
    StepDone,
    Watched,
    is_of_lineage,
    is_web_address,
    published_of,
)

S = TypeVar("S")
T = TypeVar("T")

EXTRA = "pip install 'npo-pipeline[telemetry]'"


class Observer(Protocol):
    """Represent an observer of a command and its steps. It hardly ever makes one wait."""

    def step_done(self, step: StepDone) -> None:
        """Take note of a step."""
        ...

    def command_done(self, watched: Watched) -> str | None:
        """Take note that the command ended, and send what is left; return in a sentence why that failed."""
        ...


@contextmanager
def watching(command: str, home: Home | None) -> Iterator[Watched]:
    """Watch a command while it runs, if anybody asks; a command within another is part of that one."""
    watched = Watched(command=command, home=home, began=time.time_ns())
    if WATCHING:
        yield watched
        return
    logs.CONTEXT.command = command
    observers = list(_observers(watched))
    if not observers and not logs.is_json():
        yield watched
        return
    _follow_runs()
    before, timer = _published_so_far(), _StepTimer(observers)
    WATCHING.append(timer)
    try:
        yield watched
    except BaseException as error:
        watched.outcome, watched.exit_status = ending_of(error)
        raise
    finally:
        WATCHING.clear()
        watched.ended = time.time_ns()
        watched.published = tuple(_manifests(home, before))
        faults = [*timer.faults, *(_safely(observer.command_done, watched) for observer in observers)]
        for fault in dict.fromkeys(filter(None, faults)):
            logs.log("warning", fault)
        if logs.is_json():
            _log_end(watched)


def _log_end(watched: Watched) -> None:
    seconds = round((watched.ended - watched.began) / 1e9, 3)
    ending = {"outcome": watched.outcome, "exit_status": watched.exit_status, "seconds": seconds}
    logs.log("info", f"{watched.command} ended", **ending)


def _safely(notify: Callable[[S], str | None], what: S) -> str | None:
    """Notify an observer; whatever goes wrong in it is a sentence, and never fails the command."""
    try:
        return notify(what)
    except Exception as error:
        return f"what the command does could not be sent ({fault_words(error)}); the command itself is as it says"


def _observers(watched: Watched) -> Iterator[Observer]:
    """Begin to observe where a variable asks. The words of a library may hold an address with a password."""
    asked: list[tuple[str, Callable[[Watched], Observer]]] = [(OTLP_VARIABLE, _telemetry)]
    if is_of_lineage(watched.command):
        asked.append((OPENLINEAGE_VARIABLE, _lineage))
    for variable, observe in asked:
        if not os.environ.get(variable):
            continue
        if not is_web_address(variable):
            logs.log("warning", f"{variable} is no web address as http://127.0.0.1:4318, and nothing is sent")
            continue
        try:
            yield observe(watched)
        except ModuleNotFoundError:
            logs.log("warning", f"{variable} is set, and nothing is sent: install its libraries by `{EXTRA}`")
        except Exception as error:
            logs.log("warning", f"{variable} is set, and nothing is sent: {fault_words(error)}")


def _telemetry(watched: Watched) -> Observer:
    from npo_pipeline.watch.telemetry import Telemetry

    return Telemetry(watched)


def _lineage(watched: Watched) -> Observer:
    from npo_pipeline.watch.lineage import Lineage

    return Lineage(watched)


class _StepTimer:
    """Run each step, and notify the observers. `faults`: of these, in words; they fail no step."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers, self.faults = observers, list[str | None]()

    def __call__(self, name: str, run: Callable[[], T]) -> T:
        began, outcome, figures = time.time_ns(), "done", Figures()
        try:
            result = run()
            figures = _figures_or_none(result)
            return result
        except BaseException as error:
            outcome, _ = ending_of(error)
            raise
        finally:
            step = StepDone(name=name, began=began, ended=time.time_ns(), outcome=outcome, figures=figures)
            self.faults += [_safely(observer.step_done, step) for observer in self._observers]


def _figures_or_none(result: object) -> Figures:
    with suppress(Exception):
        return figures_of(result)
    return Figures()


def ending_of(error: BaseException) -> tuple[str, int]:
    """Return the kind of an error in a word, and the exit status of a command that it ends."""
    if isinstance(error, NpoError):
        return error.kind, error.exit_status
    if isinstance(error, KeyboardInterrupt):
        return "stopped", 130
    if type(error).__name__ == "Pause":
        # By this Prefect ends the process of a flow that waits for a person, until somebody answers.
        return WAITING, 0
    status = getattr(error, "exit_code", None)
    if isinstance(status, int):
        # An error of click: wrong usage, or the end of a command that is done.
        return ("usage" if status == 2 else "done", status)
    return "fault", 1


def figures_of(result: object) -> Figures:
    """Count what a step returned: a frame, payments, or files that were read. Nothing else of it is looked at."""
    if hasattr(result, "height") and hasattr(result, "get_columns"):
        return _of_frame(result)
    parts: Sequence[Any] = result if isinstance(result, list | tuple) else [result]
    rows = [one.rows for one in parts if isinstance(getattr(one, "rows", None), int)]
    rejected = [one.rejected for one in parts if isinstance(getattr(one, "rejected", None), int)]
    return Figures(rows=sum(rows) if rows else None, rejected=sum(rejected) if rejected else None)


def _of_frame(frame: Any) -> Figures:
    if not {"payment_id", "amount", "currency"} <= set(frame.columns):
        return Figures(rows=frame.height)
    from npo_pipeline.money import totals

    return Figures(rows=frame.height, payments=frame.height, amounts=dict(totals(frame)))


def _follow_runs() -> None:
    from npo_pipeline.books.run import RUNS_HERE

    RUNS_HERE.last = None
    logs.CONTEXT.run_id = lambda: RUNS_HERE.last


def _published_so_far() -> int:
    from npo_pipeline.books.run import RUNS_HERE

    return len(RUNS_HERE.published)


def _manifests(home: Home | None, before: int) -> Iterator[Published]:
    """Read the manifests of the runs that were published meanwhile."""
    from npo_pipeline.books.run import RUNS_HERE

    if home is None:
        return
    for run_id in RUNS_HERE.published[before:]:
        try:
            yield published_of(json.loads((home.manifests / f"{run_id}.json").read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # A copy that cannot be written is restored by the next run; what the run did is in the books.
            yield Published(run_id=run_id, command="", month=None, payments=0, tables={}, cents={})
