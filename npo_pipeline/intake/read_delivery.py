"""Reading of a delivery, stage by stage: each file is read once, validated, and turned into rows for the books."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.kinds import FileKind, Stage
from npo_pipeline.delivery.validate import NO_REJECTIONS, validate_rows
from npo_pipeline.delivery.written_values import EXPORTED, OF_THE_PORTAL, as_meant, with_codes
from npo_pipeline.errors import Attempt, at_once
from npo_pipeline.intake import board_reports, parse, published_counts, reference_lists, school_directory
from npo_pipeline.intake.file_result import FileResult, ProgressCallback, need_rows
from npo_pipeline.intake.registers import read_registers
from npo_pipeline.intake.school_references import (
    application_rejections,
    applications_wait,
    foreign_school_rejections,
    named_schools,
    row_reporters,
    transfer_rejections,
    unknown_brin_rejections,
    unknown_school_rejections,
)
from npo_pipeline.workers import HERE, Workers
from schemas.frames.books import BoardSchools
from schemas.frames.intake import (
    BOARD_SCHOOLS,
    READINGS,
    FileApplications,
    FileCompletions,
    FilePaymentAccounts,
    FileRanges,
    FileRows,
    FileSpending,
    Readings,
    Rejections,
    empty,
)
from schemas.rules import DUPLICATE_ROW

MASKED_KINDS = frozenset(kind.name for kind in kinds.MASKED.values())
_NO_SCHOOLS = BoardSchools(empty(BOARD_SCHOOLS))


@dataclass(frozen=True)
class KnownSchools:
    """Hold the schools known so far: the vestigingen with a board, and board and brin of each that was its own."""

    vestigingen: pl.Series
    of_boards: BoardSchools

    def with_facts(self, results: Sequence[FileResult]) -> KnownSchools:
        """Add the schools that files name."""
        brin = pl.col("vestiging").str.head(4).alias("brin")
        named = [self.vestigingen, *(one.facts["vestiging"] for one in results)]
        of_boards = [self.of_boards, *(one.facts.select("board", brin) for one in results)]
        return KnownSchools(pl.concat(named).unique(), BoardSchools(pl.concat(of_boards).unique()))


@dataclass(frozen=True)
class SmallFile:
    """Hold a file that was read at once: its valid rows without exact copies, the faulty rows, and all rows."""

    result: FileResult
    rows: FileRows
    faulty: FileRows
    all_rows: FileRows


def read_delivery(
    files: Sequence[DeliveredFile],
    vestigingen: pl.Series,
    progress: ProgressCallback,
    schools_of_boards: BoardSchools = _NO_SCHOOLS,
    attempt: Attempt = at_once,
    workers: Workers = HERE,
) -> list[FileResult]:
    """Read all files of a delivery, in the order of their stages; return a result per file, by name.

    `vestigingen`: those with a board in the books. `schools_of_boards`: those that each board has or once had.
    `attempt`: how each file is tried. `workers`: count the registers.

    Raises:
        Refused: a file has no rows, or contradicts itself.
    """
    known, results = KnownSchools(vestigingen, schools_of_boards), list[FileResult]()
    for stage in Stage:
        of_stage = [one for one in files if one.kind.stage is stage]
        if stage is Stage.REGISTERS:
            results += read_registers(of_stage, known.vestigingen, progress, attempt, workers=workers)
            continue
        read = list[FileResult]()
        for one in of_stage:
            with attempt(one.name):
                read.append(_READERS[stage](_read_small_file(one, progress), known))
        results += read
        known = known.with_facts(read)
    return sorted(results, key=lambda one: one.file.name)


def _read_small_file(file: DeliveredFile, progress: ProgressCallback) -> SmallFile:
    blocks = list(file.blocks())
    need_rows(file, sum(block.height for block in blocks))
    rows, remarks = FileRows(pl.concat(blocks)), file.remarks
    readings = Readings(empty(READINGS))
    progress(file.name, rows.height)
    if file.kind.stage is Stage.BOARD_REPORTS:
        rows, readings = as_meant(rows, file.workbook.numbers if file.workbook else {})
        remarks = (*remarks, *board_reports.reading_remarks(file.name, readings))
    elif file.workbook is not None or EXPORTED in file.columns or file.kind.date_column == OF_THE_PORTAL:
        rows, changed = with_codes(rows)
        remarks = (*remarks, *code_remarks(file.name, changed))
    found = validate_rows(rows, file.kind.model)
    # Two equal bookings are two bookings; what a board reports once a period has no copies.
    copies = NO_REJECTIONS if file.kind is kinds.SPENDING else _copies(rows)
    rejections = _concat([found.rejections, copies])
    result = FileResult(file=file, rows=rows.height, rejections=rejections, readings=readings, remarks=remarks)
    return SmallFile(
        result,
        _without(found.valid, copies),
        FileRows(rows.join(found.valid, on="line", how="anti", maintain_order="left")),
        rows,
    )


def code_remarks(name: str, changed: Readings) -> Iterator[str]:
    """Report the codes of a file that were read as they were before a program took them for numbers."""
    per_column = changed.group_by("column_name", maintain_order=True).agg(
        pl.col("line", "written", "value").first(), times=pl.len()
    )
    for column, line, written, value, times in per_column.iter_rows():
        first = f"line {line}: {written} as {value}"
        rows = dutch.number(times)
        yield f"{name}: a program took {column} of {rows} rows for numbers; they are read as codes (first {first})"


def _read_school_list(read: SmallFile, known: KnownSchools) -> FileResult:
    file, rows = read.result.file, read.rows
    school_directory.refuse_two_boards(file.kind, rows, file.name)
    result = replace(
        read.result,
        facts=school_directory.school_facts(file.kind, rows, file.reference_date),
        refused_schools=named_schools(read.faulty),
    )
    if file.kind.name in MASKED_KINDS:
        return _with_ranges(result, rows)
    if file.kind is kinds.CHANGES:
        school_directory.refuse_conflicting_changes(rows, file.name)
        return replace(result, changes=school_directory.changes_of(rows))
    if file.kind.name in published_counts.COUNTERS:
        counts = published_counts.counts_of(file.kind, rows, file.name)
        return replace(result, counts=counts, spoken=_spoken(rows))
    return result


def _read_published_counts(read: SmallFile, known: KnownSchools) -> FileResult:
    result, rows, file = read.result, read.rows, read.result.file
    unknown = unknown_school_rejections(rows, known.vestigingen)
    # Where few of its schools are known, by a change or a file of another sector, it came before its address list:
    # its counts wait for that.
    waits = 2 * unknown.height > rows.height
    if not waits:
        faulty = unknown_school_rejections(read.faulty, known.vestigingen)
        result = replace(result, rejections=_concat([result.rejections, unknown, faulty]))
        rows = _without(rows, unknown)
    if file.kind in (kinds.PUPILS_VO, kinds.MASKED[kinds.PUPILS_VO.name]):
        areas, remarks = reference_lists.areas_of_pupil_file(rows, file.name)
        result = replace(result, areas=areas, remarks=(*result.remarks, *remarks))
    if file.kind is kinds.SCORES:
        return replace(result, scores=published_counts.scores_of(rows, file.name), without_board=waits)
    if file.kind.name in MASKED_KINDS:
        return replace(_with_ranges(result, rows), without_board=waits)
    counts = published_counts.counts_of(file.kind, rows, file.name)
    return replace(result, counts=counts, spoken=_spoken(rows), without_board=waits)


def _with_ranges(result: FileResult, rows: FileRows) -> FileResult:
    """Return the result of a file with masked counts: ranges, and no count of any school, not even 0."""
    kind, name = result.file.kind, result.file.name
    ranges = published_counts.ranges_of(kind, rows, name)
    return replace(result, ranges=ranges, remarks=(*result.remarks, *_masked_remarks(name, ranges)))


def _masked_remarks(name: str, ranges: FileRanges) -> Iterator[str]:
    wide = ranges.filter(pl.col("lowest") < pl.col("highest"))
    if wide.is_empty():
        return
    schools = dutch.number(wide["vestiging"].n_unique())
    vestiging, lowest, highest = wide.select("vestiging", "lowest", "highest").row(0)
    yield (
        f"{name}: masks small counts (<5), so {schools} schools have a range and no count (first {vestiging}: "
        f"{lowest} to {highest}); the file is used to compare and for names and boards, and no money is counted "
        "from it"
    )


def _spoken(rows: FileRows) -> pl.Series:
    """Return the vestigingen of the rows of a file, also of those that count nobody."""
    return rows.select(parse.vestiging()).to_series().unique()


def _read_reference_list(read: SmallFile, known: KnownSchools) -> FileResult:
    kind, rejections = read.result.file.kind, [read.result.rejections]
    unknown = _unknown_subjects(kind, read.rows, known)
    waits = unknown.height == read.rows.height > 0
    rows = read.rows
    if not waits:
        rejections += [unknown, _unknown_subjects(kind, read.faulty, known)]
        rows = _without(rows, unknown)
    rejections.append(contradicting := reference_lists.contradictions(kind, rows))
    return replace(
        read.result,
        rejections=_concat(rejections),
        without_board=waits,
        **reference_lists.table_of(kind, _without(rows, contradicting)),
    )


def _unknown_subjects(kind: FileKind, rows: FileRows, known: KnownSchools) -> Rejections:
    """Reject the rows of schools without a board; a municipality that no school is in is worth a remark only.

    A list of boards has those without a school of primary or secondary education too.
    """
    if kind in (kinds.MUNICIPAL_SCORES, kinds.BOARDS):
        return NO_REJECTIONS
    if kind is kinds.LEERPLUS_SCHOOLS:
        return unknown_brin_rejections(rows, known.vestigingen)
    return unknown_school_rejections(rows, known.vestigingen)


def _read_payment_accounts(read: SmallFile, known: KnownSchools) -> FileResult:
    accounts = reference_lists.accounts_of(read.rows)
    contradicting = reference_lists.contradicting_accounts(accounts)
    kept = accounts.join(contradicting, on="line", how="anti", maintain_order="left")
    return replace(
        read.result,
        # The same account written in two ways is one.
        payment_accounts=FilePaymentAccounts(kept.unique(["recipient", "valid_from"], keep="first").sort("line")),
        rejections=_concat([read.result.rejections, contradicting]),
        remarks=(*read.result.remarks, *reference_lists.shortened_names(read.rows, read.result.file.name)),
    )


def _read_applications(read: SmallFile, known: KnownSchools) -> FileResult:
    rejections = application_rejections(read.rows, known.vestigingen)
    result = replace(
        read.result,
        rejections=_concat([read.result.rejections, rejections]),
        without_board=applications_wait(read.rows, known.vestigingen),
    )
    rows = _without(read.rows, rejections)
    if read.result.file.kind is kinds.COMPLETIONS:
        return replace(result, completions=_completions_of(rows))
    return replace(result, applications=_applications_of(rows))


def _applications_of(rows: FileRows) -> FileApplications:
    applications = rows.select(
        "line",
        scheme="REGELING",
        board="BEVOEGD_GEZAG_NUMMER",
        brin="BRIN_NUMMER",
        applied_on=parse.parse_date("DATUM_AANVRAAG"),
        pupils=parse.parse_int("AANTAL_LEERLINGEN"),
        amount=parse.parse_amount("BEDRAG"),
        vestiging=pl.when(pl.col("VESTIGINGSNUMMER") != "").then(parse.vestiging()),
        region=pl.when(pl.col("REGIO") != "").then("REGIO"),
        new_region=_yes_no("NIEUWE_REGIO"),
        granted_before=_yes_no("EERDER_VERLEEND"),
    )
    return FileApplications(applications)


def _completions_of(rows: FileRows) -> FileCompletions:
    completions = rows.select(
        "line",
        scheme="REGELING",
        board="BEVOEGD_GEZAG_NUMMER",
        brin="BRIN_NUMMER",
        finished=parse.parse_int("AFGEROND"),
    )
    return FileCompletions(completions)


def _yes_no(column: str) -> pl.Expr:
    """Parse J or N; null where it is empty."""
    return pl.when(pl.col(column) != "").then(pl.col(column) == "J")


def _read_board_report(read: SmallFile, known: KnownSchools) -> FileResult:
    kind, rows = read.result.file.kind, FileRows(pl.concat([read.rows, read.faulty]))
    references = transfer_rejections if kind is kinds.RESERVE_TRANSFERS else foreign_school_rejections
    rejections = references(rows, known.of_boards)
    valid = _without(read.rows, rejections)
    result = replace(
        read.result,
        rejections=_concat([board_reports.with_percentages(read.result.rejections, read.faulty), rejections]),
        reporters=row_reporters(read.all_rows),
        truncated_texts=board_reports.count_truncated(kind, valid),
    )
    if kind is kinds.SPENDING:
        spending = board_reports.spending_of(valid)
        credits = board_reports.credit_rejections(spending)
        left = FileSpending(spending.join(credits, on="line", how="anti", maintain_order="left"))
        return replace(result, spending=left, rejections=_concat([result.rejections, credits]))
    if kind is kinds.RESERVE_TRANSFERS:
        return replace(result, reserve_transfers=board_reports.reserve_transfers_of(valid))
    return replace(result, consents=board_reports.consents_of(valid))


_READERS: Mapping[Stage, Callable[[SmallFile, KnownSchools], FileResult]] = {
    Stage.SCHOOL_LISTS: _read_school_list,
    Stage.PUBLISHED_COUNTS: _read_published_counts,
    Stage.REFERENCE_LISTS: _read_reference_list,
    Stage.APPLICATIONS: _read_applications,
    Stage.BOARD_REPORTS: _read_board_report,
    Stage.PAYMENT_ACCOUNTS: _read_payment_accounts,
}


def _copies(rows: FileRows) -> Rejections:
    # Hashes show in no time that there are none, as nearly always; the text itself shows which they are.
    if not rows.select(pl.struct(pl.exclude("line")).hash().is_duplicated().any()).item():
        return NO_REJECTIONS
    first = rows.with_columns(first=pl.col("line").first().over(pl.struct(pl.exclude("line"))))
    copies = first.filter(pl.col("line") != pl.col("first")).select(
        "line",
        rule=pl.lit(DUPLICATE_ROW),
        column_name=pl.lit(None, pl.String),
        value=pl.col("first").cast(pl.String),
    )
    return Rejections(copies)


def _without(rows: FileRows, rejections: Rejections) -> FileRows:
    return FileRows(rows.join(rejections, on="line", how="anti", maintain_order="left"))


def _concat(parts: Sequence[Rejections]) -> Rejections:
    return Rejections(pl.concat(parts))
