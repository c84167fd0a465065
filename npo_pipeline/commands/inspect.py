"""`npo inspect`: what the files of a delivery are, what they count, and what `npo ingest` would say of them.

Files are read by the steps of `npo ingest`. A refusal does not end it: it is kept with its file.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.deliveries import intake_state
from npo_pipeline.books.reader import read_books
from npo_pipeline.books.run import Clock
from npo_pipeline.commands.ingest import (
    DEFAULT_MAX_REJECTED,
    account_remarks,
    read_files,
    refuse_when_too_many,
)
from npo_pipeline.commands.rejects import require_apart
from npo_pipeline.commands.steps import Progress, now, silently
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.file_corrections import split_correction_files
from npo_pipeline.delivery.kinds import Stage
from npo_pipeline.delivery.recognise import OtherFile, recognise_scanned
from npo_pipeline.delivery.sniff import ScannedFile, TextEncoding, form_of, read_header, scan
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.delivery.table_file import read_table
from npo_pipeline.errors import KeptRefusals, Refused
from npo_pipeline.intake import parse
from npo_pipeline.intake.file_result import FileResult, rejection_list, totals_of
from npo_pipeline.intake.plan import IntakePlan, plan_intake
from npo_pipeline.intake.size_changes import DEFAULT_MAX_CHANGE
from npo_pipeline.intake.state import IntakeState
from npo_pipeline.intake.supersession import find_existing
from npo_pipeline.months import day_of
from npo_pipeline.workers import HERE, Workers
from schemas import files as models
from schemas import received
from schemas.frames.books import BoardSchools
from schemas.frames.intake import (
    FILE_TOTALS,
    INSPECTED_FILES,
    INSPECTION_NOTES,
    FileTotals,
    InspectedFiles,
    InspectionNotes,
    RejectionList,
    empty,
)
from schemas.received import Differences, SchoolFacts, SourceCorrections
from schemas.rules import UNKNOWN_SCHOOL

DELIVERY, BOOKS, NOTHING = "delivery", "books", "nothing"
"""From where the boards of schools are known."""

CORRECTIONS, PLANTED = "declared corrections", "list of planted faults"
"""Files that hold no rows of a delivery."""

SCHOOL_CODE = r"^[0-9]{2}[A-Z]{2}([0-9]{2})?$"
"""A vestiging or a BRIN."""

NAMED = 5
"""Files that a reason names."""

NO_TOTALS = FileTotals(empty(FILE_TOTALS))

BRIN_LENGTH = 4

_BOARD_COLUMNS = ("BEVOEGD_GEZAG_NUMMER", "VAN_BEVOEGD_GEZAG", "NAAR_BEVOEGD_GEZAG")


@dataclass(frozen=True, kw_only=True)
class InspectRequest:
    """Name the files to look at.

    Without `home` nothing is known but what they say themselves. `workbook`: a new file for what is found.
    """

    paths: tuple[Path, ...]
    reference_date: date | None = None
    max_rejected: Decimal = DEFAULT_MAX_REJECTED
    max_change: Decimal = DEFAULT_MAX_CHANGE
    home: Home | None = None
    workbook: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Written:
    """Hold how a file is written; of a workbook its form (`xlsx`, `xls`, `ods`) as encoding, and the sheet."""

    encoding: str | None = None
    byte_order_mark: bool | None = None
    line_ends: str | None = None
    separator: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, kw_only=True)
class InspectedFile:
    """Hold what one file is, how it is written, and what is in it; null where it could not be read so far.

    `is_dated`: it belongs to a date. `refusals`: each reason for which `npo ingest` would refuse it.
    `recognised_by`: the columns that no other kind has together; `unused`, `lacking`: columns that are not read,
    and those of its kind that it does not have. `rejected_by_rule`: rule -> rows. `date_from`: `file`, `option`
    (--reference-date), or `delivery` (the one date that other files state).
    """

    file: str
    bytes: int | None = None
    kind: str | None = None
    label: str | None = None
    is_dated: bool = False
    refusals: tuple[str, ...] = ()
    sha256: str | None = None
    written: Written = Written()
    recognised_by: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    rows: int | None = None
    rejected: int | None = None
    rejected_by_rule: Mapping[str, int] = field(default_factory=dict)
    reference_date: date | None = None
    date_from: str | None = None
    totals: FileTotals = field(default_factory=lambda: NO_TOTALS)

    @property
    def outcome(self) -> str:
        """`refused` where ingest refuses it, `read`, or `passed`: it has no rows that are taken in."""
        if self.refusals:
            return "refused"
        return "read" if self.kind else "passed"


@dataclass(frozen=True, kw_only=True)
class KnownBoards:
    """Hold of which schools a board is known, and from where.

    `known_from`: `delivery`, `books`, or `nothing`: no list of schools came with it, so that each school counts as
    one that has a board. `without`: the schools of which no board is known, so that their rows are refused.
    """

    known_from: str
    without: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """Hold what a delivery is, its files by name.

    `listed`: the rejected rows, causes first. `refusals`: why `npo ingest` would refuse the delivery, in the order
    in which it looks; it would say the first. `waiting`: files of which hardly any school has a board. `remarks`:
    what else the operator should know, a sentence each. `in_books`: files that the books of the home hold already.
    `ingest`: the command that takes it in.
    """

    files: tuple[InspectedFile, ...]
    boards: KnownBoards
    listed: RejectionList
    differences: Differences
    corrections: SourceCorrections
    refusals: tuple[str, ...]
    waiting: tuple[str, ...]
    remarks: tuple[str, ...]
    in_books: tuple[str, ...]
    ingest: str

    @property
    def totals(self) -> FileTotals:
        """The totals of all files."""
        return FileTotals(pl.concat([NO_TOTALS, *(one.totals for one in self.files)]))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The refusals; one that several files share is there once, with the names of the others."""
        names, files = [one.file for one in self.files], dict[str, list[str]]()
        for refusal in self.refusals:
            name = _begins_with(refusal, names)
            files.setdefault(refusal.removeprefix(name), []).append(name)
        return tuple(_reason(text, of) for text, of in files.items())

    @property
    def rows(self) -> InspectedFiles:
        """The files, one row each."""
        return InspectedFiles(pl.DataFrame([_row_of(one) for one in self.files], schema=INSPECTED_FILES))

    @property
    def notes(self) -> InspectionNotes:
        """The reasons and remarks, and the differences between files, a sentence each."""
        parts = {
            "refused": self.reasons,
            "remark": self.remarks,
            "difference": self.differences["message"].to_list(),
        }
        rows = [(outcome, message) for outcome, messages in parts.items() for message in messages]
        return InspectionNotes(pl.DataFrame(rows, schema=INSPECTION_NOTES, orient="row"))


