"""The manifest of a run: what went in, what came out, and the hash of the manifest before it.

Each manifest names the one before by its hash, and the rows it wrote by theirs. So a row that is changed
afterwards, or a run that is taken out, breaks the chain and `npo verify` says where.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

import npo_pipeline
import schemas

BEFORE_ALL = "0" * 64
"""What the first manifest names as the one before it."""

RUNS_AFTER = frozenset({"superseded_by"})
"""Columns that a later run may fill in; they are left out of the hash and re-derived instead."""


def rows_sha256(frame: pl.DataFrame) -> str:
    """Hash the rows of a table, whatever order they come in."""
    columns = [pl.col(name).cast(pl.String).fill_null("\\N") for name in frame.columns if name not in RUNS_AFTER]
    # One line of text per row, so that one column is sorted instead of many.
    lines = frame.select(line=pl.concat_str(columns, separator="\x1f")).to_series().sort()
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def tables_part(frames: Mapping[str, pl.DataFrame]) -> dict[str, dict[str, Any]]:
    """The rows and the hash of every table a run wrote in."""
    return {name: {"rows": frame.height, "sha256": rows_sha256(frame)} for name, frame in sorted(frames.items())}


def sealed(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """Write a manifest as text that is the same each time; gives the text and its sha256."""
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1)
    return text, hashlib.sha256(text.encode()).hexdigest()


@cache
def code_version() -> str:
    """The version of the program and a hash of its source and regulation files."""
    digest = hashlib.sha256()
    for package in (npo_pipeline, schemas):
        root = Path(package.__path__[0])
        for path in sorted(p for p in root.rglob("*") if p.suffix in {".py", ".yaml"}):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{npo_pipeline.__version__}+{digest.hexdigest()[:12]}"
