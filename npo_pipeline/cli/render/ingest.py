"""What was made up or delivered: files, refused rows, differences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from npo_pipeline.cli.output import document, line, number, table

if TYPE_CHECKING:
    from npo_pipeline.commands.ingest import IngestResult
    from npo_pipeline.generate import Report

SHOWN = 5
"""Findings shown before the rest is pointed at."""


def of_generate(out: Path, report: Report, as_json: bool) -> None:
    """What was made up."""
    if as_json:
        document(
            {
                "out": str(out),
                "files": dict(report.files),
                "pupils": report.pupils,
                "planted": dict(report.planted),
            }
        )
        return
    table(f"Made-up delivery in {out}", ["file", "rows"], report.files)
    line(f"{number(report.pupils)} pupils count on the reference date")
    if report.planted:
        line(
            "Planted faults, listed in planted.csv: "
            + ", ".join(f"{number(n)} {rule}" for rule, n in report.planted.items())
        )


def render_ingest(home: Path, result: IngestResult, as_json: bool) -> None:
    """What was read, and what was refused."""
    if as_json:
        document(
            {
                "run_id": result.run_id,
                "files": result.files.to_dicts(),
                "rows": result.files["rows"].sum(),
                "rejected": result.files["rejected"].sum(),
                "refused_by_rule": dict(_rules(result.refusals)),
                "differences": result.differences.height,
                "waiting_for_board": list(result.waiting),
                "remarks": list(result.remarks),
                "corrections_applied": _applied(result),
                "refused_rows_resolved": result.resolutions.height,
            }
        )
        return
    if result.run_id is None:
        line("Nothing to do: these files are in the books already")
    else:
        shown = result.files.select("file", "kind", "reference_date", "rows", "rejected").rows()
        table(f"Taken in ({result.run_id})", ["file", "kind", "reference date", "rows", "refused"], shown, right=3)
    if applied := _applied(result):
        line(f"{number(applied)} declared corrections applied: {_of_files(result.corrections)}")
    if result.resolutions.height:
        line(f"{number(result.resolutions.height)} rows refused earlier are resolved")
    of_refusals(home, result.refusals)
    _messages(home, "differences", result.differences)
    for remark in result.remarks:
        line(f"! {remark}")
    for name in result.waiting:
        line(f"! {name}: no school in it has a known board yet; ingest the address list that names them")


def _applied(result: IngestResult) -> int:
    return (
        result.corrections.select("delivery_id", "line", "column_name").n_unique()
        if result.corrections.height
        else 0
    )


def _of_files(corrections: pl.DataFrame) -> str:
    counted = corrections.unique(["file", "line", "column_name"]).group_by("file").len().sort("file")
    return ", ".join(f"{file} {number(times)}" for file, times in counted.iter_rows())


def _rules(refusals: pl.DataFrame) -> list[tuple[str, int]]:
    return refusals.group_by("rule").len().sort("rule").rows() if refusals.height else []


def of_refusals(home: Path, refusals: pl.DataFrame) -> None:
    """The rows that were refused, in short."""
    if refusals.is_empty():
        return
    rows = refusals.select("file", "line").n_unique()
    line(f"! {number(rows)} rows refused: " + ", ".join(f"{number(n)} {rule}" for rule, n in _rules(refusals)))
    # Many rows may say the same of one school; each thing is said once.
    said = refusals.group_by("file", "message", maintain_order=True).agg(
        pl.col("line").min(), pl.len().alias("times")
    )
    for file, message, at, times in said.head(SHOWN).iter_rows():
        line(f"    {file}, line {at}{f' and {number(times - 1)} more' if times > 1 else ''}: {message}")
    line(f"  All of them: table quarantine in {home / 'npo.duckdb'}")


def _messages(home: Path, name: str, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        return
    line(f"! {number(rows.height)} {name} between files:")
    for message in rows["message"].head(SHOWN):
        line(f"    {message}")
    line(f"  All of them: table {name} in {home / 'npo.duckdb'}")
