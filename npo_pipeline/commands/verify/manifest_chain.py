"""The chain of manifests: does each name the one before, and do the rows have the hashes it gives?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from npo_pipeline.books.manifest import GENESIS_HASH, copy_mismatches, manifest_header, rows_sha256, text_sha256
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.board_reports import RESTATED
from npo_pipeline.books.queries.schools import PLACES
from npo_pipeline.books.reader import Books

ROW_OWNERSHIP: dict[str, tuple[str, str, str] | None] = {
    **dict.fromkeys(("deliveries", "differences", "decisions", "payments", "accounts"), None),
    **dict.fromkeys(
        (
            *("quarantine", "source_corrections", "school_facts", "counts", "scores", "changes", "applications"),
            *("spending", "consents"),
        ),
        ("deliveries", "delivery_id", "delivery_id"),
    ),
    "resolutions": ("deliveries", "delivery_id", "resolved_by"),
    **dict.fromkeys(
        ("decision_inputs", "entitlements", "trace", "instalments", "grants"),
        ("decisions", "decision_id", "decision_id"),
    ),
}
"""The tables whose rows belong to a run, and through which other table when they do not name it themselves: its
name, its key, and the column that holds that key.
Of the others, `schools` follows from facts, and `regulations` are named by the hash of their own text."""

_SUPERSEDING = f"""
    with recursive places as ({PLACES}),
    meeting as (
        select distinct p.delivery_id, q.delivery_id as newer from places p join places q using (vestiging)),
    told as (select distinct delivery_id from places),
    later as (
        select d.delivery_id, n.delivery_id as newer, n.run_id
        from deliveries d join deliveries n
            on n.kind = d.kind and n.reference_date = d.reference_date and n.run_id > d.run_id
        where ((d.delivery_id, n.delivery_id) in (select (delivery_id, newer) from meeting)
            or d.delivery_id not in (from told)) and n.delivery_id not in (select resolved_by from resolutions)),
    rests(delivery_id, base) as (
        select resolved_by, delivery_id from resolutions
        union select s.delivery_id, r.delivery_id from rests s join resolutions r on r.resolved_by = s.base),
    gives_way as (
        select delivery_id, newer, run_id, 0 as along from later
        union all select s.delivery_id, newer, run_id, 1 from rests s join later l on l.delivery_id = s.base
        union all select delivery_id, newer, run_id, 0 from ({RESTATED}))
    select d.delivery_id, d.superseded_by, min_by(g.newer, (g.run_id, g.along, g.newer)) as expected
    from deliveries d left join gives_way g using (delivery_id)
    group by all having d.superseded_by is distinct from expected
    order by 1"""
"""A delivery gives way to the first one of its kind and date that a later run brings and that tells of one of its
schools; one that stands for refused lines of another takes the place of none, and goes when that other goes
(`counts.superseding`). One in which boards account for a period gives way when all of it was told anew
(`counts.retelling`)."""


class _Written(BaseModel):
    """What a run wrote in a table."""

    rows: int = 0
    sha256: str = ""


class _Manifest(BaseModel):
    """A manifest as it was read back; what a run says of itself (`manifest.told`) is among the extra fields."""

    model_config = ConfigDict(extra="allow")

    previous: str = ""
    tables: dict[str, _Written] = {}
    regulations: list[dict[str, str]] = []


@dataclass(frozen=True)
class SealedRun:
    """A run: its row in the books, and its manifest, which is empty where it cannot be read."""

    row: Mapping[str, Any]
    manifest: _Manifest

    @property
    def run_id(self) -> str:
        """The run."""
        return str(self.row["run_id"])


def chain_faults(books: Books, home: Home) -> Iterator[str]:
    """What is wrong with the chain, a sentence each: nothing when every run is as it was written.

    The tables must be sound (`shape.table_faults`).
    """
    runs = sealed_runs(books)
    yield from _link_faults(runs)
    for table in ROW_OWNERSHIP:
        yield from row_faults(books, table, runs)
    yield from copy_mismatches(home, books.manifest_copies, {run.run_id: run.row["manifest"] for run in runs})
    yield from _regulation_faults(books, runs)
    yield from _superseding_faults(books)


def sealed_runs(books: Books) -> list[SealedRun]:
    """All runs with their manifests, in order."""
    return [_sealed(row) for row in books.frame("from runs order by run_id").iter_rows(named=True)]


def _sealed(row: dict[str, Any]) -> SealedRun:
    try:
        return SealedRun(row, _Manifest.model_validate_json(row["manifest"]))
    except ValidationError:
        return SealedRun(row, _Manifest())


def _link_faults(runs: Sequence[SealedRun]) -> Iterator[str]:
    previous = GENESIS_HASH
    for number, run in enumerate(runs, 1):
        if not run.run_id.startswith(f"{number:06d}-"):
            yield f"{run.run_id} stands where run {number:06d} should: a run was taken out or put in"
        if text_sha256(run.row["manifest"]) != run.row["manifest_sha256"]:
            yield f"the manifest of {run.run_id} was changed"
        if run.manifest.previous != previous:
            yield f"the manifest of {run.run_id} does not follow the one before it: a run was taken out or changed"
        previous = run.row["manifest_sha256"]
        says = run.manifest.model_extra or {}
        odd = [name for name, value in manifest_header(run.row).items() if says.get(name) != value]
        if odd:
            yield f"{run.run_id}: table runs says otherwise than its manifest about {', '.join(odd)}"


def row_faults(books: Books, table: str, runs: Sequence[SealedRun]) -> Iterator[str]:
    """Whether every run's rows are there as it wrote them, and no others."""
    rows = {run_id: part for (run_id,), part in rows_with_run(books, table).group_by("owner")}
    nothing = pl.DataFrame()
    for run in runs:
        found = rows.pop(run.run_id, nothing)
        written = run.manifest.tables.get(table, _Written())
        if found.height != written.rows:
            yield f"{run.run_id} wrote {written.rows} rows in {table}, {found.height} are there"
        elif written.rows and rows_sha256(found.drop("owner")) != written.sha256:
            yield f"rows that {run.run_id} wrote in {table} were changed"
    strangers = sum(part.height for part in rows.values())
    if strangers:
        yield f"{strangers} rows of {table} belong to no run"


def rows_with_run(books: Books, table: str) -> pl.DataFrame:
    """A table with the run that each row belongs to, as `owner` (null where there is none)."""
    if (through := ROW_OWNERSHIP[table]) is None:
        return books.frame(f"select *, run_id as owner from {table}")
    name, key, held = through
    return books.frame(f"select t.*, o.run_id as owner from {table} t left join {name} o on o.{key} = t.{held}")


def _regulation_faults(books: Books, runs: Sequence[SealedRun]) -> Iterator[str]:
    named = [one for run in runs for one in run.manifest.regulations]
    for sha256, name, text in books.table("regulations").iter_rows():
        if text_sha256(text) != sha256:
            yield f"the kept text of {name} was changed"
        elif {"name": name, "sha256": sha256} not in named:
            yield f"no run decided by the regulation that is kept as {name}"


def _superseding_faults(books: Books) -> Iterator[str]:
    for delivery, found, expected in books.frame(_SUPERSEDING).iter_rows():
        yield f"delivery {delivery} is superseded by {expected or 'none'}, the books say {found or 'none'}"
