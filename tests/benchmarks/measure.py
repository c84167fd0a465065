"""Runs a command as a process of its own and gives its time and peak memory, as the system counts them."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Wall-clock seconds, those of the processors (all cores, user and system), and peak memory in MiB."""

    seconds: float
    processor: float
    mebibytes: float


def run(command: Sequence[str]) -> tuple[Cost, str]:
    """Run a command to its end; its stdout comes back with its cost.

    Raises:
        SystemExit: the command did not end well.
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), text


def median(costs: Sequence[Cost]) -> Cost:
    """The median times and the highest memory of several runs."""
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.processor for cost in costs),
        max(cost.mebibytes for cost in costs),
    )


def added(costs: Sequence[Cost]) -> Cost:
    """Commands that run one after the other: their times together, the highest memory of them."""
    return Cost(
        sum(cost.seconds for cost in costs),
        sum(cost.processor for cost in costs),
        max(cost.mebibytes for cost in costs),
    )
