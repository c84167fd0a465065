"""Results of reading as rows of the tables of the books."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import pandera.polars as pa
import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.delivery.validate import validate_rows
from npo_pipeline.intake import source_precedence
from npo_pipeline.intake.file_result import FileResult, NewFiles
from npo_pipeline.intake.published_counts import off_formula
from schemas import received
from schemas.accounted import CONSENTS, RESERVE_TRANSFERS, SPENDING
from schemas.columns import schema_of
from schemas.frames.intake import SourceDifferences
from schemas.received import CountRanges, Counts, Deliveries, Differences, Resolutions, Scores, SourceCorrections
from schemas.tables import TableRows, table_rows


def delivery_rows(new: NewFiles, run_id: str, at: datetime) -> Deliveries:
    """Return a row of `deliveries` per file."""
    rows = [
        {
            "delivery_id": name,
            "reference_date": one.file.reference_date,
            "kind": one.file.kind.name,
            "file": one.file.name,
            "sha256": one.file.sha256,
            "rows": one.rows,
            "rejected": one.rejected,
            "ingested_at": at,
            "superseded_by": None,
            "run_id": run_id,
            "encoding": one.file.encoding,
        }
        for name, one in new.items()
    ]
    return Deliveries(pl.DataFrame(rows, schema=schema_of(received.DELIVERIES)))


def content_rows(new: NewFiles) -> TableRows:
    """Return the rows that the files give to the other tables; a table without new rows is left out."""
    gathered: dict[str, tuple[pa.DataFrameSchema, list[pl.DataFrame]]] = {}
    for name, one in new.items():
        for model, frame in _contents(name, one):
            if frame.is_empty():
                continue
            rows = frame.with_columns(delivery_id=pl.lit(name)) if "delivery_id" not in frame.columns else frame
            gathered.setdefault(model.name, (model, []))[1].append(rows.select(list(model.columns)))
    return table_rows(*((model, pl.concat(parts)) for model, parts in gathered.values()))


def _contents(delivery_id: str, one: FileResult) -> tuple[tuple[pa.DataFrameSchema, pl.DataFrame], ...]:
    dated = pl.lit(one.file.reference_date, pl.Date).alias("reference_date")
    rejected = one.messages.join(one.reporters, on="line", how="left", maintain_order="left")
    return (
        (received.QUARANTINE, rejected.with_columns(file=pl.lit(one.file.name))),
        (received.SOURCE_CORRECTIONS, correction_rows(one, delivery_id)),
        (received.COUNTS, one.counts.with_columns(dated)),
        (received.ZERO_COUNTS, one.at_zero),
        (received.COUNT_RANGES, one.ranges.with_columns(dated)),
        (received.SCORES, one.scores.with_columns(dated)),
        (received.AREAS, one.areas),
        (received.MUNICIPAL_SCORES, one.municipal_scores),
        (received.LISTED_VESTIGINGEN, one.listed_vestigingen),
        (received.LEERPLUS_SCHOOLS, one.leerplus_schools),
        (received.BOARDS, one.boards),
        (received.PAYMENT_ACCOUNTS, one.payment_accounts),
        (received.SCHOOL_FACTS, one.facts),
        (received.CHANGES, one.changes),
        (received.APPLICATIONS, one.applications),
        (received.COMPLETIONS, one.completions),
        (SPENDING, one.spending),
        (CONSENTS, one.consents),
        (RESERVE_TRANSFERS, one.reserve_transfers),
        (received.RESOLUTIONS, resolution_rows(one, delivery_id)),
    )


def correction_rows(result: FileResult, delivery_id: str) -> SourceCorrections:
    """Return the applied corrections of a file as rows of `source_corrections`, one per school concerned."""
    here = {"delivery_id": delivery_id, "file": result.file.name}
    rows = [
        {**vars(correction), **here, "vestiging": vestiging}
        for correction in result.file.corrections.applied
        for vestiging in (correction.vestigingen or (None,))
    ]
    texts = ("reason", "reported_by", "column_name", "expected", "value")
    return SourceCorrections(_sanitized(rows, received.SOURCE_CORRECTIONS, texts))


def resolution_rows(result: FileResult, delivery_id: str) -> Resolutions:
    """Return the rejected lines that a file resolves, as rows of `resolutions`."""
    rows = [
        {**vars(resubmission), "line": line, "resolved_by": delivery_id}
        for resubmission in result.file.corrections.resubmissions
        for line in resubmission.lines
    ]
    resolutions = _sanitized(rows, received.RESOLUTIONS, ("reason", "reported_by"))
    return Resolutions(resolutions.unique(maintain_order=True))


def _sanitized(rows: list[dict[str, Any]], model: pa.DataFrameSchema, texts: Sequence[str]) -> pl.DataFrame:
    schema = schema_of(model)
    frame = pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema)
    return frame.with_columns(sanitize(pl.col(name)).alias(name) for name in texts)


def correction_files(results: Iterable[FileResult]) -> list[dict[str, str]]:
    """Return the files that declared corrections or resubmissions, for a manifest: file, sha256."""
    declared = [one.file.corrections for one in results]
    sources = [part.source for one in declared for part in one.applied]
    sources += [part.source for one in declared for part in one.resubmissions]
    found = {(source.name, source.sha256) for source in sources}
    return [{"file": name, "sha256": sha256} for name, sha256 in sorted(found)]


def difference_rows(
    new: NewFiles, current: Deliveries, *, counts: Counts, scores: Scores, ranges: CountRanges, run_id: str
) -> Differences:
    """Return the schools on which current files of a delivered date disagree, and the scores off their formula.

    `current`: all deliveries that nothing supersedes now, the new ones among them; `counts`, `scores`, `ranges`:
    theirs.
    """
    days = sorted({one.file.reference_date for one in new.values()} - {None}, key=str)
    parts = [Differences(pl.DataFrame(schema=schema_of(received.DIFFERENCES)))]
    for day in days:
        on = pl.col("reference_date") == day
        found = source_precedence.differences(
            Deliveries(current.filter(on)),
            Counts(counts.filter(on)),
            Scores(scores.filter(on)),
            CountRanges(ranges.filter(on)),
        )
        parts.append(_difference_rows(found, run_id, day))
    for name, one in new.items():
        if one.file.workbook is not None and one.file.kind is kinds.SCORES:
            parts.append(_difference_rows(_formula_differences(name, one), run_id, one.file.reference_date))
    return Differences(pl.concat(parts))


def _formula_differences(delivery_id: str, one: FileResult) -> SourceDifferences:
    book = one.file.workbook
    assert book is not None
    off = off_formula(validate_rows(book.rows, kinds.SCORES.model).valid, book.without_threshold)
    words = "{}, line {}: score {} where the formula of CBS gives {} ({})"
    found = off.select(
        "vestiging",
        school_type=pl.lit("bao"),
        measure=pl.lit("score_formula"),
        used="score",
        used_delivery=pl.lit(delivery_id),
        other="expected",
        other_delivery=pl.lit(delivery_id),
        message=pl.format(words, "vestiging", "line", "score", "expected", pl.lit(one.file.name)),
    )
    return SourceDifferences(found)


def _difference_rows(found: SourceDifferences, run_id: str, day: date | None) -> Differences:
    rows = found.with_columns(run_id=pl.lit(run_id), reference_date=pl.lit(day, pl.Date))
    return Differences(rows.select(list(received.DIFFERENCES.columns)))
