"""`npo upgrade`: the books of an older program in the format of this one.

They are migrated in a private copy, what the older program did not write is calculated, the whole is verified, and
one rename publishes it as a run with a manifest of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from npo_pipeline.books.formats import READABLE_FORMAT, STEPS
from npo_pipeline.books.manifest import rows_sha256
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.decision_state import past_decision
from npo_pipeline.books.queries.decisions import all_decisions
from npo_pipeline.books.queries.runs import payment_runs
from npo_pipeline.books.queries.schools import school_facts
from npo_pipeline.books.reader import Books, require_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.books.tables import FORMAT
from npo_pipeline.commands.decide.plan import due_changes_since
from npo_pipeline.commands.steps import Progress, now, silently
from npo_pipeline.commands.verify.command import verify_books
from npo_pipeline.commands.verify.decisions_payments import DecisionsAgain, causes_again
from npo_pipeline.commands.verify.manifest_chain import ROW_OWNERSHIP
from npo_pipeline.errors import BooksDoNotTie
from npo_pipeline.intake.school_directory import BY_DATE, build_directory
from schemas.columns import schema_of
from schemas.decided import ADJUSTMENTS, CORRECTION_CAUSES, DUE_CHANGES, SETTLING, Payments
from schemas.received import SCHOOLS


@dataclass(frozen=True, kw_only=True)
class Upgraded:
    """Represent an upgrade: the format before it, and its run; null where the books are of this format already."""

    older: int
    run_id: str | None


def upgrade(home: Home, *, progress: Progress = silently, clock: Clock = now) -> Upgraded:
    """Migrate the books of a home to the format of this program, and verify them before they are published.

    Raises:
        Refused: there are no books, or they are of no format that was; nothing was changed.
        BooksDoNotTie: they do not follow from what was received and decided; nothing was changed.
        HomeLocked: another run is busy.
    """
    require_books(home)
    with open_run(home, "upgrade", clock, oldest=STEPS[0].format) as run:
        older = run.books.published_format
        if older == FORMAT:
            return Upgraded(older=older, run_id=None)
        if older < READABLE_FORMAT:
            progress("calculating what the older program did not write", 0)
            _complete(run)
        run.replace(SCHOOLS, build_directory(school_facts(run.books)))
        run.manifest_entries["directory"] = BY_DATE
        sealed = {table: run.books.table(table) for table in ROW_OWNERSHIP}
        run.manifest_entries["upgraded"] = {
            "from": older,
            "tables": {name: {"rows": rows.height, "sha256": rows_sha256(rows)} for name, rows in sealed.items()},
        }
        progress("verifying the new books", 0)
        run.verification = lambda books: _refuse_untied(books, home)
    return Upgraded(older=older, run_id=run.run_id)


def _refuse_untied(books: Books, home: Home) -> None:
    findings = verify_books(books, home).findings
    if findings:
        raise BooksDoNotTie(
            f"{home.path}: the books do not tie, so they were not upgraded and nothing was changed: "
            f"{len(findings)} findings, first: {findings[0]}"
        )


def _complete(run: Run) -> None:
    """Add what decisions and payments of format 1 did not state: terms of settlement, and causes of changes."""
    books, calculation = run.books, DecisionsAgain(run.books)
    for row in all_decisions(books).sort("run_id", "decision_id").iter_rows(named=True):
        context, _ = calculation.of(row)
        tables = context.tables.of(row["currency"])
        run.complete(SETTLING, _of_decision(row, tables.settling, SETTLING))
        run.complete(ADJUSTMENTS, _of_decision(row, tables.adjustments, ADJUSTMENTS))
        for before in _decision_before(books, row):
            due = due_changes_since(past_decision(books, before, calculation.archive), context)
            run.complete(DUE_CHANGES, _of_decision(row, due, DUE_CHANGES))
    payments = books.table("payments")
    for run_id, month in payment_runs(books).iter_rows():
        mine = Payments(payments.filter(run_id=run_id))
        run.complete(CORRECTION_CAUSES, causes_again(books, run_id, month, mine))


def _of_decision(row: dict[str, Any], rows: pl.DataFrame, model: Any) -> pl.DataFrame:
    """Return the rows of a decision as its table holds them."""
    schema = schema_of(model)
    return rows.with_columns(decision_id=pl.lit(row["decision_id"])).select(list(schema)).cast(pl.Schema(schema))


def _decision_before(books: Books, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the row of the decision before another in its series, where there is one."""
    series = all_decisions(books).filter(school_year=row["school_year"], currency=row["currency"])
    yield from series.filter(sequence=row["sequence"] - 1).iter_rows(named=True)
