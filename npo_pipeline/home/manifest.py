"""The manifest of a run: what went in, what came out, and the hash of the manifest before it.

Each manifest names the one before by its hash, and the rows it wrote by theirs. So a row that is changed
afterwards, or a run that is taken out, breaks the chain and `npo verify` says where.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

import npo_pipeline
import schemas
from npo_pipeline.home.addition import Addition
from schemas import tables
from schemas.tables import checked

BEFORE_ALL = "0" * 64
"""What the first manifest names as the one before it."""

RUNS_AFTER = ("superseded_by",)
"""Columns that a later run may fill in; they are left out of the hash and re-derived instead."""


def rows_sha256(frame: pl.DataFrame) -> str:
    """Hash the rows of a table, whatever order they come in.

    It is the sha256 of the sorted rows as CSV in UTF-8, with a header and all text in quotes: so an empty
    text is not null, and no text can pass for two.
    """
    rows = frame.drop(RUNS_AFTER, strict=False)
    csv = BytesIO()
    rows.sort(rows.columns).write_csv(csv, quote_style="non_numeric")
    return hashlib.sha256(csv.getbuffer()).hexdigest()


def seal(addition: Addition, previous: str, started: datetime, finished: datetime) -> pl.DataFrame:
    """The row of `runs` for a run that is about to be published, with its manifest in it.

    Args:
        addition: what the run adds.
        previous: the sha256 of the manifest before it.
        started: when it began, in UTC.
        finished: when it had all it adds, in UTC.
    """
    nothing: dict[str, Any] = {"board": pl.String, "amount": tables.MONEY, "currency": pl.String}
    payments = addition.added.get("payments", pl.DataFrame(schema=nothing))
    euros, dollars = (payments.filter(pl.col("currency") == one)["amount"].sum() for one in ("EUR", "USD"))
    row: dict[str, Any] = {
        "run_id": addition.run_id,
        "command": addition.command,
        "month": addition.month,
        "status": "done",
        "started_at": started,
        "finished_at": finished,
        "payments": payments.height,
        "total": euros,
        "total_usd": dollars,
    }
    manifest = {
        **told(row),
        "code": code_version(),
        "tables": _tables_part(addition.added),
        "boards": payments["board"].n_unique(),
        "previous": previous,
        **addition.facts,
    }
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1)
    schema = {name: column.dtype.type for name, column in tables.RUNS.columns.items()}
    sealed = {**row, "manifest": text, "manifest_sha256": text_sha256(text)}
    return checked(pl.DataFrame([sealed], schema=schema), tables.RUNS)


def told(run: Mapping[str, Any]) -> dict[str, Any]:
    """What a manifest says of its run, from a row of `runs`."""
    return {
        **{name: run[name] for name in ("run_id", "command", "payments", "status")},
        "month": str(run["month"]) if run["month"] else None,
        "started_at": str(run["started_at"]),
        "finished_at": str(run["finished_at"]),
        "sum_cents": int(run["total"] * 100),
        "sum_usd_cents": int(run["total_usd"] * 100),
    }


def text_sha256(text: str) -> str:
    """The sha256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def _tables_part(frames: Mapping[str, pl.DataFrame]) -> dict[str, dict[str, Any]]:
    return {name: {"rows": frame.height, "sha256": rows_sha256(frame)} for name, frame in frames.items()}


@cache
def code_version() -> str:
    """The version of the program and a hash of its source and regulation files."""
    digest = hashlib.sha256()
    for package in (npo_pipeline, schemas):
        root = Path(package.__path__[0])
        for path in sorted(p for p in root.rglob("*") if p.suffix in {".py", ".yaml"}):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{npo_pipeline.__version__}+{digest.hexdigest()[:12]}"
