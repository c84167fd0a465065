"""Records of a command that is watched: how it ended, what it published, and each of its steps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from npo_pipeline.books.paths import Home

OTLP_VARIABLE, OPENLINEAGE_VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT", "OPENLINEAGE_URL"


def is_web_address(variable: str) -> bool:
    """Return whether a variable holds an address that something can be sent to."""
    from urllib.parse import urlsplit  # Hardly ever needed, and every command would wait for it.

    try:
        address = os.environ.get(variable, "").strip()
        parts = urlsplit(address)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.port != 0
            and not any(map(str.isspace, address))
        )
    except ValueError:
        return False


DONE, WAITING = "done", "waiting"
"""Outcomes that are no error: of what did its work, and of a flow that waits for a person."""

OF_RUNS = frozenset(
    {
        *("ingest", "decide", "pay", "specification", "hold", "unhold", "release", "confirm-account", "bank"),
        *("reconcile", "account", "upgrade"),
    }
)
"""Commands that write in the books, or reports made from them; of others there is no lineage."""

FLOW, LOOKING = "npo-", "npo-watch"
"""Before the name of a flow, and the flow that only looks."""


def is_of_lineage(command: str) -> bool:
    """Return whether a command or flow makes anything from data."""
    return command in OF_RUNS or (command.startswith(FLOW) and command != LOOKING)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Hold what can be counted of a result: rows, rejected rows, payments, and their amounts per currency."""

    rows: int | None = None
    rejected: int | None = None
    payments: int | None = None
    amounts: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StepDone:
    """Represent a step that ended; times in nanoseconds since 1970. `outcome`: done, or the kind of its error."""

    name: str
    began: int
    ended: int
    outcome: str
    figures: Figures


@dataclass(frozen=True, kw_only=True)
class Published:
    """Represent a run that the command published, by its manifest.

    `tables`: rows per table. `cents`: what it paid per currency. `inputs`: delivered files, as it has them.
    """

    run_id: str
    command: str
    month: str | None
    payments: int
    tables: dict[str, int]
    cents: dict[str, int]
    inputs: tuple[dict[str, Any], ...] = ()


@dataclass(kw_only=True)
class Watched:
    """Represent a command that is watched; how it ended is filled in at its end.

    `outcome`: done, waiting, or the kind of its error, and never its message, which may name people and accounts.
    """

    command: str
    home: Home | None
    began: int
    ended: int = 0
    exit_status: int = 0
    outcome: str = DONE
    published: tuple[Published, ...] = ()


def published_of(manifest: dict[str, Any]) -> Published:
    """Return what a manifest says of its run."""
    return Published(
        run_id=manifest["run_id"],
        command=manifest["command"],
        month=manifest["month"],
        payments=manifest["payments"],
        tables={name: table["rows"] for name, table in manifest["tables"].items()},
        cents={"EUR": manifest["sum_cents"], "USD": manifest["sum_usd_cents"]},
        inputs=tuple(_files_in(manifest)),
    )


def _files_in(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the files that a manifest names: of a delivery or decision, of the bank, and of what others say."""
    for entry in ("inputs", "bank", "reconciled"):
        for one in manifest.get(entry, ()):
            file = one.get("file", one.get("name")) if isinstance(one, dict) else None
            if file and one.get("sha256"):
                yield {"file": file, "sha256": one["sha256"], "rows": one.get("rows")}


def euros_of(cents: int) -> str:
    """Write cents as a decimal: -1234 is -12.34."""
    return str(Decimal(cents).scaleb(-2))


def moment_of(nanoseconds: int) -> datetime:
    """Return a time as a moment in UTC."""
    return datetime.fromtimestamp(nanoseconds // 1000 / 1_000_000, UTC)
