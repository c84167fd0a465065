"""The reports of a year: a pack per board, and the country as a whole, from the books as they are published."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from npo_pipeline.accounts.national import national_summary
from npo_pipeline.commands.checking import check_facts, check_national, check_written, checked_in_full
from npo_pipeline.commands.reporting import Gathered, ReportRequest, Reports
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.commands.telling import told_of
from npo_pipeline.errors import Refused
from npo_pipeline.home.books import need_books, read_books
from npo_pipeline.home.lock import locked
from npo_pipeline.home.manifest import code_version
from npo_pipeline.home.run import Clock
from npo_pipeline.reports.filing.arelle import viewer
from npo_pipeline.reports.filing.facts import facts_of, mixed_boards
from npo_pipeline.reports.filing.taxonomy.package import FILE_NAME
from npo_pipeline.reports.national import write_national_reports, write_taxonomy_beside
from npo_pipeline.reports.pack.boards import only
from npo_pipeline.reports.pack.folder import remove_others
from npo_pipeline.reports.pack.packs import PacksWritten, write_packs


def write_reports(
    request: ReportRequest, *, call: Call = directly, progress: Progress = silently, clock: Clock = now
) -> Reports:
    """Write the reports of a year that was accounted for. Packs that are up to date are not written again.

    The home is held meanwhile: two that write the same folder would take each other's files away.

    Raises:
        HomeLocked: another run is busy.
        Refused: the year was not accounted for, the board has no accounts, or the folder cannot be written in.
        NpoError: what would be written, or was, is not in order. A fault of ours.
    """
    need_books(request.home)
    with locked(request.home, "account", now=clock(), wait_seconds=request.wait_seconds):
        return _written(request, call, progress)


def _written(request: ReportRequest, call: Call, progress: Progress) -> Reports:
    gathered = call(gather, request)
    filed = _filed(request, gathered.facts["board"])
    packs = call(write_board_packs, request, gathered, progress)
    withdrawn = tuple(sorted(filed & set(packs.without_filing)))
    call(check_written, request.folder, request.year, packs.written)
    national: tuple[Path, ...] = ()
    if request.board is None:
        national = call(write_country, request, gathered)
    checked, viewers = _beyond(request, packs, call)
    return Reports(request.folder, packs, national, gathered.unfit, withdrawn, checked, viewers)


def _filed(request: ReportRequest, boards: Iterable[str]) -> set[str]:
    """The boards whose filing is there now."""
    return {one for one in boards if (request.folder / one / f"npo-{request.year}-{one}.xhtml").exists()}


def _beyond(request: ReportRequest, packs: PacksWritten, call: Call) -> tuple[int, tuple[Path, ...]]:
    """What is done only when asked: the full check, and viewers."""
    if not (request.full or request.viewer):
        return 0, ()
    filed = sorted({*packs.written, *packs.up_to_date} - set(packs.without_filing))
    taxonomy = call(need_taxonomy, request)
    checked = call(checked_in_full, request.folder, request.year, filed, taxonomy) if request.full else 0
    return checked, call(write_viewers, request, filed, taxonomy) if request.viewer else ()


def refuse_unwritable(request: ReportRequest) -> None:
    """Step: refuse a folder that no report can be written in, before anything is accounted for.

    Raises:
        Refused: names what is in the way; nothing was changed.
    """
    for folder in (request.national, request.folder / "viewer"):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            why = "is a file, and must be a folder" if not there.is_dir() else "cannot be written in"
            raise Refused(f"{there}: {why}; mend it first, nothing was changed")


def gather(request: ReportRequest) -> Gathered:
    """Step: what the reports tell, and its facts, which must be in order before anything is written.

    A board with money in two currencies gets no report; a finding says so.

    Raises:
        Refused: the year was not accounted for, the board has no accounts in it, or it has two currencies.
        NpoError: the facts do not add up. A fault of ours.
    """
    with read_books(request.home) as books:
        told = told_of(books, request.year)
        types = books.frame("select distinct brin, school_type from payments")
    if request.board is not None and request.board not in told.accountability["board"]:
        raise Refused(f"board {request.board} received, spent and carried nothing in {request.year}")
    asked = set(told.accountability["board"]) if request.board is None else {request.board}
    mixed = [] if request.board is not None else mixed_boards(told.accountability)
    facts = facts_of(only(told, asked - set(mixed)))
    unfit = tuple(sorted({*mixed, *check_facts(facts, told.findings)}))
    summary = national_summary(told.accountability, told.interventions, told.schools, types)
    return Gathered(told, facts, unfit, summary)


def write_board_packs(request: ReportRequest, gathered: Gathered, progress: Progress) -> PacksWritten:
    """Step: a pack per board; each is there whole or not at all."""
    unfit = pl.col("board").is_in(list(gathered.unfit))
    parts = [(gathered.facts.filter(~unfit), request.force), (gathered.facts.filter(unfit), False)]
    try:
        done = [
            write_packs(
                request.folder,
                gathered.told,
                facts,
                version=code_version(),
                force=force,
                progress=progress,
            )
            for facts, force in parts
            if facts.height
        ]
        if request.board is None:
            remove_others(request.folder, set(gathered.facts["board"]))
    except OSError as error:
        raise _unwritable(request, error) from error
    return PacksWritten(
        *(tuple(sorted(one for part in done for one in getattr(part, name))) for name in _OUTCOMES)
    )


_OUTCOMES = ("written", "up_to_date", "without_filing")


def write_country(request: ReportRequest, gathered: Gathered) -> tuple[Path, ...]:
    """Step: the national xBRL-CSV report, the taxonomy, and the summary; they are there whole or not at all."""
    try:
        fit = gathered.facts.filter(~pl.col("board").is_in(list(gathered.unfit)))
        return write_national_reports(request.national, gathered.told, fit, gathered.summary, check_national)
    except OSError as error:
        raise _unwritable(request, error) from error


def need_taxonomy(request: ReportRequest) -> Path:
    """Step: the taxonomy that the filings stand on, written where it is not there yet."""
    try:
        return write_taxonomy_beside(request.national / FILE_NAME)
    except OSError as error:
        raise _unwritable(request, error) from error


def write_viewers(request: ReportRequest, boards: list[str], taxonomy: Path) -> tuple[Path, ...]:
    """Step: a page per board on which each figure can be clicked; it needs no network."""
    folder = request.folder / "viewer"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(request, error) from error
    made = []
    for board in boards:
        name = f"npo-{request.year}-{board}"
        made.append(folder / f"{name}.html")
        viewer(request.folder / board / f"{name}.xhtml", made[-1], taxonomy)
    return tuple(made)


def _unwritable(request: ReportRequest, error: OSError) -> Refused:
    return Refused(
        f"{request.folder}: cannot be written ({error.strerror or error}); the accounts stand, mend it and run "
        f"`npo account --year {request.year}` again"
    )
