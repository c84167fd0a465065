"""What was taken in as rows of the tables of the books. Pure functions over frames.

What was declared of a file, as rows of the books, and whether it is what they hold already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandera.polars as pa
import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.corrections.edits import Corrected
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.delivery.validate import validate_rows
from npo_pipeline.intake import source_precedence
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.published_counts import off_formula
from npo_pipeline.intake.supersession import still_current
from schemas import tables
from schemas.columns import schema_of

_ID = "delivery_id"


@dataclass(frozen=True)
class BooksContext:
    """What the books hold of live deliveries.

    `corrections`: rows of `source_corrections`. `counts`: rows of that table. `holding`: delivery_id, kind, board,
    period of what boards told and no later delivery told anew.
    """

    corrections: pl.DataFrame
    counts: pl.DataFrame
    holding: pl.DataFrame


def correction_rows(one: FileResult, delivery_id: str) -> pl.DataFrame:
    """The corrections of a file as rows of `source_corrections`: one for each school that a correction touches."""
    rows = [
        {_ID: delivery_id, "file": one.arrived.name, "vestiging": place, **_row(correction)}
        for correction in one.arrived.declared.corrections
        for place in (correction.vestigingen or (None,))
    ]
    return _made_harmless(rows, tables.SOURCE_CORRECTIONS, ("column_name", "expected", "value"))


def _row(one: Corrected) -> dict[str, Any]:
    return {
        "line": one.line,
        "column_name": one.column,
        "action": one.action,
        "expected": one.expected,
        "value": one.value,
        "reason": one.reason,
        "reported_by": one.reported_by,
        "reported_on": one.reported_on,
        "expires": one.expires,
    }


def resolution_rows(one: FileResult, delivery_id: str) -> pl.DataFrame:
    """The refused lines that a file takes the place of, as rows of `resolutions`."""
    rows = [
        {
            _ID: replaced.delivery_id,
            "line": line,
            "resolved_by": delivery_id,
            "reason": replaced.reason,
            "reported_by": replaced.reported_by,
        }
        for replaced in one.arrived.declared.replaces
        for line in replaced.lines
    ]
    return _made_harmless(rows, tables.RESOLUTIONS, ())


def _made_harmless(rows: list[dict[str, Any]], model: pa.DataFrameSchema, more: tuple[str, ...]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=schema_of(model))
    return frame.with_columns(sanitize(pl.col(name)).alias(name) for name in ("reason", "reported_by", *more))


def same_corrections(one: FileResult, delivery_id: str, kept: BooksContext) -> bool:
    """Whether the same was declared of a file when it was taken in under this name.

    What was corrected in a pupil register is not kept, so there the counts must be the same as well.
    """
    held = kept.corrections.filter(pl.col(_ID) == delivery_id)
    mine = correction_rows(one, delivery_id)
    if not mine.sort(mine.columns).equals(held.select(mine.columns).sort(mine.columns)):
        return False
    return (
        mine.is_empty() or one.arrived.kind not in kinds.REGISTERS or _counts_alike(one, delivery_id, kept.counts)
    )


def _counts_alike(one: FileResult, delivery_id: str, counts: pl.DataFrame) -> bool:
    columns = one.counts.columns
    held = counts.filter(pl.col(_ID) == delivery_id).select(columns)
    return one.counts.sort(columns).equals(held.sort(columns))


def correction_files(taken: Mapping[str, FileResult]) -> list[dict[str, str]]:
    """The files that declared something of these, for a manifest: file, sha256."""
    declared = [one.arrived.declared for one in taken.values()]
    said = [part.source for one in declared for part in one.corrections]
    said += [part.source for one in declared for part in one.replaces]
    found = {(source.name, source.sha256) for source in said}
    return [{"file": name, "sha256": sha256} for name, sha256 in sorted(found)]


TakenById = Mapping[str, FileResult]
"""delivery_id -> what was taken from that file."""


def find_existing(one: FileResult, live: pl.DataFrame, kept: BooksContext) -> str | None:
    """The live delivery that is the same file, read with the same result; null where there is none.

    A file that was read before, but now loses fewer rows (its schools have a board since) or is corrected
    otherwise, is news; and so is one of a board that tells again what a later file told otherwise.
    """
    same = live.filter(
        (pl.col("sha256") == one.arrived.sha256)
        & (pl.col("kind") == one.arrived.kind.name)
        & pl.col("reference_date").eq_missing(pl.lit(one.arrived.reference_date, pl.Date))
        & (pl.col("rejected") == one.rejected)
    )
    alike = (name for name in same["delivery_id"] if same_corrections(one, name, kept))
    return next((name for name in alike if still_current(one, name, kept.holding)), None)


def delivery_rows(taken: TakenById, run_id: str, at: datetime) -> pl.DataFrame:
    """A row of `deliveries` per file."""
    rows = [
        {
            "delivery_id": name,
            "reference_date": one.arrived.reference_date,
            "kind": one.arrived.kind.name,
            "file": one.arrived.name,
            "sha256": one.arrived.sha256,
            "rows": one.rows,
            "rejected": one.rejected,
            "ingested_at": at,
            "superseded_by": None,
            "run_id": run_id,
            "encoding": one.arrived.encoding,
        }
        for name, one in taken.items()
    ]
    return pl.DataFrame(rows, schema=schema_of(tables.DELIVERIES))


def content_rows(taken: TakenById) -> dict[str, tuple[pa.DataFrameSchema, pl.DataFrame]]:
    """The rows that the files give to the other tables; tables that get none are left out."""
    day = {name: one.arrived.reference_date for name, one in taken.items()}
    parts: list[tuple[pa.DataFrameSchema, str, pl.DataFrame]] = []
    for name, one in taken.items():
        dated = pl.lit(day[name], pl.Date).alias("reference_date")
        refused = one.worded.join(one.tellers, on="line", how="left", maintain_order="left")
        refused = refused.with_columns(file=pl.lit(one.arrived.name))
        parts += [
            (tables.QUARANTINE, name, refused),
            (tables.SOURCE_CORRECTIONS, name, correction_rows(one, name)),
            (tables.COUNTS, name, one.counts.with_columns(dated)),
            (tables.SCORES, name, one.scores.with_columns(dated)),
            (tables.SCHOOL_FACTS, name, one.facts),
            (tables.CHANGES, name, one.changes),
            (tables.APPLICATIONS, name, one.applications),
            (tables.SPENDING, name, one.spending),
            (tables.CONSENTS, name, one.consents),
        ]
    gathered: dict[str, tuple[pa.DataFrameSchema, pl.DataFrame]] = {}
    for model, name, frame in parts:
        rows = frame.with_columns(delivery_id=pl.lit(name)).select(list(model.columns))
        before = gathered.get(model.name)
        gathered[model.name] = (model, pl.concat([before[1], rows]) if before else rows)
    resolved = pl.concat(resolution_rows(one, name) for name, one in taken.items())
    gathered[tables.RESOLUTIONS.name] = (tables.RESOLUTIONS, resolved.unique(maintain_order=True))
    return {name: pair for name, pair in gathered.items() if pair[1].height}


def difference_rows(
    taken: TakenById, live: pl.DataFrame, counts: pl.DataFrame, scores: pl.DataFrame, run_id: str
) -> pl.DataFrame:
    """Where live files of a date that was delivered now disagree, and scores that are off their formula.

    Args:
        taken: what came in.
        live: delivery_id, kind, file, reference_date of all live deliveries, the new ones among them.
        counts: the counts of live deliveries.
        scores: the scores of live deliveries.
        run_id: the run that compares.
    """
    days = sorted({one.arrived.reference_date for one in taken.values()} - {None}, key=str)
    parts = [pl.DataFrame(schema=schema_of(tables.DIFFERENCES))]
    for day in days:
        on = pl.col("reference_date") == day
        apart = source_precedence.differences(live.filter(on), counts.filter(on), scores.filter(on))
        parts.append(_dated(apart, run_id, day))
    for name, one in taken.items():
        if one.arrived.workbook is not None and one.arrived.kind is kinds.SCORES:
            parts.append(_dated(_off_formula(name, one), run_id, one.arrived.reference_date))
    return pl.concat(parts)


def _off_formula(name: str, one: FileResult) -> pl.DataFrame:
    book = one.arrived.workbook
    assert book is not None
    off = off_formula(validate_rows(book.rows, kinds.SCORES.model).good, book.without_threshold)
    words = "{}, line {}: score {} where the formula of CBS gives {} ({})"
    return off.select(
        "vestiging",
        school_type=pl.lit("bao"),
        measure=pl.lit("score_formula"),
        used="score",
        used_delivery=pl.lit(name),
        other="expected",
        other_delivery=pl.lit(name),
        message=pl.format(words, "vestiging", "line", "score", "expected", pl.lit(one.arrived.name)),
    )


def _dated(rows: pl.DataFrame, run_id: str, day: date | None) -> pl.DataFrame:
    told = rows.with_columns(run_id=pl.lit(run_id), reference_date=pl.lit(day, pl.Date))
    return told.select(list(tables.DIFFERENCES.columns))
