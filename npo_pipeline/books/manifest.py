"""The changeset of a run, all that it will write in the books, and its manifest: what went in and what came out.

Each manifest names the one before by its hash, and the rows that its run wrote by theirs. So a row that is changed
afterwards, or a run that is removed, breaks the chain, and `npo verify` finds where. A copy of each manifest is
beside the database: it also shows that older books were put in place of newer ones.

It states the version of the program by two hashes, because they answer two questions. *Could this program come to
other amounts?* If it could, `decide` recalculates the decision before under its own rules and inputs and puts the
difference down to cause `code`, and `verify` does not hold another wording of a finding against it. A renamed
report must not look like that. *Which source was it exactly?* is for whoever looks into a run later, and for
packs, which are made again when it changed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl

from npo_pipeline.atomic_file import sync
from npo_pipeline.books.paths import Home
from npo_pipeline.books.tables import FORMAT
from npo_pipeline.money import totals
from npo_pipeline.operating_system import OsUser
from schemas.columns import schema_of
from schemas.decided import PAYMENTS, RUNS, Payments, Runs
from schemas.tables import select_columns, validated

if TYPE_CHECKING:
    from npo_pipeline.intake.plan import IntakePlan


from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import npo_pipeline
import schemas

_PACKAGES = tuple(Path(package.__path__[0]) for package in (npo_pipeline, schemas))

_WITHOUT_AMOUNTS = (
    *("cli", "commands", "reports", "generate", "books", "watch"),
    *("errors.py", "atomic_file.py", "startup.py", "workers.py", "signature.py", "operating_system.py"),
)
"""Parts of `npo_pipeline` that load, write and show, and calculate nothing.

A new part counts as one that can change amounts: one too many costs a recalculation that finds no difference, one
too few would put a difference down to the wrong cause."""

_AMOUNTS_IN_SQL = ("books/queries", "books/views.py")
"""Parts of those that do calculate: the ledger state that a payment run starts from is summed in SQL."""


class CodeVersion(NamedTuple):
    """Hold the version of the program with two hashes: `0.1.0+0123456789ab`."""

    calculation: str
    """Over what can change an amount or which rows are accepted: rules, reading, calculation, accounts."""

    source: str
    """Over every file of the program."""


@cache
def code_version(packages: Sequence[Path] = _PACKAGES) -> CodeVersion:
    """Hash the source of the program (two packages), and of the part that can change amounts."""
    calculation, source = hashlib.sha256(), hashlib.sha256()
    for package in packages:
        files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        for name, path in sorted((path.relative_to(package).as_posix(), path) for path in files):
            content = f"{package.name}/{name}".encode() + b"\0" + path.read_bytes()
            source.update(content)
            shows = _is_in(name, _WITHOUT_AMOUNTS) and not _is_in(name, _AMOUNTS_IN_SQL)
            if package.name != "npo_pipeline" or not shows:
                calculation.update(content)
    version = npo_pipeline.__version__
    return CodeVersion(*(f"{version}+{digest.hexdigest()[:12]}" for digest in (calculation, source)))


def _is_in(name: str, parts: Sequence[str]) -> bool:
    return any(name == part or name.startswith(f"{part}/") for part in parts)


_VALIDATION = ThreadPoolExecutor(1)


@dataclass(kw_only=True)
class ChangeSet:
    """Hold the rows to append per table, the tables to replace, and the deliveries to mark as superseded.

    `month`: of a payment run. `appended`, `replaced`: table -> rows. `superseded`: delivery_id -> the delivery_id
    that supersedes it. `manifest_entries`: go into the manifest as they are.
    """

    run_id: str
    command: str
    month: date | None = None
    manifest_entries: dict[str, Any] = field(default_factory=dict)
    appended: dict[str, pl.DataFrame] = field(default_factory=dict)
    replaced: dict[str, pl.DataFrame] = field(default_factory=dict)
    superseded: dict[str, str] = field(default_factory=dict)
    _checks: list[Future[pl.DataFrame]] = field(default_factory=list)

    def apply(self, plan: IntakePlan) -> None:
        """Apply a plan: append its rows, replace its derived tables, mark what it supersedes."""
        for model, frame in plan.appended.values():
            self.append(model, frame)
        for model, frame in plan.replaced.values():
            self.replace(model, frame)
        for older, newer in plan.superseded.items():
            self.supersede(older, newer)
        self.manifest_entries.update(plan.manifest_entries)

    def append(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> None:
        """Append rows to a table. Rows that are in the books already are never changed."""
        self.appended[model.name] = self._start_check(model, frame)

    def replace(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> None:
        """Replace all rows of a table that is derived from others, such as the directory of schools."""
        self.replaced[model.name] = self._start_check(model, frame)

    def supersede(self, delivery_id: str, by: str) -> None:
        """Mark a delivery as superseded by a later one."""
        self.superseded[delivery_id] = by

    def wait_for_checks(self) -> None:
        """Wait until all rows are validated against the models of their tables; nothing is published before.

        Raises:
            pandera.errors.SchemaErrors: a row is not what its table holds: a fault of ours.
        """
        for check in self._checks:
            check.result()

    def _start_check(self, model: pa.DataFrameSchema, frame: pl.DataFrame) -> pl.DataFrame:
        # Rows are validated while they are hashed and written in the private copy of the books.
        rows = select_columns(frame, model)
        self._checks.append(_VALIDATION.submit(validated, rows, model))
        return rows


GENESIS_HASH = "0" * 64
"""The hash that the first manifest names as that of the one before it."""

OS_USER = "os_user"
"""The entry of a manifest with who ran the program by the operating system, beside the names that were given."""

MUTABLE_COLUMNS = ("superseded_by",)
"""Columns that a later run may fill in; they are left out of the hash and derived again instead."""


def build_manifest(
    changeset: ChangeSet, *, previous: str, started: datetime, finished: datetime, user: OsUser
) -> Runs:
    """Return the row of `runs` for a run that is about to be published, with its manifest.

    `previous`: the sha256 of the manifest before it. `started`, `finished` (when its changeset was complete): UTC.
    `user`: who runs it.
    """
    payments = changeset.appended.get("payments", pl.DataFrame(schema=schema_of(PAYMENTS)))
    sums = totals(Payments(payments))
    euros, dollars = (sums.get(one, Decimal("0.00")) for one in ("EUR", "USD"))
    row: dict[str, Any] = {
        **{name: getattr(changeset, name) for name in ("run_id", "command", "month")},
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
        "format": FORMAT,
        "code": version.calculation,
        "source": version.source,
        "tables": {
            name: {"rows": rows.height, "sha256": rows_sha256(rows)} for name, rows in changeset.appended.items()
        },
        "boards": payments["board"].drop_nulls().n_unique(),
        OS_USER: user.entry(),
        "previous": previous,
        **changeset.manifest_entries,
    }
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1)
    sealed = {**row, "manifest": text, "manifest_sha256": text_sha256(text)}
    return Runs(validated(pl.DataFrame([sealed], schema=schema_of(RUNS)), RUNS))


def manifest_header(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a manifest that repeats its row of `runs`; amounts in cents."""
    return {
        **{name: run[name] for name in ("run_id", "command", "payments", "status")},
        "month": str(run["month"]) if run["month"] else None,
        "started_at": str(run["started_at"]),
        "finished_at": str(run["finished_at"]),
        "sum_cents": int(run["total"] * 100),
        "sum_usd_cents": int(run["total_usd"] * 100),
    }


