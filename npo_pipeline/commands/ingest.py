"""`npo ingest`: a delivery comes in, is checked, counted and registered.

What was declared, against the books: what ingest holds it against, what is lost or open, what does not tie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pandera.polars as pa
import polars as pl

from npo_pipeline import dutch
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.board_reports import current_reports
from npo_pipeline.books.queries.counts import counted_rows, current_rows
from npo_pipeline.books.queries.deliveries import (
    delivery_states,
    live_corrections,
    live_deliveries,
    live_resolutions,
    refused_lines,
)
from npo_pipeline.books.queries.schools import (
    known_vestigingen,
    school_facts,
    schools_by_board,
    schools_by_delivery,
)
from npo_pipeline.books.reader import Books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.delivery.kinds import KINDS, FileKind
from npo_pipeline.delivery.recognise import DeliveredFile, recognise_delivery
from npo_pipeline.delivery.scan import ScannedFile
from npo_pipeline.errors import Refused
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.read_delivery import read_delivery
from npo_pipeline.intake.resubmission import ResubmissionContext, check_resubmissions, refuse_replaced_bases
from npo_pipeline.intake.school_directory import build_directory
from npo_pipeline.intake.supersession import (
    dropped_schools,
    fully_restated,
    reject_duplicate_counts,
    reject_duplicate_reports,
    restated,
    restatement_remarks,
    superseded,
)
from npo_pipeline.intake.table_rows import (
    BooksContext,
    content_rows,
    correction_files,
    delivery_rows,
    difference_rows,
    find_existing,
)
from schemas import tables
from schemas.columns import schema_of


def kept(books: Books) -> BooksContext:
    """What tells whether a file was declared alike before."""
    return BooksContext(live_corrections(books), current_rows(books, "counts"), current_reports(books))


def before(books: Books) -> ResubmissionContext:
    """What rows that take the place of refused ones are held against."""
    return ResubmissionContext(
        delivery_states(books), refused_lines(books), live_resolutions(books), counted_rows(books)
    )


def lost_with(
    gone: Mapping[str, str], taken: Mapping[str, FileResult], live: pl.DataFrame, books: Books
) -> Iterator[str]:
    """Corrections and resolutions that end because another file takes the place of theirs, a sentence each.

    Args:
        gone: older delivery_id -> newer delivery_id.
        taken: delivery_id -> what came in.
        live: delivery_id, file of the deliveries that were live.
        books: as they were.
    """
    files = dict(live.select("delivery_id", "file").iter_rows())
    corrected, resolved = live_corrections(books), live_resolutions(books)
    for older, newer in gone.items():
        mine = corrected.filter(pl.col("delivery_id") == older).select("line", "column_name").n_unique()
        news = taken[newer].arrived
        if mine and not news.declared.corrections:
            yield (
                f"{news.name} takes the place of {files[older]} without the corrections that were declared "
                f"for that ({mine}); declare them again where its source is still wrong"
            )
        bases = resolved.filter((pl.col("resolved_by") == older) & ~pl.col("delivery_id").is_in(list(gone)))
        if bases.height:
            shown = ", ".join(files[name] for name in bases["delivery_id"].unique().sort())
            yield (
                f"{files[older]}, which stood for {bases.height} refused lines of {shown} too, goes with what "
                f"{news.name} takes the place of: those lines are open again"
            )


DEFAULT_MAX_REJECTED = Decimal("0.01")


@dataclass(frozen=True)
class IngestRequest:
    """What to take in.

    `reference_date` is for files that do not say theirs. Above a share of `max_rejected` refused rows the
    whole delivery is refused.
    """

    home: Home
    paths: tuple[Path, ...]
    reference_date: date | None = None
    max_rejected: Decimal = DEFAULT_MAX_REJECTED
    wait_seconds: int = 0
    only: Sequence[FileKind] = KINDS
    """The kinds of file that are wanted."""

    looking: Callable[[], list[ScannedFile]] | None = None
    """Gives what a first look at the files shows, where that began before."""


@dataclass(frozen=True)
class IngestResult:
    """What was taken in. `files` and `differences` are rows of those tables; empty when nothing was new."""

    run_id: str | None
    files: pl.DataFrame
    refusals: pl.DataFrame
    differences: pl.DataFrame
    waiting: tuple[str, ...]
    """Files none of whose schools has a board yet."""

    remarks: tuple[str, ...]
    """What else the operator should know, a sentence each."""

    corrections: pl.DataFrame
    """Rows of that table: the declared corrections that were applied."""

    resolutions: pl.DataFrame
    """Rows of that table: the refused lines of earlier deliveries that were resolved."""


def ingest(
    request: IngestRequest, *, call: Call = directly, progress: Progress = silently, clock: Clock = now
) -> IngestResult:
    """Take in a delivery as a whole, or refuse it as a whole.

    Raises:
        Refused: a file is unknown or damaged, or too many rows are refused; nothing was changed.
        HomeLocked: another run is busy.
    """
    arrived = call(recognise_files, request, clock().date())
    with open_run(request.home, "ingest", clock, wait_seconds=request.wait_seconds) as run:
        taken = call(read_files, run, arrived, progress)
        call(refuse_when_too_many, taken, request.max_rejected)
        return call(register_files, run, taken, clock())


def recognise_files(request: IngestRequest, today: date) -> list[DeliveredFile]:
    """Step: recognise every file, its reference date, and what is declared of it."""
    looked = request.looking() if request.looking else None
    return recognise_delivery(request.paths, request.reference_date, looked, today, request.only)


def read_files(run: Run, arrived: Sequence[DeliveredFile], progress: Progress) -> list[FileResult]:
    """Step: read, check and count every file; pupil rows are let go here."""
    taken = read_delivery(arrived, known_vestigingen(run.books), progress, schools_by_board(run.books))
    reject_duplicate_counts(taken)
    reject_duplicate_reports(taken)
    if any(one.arrived.declared.replaces for one in taken):
        live, held = live_deliveries(run.books), kept(run.books)
        known = {one.arrived.name: find_existing(one, live, held) for one in taken}
        check_resubmissions(taken, known, before(run.books))
    return taken


def refuse_when_too_many(taken: Sequence[FileResult], max_rejected: Decimal) -> None:
    """Step: refuse the delivery when too large a share of its rows is refused.

    Raises:
        Refused: says how many, and what is wrong with the first of them.
    """
    rows, rejected = sum(one.rows for one in taken), sum(one.rejected for one in taken)
    if rejected <= max_rejected * rows:
        return
    raise Refused(
        f"{dutch.number(rejected)} of {dutch.number(rows)} rows are refused "
        f"({dutch.percent(round(Decimal(rejected) / rows, 4))}; "
        f"--max-rejected allows {dutch.percent(max_rejected, 0)}), "
        f"first {'; '.join(islice(_worded(taken), SHOWN))}; nothing was taken in"
    )


SHOWN = 5
"""Faults that a refusal of a whole delivery names: who mends a small file wants to see all that is wrong."""


def _worded(taken: Sequence[FileResult]) -> Iterator[str]:
    for one in taken:
        for line, rule, _, message in one.worded.sort("line", maintain_order=True).iter_rows():
            yield f"{one.arrived.name}, line {line}, {rule}: {message}"


def register_files(run: Run, taken: Sequence[FileResult], at: datetime) -> IngestResult:
    """Step: put what is new in the books, and let it supersede what it corrects."""
    waiting = tuple(one.arrived.name for one in taken if one.without_board)
    live = live_deliveries(run.books)
    fresh = _fresh(taken, live, run)
    if not fresh:
        return _result(run, None, waiting, ())
    files = delivery_rows(fresh, run.run_id, at)
    run.append(tables.DELIVERIES, files)
    content = content_rows(fresh)
    for model, rows in content.values():
        run.append(model, rows)
    held = current_reports(run.books)
    anew = restated(fresh, held)
    gone = superseded(fresh, live, schools_by_delivery(run.books), live_resolutions(run.books)) | fully_restated(
        anew, held
    )
    refuse_replaced_bases(fresh, gone)
    for older, newer in gone.items():
        run.supersede(older, newer)
    told = [current_rows(run.books, table).select("delivery_id", "vestiging") for table in ("counts", "scores")]
    lost = (
        *dropped_schools(gone, fresh, live, pl.concat(told)),
        *lost_with(gone, fresh, live, run.books),
        *restatement_remarks(fresh, anew, live),
    )
    apart = _compare(run, fresh, pl.concat([live.filter(~pl.col("delivery_id").is_in(list(gone))), files]))
    if apart.height:
        run.append(tables.DIFFERENCES, apart)
    run.replace(
        tables.SCHOOLS, build_directory(pl.concat([school_facts(run.books), _added(run, tables.SCHOOL_FACTS)]))
    )
    run.manifest_entries["inputs"] = files.select("file", "kind", "sha256", "rows", "rejected").to_dicts()
    run.manifest_entries["declared"] = correction_files(fresh)
    return _result(run, run.run_id, waiting, lost)


def _result(run: Run, run_id: str | None, waiting: tuple[str, ...], remarks: tuple[str, ...]) -> IngestResult:
    return IngestResult(
        run_id,
        _added(run, tables.DELIVERIES),
        _added(run, tables.QUARANTINE),
        _added(run, tables.DIFFERENCES),
        waiting,
        remarks,
        _added(run, tables.SOURCE_CORRECTIONS),
        _added(run, tables.RESOLUTIONS),
    )


def _fresh(taken: Sequence[FileResult], live: pl.DataFrame, run: Run) -> dict[str, FileResult]:
    """What is new, and what is not but would give way to a part that came along with it: that stays beside it."""
    held, resolutions = kept(run.books), live_resolutions(run.books)
    known = {id(one): find_existing(one, live, held) for one in taken}
    news = [one for one in taken if known[id(one)] is None]
    while True:
        # A part that stays beside what is new may in turn displace another that came along with it.
        gone = superseded(_numbered(news, run), live, schools_by_delivery(run.books), resolutions)
        more = [one for one in taken if known[id(one)] is None or known[id(one)] in gone]
        if len(more) == len(news):
            return _numbered(news, run)
        news = more


def _numbered(fresh: Sequence[FileResult], run: Run) -> dict[str, FileResult]:
    before = int(run.books.value("select count(*) from deliveries"))
    return {f"d{number:06d}": one for number, one in enumerate(fresh, before + 1)}


def _compare(run: Run, fresh: dict[str, FileResult], live: pl.DataFrame) -> pl.DataFrame:
    here = pl.col("delivery_id").is_in(live["delivery_id"].implode())
    counts = pl.concat([current_rows(run.books, "counts").filter(here), _added(run, tables.COUNTS)])
    scores = pl.concat([current_rows(run.books, "scores").filter(here), _added(run, tables.SCORES)])
    return difference_rows(fresh, live, counts, scores, run.run_id)


def _added(run: Run, model: pa.DataFrameSchema) -> pl.DataFrame:
    return run.appended.get(model.name, pl.DataFrame(schema=schema_of(model)))