def _begins_with(refusal: str, names: Iterable[str]) -> str:
    """Return the file that a refusal begins with, empty where that is none of these."""
    return next((name for name in names if refusal.startswith((f"{name}: ", f"{name}, "))), "")


def _reason(text: str, files: Sequence[str]) -> str:
    refusal, others = f"{files[0]}{text}", files[1:]
    if not others:
        return refusal
    shown = ", ".join(others[:NAMED])
    if len(others) > NAMED:
        return f"{refusal} (so {len(others)} files more: {shown} and {len(others) - NAMED} others)"
    return f"{refusal} (so {len(others)} files more: {shown})"


def _row_of(one: InspectedFile) -> dict[str, object]:
    lists = {name: ", ".join(getattr(one, name)) for name in ("recognised_by", "unused", "lacking")}
    rules = ", ".join(f"{times} {rule}" for rule, times in one.rejected_by_rule.items())
    row = {
        **vars(one),
        **vars(one.written),
        **lists,
        "outcome": one.outcome,
        "rules": rules,
        "refusals": "; ".join(one.refusals),
    }
    return {name: row[name] for name in INSPECTED_FILES}


def inspect(
    request: InspectRequest, *, progress: Progress = silently, clock: Clock = now, workers: Workers = HERE
) -> Inspection:
    """Look at a delivery as `npo ingest` reads it, go on after what it would refuse, and register nothing.

    `workers`: count the registers.

    Raises:
        Refused: the books of a home that was named cannot be read, or the workbook cannot be written.
    """
    if request.workbook is not None:
        require_apart(request.workbook, request.paths, endings=(".xlsx",))
    found = _inspection(request, progress, clock(), workers)
    if request.workbook is not None:
        # Few write one, and what writes it takes long to load.
        from npo_pipeline.reports.inspection import write_inspection

        write_inspection(
            request.workbook, files=found.rows, totals=found.totals, faults=found.listed, notes=found.notes
        )
    return found


