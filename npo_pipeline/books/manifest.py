"""The manifest of a run: what went in, what came out, and the hash of the manifest before it.

Each manifest names the one before by its hash, and the rows it wrote by theirs. So a row that is changed
afterwards, or a run that is taken out, breaks the chain and `npo verify` says where.

The copies of the manifests that lie beside the books: a second witness of each run.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline.atomic_file import sync
from npo_pipeline.books.changeset import ChangeSet
from npo_pipeline.books.code_version import code_version
from npo_pipeline.books.paths import Home
from schemas import tables
from schemas.tables import validated

GENESIS_HASH = "0" * 64
"""What the first manifest names as the one before it."""

MUTABLE_COLUMNS = ("superseded_by",)
"""Columns that a later run may fill in; they are left out of the hash and re-derived instead."""


def rows_sha256(frame: pl.DataFrame) -> str:
    """Hash the rows of a table, whatever order they come in.

    It is the sha256 of the sorted rows as CSV in UTF-8, with a header and all text in quotes: so an empty
    text is not null, and no text can pass for two.
    """
    rows = frame.drop(MUTABLE_COLUMNS, strict=False)
    csv = BytesIO()
    rows.sort(rows.columns).write_csv(csv, quote_style="non_numeric")
    return hashlib.sha256(csv.getbuffer()).hexdigest()


def build_manifest(changeset: ChangeSet, previous: str, started: datetime, finished: datetime) -> pl.DataFrame:
    """The row of `runs` for a run that is about to be published, with its manifest in it.

    Args:
        changeset: what the run adds.
        previous: the sha256 of the manifest before it.
        started: when it began, in UTC.
        finished: when it had all it adds, in UTC.
    """
    nothing: dict[str, Any] = {"board": pl.String, "amount": tables.MONEY, "currency": pl.String}
    payments = changeset.appended.get("payments", pl.DataFrame(schema=nothing))
    euros, dollars = (payments.filter(pl.col("currency") == one)["amount"].sum() for one in ("EUR", "USD"))
    row: dict[str, Any] = {
        "run_id": changeset.run_id,
        "command": changeset.command,
        "month": changeset.month,
        "status": "done",
        "started_at": started,
        "finished_at": finished,
        "payments": payments.height,
        "total": euros,
        "total_usd": dollars,
    }
    version = code_version()
    manifest = {
        **manifest_header(row),
        "code": version.calculation,
        "source": version.source,
        "tables": _tables_part(changeset.appended),
        "boards": payments["board"].n_unique(),
        "previous": previous,
        **changeset.manifest_entries,
    }
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1)
    schema = {name: column.dtype.type for name, column in tables.RUNS.columns.items()}
    sealed = {**row, "manifest": text, "manifest_sha256": text_sha256(text)}
    return validated(pl.DataFrame([sealed], schema=schema), tables.RUNS)


def manifest_header(run: Mapping[str, Any]) -> dict[str, Any]:
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


def copy_names(home: Home) -> frozenset[str]:
    """The names of the copies that are there: `000001-ingest.json`."""
    return frozenset(path.name for path in home.manifests.glob("*.json"))


def stage_copy(folder: Path, text: str) -> Path:
    """Write a copy in the folder of a run that is busy, safely on the disk, to be put up later."""
    laid = folder / "manifest.json"
    laid.write_text(text, encoding="utf-8")
    sync(laid)
    return laid


def publish_copy(home: Home, run_id: str, laid: Path) -> None:
    """Put a copy in its place; one that is there already stays.

    The manifest of record stands in the database, so this may fail: the next run puts it up then.
    """
    with suppress(OSError):
        home.manifests.mkdir(exist_ok=True)
        target = home.manifests / _name(run_id)
        if not target.exists():
            os.replace(laid, target)


def restore_copy(home: Home, run_id: str, text: str) -> None:
    """Put up the copy of the last run, which may have died between its rename and its copy."""
    if not (home.manifests / _name(run_id)).exists():
        with suppress(OSError):
            home.work.mkdir(exist_ok=True)
            publish_copy(home, run_id, stage_copy(home.work, text))


def copy_mismatches(home: Home, there: frozenset[str], manifests: Mapping[str, str]) -> Iterator[str]:
    """Where the copies and the books tell different things, a sentence each.

    The copy of the last run may be lacking: it is put up after the rename that made the run done.

    Args:
        home: the home.
        there: the copies that were there before the books were opened.
        manifests: run_id -> the manifest in the books.
    """
    gone = []
    for run_id, text in manifests.items():
        try:
            if (home.manifests / _name(run_id)).read_bytes() != text.encode():
                yield f"manifests/{_name(run_id)} differs from the manifest in the database"
        except FileNotFoundError:
            gone.append(run_id)
        except OSError as error:
            yield f"manifests/{_name(run_id)} cannot be read ({error.strerror})"
    gone = [run_id for run_id in gone if run_id != max(manifests)]
    if gone:
        yield f"{len(gone)} manifests are gone from manifests/, first {_name(gone[0])}; put them back"
    for name in sorted(there - {_name(run_id) for run_id in manifests}):
        yield f"manifests/{name} tells of a run that is not in the books: taken out, or older books were put back"


def _name(run_id: str) -> str:
    return f"{run_id}.json"
