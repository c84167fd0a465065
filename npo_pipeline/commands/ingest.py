"""`npo ingest`: a delivery comes in, is checked, counted and registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pandera.polars as pa
import polars as pl

from npo_pipeline.commands.declared import before, kept, lost_with
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.counts.declared import sources
from npo_pipeline.counts.registered import (
    content_rows,
    delivery_rows,
    difference_rows,
    registered_as,
)
from npo_pipeline.counts.replaying import refuse_replaced_bases, refuse_wrong_replays
from npo_pipeline.counts.retelling import given_way, refuse_two_accounts, remarks, told_anew
from npo_pipeline.counts.schools import directory
from npo_pipeline.counts.superseding import no_longer_told, refuse_two_tellings, superseded
from npo_pipeline.counts.taken import Taken
from npo_pipeline.counts.taking import take
from npo_pipeline.errors import Refused
from npo_pipeline.files.delivery import Arrived, arrive
from npo_pipeline.files.kinds import KINDS, FileKind
from npo_pipeline.files.look import Looked
from npo_pipeline.home.declared import live_resolutions
from npo_pipeline.home.folder import Home
from npo_pipeline.home.live import all_facts, known_vestigingen, live_deliveries, live_rows, places
from npo_pipeline.home.retold import held_schools, holding
from npo_pipeline.home.run import Clock, Run, open_run
from schemas import tables
from schemas.columns import schema_of

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

    looking: Callable[[], list[Looked]] | None = None
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


def recognise_files(request: IngestRequest, today: date) -> list[Arrived]:
    """Step: recognise every file, its reference date, and what is declared of it."""
    looked = request.looking() if request.looking else None
    return arrive(request.paths, request.reference_date, looked, today, request.only)


def read_files(run: Run, arrived: Sequence[Arrived], progress: Progress) -> list[Taken]:
    """Step: read, check and count every file; pupil rows are let go here."""
    taken = take(arrived, known_vestigingen(run.books), progress, held_schools(run.books))
    refuse_two_tellings(taken)
    refuse_two_accounts(taken)
    if any(one.arrived.declared.replaces for one in taken):
        live, held = live_deliveries(run.books), kept(run.books)
        known = {one.arrived.name: registered_as(one, live, held) for one in taken}
        refuse_wrong_replays(taken, known, before(run.books))
    return taken


def refuse_when_too_many(taken: Sequence[Taken], max_rejected: Decimal) -> None:
    """Step: refuse the delivery when too large a share of its rows is refused.

    Raises:
        Refused: says how many, and what is wrong with the first of them.
    """
    rows, rejected = sum(one.rows for one in taken), sum(one.rejected for one in taken)
    if rejected <= max_rejected * rows:
        return
    share = f"{Decimal(100 * rejected) / rows:.2f}%"
    raise Refused(
        f"{rejected:,} of {rows:,} rows are refused ({share}; --max-rejected allows {100 * max_rejected:f}%), "
        f"first {'; '.join(islice(_worded(taken), SHOWN))}; nothing was taken in"
    )


SHOWN = 5
"""Faults that a refusal of a whole delivery names: who mends a small file wants to see all that is wrong."""


def _worded(taken: Sequence[Taken]) -> Iterator[str]:
    for one in taken:
        for line, rule, _, message in one.worded.sort("line", maintain_order=True).iter_rows():
            yield f"{one.arrived.name}, line {line}, {rule}: {message}"


def register_files(run: Run, taken: Sequence[Taken], at: datetime) -> IngestResult:
    """Step: put what is new in the books, and let it supersede what it corrects."""
    waiting = tuple(one.arrived.name for one in taken if one.without_board)
    live = live_deliveries(run.books)
    fresh = _fresh(taken, live, run)
    if not fresh:
        return _result(run, None, waiting, ())
    files = delivery_rows(fresh, run.run_id, at)
    run.add(tables.DELIVERIES, files)
    content = content_rows(fresh)
    for model, rows in content.values():
        run.add(model, rows)
    held = holding(run.books)
    anew = told_anew(fresh, held)
    gone = superseded(fresh, live, places(run.books), live_resolutions(run.books)) | given_way(anew, held)
    refuse_replaced_bases(fresh, gone)
    for older, newer in gone.items():
        run.supersede(older, newer)
    told = [live_rows(run.books, table).select("delivery_id", "vestiging") for table in ("counts", "scores")]
    lost = (
        *no_longer_told(gone, fresh, live, pl.concat(told)),
        *lost_with(gone, fresh, live, run.books),
        *remarks(fresh, anew, live),
    )
    apart = _compare(run, fresh, pl.concat([live.filter(~pl.col("delivery_id").is_in(list(gone))), files]))
    if apart.height:
        run.add(tables.DIFFERENCES, apart)
    run.derive(tables.SCHOOLS, directory(pl.concat([all_facts(run.books), _added(run, tables.SCHOOL_FACTS)])))
    run.facts["inputs"] = files.select("file", "kind", "sha256", "rows", "rejected").to_dicts()
    run.facts["declared"] = sources(fresh)
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


def _fresh(taken: Sequence[Taken], live: pl.DataFrame, run: Run) -> dict[str, Taken]:
    """What is new, and what is not but would give way to a part that came along with it: that stays beside it."""
    held, resolutions = kept(run.books), live_resolutions(run.books)
    known = {id(one): registered_as(one, live, held) for one in taken}
    news = [one for one in taken if known[id(one)] is None]
    while True:
        # A part that stays beside what is new may in turn displace another that came along with it.
        gone = superseded(_numbered(news, run), live, places(run.books), resolutions)
        more = [one for one in taken if known[id(one)] is None or known[id(one)] in gone]
        if len(more) == len(news):
            return _numbered(news, run)
        news = more


def _numbered(fresh: Sequence[Taken], run: Run) -> dict[str, Taken]:
    before = int(run.books.value("select count(*) from deliveries"))
    return {f"d{number:06d}": one for number, one in enumerate(fresh, before + 1)}


def _compare(run: Run, fresh: dict[str, Taken], live: pl.DataFrame) -> pl.DataFrame:
    here = pl.col("delivery_id").is_in(live["delivery_id"].implode())
    counts = pl.concat([live_rows(run.books, "counts").filter(here), _added(run, tables.COUNTS)])
    scores = pl.concat([live_rows(run.books, "scores").filter(here), _added(run, tables.SCORES)])
    return difference_rows(fresh, live, counts, scores, run.run_id)


def _added(run: Run, model: pa.DataFrameSchema) -> pl.DataFrame:
    return run.added.get(model.name, pl.DataFrame(schema=schema_of(model)))