def _inspection(request: InspectRequest, progress: Progress, at: datetime, workers: Workers) -> Inspection:
    attempt = KeptRefusals()
    state = _state_of(request.home)
    scanned = scan(request.paths, attempt)
    files = recognise_scanned(scanned, request.reference_date, today=day_of(at), attempt=attempt)
    known_from = _known_from(state, files)
    reading = _with_schools_of(files, state) if known_from == NOTHING else state
    read = read_files(_countable(files), reading, progress, attempt=attempt, workers=workers)
    results = _as_recognised(read, files)
    contradict = any(not name for name, _ in attempt.found)
    with attempt(""):
        refuse_when_too_many(results, request.max_rejected)
    plan = IntakePlan() if contradict else _plan(results, state, attempt, at=at, share=request.max_change)
    inspected = [_inspected(one, results, request) for one in files]
    inspected += _others(scanned, files, attempt)
    refusals = _by_file(attempt, [one.file for one in inspected])
    return Inspection(
        files=tuple(
            replace(one, refusals=refusals.get(one.file, ()))
            for one in sorted(inspected, key=lambda one: one.file)
        ),
        boards=KnownBoards(known_from=known_from, without=_schools_without_board(results)),
        listed=rejection_list(results),
        differences=Differences(plan.new_rows(received.DIFFERENCES)),
        corrections=SourceCorrections(plan.new_rows(received.SOURCE_CORRECTIONS)),
        refusals=tuple(str(refusal) for _, refusal in attempt.found),
        waiting=tuple(one.file.name for one in results if one.without_board),
        remarks=(
            *(plan.remarks or tuple(remark for one in results for remark in one.remarks)),
            *account_remarks(plan, state),
        ),
        in_books=tuple(one.file.name for one in results if find_existing(one, state) is not None),
        ingest=_command(request),
    )


def _command(request: InspectRequest) -> str:
    words = ["npo", "ingest", *map(str, request.paths)]
    if request.reference_date:
        words += ["--reference-date", str(request.reference_date)]
    if request.max_rejected != DEFAULT_MAX_REJECTED:
        words += ["--max-rejected", str(request.max_rejected)]
    if request.home is not None:
        words += ["--home", str(request.home.path)]
    return shlex.join(words)


def _state_of(home: Home | None) -> IntakeState:
    if home is None:
        return IntakeState.of_no_books()
    with read_books(home) as books:
        return intake_state(books)


def _known_from(state: IntakeState, files: Sequence[DeliveredFile]) -> str:
    if state.known_vestigingen.len():
        return BOOKS
    lists = [one for one in files if one.kind.stage is Stage.SCHOOL_LISTS and one.kind is not kinds.CHANGES]
    return DELIVERY if lists else NOTHING


def _with_schools_of(files: Sequence[DeliveredFile], state: IntakeState) -> IntakeState:
    """Add the schools that files without a list of schools name, as if each had a board."""
    vestigingen, of_boards = [state.known_vestigingen], [state.schools_of_boards]
    for one in files:
        # What is wrong with a file is said where it is counted.
        with suppress(Refused):
            for rows in _rows_with_schools(one):
                vestigingen.append(_vestigingen_in(rows))
                of_boards += _schools_of_boards_in(rows)
    facts = pl.DataFrame({"vestiging": pl.concat(vestigingen).unique()})
    return replace(
        state,
        school_facts=SchoolFacts(pl.concat([state.school_facts, facts], how="diagonal")),
        schools_of_boards=BoardSchools(pl.concat(of_boards).unique()),
    )


def _rows_with_schools(file: DeliveredFile) -> Iterator[pl.DataFrame]:
    """Yield the rows of a file; of a register the few distinct places that its lines name."""
    if file.kind.stage is not Stage.REGISTERS:
        yield from file.blocks()
        return
    for block in file.register_blocks():
        yield from (block.sites.drop_nulls(), block.rows)


def _vestigingen_in(rows: pl.DataFrame) -> pl.Series:
    if {"BRIN_NUMMER", "VESTIGINGSNUMMER"} <= set(rows.columns):
        code = parse.vestiging()
    else:
        named = next((one for one in (models.SCHOOL, "VESTIGING", "BRIN_NUMMER") if one in rows.columns), None)
        code = pl.col(named) if named else pl.lit("")
    found = rows.lazy().select(vestiging=code).unique().collect()["vestiging"]
    return found.filter(found.str.contains(SCHOOL_CODE))


def _schools_of_boards_in(rows: pl.DataFrame) -> Iterator[BoardSchools]:
    """Yield the schools that a board reports on as its own, or that moved between two boards."""
    if "BRIN_NUMMER" in rows.columns:
        for column in set(_BOARD_COLUMNS).intersection(rows.columns):
            yield BoardSchools(rows.select(board=column, brin="BRIN_NUMMER").unique())


def _countable(files: Sequence[DeliveredFile]) -> list[DeliveredFile]:
    """Give each file of which the date is not known a day of its own, long ago, on which nobody counts."""
    return [
        replace(one, reference_date=date.min + timedelta(days=number))
        if one.kind.is_dated and one.reference_date is None
        else one
        for number, one in enumerate(files)
    ]


def _as_recognised(results: Sequence[FileResult], files: Sequence[DeliveredFile]) -> list[FileResult]:
    by_name = {one.name: one for one in files}
    return [replace(one, file=by_name[one.file.name]) for one in results]


