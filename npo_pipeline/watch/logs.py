"""JSON logs: with NPO_LOG=json each line on stderr is one JSON object, for what collects logs of machines."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from npo_pipeline.commands.steps import Progress
from npo_pipeline.errors import printable
from npo_pipeline.translation import said

VARIABLE = "NPO_LOG"
SECONDS_BETWEEN = 10
"""Seconds between two lines of the same progress."""


@dataclass
class _Context:
    """Hold what each line says of the command that runs, and how the run that it opened is asked."""

    command: str = ""
    run_id: Callable[[], str | None] = lambda: None


CONTEXT = _Context()


def is_json() -> bool:
    """Return whether logs are asked as JSON."""
    return os.environ.get(VARIABLE, "").strip().lower() == "json"


def json_line(level: str, message: str, **more: object) -> str:
    """Return a line of the log: time (UTC), level, command, run_id (null before a run is opened) and message.

    The message is English, whatever language the terminal speaks: programs read it.
    """
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    run = {"command": CONTEXT.command, "run_id": CONTEXT.run_id()}
    line = {"time": moment, "level": level, **run, "message": printable(message), **more}
    return json.dumps(line, ensure_ascii=True, default=str)


def log(level: str, message: str, **more: object) -> None:
    """Write a line on stderr: as JSON where that is asked, else as a command says things."""
    text = json_line(level, message, **more) if is_json() else f"npo: {said(message)}"
    print(text, file=sys.stderr)  # noqa: T201


def json_progress() -> Progress:
    """Return a progress callback that logs each new message, and one that goes on every ten seconds."""
    last: list[tuple[str, float]] = [("", 0.0)]

    def report(what: str, rows: int) -> None:
        message, moment = last[0]
        if what != message or time.monotonic() - moment >= SECONDS_BETWEEN:
            last[0] = (what, time.monotonic())
            log("info", what, **({"rows": rows} if rows else {}))

    return report
