"""The chain of manifests: each names the one before by its hash, and the rows of its run by theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from npo_pipeline.books.formats import columns_since, steps_of
from npo_pipeline.books.manifest import GENESIS_HASH, copy_mismatches, manifest_header, rows_sha256, text_sha256
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.deliveries import supersession_mismatches
from npo_pipeline.books.queries.runs import LinkToRun, all_runs, count_rows_not_migrated, rows_with_run
from npo_pipeline.books.reader import Books
from npo_pipeline.books.witness import witness_findings
from npo_pipeline.errors import Refused
from schemas.tables import TABLES

_BY_DELIVERY = LinkToRun("deliveries", "delivery_id", "delivery_id")
_BY_DECISION = LinkToRun("decisions", "decision_id", "decision_id")

ROW_OWNERSHIP: dict[str, LinkToRun | None] = {
    **dict.fromkeys(
        (
            *("deliveries", "differences", "decisions", "payments", "accounts", "closed_years", "holds", "packs"),
            *("reconciliation", "account_confirmations", "release_plans", "batches", "transfer_orders"),
            *("transfer_payments", "withheld", "bank_files", "transfer_events"),
        ),
        None,
    ),
    **dict.fromkeys(
        (
            *("quarantine", "source_corrections", "school_facts", "counts", "scores", "changes"),
            *("applications", "completions", "zero_counts", "count_ranges"),
            *("areas", "municipal_scores", "listed_vestigingen", "leerplus_schools", "boards"),
            "payment_accounts",
            *("spending", "consents", "reserve_transfers"),
        ),
        _BY_DELIVERY,
    ),
    "resolutions": LinkToRun("deliveries", "delivery_id", "resolved_by"),
    **dict.fromkeys(
        ("decision_inputs", "accepted_changes", "entitlements", "trace", "instalments", "grants"), _BY_DECISION
    ),
}
"""The tables of which a manifest hashes the rows, and the way from a row to its run; None where it names its run.

