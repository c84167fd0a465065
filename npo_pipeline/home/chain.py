"""The chain of manifests: does each name the one before, and do the rows have the hashes it gives?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from npo_pipeline.home.books import Books
from npo_pipeline.home.folder import Home
from npo_pipeline.home.manifest import BEFORE_ALL, rows_sha256

_OF_RUN = {
    "deliveries": "run_id = ?",
    "differences": "run_id = ?",
    "decisions": "run_id = ?",
    "payments": "run_id = ?",
    "quarantine": "delivery_id in (select delivery_id from deliveries where run_id = ?)",
    "school_facts": "delivery_id in (select delivery_id from deliveries where run_id = ?)",
    "counts": "delivery_id in (select delivery_id from deliveries where run_id = ?)",
    "scores": "delivery_id in (select delivery_id from deliveries where run_id = ?)",
    "changes": "delivery_id in (select delivery_id from deliveries where run_id = ?)",
    "decision_inputs": "decision_id in (select decision_id from decisions where run_id = ?)",
    "entitlements": "decision_id in (select decision_id from decisions where run_id = ?)",
    "instalments": "decision_id in (select decision_id from decisions where run_id = ?)",
}
"""How to find the rows a run wrote. Regulations are named by the hash of their own text."""


def chain_faults(books: Books, home: Home) -> Iterator[str]:
    """What is wrong with the chain, a sentence each: nothing when every run is as it was written."""
    previous = BEFORE_ALL
    for run_id, text, sha256 in _runs(books).iter_rows():
        if hashlib.sha256(text.encode()).hexdigest() != sha256:
            yield f"the manifest of {run_id} was changed"
        manifest = json.loads(text)
        if manifest["previous"] != previous:
            yield f"the manifest of {run_id} does not follow the one before it: a run was taken out or changed"
        previous = sha256
        yield from _row_faults(books, run_id, manifest)
        yield from _copy_faults(home, run_id, text)
    yield from _regulation_faults(books)
    yield from _strangers(books)


def _runs(books: Books) -> pl.DataFrame:
    return books.frame("select run_id, manifest, manifest_sha256 from runs order by run_id")


def _row_faults(books: Books, run_id: str, manifest: dict[str, Any]) -> Iterator[str]:
    for table, written in manifest["tables"].items():
        if table not in _OF_RUN:
            continue
        rows = books.frame(f"from {table} where {_OF_RUN[table]}", [run_id])
        if rows.height != written["rows"]:
            yield f"{run_id} wrote {written['rows']} rows in {table}, {rows.height} are there"
        elif rows_sha256(rows) != written["sha256"]:
            yield f"rows that {run_id} wrote in {table} were changed"


def _copy_faults(home: Home, run_id: str, text: str) -> Iterator[str]:
    copy = home.manifests / f"{run_id}.json"
    if copy.exists() and copy.read_text(encoding="utf-8") != text:
        yield f"{copy.name} differs from the manifest in the database"


def _regulation_faults(books: Books) -> Iterator[str]:
    for sha256, name, text in books.table("regulations").iter_rows():
        if hashlib.sha256(text.encode()).hexdigest() != sha256:
            yield f"the kept text of {name} was changed"


def _strangers(books: Books) -> Iterator[str]:
    """Rows of no run: someone put them there."""
    for table, where in _OF_RUN.items():
        mine = where.replace("= ?", "in (select run_id from runs)")
        count = books.value(f"select count(*) from {table} where not ({mine})")
        if count:
            yield f"{count} rows of {table} belong to no run"
