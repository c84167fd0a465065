"""The reports of a year, from its published accounts: a pack per board, and the national reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from npo_pipeline.atomic_file import put_right, require_writable, write_whole
from npo_pipeline.books.manifest import code_version
from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock, open_run
from npo_pipeline.commands.account.filing_checks import (
    CheckedFilings,
    check_national,
    check_with_arelle,
    check_written,
    viewers_of,
)
from npo_pipeline.commands.account.pack_records import (
    NATIONAL,
    DuePacks,
    StalePacks,
    mark_finished,
    mark_unfinished,
    national_files,
    national_fingerprint,
    new_records,
    stale_packs,
)
from npo_pipeline.commands.account.report_inputs import ReportInputs, ReportRequest, gather
from npo_pipeline.commands.signing import sign_written, signing_key
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.errors import NpoError, Refused, fault_words
from npo_pipeline.reports.board_pack.pack import (
    PackRecord,
    PacksWritten,
    Recorded,
    is_pack,
    pack_file,
    remove_others,
    withdraw,
    write_packs,
)
from npo_pipeline.reports.board_pack.workbook import made_on
from npo_pipeline.reports.house_style import usable_house_style
from npo_pipeline.reports.national import NationalTables, national_boards, write_national_reports
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, write_taxonomy
from npo_pipeline.workers import HERE, Workers
from schemas.accounted import PACKS
from schemas.frames.accounts import (
    Facts,
    NationalBoards,
)


@dataclass(frozen=True, kw_only=True)
class WrittenReports:
    """The reports that were written. `national`: the national files; none where one board was asked for.

    `unfilable`: boards that get no filing, forced or not. `withdrawn`: boards of which the filing was removed,
    because their accounts have errors now. `checked`: the number of filings that Arelle finds sound. `unchecked`:
    board -> why it could not check its filing, which stays. `viewers`: pages on which each figure can be clicked.
    `faults`: board (or `landelijk`) -> why its report could not be made; a fault of ours, or of the disk. `stale`:
    in words, where one board was asked for, what else is older now. `not_in_xbrl`: the boards that the national
    XBRL report lacks; null where none was written. `signed`: the packs that got a signature, where there is
    a key.
    """

    folder: Path
    packs: PacksWritten
    national: tuple[Path, ...]
    unfilable: tuple[str, ...]
    withdrawn: tuple[str, ...]
    checked: int
    viewers: tuple[Path, ...]
    faults: Mapping[str, str]
    stale: tuple[str, ...]
    signed: tuple[str, ...] = ()
    not_in_xbrl: NationalBoards | None = None
    unchecked: Mapping[str, str] = field(default_factory=dict)

    def raise_faults(self) -> None:
        """End a command that wrote all other reports, and has answered.

        Raises:
            NpoError: names the boards without a report.
        """
        if not self.faults and not self.unchecked:
            return
        if not self.faults:
            raise NpoError(
                f"the filings of {len(self.unchecked)} boards could not be checked: {', '.join(self.unchecked)}; "
                "they are written: run the same again, what was found sound is not checked again",
                details=[f"{one}: {why}" for one, why in self.unchecked.items()],
            )
        boards = [one for one in self.faults if one != NATIONAL]
        of_boards = f"no report could be made of {len(boards)} boards: {', '.join(boards)}" if boards else ""
        of_country = "the national report could not be made" if NATIONAL in self.faults else ""
        raise NpoError(
            f"{'; '.join(filter(None, (of_boards, of_country)))}; this is a fault of the program or of the disk, "
            "the accounts stand and all other reports are written",
            details=[f"{one}: {why}" for one, why in {**self.unchecked, **self.faults}.items()],
        )


def refuse_unwritable(request: ReportRequest) -> None:
    """Step: refuse a folder that no report can be written in, or a key that cannot sign, before accounting.

    Raises:
        Refused: names what is in the way; nothing was changed.
    """
    signing_key()
    for folder in (request.national, request.viewers):
        require_writable(folder)


def write_reports(
    request: ReportRequest,
    *,
    call: Call = directly,
    progress: Progress = silently,
    clock: Clock = now,
    workers: Workers = HERE,
) -> WrittenReports:
    """Write the reports of a year that was accounted for. Packs that are up to date are not written again.

    The home is locked meanwhile: two that write the same folder would remove each other's files. What goes wrong
    with the report of one board, or with the national one, is in the answer, and keeps no other from its report.

    Raises:
        HomeLocked: another run is busy.
        Refused: the year was not accounted for, the board has no accounts, or the folder cannot be written in.
    """
    require_books(request.home)
    with (
        open_run(
            request.home, "report", clock, subject=str(request.year), wait_seconds=request.wait_seconds
        ) as run,
        TemporaryDirectory(prefix="npo-taxonomy-") as beside,
    ):
        inputs = call(gather, request, run.books)
        boards = set(inputs.facts["board"]) | set(inputs.faults)
        with _writing(request):
            is_mine = mark_unfinished(request.folder, run.run_id)
        filed_before = {one for one in boards if _filing(request, one).exists()}
        packs, removed = call(write_board_packs, request, inputs, progress, workers)
        taxonomy = Path(beside, FILE_NAME)
        if request.full_check or request.viewer:
            call(write_taxonomy, taxonomy)
        packs, checked = _checked(request, packs, taxonomy, call=call, workers=workers)
        national = _write_country(request, inputs, packs, call) if request.board is None else NO_NATIONAL
        viewers, unclickable = (
            call(write_viewers, request, _filed(packs), taxonomy, workers) if request.viewer else ((), {})
        )
        now = {**packs.records, **national.records}
        signed = sign_written(request.folder, now, call)
        rows = new_records(run.run_id, request.year, before=inputs.recorded, now=now, removed=removed)
        if rows.height:
            run.append(PACKS, rows)
    if is_mine or request.board is None:
        # Who writes the report of one board does not end what a run of all boards began.
        with _writing(request):
            mark_finished(request.folder)
    return WrittenReports(
        folder=request.folder,
        packs=packs,
        national=national.files,
        unfilable=inputs.unfilable,
        withdrawn=tuple(sorted(filed_before & set(packs.without_filing))),
        checked=checked.sound,
        unchecked=checked.unchecked,
        viewers=viewers,
        signed=signed.signed,
        faults={**signed.faults, **packs.faults, **unclickable, **national.faults},
        stale=_stale_after(request) if request.board else (),
        not_in_xbrl=national.tables.lacking() if national.tables else None,
    )


NOTHING_CHECKED = CheckedFilings(sound=0, broken={}, unchecked={})


def _checked(
    request: ReportRequest, packs: PacksWritten, taxonomy: Path, *, call: Call, workers: Workers
) -> tuple[PacksWritten, CheckedFilings]:
    """Check the filings that were written, and all with Arelle where that is asked; withdraw those with faults."""
    packs = _withdraw(request, packs, call(check_written, request.folder, request.year, packs.written))
    if not request.full_check:
        return packs, NOTHING_CHECKED
    checked = call(
        check_with_arelle, request.folder, request.year, _filed(packs), taxonomy=taxonomy, workers=workers
    )
    return _withdraw(request, packs, checked.broken), checked


def _withdraw(request: ReportRequest, packs: PacksWritten, faults: Mapping[str, str]) -> PacksWritten:
    return withdraw(packs, request.year, request.folder, faults) if faults else packs


def _filed(packs: PacksWritten) -> list[str]:
    return sorted({*packs.written, *packs.up_to_date} - set(packs.without_filing))


@dataclass(frozen=True, kw_only=True)
class NationalWritten:
    """The national files, their record, their tables, and why they could not be made."""

    files: tuple[Path, ...] = ()
    tables: NationalTables | None = None
    records: Recorded = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


NO_NATIONAL = NationalWritten()


def _write_country(
    request: ReportRequest, inputs: ReportInputs, packs: PacksWritten, call: Call
) -> NationalWritten:
    try:
        return call(write_country, request, inputs, packs.faults)
    except Exception as error:
        return NationalWritten(faults={NATIONAL: fault_words(error)})


def _stale_after(request: ReportRequest) -> tuple[str, ...]:
    """Return in words what else is not as it would be written now, where one board was asked for."""
    with read_books(request.home) as books:
        return tuple(stale_reports(books, request.home, request.year).words())


def stale_reports(books: Books, home: Home, year: int) -> StalePacks:
    """Compare the reports of a year that the books know with what would be written now."""
    inputs = gather(ReportRequest(home=home, year=year), books, usable_house_style(home.path))
    recorded = inputs.recorded
    broken = {one: "" for one, record in recorded.items() if record.outcome == "fault"}
    due = DuePacks(
        report=inputs.report,
        facts=inputs.facts,
        faults=inputs.faults,
        national=national_fingerprint(*_national(inputs, broken)),
    )
    return stale_packs(due, recorded)


def write_board_packs(
    request: ReportRequest, inputs: ReportInputs, progress: Progress, workers: Workers
) -> tuple[PacksWritten, list[str]]:
    """Step: have a pack made per board, and write it whole or not at all; remove those of boards without accounts.

    Returns:
        The packs, and those that were removed.
    """
    with _writing(request):
        put_right(request.folder, lambda name: is_pack(name) or name == NATIONAL)
        packs = write_packs(
            request.folder,
            inputs.report,
            inputs.facts,
            code_version().source,
            force=request.force,
            unfilable=inputs.unfilable,
            faults=inputs.faults,
            recorded=inputs.recorded,
            progress=progress,
            workers=workers,
        )
        others = {*inputs.facts["board"], *inputs.faults}
        return packs, remove_others(request.folder, others, board=request.board)


def write_country(request: ReportRequest, inputs: ReportInputs, broken: Mapping[str, str]) -> NationalWritten:
    """Step: write the national xBRL-CSV report, the taxonomy and the summary; all of them or none.

    `broken`: boards in whose reports a fault was found.
    """
    filable, tables = _national(inputs, broken)
    with _writing(request):
        files = write_national_reports(
            request.national,
            request.year,
            filable,
            tables=tables,
            check=check_national,
            note=made_on(inputs.report),
        )
        made_from = national_fingerprint(filable, tables)
        record = PackRecord(made_from=made_from, outcome="filed", files=national_files(request.national))
    return NationalWritten(files=files, records={NATIONAL: record}, tables=tables)


def _national(inputs: ReportInputs, broken: Mapping[str, str]) -> tuple[Facts, NationalTables]:
    """Return the facts of boards that are in the national report, and the tables, which say why others are not."""
    lacking = {
        **dict.fromkeys(broken, "fault"),
        **dict.fromkeys(inputs.faults, "fault"),
        **dict.fromkeys(inputs.unfilable, "external_above_spent"),
    }
    facts = Facts(inputs.facts.filter(~pl.col("board").is_in(list(lacking))))
    boards = national_boards(inputs.report, lacking)
    return facts, NationalTables(summary=inputs.summary, boards=boards, years=inputs.years)


def _filing(request: ReportRequest, board: str) -> Path:
    return pack_file(request.folder, request.year, board, ".xhtml")


def write_viewers(
    request: ReportRequest, boards: list[str], taxonomy: Path, workers: Workers
) -> tuple[tuple[Path, ...], dict[str, str]]:
    """Step: write a page per board on which each figure can be clicked; it needs no network.

    Returns:
        The pages, and board -> why it could not be made.
    """
    with _writing(request):
        request.viewers.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    faults: dict[str, str] = {}
    for done in viewers_of(request.folder, request.year, boards, taxonomy=taxonomy, workers=workers):
        path = request.viewers / f"{_filing(request, done.job).stem}.html"
        try:
            content = done.value()
            write_whole(path, lambda beside, content=content: beside.write_bytes(content))  # type: ignore[misc]
            written.append(path)
        except (NpoError, OSError) as error:
            faults[done.job] = fault_words(error)
    return tuple(sorted(written)), dict(sorted(faults.items()))


@contextmanager
def _writing(request: ReportRequest) -> Iterator[None]:
    """Refuse what cannot be written."""
    try:
        yield
    except OSError as error:
        raise Refused(
            f"{request.folder}: cannot be written ({error.strerror or error}); the accounts stand, mend it and "
            f"run `npo account --year {request.year}` again"
        ) from error