def rows_sha256(frame: pl.DataFrame) -> str:
    """Hash the rows of a table, in whatever order they come.

    It is the sha256 of the sorted rows as CSV in UTF-8, with a header and all text in quotes: so an empty
    text is not null, and no text can pass for two.
    """
    rows = frame.drop(MUTABLE_COLUMNS, strict=False)
    csv = BytesIO()
    rows.sort(rows.columns).write_csv(csv, quote_style="non_numeric")
    return hashlib.sha256(csv.getbuffer()).hexdigest()


def text_sha256(text: str) -> str:
    """Hash a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def copy_names(home: Home) -> frozenset[str]:
    """Return the names of the copies beside the database: `000001-ingest.json`."""
    return frozenset(path.name for path in home.manifests.glob("*.json"))


def stage_copy(folder: Path, text: str) -> Path:
    """Write the copy of a manifest in the folder of its run, safely on the disk, to be published later."""
    staged = folder / "manifest.json"
    staged.write_text(text, encoding="utf-8")
    sync(staged)
    return staged


def publish_copy(home: Home, run_id: str, staged: Path) -> None:
    """Rename a staged copy to its place; one that is there already stays.

    The manifest of record is in the database, so this may fail: the next run restores the copy then.
    """
    with suppress(OSError):
        home.manifests.mkdir(exist_ok=True)
        target = home.manifests / _copy_name(run_id)
        if not target.exists():
            os.replace(staged, target)


def restore_copy(home: Home, run_id: str, text: str) -> None:
    """Publish the copy of the last run, where that run died between its rename and its copy."""
    if not (home.manifests / _copy_name(run_id)).exists():
        with suppress(OSError):
            home.work.mkdir(exist_ok=True)
            publish_copy(home, run_id, stage_copy(home.work, text))


def copy_mismatches(home: Home, copies: frozenset[str], manifests: Mapping[str, str]) -> Iterator[str]:
    """Describe where the copies and the books differ, a sentence each.

    The copy of the last run may be missing: it is published after the rename that completed the run. `copies`:
    their names, listed before the books were opened. `manifests`: run_id -> the manifest in the books.
    """
    missing = []
    for run_id, text in manifests.items():
        name = _copy_name(run_id)
        try:
            if (home.manifests / name).read_bytes() != text.encode():
                yield f"manifests/{name} differs from the manifest in the database"
        except FileNotFoundError:
            missing.append(run_id)
        except OSError as error:
            yield f"manifests/{name} cannot be read ({error.strerror})"
    missing = [run_id for run_id in missing if run_id != max(manifests)]
    if missing:
        yield f"{len(missing)} manifests are gone from manifests/, first {_copy_name(missing[0])}; put them back"
    for name in sorted(copies - {_copy_name(run_id) for run_id in manifests}):
        yield f"manifests/{name} tells of a run that is not in the books: taken out, or older books were put back"


def _copy_name(run_id: str) -> str:
    return f"{run_id}.json"
