"""`npo status --check` and `npo doctor`: verdicts, a line each, and the exit status for a monitor."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import ParsedParam, common, witnessed
from npo_pipeline.cli.output import document, line
from npo_pipeline.translation import said
from npo_pipeline.watch.levels import Check, Level, Limits, Thresholds, worst
from npo_pipeline.watch.logs import log

F = TypeVar("F", bound=Callable[..., Any])


_THRESHOLDS = {
    "owed": "Days since a month fell due that is not paid.",
    "held": "Days that payments are on hold.",
    "booked": "Days since the execution date of a transfer that the bank did not book.",
    "verified": "Days since the last `npo verify`.",
    "last_run": "Days since the last run.",
    "backed_up": "Days since a back-up, where there is a newer run.",
    "busy_hours": "Hours that one run holds the home.",
    "free_gb": "Gigabytes that the disk has free, or fewer.",
}


def check_options(command: F) -> F:
    """Add `--check`, its time limit and its thresholds."""
    usual = Thresholds()
    for name, help_text in reversed(_THRESHOLDS.items()):
        command = click.option(
            f"--{name.replace('_', '-')}",
            name,
            type=ParsedParam("LOOK/ACT", partial(Thresholds.limits_of, name)),
            envvar=Thresholds.variable(name),
            default=None,
            help=f"{help_text}  [default: {getattr(usual, name)}]",
        )(command)
    command = click.option(
        "--timeout",
        type=click.IntRange(1, 3600),
        default=30,
        show_default=True,
        help="Seconds after which --check gives up, with exit status 7.",
    )(command)
    return click.option("--check", is_flag=True, help="Check the home for a monitor; exit status 0, 6 or 7.")(
        command
    )


def checked(home: Home, limits: Mapping[str, Limits], *, as_json: bool, seconds: int) -> int:
    """Do the checks of a monitor, print them, and return the exit status."""
    with _ended_after(seconds, home):
        from npo_pipeline.watch.monitor import examine

        checks = examine(home, Thresholds(**limits))
    return show(checks, as_json=as_json)


def show(checks: Sequence[Check], *, as_json: bool) -> int:
    """Print verdicts, a line each, or one document; return the exit status of the worst."""
    level = worst(checks)
    if as_json:
        document({"level": level.name, "exit_status": int(level), "checks": [one.document() for one in checks]})
        return int(level)
    for one in checks:
        advice = f": {said(one.verdict.advice)}" if one.verdict.advice else ""
        line(f"{one.verdict.level.name:<4}  {one.name:<10}  {said(one.verdict.message)}{advice}", as_is=True)
    return int(level)


@click.command("doctor")
@common
@witnessed
def doctor_command(home: Home, as_json: bool) -> int:
    """Examine the program, this machine and a home; say what is wrong, and what to do about it.

    A line each: OK, WARN (somebody should look) or FAIL (somebody must act); exit status 0, 6 or 7. It needs no
    home, and changes nothing in one.
    """
    from npo_pipeline.watch.doctor import examine_machine

    return show(examine_machine(home), as_json=as_json)


@contextmanager
def _ended_after(seconds: int, home: Home) -> Iterator[None]:
    """End the process when a check takes too long: a share that does not answer holds up even a signal."""

    def end() -> None:
        log("error", f"{home.path}: did not answer in {seconds} seconds; look at its disk or share")
        sys.stderr.flush()
        os._exit(int(Level.FAIL))

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
