"""`npo ingest`: register a delivery in the books, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.bank.payment_accounts import change_remarks
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.deliveries import intake_state
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.commands.rejects import refusal_of, require_apart, write_rejects
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.kinds import KINDS, FileKind
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.errors import Attempt, at_once
from npo_pipeline.intake.board_reports import (
    AskedReports,
    refuse_duplicate_reports,
    reject_other_currencies,
    reject_others,
)
from npo_pipeline.intake.file_result import FileResult, rejection_list
from npo_pipeline.intake.plan import IntakePlan, plan_intake
from npo_pipeline.intake.read_delivery import read_delivery
from npo_pipeline.intake.resubmission import check_resubmissions
from npo_pipeline.intake.school_changes import refuse_contradictions
from npo_pipeline.intake.size_changes import DEFAULT_MAX_CHANGE
from npo_pipeline.intake.state import IntakeState
from npo_pipeline.intake.supersession import refuse_duplicate_counts
from npo_pipeline.months import day_of
from npo_pipeline.workers import HERE, Workers
from schemas import received
from schemas.frames.intake import RejectionList, SizeChanges
from schemas.received import (
    Deliveries,
    Differences,
    PaymentAccounts,
    Quarantine,
    Resolutions,
    SourceCorrections,
)
from schemas.rules import OF_OTHERS

DEFAULT_MAX_REJECTED = Decimal("0.01")
ANY_REPORT = AskedReports()


@dataclass(frozen=True, kw_only=True)
class IngestRequest:
    """Name the files to register, and when to refuse them.

    `reference_date` is for files that do not say theirs. Above a share of `max_rejected` rejected rows the
    whole delivery is refused. A file that holds more than a share of `max_change` more or less than the one whose
    place it takes is remarked. `only`: the kinds of file that are wanted. `rejects`: a new file for all rejected
    rows, also of a delivery that is refused.
    """

    home: Home
    paths: tuple[Path, ...]
    reference_date: date | None = None
    max_rejected: Decimal = DEFAULT_MAX_REJECTED
    max_change: Decimal = DEFAULT_MAX_CHANGE
    wait_seconds: int = 0
    only: Sequence[FileKind] = KINDS
    rejects: Path | None = None


@dataclass(frozen=True, kw_only=True)
class IngestResult:
    """Hold the rows that were added to each table; empty, and `run_id` null, when no file was new.

    `waiting`: files of which no school has a board yet. `remarks`: what else the operator should know, a sentence
    each. `listed`: the rejected rows, causes first. `size_changes`: what falls or rises by more than a share
    against what it takes the place of.
    """

    run_id: str | None
    files: Deliveries
    rejections: Quarantine
    differences: Differences
    corrections: SourceCorrections
    resolutions: Resolutions
    waiting: tuple[str, ...]
    remarks: tuple[str, ...]
    listed: RejectionList
    size_changes: SizeChanges


def ingest(
    request: IngestRequest,
    *,
    call: Call = directly,
    progress: Progress = silently,
    clock: Clock = now,
    workers: Workers = HERE,
) -> IngestResult:
    """Register a delivery as a whole, or refuse it as a whole.

    `workers`: count the registers.

    Raises:
        Refused: a file is unknown or damaged, or too many rows are rejected; nothing was changed.
        HomeLocked: another run is busy.
    """
    if request.rejects is not None:
        require_apart(request.rejects, request.paths)
    files = call(recognise_files, request, day_of(clock()))
    with open_run(request.home, "ingest", clock, wait_seconds=request.wait_seconds) as run:
        state = intake_state(run.books)
        results = call(read_files, files, state, progress, workers=workers)
        if request.rejects is not None:
            write_rejects(results, request.rejects)
        call(refuse_when_too_many, results, request.max_rejected, request.rejects)
        return call(register_files, run, results, state, at=clock(), max_change=request.max_change)


def recognise_files(request: IngestRequest, today: date) -> list[DeliveredFile]:
    """Step: recognise every file, its reference date, and what is declared of it."""
    return recognise_delivery(request.paths, request.reference_date, today=today, only=request.only)


def read_files(
    files: Sequence[DeliveredFile],
    state: IntakeState,
    progress: Progress,
    *,
    asked: AskedReports = ANY_REPORT,
    attempt: Attempt = at_once,
    workers: Workers = HERE,
) -> list[FileResult]:
    """Step: read, validate and count every file; rows of pupils go no further than this.

    `attempt`: how each file, and all of them together, are tried. `workers`: count the registers.
    """
    known, boards = state.known_vestigingen, state.schools_of_boards
    read = read_delivery(files, known, progress, boards, attempt=attempt, workers=workers)
    results = [reject_others(reject_other_currencies(one, state.currencies), asked) for one in read]
    for check in (refuse_contradictions, refuse_duplicate_counts, refuse_duplicate_reports):
        with attempt(""):
            check(results)
    with attempt(""):
        check_resubmissions(results, state)
    return results


def refuse_when_too_many(
    results: Sequence[FileResult], max_rejected: Decimal, written: Path | None = None
) -> None:
    """Step: refuse the delivery when too large a share of its rows, or of one of its files, is rejected.

    `written`: the file with all rejected rows, where one was asked.

    Raises:
        Refused: says how many, and what is wrong with the first of them.
    """
    refuse_rows_of_others(results, written)
    rows, rejected = sum(one.rows for one in results), sum(one.rejected for one in results)
    wrong = [one for one in results if _is_wrong_all_over(one, max_rejected)]
    if rejected <= max_rejected * rows and not wrong:
        return
    shares = "".join(f"; of {one.file.name} {_share(one.rejected, one.rows)}" for one in wrong)
    raise refusal_of(
        rejection_list(results),
        f"{_share(rejected, rows)} rows are refused ({dutch.percent(round(Decimal(rejected) / rows, 4))}; "
        f"--max-rejected allows {dutch.percent(max_rejected)}{shares})",
        written,
    )


def refuse_rows_of_others(results: Sequence[FileResult], written: Path | None = None) -> None:
    """Refuse a delivery with a row of another board or year than it is of: as a rejected row it would be lost."""
    listed = rejection_list(results)
    others = listed.filter(pl.col("rule").is_in(OF_OTHERS))
    if others.height:
        shown = RejectionList(pl.concat([others, listed.filter(~pl.col("rule").is_in(OF_OTHERS))]))
        raise refusal_of(shown, f"{dutch.number(others.height)} rows are of another board or year", written)


MOST_OF_A_FILE = Decimal("0.5")
"""The share of one file that may be rejected where that of the delivery is lower."""

FEW_ROWS = 10
"""Rejected rows that are no share to speak of: a list of five schools may have three wrong ones."""


def _is_wrong_all_over(one: FileResult, max_rejected: Decimal) -> bool:
    """Return whether most of a file is rejected, which the rows of a large one beside it would hide."""
    has_no_good_row = one.rejected == one.rows and max_rejected < 1
    is_most = one.rejected > max(max_rejected, MOST_OF_A_FILE) * one.rows
    return has_no_good_row or (is_most and one.rejected > FEW_ROWS)


def _share(rejected: int, rows: int) -> str:
    return f"{dutch.number(rejected)} of {dutch.number(rows)}"


def account_remarks(plan: IntakePlan, state: IntakeState) -> Iterator[str]:
    """Report the payment accounts that a delivery changes, a sentence per file."""
    new = plan.new_rows(received.PAYMENT_ACCOUNTS)
    if new.height:
        files = dict(plan.new_rows(received.DELIVERIES).select("delivery_id", "file").iter_rows())
        yield from change_remarks(PaymentAccounts(pl.concat([state.payment_accounts, new])), files)


def register_files(
    run: Run,
    results: Sequence[FileResult],
    state: IntakeState,
    *,
    at: datetime,
    max_change: Decimal = DEFAULT_MAX_CHANGE,
) -> IngestResult:
    """Step: plan what the delivery changes in the books, and apply it."""
    plan = plan_intake(results, state, run_id=run.run_id, at=at, max_change=max_change)
    run.apply(plan)
    new = set(plan.new_rows(received.DELIVERIES)["file"])
    return IngestResult(
        run_id=run.run_id if plan.appended else None,
        files=Deliveries(plan.new_rows(received.DELIVERIES)),
        rejections=Quarantine(plan.new_rows(received.QUARANTINE)),
        differences=Differences(plan.new_rows(received.DIFFERENCES)),
        corrections=SourceCorrections(plan.new_rows(received.SOURCE_CORRECTIONS)),
        resolutions=Resolutions(plan.new_rows(received.RESOLUTIONS)),
        waiting=plan.waiting,
        remarks=(*plan.remarks, *account_remarks(plan, state)),
        listed=rejection_list([one for one in results if one.file.name in new]),
        size_changes=plan.size_changes,
    )
