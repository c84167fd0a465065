"""Taking in a delivery: each file read once, its faults kept, its rows counted and let go.

Pupil registers, read block by block: counted and let go, with copies and double enrolments found among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.recognise import DeliveredFile
from npo_pipeline.delivery.register_blocks import EncodedBlock, Part
from npo_pipeline.delivery.scan import read_ahead
from npo_pipeline.delivery.validate import NO_REFUSALS, validate_rows
from npo_pipeline.intake import (
    applications,
    board_reports,
    published_counts,
    register_counts,
    school_directory,
    school_references,
)
from npo_pipeline.intake.duplicate_pupils import Doubles, find_duplicates
from npo_pipeline.intake.file_result import FileResult, ProgressCallback, need_rows
from npo_pipeline.intake.school_references import unknown_school_rejections
from schemas.rules import DUPLICATE_ROW


def take_registers(
    registers: Sequence[DeliveredFile], known: pl.Series, counted: ProgressCallback
) -> list[FileResult]:
    """Count the pupils of registers; one who counts in two of them, or twice in one, counts in none.

    Args:
        registers: recognised files of pupil registers.
        known: the vestigingen that have a board.
        counted: told how far it is.

    Raises:
        Refused: a file has no rows.
    """
    read = {one.name: _count_register(one, known, counted) for one in registers}
    traces = {name: trace for name, (_, trace) in read.items()}
    by_name = {one.name: one for one in registers}
    doubles = find_duplicates(traces, lambda name, lines: _lines_again(by_name[name], lines))
    return [_without(taken, doubles) for taken, _ in read.values()]


def _count_register(
    one: DeliveredFile, known: pl.Series, counted: ProgressCallback
) -> tuple[FileResult, pl.DataFrame]:
    assert one.reference_date is not None
    tallies, traces, refusals, rows = [], [], [NO_REFUSALS], 0
    for part in read_ahead(one.parts()):
        done = _count_part(one, part, one.reference_date, known)
        tallies.append(done.counted)
        traces.append(done.traces)
        refusals.append(done.refusals)
        rows += done.traces.height
        counted(one.name, rows)
    need_rows(one, rows)
    return FileResult(one, rows, pl.concat(refusals), counts=register_counts.add_counts(tallies)), pl.concat(
        traces
    )


def _count_part(one: DeliveredFile, part: Part, on: date, known: pl.Series) -> register_counts.Block:
    if isinstance(part, EncodedBlock) and (done := register_counts.count_folded(one.kind, part, on, known)):
        return done
    marked = register_counts.flag_counting(one.unfolded(part), on)
    groups = register_counts.count_by_site(one.kind, marked)
    parts = validate_rows(marked, one.kind.model, groups)
    done = register_counts.count_block(one.kind, marked, groups, parts.good, known)
    return replace(done, refusals=pl.concat([parts.refusals, done.refusals]))


def _lines_again(one: DeliveredFile, lines: pl.Series) -> pl.DataFrame:
    """Read some lines a second time: line, pupil, row, and the columns that counting needs."""
    found = [block.filter(pl.col("line").is_in(lines.implode())) for block in one.blocks()]
    rows = pl.concat(found)
    return rows.select("line", pupil="PSEUDONIEM", row=pl.concat_str(pl.exclude("line"), separator="\x1f"))


def _without(taken: FileResult, doubles: Doubles) -> FileResult:
    """Add the refusals of copies and double enrolments, and take their pupils off the counts."""
    name, one = taken.arrived.name, taken.arrived
    refusals = pl.concat([taken.refusals, doubles.refusals.get(name, NO_REFUSALS)])
    if (lines := doubles.uncounted.get(name)) is None:
        return replace(taken, refusals=refusals)
    rows = [block.filter(pl.col("line").is_in(lines.implode())) for block in one.blocks()]
    off = register_counts.count_rows(one.kind, pl.concat(rows))
    minus = off.with_columns(-pl.col("pupils"), -pl.col("cumi_pupils"))
    return replace(taken, refusals=refusals, counts=register_counts.add_counts([taken.counts, minus]))


_NONE_HELD = pl.DataFrame(schema=school_references.SCHOOLS_OF_BOARD)


def read_delivery(
    arrived: Sequence[DeliveredFile], known: pl.Series, counted: ProgressCallback, held: pl.DataFrame = _NONE_HELD
) -> list[FileResult]:
    """Read all files of a delivery; those that tell of boards first, because the others need them.

    Args:
        arrived: the recognised files.
        known: the vestigingen that have a board in the books.
        counted: told how far it is.
        held: the schools that each board holds or ever held, in the books: board, brin.

    Raises:
        Refused: a file has no rows, or contradicts itself.
    """
    taken = [_take_list(one, counted) for one in arrived if one.kind in _TELLING]
    told = pl.concat([known, *(one.facts["vestiging"] for one in taken)]).unique()
    taken += [_take_published(one, told, counted) for one in arrived if one.kind in _NEEDING]
    taken += [_take_applications(one, told, counted) for one in arrived if one.kind is kinds.APPLICATIONS]
    theirs = pl.concat([held, *(one.facts.select("board", brin=_BRIN) for one in taken)]).unique()
    taken += [_take_accounts(one, theirs, counted) for one in arrived if one.kind in kinds.ACCOUNTING]
    registers = [one for one in arrived if one.kind in kinds.REGISTERS]
    return sorted(taken + take_registers(registers, told, counted), key=lambda one: one.arrived.name)


_BRIN = pl.col("vestiging").str.head(4)
_TELLING = (*kinds.ADDRESSES, kinds.CHANGES, kinds.PUPILS_PO, kinds.PUPILS_PO_CLUSTER)
_NEEDING = (kinds.SCORES, kinds.CUMI, kinds.PUPILS_VO, kinds.NEWCOMERS_VO)


def _take_list(one: DeliveredFile, counted: ProgressCallback) -> FileResult:
    taken, rows, _ = _read_small_file(one, counted)
    school_directory.refuse_two_boards(one.kind, rows, one.name)
    facts = school_directory.school_facts(one.kind, rows, one.reference_date)
    if one.kind is kinds.CHANGES:
        school_directory.reject_conflicting_changes(rows, one.name)
        return replace(taken, facts=facts, changes=school_directory.changes_of(rows))
    if one.kind in kinds.ADDRESSES:
        return replace(taken, facts=facts)
    return replace(taken, facts=facts, counts=published_counts.counts_of(one.kind, rows, one.name))


def _take_published(one: DeliveredFile, known: pl.Series, counted: ProgressCallback) -> FileResult:
    taken, rows, faulty = _read_small_file(one, counted)
    unknown = unknown_school_rejections(rows, known)
    # Where no school at all is known, the file came before its address list: its counts wait for that.
    waits = unknown.height == rows.height > 0
    if not waits:
        taken = replace(
            taken, refusals=pl.concat([taken.refusals, unknown, unknown_school_rejections(faulty, known)])
        )
        rows = rows.join(unknown, on="line", how="anti", maintain_order="left")
    if one.kind is kinds.SCORES:
        return replace(taken, scores=published_counts.scores_of(rows, one.name), without_board=waits)
    return replace(taken, counts=published_counts.counts_of(one.kind, rows, one.name), without_board=waits)


def _take_applications(one: DeliveredFile, known: pl.Series, counted: ProgressCallback) -> FileResult:
    taken, rows, _ = _read_small_file(one, counted)
    refused = applications.application_rejections(rows, known)
    good = rows.join(refused, on="line", how="anti", maintain_order="left")
    return replace(
        taken,
        refusals=pl.concat([taken.refusals, refused]),
        applications=applications.applications_of(good),
        without_board=applications.wait(rows, known),
    )


def _take_accounts(one: DeliveredFile, held: pl.DataFrame, counted: ProgressCallback) -> FileResult:
    taken, rows, faulty = _read_small_file(one, counted)
    refused = school_references.foreign_school_rejections(pl.concat([rows, faulty]), held)
    good = rows.join(refused, on="line", how="anti", maintain_order="left")
    cut = board_reports.cut_texts(one.kind.name, good)
    taken = replace(taken, refusals=pl.concat([taken.refusals, refused]), cut=cut)
    if one.kind is kinds.SPENDING:
        return replace(taken, spending=board_reports.spending_of(good))
    return replace(taken, consents=board_reports.consents_of(good))


def _read_small_file(
    one: DeliveredFile, counted: ProgressCallback
) -> tuple[FileResult, pl.DataFrame, pl.DataFrame]:
    """A small file at once: its good rows, without exact copies, and the rows that have a fault of their own."""
    blocks = list(one.blocks())
    need_rows(one, sum(block.height for block in blocks))
    rows = pl.concat(blocks)
    counted(one.name, rows.height)
    parts = validate_rows(rows, one.kind.model)
    copies = _copies(rows)
    good = parts.good.join(copies, on="line", how="anti", maintain_order="left")
    faulty = rows.join(parts.good, on="line", how="anti", maintain_order="left")
    taken = FileResult(one, rows.height, pl.concat([parts.refusals, copies]))
    if one.kind in kinds.ACCOUNTING:
        taken = replace(taken, tellers=school_references.row_reporters(rows))
    return taken, good, faulty


def _copies(rows: pl.DataFrame) -> pl.DataFrame:
    # Hashes tell in no time that there are none, as nearly always; the text itself tells which they are.
    if not rows.select(pl.struct(pl.exclude("line")).hash().is_duplicated().any()).item():
        return NO_REFUSALS
    first = rows.with_columns(first=pl.col("line").first().over(pl.struct(pl.exclude("line"))))
    return first.filter(pl.col("line") != pl.col("first")).select(
        "line",
        rule=pl.lit(DUPLICATE_ROW),
        column_name=pl.lit(None, pl.String),
        value=pl.col("first").cast(pl.String),
    )
