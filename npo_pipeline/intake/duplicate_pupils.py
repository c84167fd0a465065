"""Duplicate pupils: exact copies and double enrolments over all registers of a delivery.

Hashes find the candidates in little memory; digests of 256 bits of those lines, read again, decide. So a chance
agreement of two hashes can never cost a school a pupil, and no pseudonym leaves the process that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from schemas.frames.intake import (
    REJECTIONS,
    DuplicateRows,
    DuplicateSuspects,
    Fingerprints,
    Rejections,
    SuspectRows,
)
from schemas.rules import DOUBLE_ENROLMENT, DUPLICATE_ROW

ReadAgain = Callable[[Mapping[str, pl.Series]], Mapping[str, SuspectRows]]
"""Read lines of files again: file -> lines, and file -> their rows."""


@dataclass(frozen=True)
class Duplicates:
    """Hold the rejections per file, and those of the rows that were counted and must be taken off the counts."""

    rejections: Mapping[str, Rejections]
    counted: Mapping[str, SuspectRows]


def find_duplicates(fingerprints: Mapping[str, Fingerprints], read_again: ReadAgain) -> Duplicates:
    """Find the rows that are rejected because of another row.

    `duplicate_row`: an exact copy of an earlier row, of the file or of one before it by name; the first
    stays. `double_enrolment`: one PSEUDONIEM counting more than once on the reference date; none of them
    counts (contract, section 2). `fingerprints`: those of each file.
    """
    suspects = _suspects(fingerprints)
    if suspects.is_empty():
        return Duplicates({}, {})
    again = read_again({file: part["line"] for file, part in _by_file(suspects).items()})
    digests = [rows.select("line", "pupil", "row", file=pl.lit(file)) for file, rows in again.items()]
    found = suspects.join(pl.concat(digests), on=["file", "line"], how="inner").sort("file", "line")
    copies = _copies(DuplicateSuspects(found))
    others = found.join(copies, on=["file", "line"], how="anti", maintain_order="left")
    rejected = pl.concat([copies, _doubled(DuplicateSuspects(others))])
    rejections = _by_file(rejected.select("file", *REJECTIONS))
    counted = _by_file(rejected.filter("counts"))
    return Duplicates(
        {file: Rejections(part) for file, part in rejections.items()},
        {file: _rows_at(again[file], part["line"]) for file, part in counted.items()},
    )


def _rows_at(rows: SuspectRows, lines: pl.Series) -> SuspectRows:
    return SuspectRows(rows.filter(pl.col("line").is_in(lines.implode())))


def _suspects(fingerprints: Mapping[str, Fingerprints]) -> DuplicateSuspects:
    named = [one.with_columns(file=pl.lit(file)) for file, one in fingerprints.items()]
    if not named:
        return DuplicateSuspects(pl.DataFrame(schema={"file": pl.String, "line": pl.Int64, "counts": pl.Boolean}))
    # Repeated pupils are few (who moved during the year), so everything after this line is small. Sorting
    # finds them in a fraction of the time that a hash table of all pupils takes.
    pupils = pl.concat([one["pupil"] for one in named]).sort()
    again = pupils.filter(pupils == pupils.shift()).unique()
    repeated = pl.concat([one.filter(pl.col("pupil").is_in(again.implode())) for one in named])
    copies = pl.struct("pupil", "row").is_duplicated()
    counted = repeated.filter("counts")
    doubles = counted.filter(pl.col("pupil").is_duplicated())
    suspects = pl.concat([repeated.filter(copies), doubles]).unique(["file", "line"])
    return DuplicateSuspects(suspects.select("file", pl.col("line").cast(pl.Int64), "counts"))


def _copies(found: DuplicateSuspects) -> DuplicateRows:
    """Select the exact copies of an earlier row, with its place."""
    first = found.with_columns(first=pl.col("line").first().over("row"), where=pl.col("file").first().over("row"))
    here = pl.col("file") == pl.col("where")
    place = pl.when(here).then(pl.col("first").cast(pl.String)).otherwise(pl.format("{} of {}", "first", "where"))
    copies = first.filter(~here | (pl.col("line") != pl.col("first")))
    return _rejected(DuplicateSuspects(copies), place, rule=DUPLICATE_ROW, column=None)


def _doubled(found: DuplicateSuspects) -> DuplicateRows:
    """Select the counting rows of pupils who count more than once, with the places of the others."""
    doubled = found.filter("counts").filter(pl.col("pupil").is_duplicated())
    listed = doubled.with_columns(here=pl.format("line {} of {}", "line", "file"))
    elsewhere = pl.col("here").implode().over("pupil").list.set_difference(pl.concat_list("here"))
    value = elsewhere.list.sort().list.head(3).list.join(", ")
    return _rejected(DuplicateSuspects(listed), value, rule=DOUBLE_ENROLMENT, column="PSEUDONIEM")


def _rejected(rows: DuplicateSuspects, value: pl.Expr, *, rule: str, column: str | None) -> DuplicateRows:
    rejection = {"rule": pl.lit(rule), "column_name": pl.lit(column, pl.String), "value": value}
    return DuplicateRows(rows.select("file", "line", "counts", **rejection))


def _by_file(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    parts = rows.sort("file", "line").partition_by("file", as_dict=True, include_key=False)
    return {str(file): part for (file,), part in parts.items()}
