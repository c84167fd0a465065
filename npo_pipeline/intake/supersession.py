"""Supersession: files that the books hold already, and later files that replace earlier ones.

A file supersedes one of the same kind and reference date that covers a school that it covers too. Reference
lists belong to no date: a later one supersedes an earlier one with which it shares a school or a municipality.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.kinds import Stage
from npo_pipeline.errors import Refused
from npo_pipeline.intake.board_reports import still_current
from npo_pipeline.intake.file_result import FileResult, NewFiles
from npo_pipeline.intake.reference_lists import still_believed
from npo_pipeline.intake.school_changes import is_last_told
from npo_pipeline.intake.state import IntakeState
from npo_pipeline.intake.table_rows import correction_rows
from schemas.frames.books import DeliverySubjects
from schemas.frames.intake import DELIVERY_SUBJECTS, empty
from schemas.received import Resolutions

Successors = Mapping[str, str]
"""Older delivery_id -> the newer delivery_id that supersedes it."""

_KIND_AND_DATE = ["kind", "reference_date"]


def refuse_duplicate_counts(results: Sequence[FileResult]) -> None:
    """Refuse a delivery in which two files of one kind and date count the same school.

    Both would count, and the school would be paid twice. Two registers may share a school: a pupil in both of
    them is a double enrolment.
    """
    counted = [one for one in results if one.file.kind.stage is not Stage.REGISTERS]
    for one, other in combinations(counted, 2):
        if _kind_and_date(one) != _kind_and_date(other):
            continue
        both = one.subjects.filter(one.subjects.is_in(other.subjects.implode()))
        if both.len():
            day = f" on {one.file.reference_date}" if one.file.reference_date else ""
            raise Refused(
                f"{one.file.name} and {other.file.name}: both are of kind {one.file.kind.name} and tell "
                f"of {both.sort()[0]}{day}; keep the right one of the two"
            )


def find_existing(result: FileResult, state: IntakeState) -> str | None:
    """Return the current delivery that is the same file with the same result; null where there is none.

    A file that was read before, but now loses fewer rows (its schools have a board since) or is corrected
    otherwise, is new; and so is a board report that restates what a later one restated, a file of changes or of
    accounts that a later one says otherwise of, and a file of which an older version of this program read less.
    """
    file = result.file
    same = state.current.filter(
        (pl.col("sha256") == file.sha256)
        & (pl.col("kind") == file.kind.name)
        & pl.col("reference_date").eq_missing(pl.lit(file.reference_date, pl.Date))
        & (pl.col("rejected") == result.rejected)
    )
    for name in same["delivery_id"]:
        if (
            _same_corrections(result, name, state)
            and still_current(result, name, state.reports)
            and not _reads_more(result, name, state)
            and is_last_told(name, state.changes)
            and still_believed(name, state.payment_accounts)
        ):
            return str(name)
    return None


def _reads_more(result: FileResult, delivery_id: str, state: IntakeState) -> bool:
    """Return whether a file gives a column that it gave nothing of when it was registered as this delivery."""
    pairs: tuple[tuple[pl.DataFrame, pl.DataFrame], ...] = (
        (result.counts, state.counts),
        (result.at_zero, state.zero_counts),
        (result.ranges, state.count_ranges),
        (result.facts, state.school_facts),
        (result.areas, state.areas),
    )
    for now, rows in pairs:
        before = rows.filter(pl.col("delivery_id") == delivery_id)
        if any(now[name].count() and not before[name].count() for name in now.columns if name in rows.columns):
            return True
    return False


def _same_corrections(result: FileResult, delivery_id: str, state: IntakeState) -> bool:
    """Return whether the same corrections were applied to a file when it was registered as this delivery.

    The corrected values of a pupil register are not kept, so there the counts must be the same as well.
    """
    of_delivery = pl.col("delivery_id") == delivery_id
    now = correction_rows(result, delivery_id)
    if not _same_rows(now, state.corrections.filter(of_delivery)):
        return False
    without_values = now.height > 0 and result.file.kind.stage is Stage.REGISTERS
    return not without_values or _same_rows(result.counts, state.counts.filter(of_delivery))


def _same_rows(now: pl.DataFrame, before: pl.DataFrame) -> bool:
    return now.sort(now.columns).equals(before.select(now.columns).sort(now.columns))


def superseded(new: NewFiles, state: IntakeState) -> dict[str, str]:
    """Return the current deliveries that new files supersede: same kind, same reference date, a school in common.

    A file that shares no school with an older one is another part and no correction: CBS publishes the scores
    of bao and of vo separately, and a register may come in parts. Reference lists, which have no date, supersede
    as if they had one. Changes, applications and payment accounts add up and never supersede each other. A file
    that resolves rejected lines of another supersedes nothing, and ends when that other is superseded: a corrected
    file has those rows itself.

    Returns:
        Older delivery_id -> newer delivery_id.
    """
    coming = pl.DataFrame(
        [
            (name, *_kind_and_date(one))
            for name, one in new.items()
            if one.file.kind.supersedes and not one.file.corrections.resubmissions
        ],
        schema={"newer": pl.String, "kind": pl.String, "reference_date": pl.Date},
        orient="row",
    )
    pairs = state.current.select("delivery_id", *_KIND_AND_DATE).join(
        coming, on=_KIND_AND_DATE, how="inner", nulls_equal=True
    )
    covered = state.subjects_of_deliveries
    shared = covered.join(subjects_of_new(new).rename({"delivery_id": "newer"}), on="subject")
    meeting = pairs.join(shared.select("delivery_id", "newer").unique(), on=["delivery_id", "newer"], how="semi")
    # One that covers no school at all has nothing to keep.
    empty_ones = pairs.join(covered, on="delivery_id", how="anti")
    found = pl.concat([meeting, empty_ones]).group_by("delivery_id").agg(pl.col("newer").min()).sort("delivery_id")
    successors = dict(found.select("delivery_id", "newer").iter_rows())
    return dict(sorted({**_dependent_resubmissions(successors, state.resolutions), **successors}.items()))


def _dependent_resubmissions(successors: Successors, resolutions: Resolutions) -> dict[str, str]:
    """Return the files that resolved lines of superseded ones, and what supersedes them in turn."""
    dependent: dict[str, str] = {}
    # Sorted, a file that itself resolves lines of another comes before what resolves lines of it.
    for base, resolver in resolutions.select("delivery_id", "resolved_by").unique().sort(pl.all()).iter_rows():
        newer = [
            names[one]
            for names, one in ((successors, base), (dependent, base), (dependent, resolver))
            if one in names
        ]
        if newer:
            dependent[resolver] = min(newer)
    return dependent


def dropped_schools(successors: Successors, new: NewFiles, state: IntakeState) -> Iterator[str]:
    """Report the corrected files that leave out schools of the file they supersede, a sentence each."""
    deliveries = {row["delivery_id"]: row for row in state.current.iter_rows(named=True)}
    counted = state.counted_subjects
    for older, newer in successors.items():
        file = deliveries[older]
        alike = tuple(file[name] for name in _KIND_AND_DATE)
        now = [one.subjects for one in new.values() if _kind_and_date(one) == alike]
        remaining = state.current.filter(
            ~pl.col("delivery_id").is_in(list(successors)),
            pl.col("kind") == file["kind"],
            pl.col("reference_date").eq_missing(file["reference_date"]),
        )
        kept = counted.filter(pl.col("delivery_id").is_in(remaining["delivery_id"].implode()))["subject"]
        before = counted.filter(pl.col("delivery_id") == older)["subject"].unique()
        noun = "municipalities" if file["kind"] == kinds.MUNICIPAL_SCORES.name else "schools"
        takes = f"{new[newer].file.name} takes the place of {file['file']}, and"
        lost = before.filter(~before.is_in(pl.concat([kept, *now]).implode())).sort()
        if lost.len():
            yield f"{takes} {lost.len()} {noun} of that are not in it (first {lost[0]}): they no longer count"
        zero = before.filter(before.is_in(new[newer].at_zero["vestiging"].implode())).sort()
        if zero.len():
            yield f"{takes} {zero.len()} {noun} of that come to 0 in it (first {zero[0]})"


def unrelated_namesakes(successors: Successors, new: NewFiles, state: IntakeState) -> Iterator[str]:
    """Report the new files that have the name, kind and date of an older one and no school in common with it.

    Both count: a register may come in parts. The correction of a file in which all schools were wrong looks the
    same.
    """
    remaining = state.current.filter(~pl.col("delivery_id").is_in(list(successors)))
    for one in (one for one in new.values() if one.file.kind.is_dated and not one.file.corrections.resubmissions):
        same = remaining.filter(
            pl.col("file") == one.file.name,
            pl.col("kind") == one.file.kind.name,
            pl.col("reference_date") == one.file.reference_date,
        )
        for name in same["delivery_id"]:
            yield (
                f"{one.file.name} has the name of {name} and no school in common with it: both count; if it is a "
                "correction, deliver it with the schools of that one too, at 0 or not funded"
            )


def dropped_corrections(successors: Successors, new: NewFiles, state: IntakeState) -> Iterator[str]:
    """Report the corrections and resolutions that end with a superseded file, a sentence each."""
    files = dict(state.current.select("delivery_id", "file").iter_rows())
    for older, newer in successors.items():
        mine = state.corrections.filter(pl.col("delivery_id") == older).select("line", "column_name").n_unique()
        file = new[newer].file
        if mine and not file.corrections.applied:
            yield (
                f"{file.name} takes the place of {files[older]} without the corrections that were declared "
                f"for that ({mine}); declare them again where its source is still wrong"
            )
        reopened = state.resolutions.filter(
            (pl.col("resolved_by") == older) & ~pl.col("delivery_id").is_in(list(successors))
        )
        if reopened.height:
            shown = ", ".join(files[name] for name in reopened["delivery_id"].unique().sort())
            yield (
                f"{files[older]}, which stood for {reopened.height} refused lines of {shown} too, goes with what "
                f"{file.name} takes the place of: those lines are open again"
            )


def _kind_and_date(one: FileResult) -> tuple[object, object]:
    return one.file.kind.name, one.file.reference_date


def subjects_of_new(new: NewFiles) -> DeliverySubjects:
    """Return the subjects that new files count, list or name."""
    parts = [
        pl.select(delivery_id=pl.lit(name), subject=pl.concat([one.subjects, one.facts["vestiging"]]).unique())
        for name, one in new.items()
    ]
    return DeliverySubjects(pl.concat([empty(DELIVERY_SUBJECTS), *parts]))
