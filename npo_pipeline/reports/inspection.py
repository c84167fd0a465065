"""The workbook of `npo inspect`: the files of a delivery, what they count, and their rejected rows."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import polars as pl

from npo_pipeline.atomic_file import write_new
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.measures import BY_NAME
from npo_pipeline.reports.xlsx import Column, Sheet, frame_sheet, write_sheets
from npo_pipeline.translation import said
from schemas.frames.intake import FileTotals, InspectedFiles, InspectionNotes, RejectionList

_FILES = {
    "file": Column("file", "text", 40),
    "label": Column("what it is", "text", 28),
    "kind": Column("kind", "text", 18),
    "outcome": Column("outcome", "text", 10),
    "refusals": Column("refused because", "wrapped", 50),
    "rows": Column("rows", "whole", 12),
    "rejected": Column("refused rows", "whole", 12),
    "rules": Column("by rule", "wrapped", 30),
    "reference_date": Column("reference date", "day", 14),
    "date_from": Column("date from", "text", 11),
    "encoding": Column("encoding", "text", 14),
    "separator": Column("separator", "text", 10),
    "line_ends": Column("line ends", "text", 10),
    "bytes": Column("bytes", "whole", 14),
    "recognised_by": Column("recognised by", "wrapped", 30),
    "unused": Column("columns not used", "wrapped", 40),
    "lacking": Column("columns it lacks", "wrapped", 30),
}
_TOTALS = {
    "file": Column("file", "text", 40),
    "part": Column("of", "text", 16),
    "measure": Column("counted", "text", 28),
    "quantity": Column("number", "quantity", 18),
}
_FAULTS = {
    "file": Column("file", "text", 40),
    "line": Column("line", "whole", 8),
    "cell": Column("cell", "text", 8),
    "column_name": Column("column", "text", 24),
    "rule": Column("rule", "text", 18),
    "message": Column("message", "wrapped", 90),
    "follows_from": Column("follows from", "text", 32),
}

_WORDS = {"score": "points of score", "changes": "changes of schools", "applications": "applications made"}
"""Measures whose name is that of a kind of file too."""
_NOTES = {"outcome": Column("outcome", "text", 12), "message": Column("message", "wrapped", 120)}

MOST_FAULTS = 100_000
"""Faults in the workbook: more than anybody reads, and fewer rows than a sheet may have."""


def measure_words(measure: str) -> str:
    """Return the name of a measure, or of another thing that files count, in the plural."""
    return _WORDS.get(measure) or (BY_NAME[measure].plural if measure in BY_NAME else measure.replace("_", " "))


def write_inspection(
    path: Path,
    *,
    files: InspectedFiles,
    totals: FileTotals,
    faults: RejectionList,
    notes: InspectionNotes,
) -> None:
    """Write a new workbook: the files, what they count, the rejected rows, and what is to be said of all of it.

    Raises:
        Refused: there is such a file already, or it cannot be written.
    """
    pages = [
        _sheet("Files", files, _FILES, about="Files: what they are, and how they are written"),
        _sheet("Totals", totals, _TOTALS, about="Totals: what the files count"),
        _sheet("Faults", faults.head(MOST_FAULTS), _FAULTS, about="Faults: the rows that npo ingest refuses"),
        _sheet("Remarks", notes, _NOTES, about="Remarks: why npo ingest refuses it, and what it remarks"),
    ]
    target = BytesIO()
    write_sheets(said("A delivery, inspected"), pages, target)
    write_new(path, target.getvalue())


def _sheet(name: str, rows: pl.DataFrame, columns: Mapping[str, Column], *, about: str) -> Sheet:
    # Names of files and columns are those of the sender.
    texts = [one for one in columns if rows.schema[one] == pl.String]
    harmless = rows.with_columns(sanitize(pl.col(one)).alias(one) for one in texts)
    words = {"label": said, "outcome": said, "measure": lambda one: said(measure_words(one)), "message": said}
    shown = harmless.with_columns(
        pl.col(one).map_elements(function, return_dtype=pl.String)
        for one, function in words.items()
        if one in rows.columns
    )
    titled = {key: Column(said(one.title), one.kind, one.width) for key, one in columns.items()}
    return frame_sheet(said(name), shown, titled, 1, about=said(about))
