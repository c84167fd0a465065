"""Declared corrections and resubmissions of a file as rows of the books."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from npo_pipeline.delivery.file_corrections import Corrected
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.intake.file_result import FileResult
from schemas import tables
from schemas.columns import schema_of
from schemas.received import Resolutions, SourceCorrections


def correction_rows(result: FileResult, delivery_id: str) -> SourceCorrections:
    """Return the applied corrections of a file as rows of `source_corrections`, one per school concerned."""
    rows = [
        {"delivery_id": delivery_id, "file": result.file.name, "vestiging": vestiging, **_row(correction)}
        for correction in result.file.corrections.applied
        for vestiging in (correction.vestigingen or (None,))
    ]
    texts = ("reason", "reported_by", "column_name", "expected", "value")
    return SourceCorrections(_sanitized(rows, tables.SOURCE_CORRECTIONS, texts))


def _row(correction: Corrected) -> dict[str, Any]:
    names = ("line", "action", "expected", "value", "reason", "reported_by", "reported_on", "expires")
    return {"column_name": correction.column, **{name: getattr(correction, name) for name in names}}


def resolution_rows(result: FileResult, delivery_id: str) -> Resolutions:
    """Return the rejected lines that a file resolves, as rows of `resolutions`."""
    rows = [
        {
            "delivery_id": resubmission.delivery_id,
            "line": line,
            "resolved_by": delivery_id,
            "reason": resubmission.reason,
            "reported_by": resubmission.reported_by,
        }
        for resubmission in result.file.corrections.resubmissions
        for line in resubmission.lines
    ]
    return Resolutions(_sanitized(rows, tables.RESOLUTIONS, ("reason", "reported_by")).unique(maintain_order=True))


def _sanitized(rows: list[dict[str, Any]], model: pa.DataFrameSchema, texts: Sequence[str]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=schema_of(model))
    return frame.with_columns(sanitize(pl.col(name)).alias(name) for name in texts)


def correction_files(results: Iterable[FileResult]) -> list[dict[str, str]]:
    """Return the files that declared corrections or resubmissions, for a manifest: file, sha256."""
    declared = [one.file.corrections for one in results]
    sources = [part.source for one in declared for part in one.applied]
    sources += [part.source for one in declared for part in one.resubmissions]
    found = {(source.name, source.sha256) for source in sources}
    return [{"file": name, "sha256": sha256} for name, sha256 in sorted(found)]