The others are derived again (`schools` from facts, corrections from decisions and payments, accounts), or are
`regulations`, which are named by the hash of their own text."""


_COLUMNS = {str(model.name): list(model.columns) for model in TABLES}
"""Table -> its columns in order."""


class _TableRows(BaseModel):
    """Represent what a manifest states of the rows that its run wrote in a table."""

    rows: int = 0
    sha256: str = ""


class _Upgrade(BaseModel):
    """Represent what the manifest of an upgrade states of all rows that were there before it."""

    tables: dict[str, _TableRows] = {}


class _Manifest(BaseModel):
    """Represent a manifest as read back; the header (`books.manifest.manifest_header`) is in the extra fields."""

    model_config = ConfigDict(extra="allow")

    previous: str = ""
    format: int | None = None
    tables: dict[str, _TableRows] = {}
    regulations: list[dict[str, str]] = []
    upgraded: _Upgrade | None = None


@dataclass(frozen=True)
class SealedRun:
    """Hold a run: its row in the books, and its manifest, which is empty where it cannot be read."""

    row: Mapping[str, Any]
    manifest: _Manifest

    @property
    def run_id(self) -> str:
        """Return its id."""
        return str(self.row["run_id"])


def chain_faults(books: Books, home: Home) -> Iterator[str]:
    """Describe where the chain is broken, a sentence each; nothing when every run is as it was written.

    A table that is not sound (`tables.table_faults`) is named, and the others are compared.
    """
    runs = sealed_runs(books)
    yield from _link_faults(runs)
    for table in ROW_OWNERSHIP:
        try:
            yield from row_faults(books, table, runs)
        except (Refused, pl.exceptions.PolarsError) as error:
            # The rows of the other tables are compared all the same.
            yield f"the rows of {table} cannot be compared with what their runs wrote ({error})"
    yield from copy_mismatches(home, books.manifest_copies, {run.run_id: run.row["manifest"] for run in runs})
    yield from witness_findings(home, books) if home.witness else ()
    yield from _regulation_faults(books, runs)
    yield from _supersession_faults(books)


def sealed_runs(books: Books) -> list[SealedRun]:
    """Return all runs with their manifests, in order."""
    return [_sealed(row) for row in all_runs(books).iter_rows(named=True)]


def _sealed(row: dict[str, Any]) -> SealedRun:
    try:
        return SealedRun(row, _Manifest.model_validate_json(row["manifest"]))
    except ValidationError:
        return SealedRun(row, _Manifest())


def _link_faults(runs: Sequence[SealedRun]) -> Iterator[str]:
    """Compare each manifest with its hash, with the one before it, and with the row of its run."""
    previous = GENESIS_HASH
    for number, run in enumerate(runs, 1):
        if not run.run_id.startswith(f"{number:06d}-"):
            yield f"{run.run_id} stands where run {number:06d} should: a run was taken out or put in"
        if text_sha256(run.row["manifest"]) != run.row["manifest_sha256"]:
            yield f"the manifest of {run.run_id} was changed"
        if run.manifest.previous != previous:
            yield f"the manifest of {run.run_id} does not follow the one before it: a run was taken out or changed"
        previous = run.row["manifest_sha256"]
        header = run.manifest.model_extra or {}
        odd = [name for name, value in manifest_header(run.row).items() if header.get(name) != value]
        if odd:
            yield f"{run.run_id}: table runs says otherwise than its manifest about {', '.join(odd)}"


def row_faults(books: Books, table: str, runs: Sequence[SealedRun]) -> Iterator[str]:
    """Compare the rows of a table with what the manifests of their runs state: their number and hash.

    Rows of an older format are hashed with the columns that they had; columns that were added since hold what a
    migration puts in them.
    """
    all_rows = rows_with_run(books, table, ROW_OWNERSHIP[table])
    rows = {run_id: part for (run_id,), part in all_rows.group_by("owner")}
    nothing = pl.DataFrame()
    migrated: dict[int, list[str]] = {}
    for run in runs:
        found = rows.pop(run.run_id, nothing)
        stated = run.manifest.tables.get(table, _TableRows())
        if found.height != stated.rows:
            yield f"{run.run_id} wrote {stated.rows} rows in {table}, {found.height} are there"
        elif stated.rows:
            step = _step_when_sealed(found.drop("owner"), table, run.manifest)
            if step is None:
                yield f"rows that {run.run_id} wrote in {table} were changed"
            else:
                migrated.setdefault(step, []).append(run.run_id)
    yield from _migration_faults(books, table, migrated)
    yield from _upgrade_faults(all_rows, table, runs)
    without_run = sum(part.height for part in rows.values())
    if without_run:
        yield f"{without_run} rows of {table} belong to no run"


def _step_when_sealed(rows: pl.DataFrame, table: str, manifest: _Manifest) -> int | None:
    """Return the step of the history at which rows have the hash that a manifest states; None when at none."""
    tried: set[tuple[str, ...]] = set()
    # Columns that somebody added are left out.
    own = rows.select(name for name in _COLUMNS[table] if name in rows.columns)
    for step in steps_of(manifest.format):
        added = tuple(columns_since(table, step))
        if added not in tried and rows_sha256(own.drop(added)) == manifest.tables[table].sha256:
            return step
        tried.add(added)
    return None


def _migration_faults(books: Books, table: str, migrated: Mapping[int, list[str]]) -> Iterator[str]:
    """Compare the columns that rows got by a migration with what it puts in them.

    `migrated`: step of the history -> the runs that sealed their rows at it.
    """
    for step, runs in sorted(migrated.items()):
        if values := columns_since(table, step):
            changed = count_rows_not_migrated(books, table, ROW_OWNERSHIP[table], of_runs=runs, values=values)
            for run_id, _ in changed.iter_rows():
                yield f"rows that {run_id} wrote in {table} were changed"


def _upgrade_faults(rows: pl.DataFrame, table: str, runs: Sequence[SealedRun]) -> Iterator[str]:
    """Compare the rows that were there before an upgrade with what its manifest states of them."""
    for run in runs:
        if run.manifest.upgraded is None:
            continue
        stated = run.manifest.upgraded.tables.get(table, _TableRows())
        found = rows.filter(pl.col("owner") < run.run_id).drop("owner")
        steps = steps_of(run.manifest.format)
        hashes = {rows_sha256(found.drop(tuple(columns_since(table, step)))) for step in steps}
        if found.height != stated.rows or (stated.rows and stated.sha256 not in hashes):
            yield f"rows of {table} that {run.run_id} upgraded were changed"


def _regulation_faults(books: Books, runs: Sequence[SealedRun]) -> Iterator[str]:
    named = [one for run in runs for one in run.manifest.regulations]
    for sha256, name, text in books.table("regulations").iter_rows():
        if text_sha256(text) != sha256:
            yield f"the kept text of {name} was changed"
        elif {"name": name, "sha256": sha256} not in named:
            yield f"no run decided by the regulation that is kept as {name}"


def _supersession_faults(books: Books) -> Iterator[str]:
    for delivery, found, expected in supersession_mismatches(books).iter_rows():
        yield f"delivery {delivery} is superseded by {expected or 'none'}, the books say {found or 'none'}"
