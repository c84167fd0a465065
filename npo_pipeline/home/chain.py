"""The chain of manifests: does each name the one before, and do the rows have the hashes it gives?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from npo_pipeline.home.books import Books
from npo_pipeline.home.folder import Home
from npo_pipeline.home.manifest import BEFORE_ALL, rows_sha256
from npo_pipeline.home.shape import shape_faults, view_faults

_OF_DELIVERY = ("quarantine", "school_facts", "counts", "scores", "changes", "applications")
_OF_DECISION = ("decision_inputs", "entitlements", "instalments", "grants")

_OF_RUN = {
    **dict.fromkeys(("deliveries", "differences", "decisions", "payments"), "run_id = ?"),
    **dict.fromkeys(_OF_DELIVERY, "delivery_id in (select delivery_id from deliveries where run_id = ?)"),
    **dict.fromkeys(_OF_DECISION, "decision_id in (select decision_id from decisions where run_id = ?)"),
}
"""How to find the rows a run wrote. Regulations are named by the hash of their own text."""

_SUPERSEDING = """
    select d.delivery_id, d.superseded_by, min_by(n.delivery_id, (n.run_id, n.delivery_id)) as expected
    from deliveries d left join deliveries n
        on n.kind = d.kind and n.reference_date = d.reference_date and n.run_id > d.run_id
    group by all having d.superseded_by is distinct from expected
    order by 1"""
"""A delivery gives way to the first one of its kind and date that the next run brings (contract, section 2)."""


@dataclass(frozen=True)
class _Sealed:
    """A run as the books tell of it, and its manifest, which is empty when it cannot be read."""

    told: dict[str, Any]
    text: str
    manifest: dict[str, Any]

    @property
    def run_id(self) -> str:
        return str(self.told["run_id"])


def chain_faults(books: Books, home: Home) -> Iterator[str]:
    """What is wrong with the chain, a sentence each: nothing when every run is as it was written."""
    broken = list(shape_faults(books))
    yield from broken
    if broken:
        return
    runs = [_sealed(row) for row in books.frame("from runs order by run_id").iter_rows(named=True)]
    yield from _link_faults(runs)
    yield from _row_faults(books, runs)
    yield from _strangers(books)
    yield from _copy_faults(books, home, runs)
    yield from _regulation_faults(books, runs)
    yield from _superseding_faults(books)
    yield from view_faults(books)


def _sealed(row: dict[str, Any]) -> _Sealed:
    text = row["manifest"] or ""
    try:
        manifest = json.loads(text)
    except ValueError:
        manifest = None
    return _Sealed(row, text, manifest if isinstance(manifest, dict) else {})


def _link_faults(runs: Sequence[_Sealed]) -> Iterator[str]:
    previous = BEFORE_ALL
    for run in runs:
        if _sha256(run.text) != run.told["manifest_sha256"]:
            yield f"the manifest of {run.run_id} was changed"
        if run.manifest.get("previous") != previous:
            yield f"the manifest of {run.run_id} does not follow the one before it: a run was taken out or changed"
        previous = run.told["manifest_sha256"]
        odd = [name for name, value in _written(run.told).items() if run.manifest.get(name) != value]
        if odd:
            yield f"{run.run_id}: table runs says otherwise than its manifest about {', '.join(odd)}"


def _written(told: dict[str, Any]) -> dict[str, Any]:
    """What a manifest says of its run, from the columns of `runs`."""
    total = told["total"]
    return {
        **{name: told[name] for name in ("run_id", "command", "payments")},
        "month": str(told["month"]) if told["month"] else None,
        "started_at": str(told["started_at"]),
        "finished_at": str(told["finished_at"]),
        "sum_cents": None if total is None else int(total * 100),
    }


def _row_faults(books: Books, runs: Sequence[_Sealed]) -> Iterator[str]:
    there = _rows_there(books)
    for run in runs:
        tables = run.manifest.get("tables", {})
        for table, where in _OF_RUN.items():
            written = tables.get(table, {"rows": 0, "sha256": None})
            found = there.get((table, run.run_id), 0)
            if found != written["rows"]:
                yield f"{run.run_id} wrote {written['rows']} rows in {table}, {found} are there"
            elif (
                found
                and rows_sha256(books.frame(f"from {table} where {where}", [run.run_id])) != written["sha256"]
            ):
                yield f"rows that {run.run_id} wrote in {table} were changed"


def _rows_there(books: Books) -> dict[tuple[str, str], int]:
    """How many rows of each run each table holds, asked once per table: (table, run_id) -> rows."""
    there = {}
    for table in _OF_RUN:
        owner = {**dict.fromkeys(_OF_DELIVERY, "deliveries"), **dict.fromkeys(_OF_DECISION, "decisions")}.get(
            table
        )
        key = {"deliveries": "delivery_id", "decisions": "decision_id"}.get(owner or "")
        source = f"{table} join (select distinct {key}, run_id from {owner}) using ({key})" if owner else table
        for run_id, rows in books.frame(f"select run_id, count(*) from {source} group by 1").iter_rows():
            there[table, run_id] = rows
    return there


def _strangers(books: Books) -> Iterator[str]:
    """Rows of no run: someone put them there."""
    for table, where in _OF_RUN.items():
        mine = where.replace("= ?", "in (select run_id from runs)")
        # A row that names no run at all (null) is a stranger too.
        count = books.value(f"select count(*) from {table} where not coalesce({mine}, false)")
        if count:
            yield f"{count} rows of {table} belong to no run"


def _copy_faults(books: Books, home: Home, runs: Sequence[_Sealed]) -> Iterator[str]:
    for run in runs:
        copy = home.manifests / f"{run.run_id}.json"
        try:
            same = not copy.exists() or copy.read_bytes() == run.text.encode()
        except OSError as error:
            yield f"{copy.name} cannot be read ({error.strerror})"
            continue
        if not same:
            yield f"{copy.name} differs from the manifest in the database"
    known = {f"{run.run_id}.json" for run in runs}
    for name in sorted(books.witnesses - known):
        yield f"{name} tells of a run that is not in the books: it was taken out, or older books were put back"


def _regulation_faults(books: Books, runs: Sequence[_Sealed]) -> Iterator[str]:
    named = {(one["name"], one["sha256"]) for run in runs for one in run.manifest.get("regulations", [])}
    for sha256, name, text in books.table("regulations").iter_rows():
        if _sha256(text or "") != sha256:
            yield f"the kept text of {name} was changed"
        elif (name, sha256) not in named:
            yield f"no run decided by the regulation that is kept as {name}"


def _superseding_faults(books: Books) -> Iterator[str]:
    for delivery, found, expected in books.frame(_SUPERSEDING).iter_rows():
        yield f"delivery {delivery} is superseded by {expected or 'none'}, the books say {found or 'none'}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