def _plan(
    results: Sequence[FileResult], state: IntakeState, attempt: KeptRefusals, *, at: datetime, share: Decimal
) -> IntakePlan:
    """Plan the intake of the files that have their date."""
    dated = [one for one in results if one.file.reference_date or not one.file.kind.is_dated]
    plans = list[IntakePlan]()
    with attempt(""):
        plans.append(plan_intake(dated, state, run_id="", at=at, max_change=share))
    return plans[0] if plans else IntakePlan()


def _by_file(attempt: KeptRefusals, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the refusals of each file; one of all together is of the file that it begins with."""
    found: dict[str, tuple[str, ...]] = {}
    for tried, refusal in attempt.found:
        name = tried or _begins_with(str(refusal), names)
        found[name] = (*found.get(name, ()), str(refusal))
    return found


def _schools_without_board(results: Sequence[FileResult]) -> tuple[str, ...]:
    """Return the schools (vestigingen, or BRINs where a file names those) that are refused without a board."""
    lacking = list[pl.Series]()
    for one in (one for one in results if one.file.kind not in kinds.BOARD_REPORTS):
        lacking.append(one.rejections.filter(pl.col("rule") == UNKNOWN_SCHOOL)["value"])
    codes = pl.concat([pl.Series(dtype=pl.String), *lacking]).unique().sort()
    vestigingen = codes.filter(codes.str.len_chars() > BRIN_LENGTH)
    # A school that a file names by its BRIN is one that others name by its vestigingen.
    return tuple(codes.filter(~codes.is_in(vestigingen.str.head(BRIN_LENGTH).implode())))


def _inspected(file: DeliveredFile, results: Sequence[FileResult], request: InspectRequest) -> InspectedFile:
    """Return what a recognised file is, and what was counted in it where that could be done."""
    result = next((one for one in results if one.file.name == file.name), None)
    rules = result.rejections.unique(["line", "rule"])["rule"] if result else pl.Series(dtype=pl.String)
    return InspectedFile(
        file=file.name,
        bytes=file.source.size,
        kind=file.kind.name,
        label=file.kind.label,
        is_dated=file.kind.is_dated,
        sha256=file.sha256,
        written=_written(file.source, file.text[0]) if file.text else _saved_as(file),
        recognised_by=tuple(sorted(file.kind.signature_columns)),
        unused=tuple(one for one in file.columns if one not in file.kind.columns),
        lacking=tuple(one for one in file.kind.columns if one not in file.columns),
        rows=result.rows if result else None,
        rejected=result.rejected if result else None,
        rejected_by_rule=dict(sorted(Counter(rules.to_list()).items())),
        reference_date=file.reference_date,
        date_from=_date_from(file, request),
        totals=totals_of(result) if result else NO_TOTALS,
    )


def _date_from(file: DeliveredFile, request: InspectRequest) -> str | None:
    if file.reference_date is None:
        return None
    if file.kind.date_column or (file.workbook and file.workbook.reference_date):
        return "file"
    return "option" if request.reference_date else "delivery"


def _others(
    scanned: Sequence[ScannedFile], files: Sequence[DeliveredFile], attempt: KeptRefusals
) -> Iterator[InspectedFile]:
    """Yield what is no file of rows: refused as a whole, or read for another purpose."""
    recognised = {name for one in files for name in (one.name, one.name.rpartition(",")[0])}
    corrections, others = split_correction_files(scanned)
    for one in (one for one in (*corrections, *others) if one.file.name not in recognised):
        label: str | None = CORRECTIONS if one in corrections else PLANTED
        found = [refusal for name, refusal in attempt.found if name == one.file.name]
        if found and label is PLANTED:
            label = next((refusal.label for refusal in found if isinstance(refusal, OtherFile)), None)
        seen = InspectedFile(
            file=one.file.name,
            bytes=one.file.size,
            label=label,
            written=_written(one.file, one.encoding) if one.encoding else Written(),
        )
        yield _with_table(seen, one.file) if found and label else seen
    sniffed = {one.file.name for one in scanned}
    for name in dict.fromkeys(name for name, _ in attempt.found if name and name not in recognised | sniffed):
        yield InspectedFile(file=name)


def _with_table(seen: InspectedFile, file: SourceFile) -> InspectedFile:
    """Add the number of rows of a file that belongs elsewhere, and how its workbook is saved."""
    with suppress(Refused):
        table = read_table(file)
        written = seen.written if seen.written.encoding else Written(encoding=table.form, sheet=table.sheet)
        return replace(seen, rows=table.rows.height, sha256=table.sha256, written=written)
    return seen


def _saved_as(file: DeliveredFile) -> Written:
    return Written(encoding=file.encoding, sheet=file.workbook.sheet if file.workbook else None)


def _written(file: SourceFile, encoding: TextEncoding) -> Written:
    form, separator = form_of(file, encoding), None
    with suppress(Refused):
        header = read_header(file, encoding)
        separator = header.separator if len(header.columns) > 1 else None
    return Written(**vars(form), separator=separator)
