"""Files that the books hold already: the same bytes, read with the same result."""

from __future__ import annotations

import polars as pl

from npo_pipeline.delivery.kinds import Stage
from npo_pipeline.intake.board_reports import still_current
from npo_pipeline.intake.correction_rows import correction_rows
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.state import IntakeState


def find_existing(result: FileResult, state: IntakeState) -> str | None:
    """Return the current delivery that is the same file with the same result; null where there is none.

    A file that was read before, but now loses fewer rows (its schools have a board since) or is corrected
    otherwise, is new; and so is a board report that restates what a later one restated.
    """
    file = result.file
    same = state.current.filter(
        (pl.col("sha256") == file.sha256)
        & (pl.col("kind") == file.kind.name)
        & pl.col("reference_date").eq_missing(pl.lit(file.reference_date, pl.Date))
        & (pl.col("rejected") == result.rejected)
    )
    for name in same["delivery_id"]:
        if _same_corrections(result, name, state) and still_current(result, name, state.reports):
            return str(name)
    return None


def _same_corrections(result: FileResult, delivery_id: str, state: IntakeState) -> bool:
    """Return whether the same corrections were applied to a file when it was registered as this delivery.

    The corrected values of a pupil register are not kept, so there the counts must be the same as well.
    """
    before = state.corrections.filter(pl.col("delivery_id") == delivery_id)
    now = correction_rows(result, delivery_id)
    if not now.sort(now.columns).equals(before.select(now.columns).sort(now.columns)):
        return False
    return (
        now.is_empty() or result.file.kind.stage is not Stage.REGISTERS or _same_counts(result, delivery_id, state)
    )


def _same_counts(result: FileResult, delivery_id: str, state: IntakeState) -> bool:
    columns = result.counts.columns
    before = state.counts.filter(pl.col("delivery_id") == delivery_id).select(columns)
    return result.counts.sort(columns).equals(before.sort(columns))
