"""JSON logs of Prefect, its server and the flows: with NPO_LOG=json each line on stderr is one JSON object."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from npo_pipeline.atomic_file import write_whole
from npo_pipeline.watch.logs import is_json, json_line

SETTINGS = "PREFECT_LOGGING_SETTINGS_PATH"
"""The variable with Prefect's settings of logs; who sets it decides."""


def record_line(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """Return the line of a record: its logger, flow run and task run, and of an unforeseen error the traceback."""
    named = {name: getattr(record, name, None) for name in ("flow_run_name", "task_run_name")}
    more: dict[str, object] = {"logger": record.name, **{name: one for name, one in named.items() if one}}
    if record.exc_info and record.exc_info[0] is not None:
        more["traceback"] = formatter.formatException(record.exc_info)
    return json_line(record.levelname.lower(), record.getMessage(), **more)


class JsonLines(logging.Formatter):
    """Write a record of a log as the command line writes its lines."""

    format = record_line


def use_json_logs(folder: Path) -> None:
    """Have Prefect log as JSON, in the processes that are started from here, and here by `follow_settings`.

    `folder`: of Prefect's files.

    Raises:
        OSError: the settings cannot be written.
    """
    if not is_json() or SETTINGS in os.environ:
        return
    path = folder / "json-logging.yml"
    write_whole(path, lambda beside: beside.write_text(_settings(), encoding="utf-8"))
    os.environ[SETTINGS] = str(path)


def follow_settings() -> None:
    """Make the logs of this process as its settings say, which Prefect read when it was imported."""
    if is_json():
        from prefect.logging.configuration import setup_logging

        setup_logging(incremental=False)


def _settings() -> str:
    """Return Prefect's own settings of logs, with each line that goes to stderr as JSON."""
    from importlib.util import find_spec

    import yaml

    found = find_spec("prefect")
    shipped = Path(str(found.origin if found else "")).with_name("logging") / "logging.yml"
    settings: dict[str, Any] = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    settings["formatters"] = {"npo": {"()": f"{__name__}.{JsonLines.__name__}"}}
    for name, handler in settings["handlers"].items():
        if "stream" in handler:
            plain = {"class": "logging.StreamHandler", "stream": handler["stream"], "formatter": "npo"}
            settings["handlers"][name] = {"level": handler["level"], **plain}
    return yaml.safe_dump(settings)
