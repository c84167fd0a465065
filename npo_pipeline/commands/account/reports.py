"""The reports of a year: a pack per board, and the country as a whole, from the books as they are published.

Reports of a year: what is asked for, what they are made of, and what was written.

What the reports of a year tell, read from the books.

The checks of filings: the facts before they are written, the files after, and all by Arelle when asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from npo_pipeline.accounts.board_reports import consents_for, latest_reports, report_texts
from npo_pipeline.accounts.menukaart_lookup import keys
from npo_pipeline.accounts.national import national_summary
from npo_pipeline.atomic_file import write_whole
from npo_pipeline.books.code_version import code_version
from npo_pipeline.books.lock import locked
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.accounts import (
    accountability_of,
    findings_of,
    interventions_of,
    latest_account_of,
    school_names_of,
)
from npo_pipeline.books.queries.board_reports import rows_until
from npo_pipeline.books.queries.payments import school_types_paid
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.commands.verify.accounts import kept_rules_of
from npo_pipeline.errors import NpoError, Refused
from npo_pipeline.reports.board_pack.pack import remove_others
from npo_pipeline.reports.board_pack.write_packs import PacksWritten, write_packs
from npo_pipeline.reports.national import write_national_reports
from npo_pipeline.reports.report_data import ReportData, select_boards
from npo_pipeline.reports.xbrl.arelle import validate, viewer
from npo_pipeline.reports.xbrl.checks import fact_faults, file_faults
from npo_pipeline.reports.xbrl.facts import facts_of, mixed_boards
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, write_taxonomy
from schemas.accounted import Accountability, AccountabilityInterventions
from schemas.frames.accounts import Facts, InterventionKeys, NationalSummary, ReportConsents

NATIONAL = "landelijk"


@dataclass(frozen=True)
class ReportRequest:
    """Of which year, and of which board (all when null).

    `force`: make a filing of a board with errors too. `full`: have Arelle check every filing. `viewer`: write a
    page per board on which each figure can be clicked.
    """

    home: Home
    year: int
    board: str | None = None
    force: bool = False
    full: bool = False
    viewer: bool = False
    wait_seconds: int = 0

    @property
    def folder(self) -> Path:
        """Where the reports of the year stand."""
        return self.home.path / "reports" / str(self.year)

    @property
    def national(self) -> Path:
        """Where the reports of the country stand."""
        return self.folder / NATIONAL


@dataclass(frozen=True)
class ReportInputs:
    """What the reports are made of.

    `told`: of all boards, so that no pack can name a stranger. `facts`: of the boards that are asked for.
    `unfit`: boards that no filing can be made of, because of what they told. `summary`: of the country.
    """

    told: ReportData
    facts: Facts
    unfit: tuple[str, ...]
    summary: NationalSummary


@dataclass(frozen=True)
class Reports:
    """What was written. `national`: the files of the country; none where only one board was asked for.

    `unfit`: boards that get no filing, forced or not. `withdrawn`: boards whose filing was taken away, because
    their accounts have errors now. `checked`: filings that Arelle checked. `viewers`: pages on
    which each figure can be clicked.
    """

    folder: Path
    packs: PacksWritten
    national: tuple[Path, ...]
    unfit: tuple[str, ...]
    withdrawn: tuple[str, ...]
    checked: int
    viewers: tuple[Path, ...]


def load_report_data(books: Books, year: int) -> ReportData:
    """What the reports of a year tell, of all boards.

    Raises:
        Refused: the year was not accounted for.
    """
    rows = latest_account_of(books, year)
    if rows.is_empty():
        raise Refused(f"{year} was not accounted for yet; begin with `npo account --year {year}`")
    row = rows.row(0, named=True)
    consents = rows_until(books, "consents", row["run_id"])
    return ReportData(
        year=year,
        treatment=row["treatment"],
        accounted_on=row["accounted_on"],
        accountability=Accountability(accountability_of(books, year).sort("board", "brin")),
        interventions=AccountabilityInterventions(
            interventions_of(books, year).sort("board", "brin", "category", "intervention", "level")
        ),
        findings=findings_of(books, year),
        schools=school_names_of(books, year),
        consents=ReportConsents(report_texts(consents_for(latest_reports(consents, "school_year"), year))),
        keys=InterventionKeys(keys(kept_rules_of(books, row).menukaart)),
    )


DATA_FAULTS = ("share_above_one", "external_above_spent")
"""Faults that come from what a board told: more externals than it spent. No filing can say so."""


def check_facts(facts: Facts, findings: pl.DataFrame) -> tuple[str, ...]:
    """Step: whether the facts add up and may stand in a filing.

    Args:
        facts: the fact frame.
        findings: rows of `findings`.

    Returns:
        Boards that no filing can be made of because of what they told.

    Raises:
        NpoError: anything else is wrong with them. A fault of ours; nothing was written.
    """
    faults = fact_faults(facts)
    with_errors = findings.filter(severity="error")["board"]
    theirs = pl.col("fault").is_in(DATA_FAULTS) & pl.col("board").is_in(with_errors.implode())
    _refuse(faults.filter(~theirs), "no report was written")
    return tuple(faults.filter(theirs)["board"].unique().sort())


def check_written(folder: Path, year: int, boards: Sequence[str]) -> None:
    """Step: read the filings back that were written, by their schema, and add everything up again.

    Raises:
        NpoError: one does not hold what it should. A fault of ours.
    """
    files = ((board, folder / board / f"npo-{year}-{board}.xbrl") for board in boards)
    there = ((board, path.read_bytes()) for board, path in files if path.exists())
    _refuse(file_faults(there, year), f"the packs in {folder} must not be used")


def check_national(report: Path, taxonomy: Path) -> None:
    """Whether every cell and key of the national report is one that its own metadata allows, by Arelle.

    Raises:
        NpoError: one is not. A fault of ours; the report was not published.
    """
    [outcome] = validate([report], taxonomy, by="table_constraints")
    if outcome.messages:
        first = outcome.messages[0]
        raise NpoError(f"the national report was not written: Arelle finds {first.code}: {first.text}")


def check_with_arelle(folder: Path, year: int, boards: Sequence[str], taxonomy: Path) -> int:
    """Step: have Arelle check every filing, in XBRL and as a page.

    Returns:
        How many files were checked.

    Raises:
        NpoError: a file has a fault, or an assertion is not satisfied.
    """
    paths = [folder / board / f"npo-{year}-{board}.{kind}" for board in boards for kind in ("xbrl", "xhtml")]
    for one in validate(paths, taxonomy) if paths else ():
        if one.messages:
            first = one.messages[0]
            raise NpoError(f"{Path(one.file).name}: Arelle finds {first.code}: {first.text}")
        if one.unsatisfied or not one.satisfied:
            raise NpoError(f"{Path(one.file).name}: {one.unsatisfied} assertions are not satisfied")
    return len(paths)


def _refuse(faults: pl.DataFrame, then: str) -> None:
    if faults.height:
        board, fault, where = faults.row(0)
        raise NpoError(
            f"facts of {faults['board'].n_unique()} boards are wrong, first {board}: {fault} ({where}); this "
            f"is a fault of the program, and {then}"
        )


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
    require_books(request.home)
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
    checked = call(check_with_arelle, request.folder, request.year, filed, taxonomy) if request.full else 0
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


def gather(request: ReportRequest) -> ReportInputs:
    """Step: what the reports tell, and its facts, which must be in order before anything is written.

    A board with money in two currencies gets no report; a finding says so.

    Raises:
        Refused: the year was not accounted for, the board has no accounts in it, or it has two currencies.
        NpoError: the facts do not add up. A fault of ours.
    """
    with read_books(request.home) as books:
        told = load_report_data(books, request.year)
        types = school_types_paid(books)
    if request.board is not None and request.board not in told.accountability["board"]:
        raise Refused(f"board {request.board} received, spent and carried nothing in {request.year}")
    asked = set(told.accountability["board"]) if request.board is None else {request.board}
    mixed = [] if request.board is not None else mixed_boards(told.accountability)
    facts = facts_of(select_boards(told, asked - set(mixed)))
    unfit = tuple(sorted({*mixed, *check_facts(facts, told.findings)}))
    summary = NationalSummary(national_summary(told.accountability, told.interventions, told.schools, types))
    return ReportInputs(told, facts, unfit, summary)


def write_board_packs(request: ReportRequest, gathered: ReportInputs, progress: Progress) -> PacksWritten:
    """Step: a pack per board; each is there whole or not at all."""
    unfit = pl.col("board").is_in(list(gathered.unfit))
    parts = [(gathered.facts.filter(~unfit), request.force), (gathered.facts.filter(unfit), False)]
    try:
        done = [
            write_packs(
                request.folder,
                gathered.told,
                Facts(facts),
                version=code_version().source,
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


def write_country(request: ReportRequest, gathered: ReportInputs) -> tuple[Path, ...]:
    """Step: the national xBRL-CSV report, the taxonomy, and the summary; they are there whole or not at all."""
    try:
        fit = Facts(gathered.facts.filter(~pl.col("board").is_in(list(gathered.unfit))))
        return write_national_reports(request.national, request.year, fit, gathered.summary, check_national)
    except OSError as error:
        raise _unwritable(request, error) from error


def need_taxonomy(request: ReportRequest) -> Path:
    """Step: the taxonomy that the filings stand on, written where it is not there yet."""
    try:
        path = request.national / FILE_NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, write_taxonomy)
    except OSError as error:
        raise _unwritable(request, error) from error
    return path


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
