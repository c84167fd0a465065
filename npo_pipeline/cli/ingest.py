"""`npo ingest`: read, validate and register a delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import (
    PATH,
    common,
    max_change_option,
    max_rejected_option,
    reference_date_option,
    rejects_option,
    witnessed,
)
from npo_pipeline.cli.output import document, frame_table, line, number, progress

if TYPE_CHECKING:
    from npo_pipeline.commands.ingest import IngestResult
    from schemas.frames.intake import RejectionList
    from schemas.received import Differences, Quarantine

SHOWN = 5
"""Messages that are shown; the rest is in the books."""


@click.command("ingest")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@reference_date_option("Date of the files that do not say theirs.")
@max_rejected_option
@rejects_option
@max_change_option
@common
@witnessed
def ingest_command(home: Home, as_json: bool, **options: Any) -> None:
    """Read a delivery: a folder, a file or a zip; several make one."""
    from npo_pipeline.commands.ingest import IngestRequest, ingest

    with progress() as report:
        result = ingest(IngestRequest(home=home, **options), progress=report)
    if as_json:
        document(_ingest_document(result))
    else:
        _render(home, result)


def _render(home: Home, result: IngestResult) -> None:
    """Print the files that were read, the rows that were refused, and where files disagree."""
    if result.run_id is None:
        line("Nothing to do: these files are in the books already")
    else:
        columns = ["file", "kind", "reference_date", "rows", "rejected"]
        frame_table(f"Taken in ({result.run_id})", result.files, columns, rejected="refused")
    if applied := _applied(result):
        of_file = result.corrections.unique(["file", "line", "column_name"]).group_by("file").len().sort("file")
        shown = ", ".join(f"{file} {number(times)}" for file, times in of_file.iter_rows())
        line(f"{number(applied)} declared corrections applied: {shown}")
    if result.resolutions.height:
        line(f"{number(result.resolutions.height)} rows refused earlier are resolved")
    render_rejections(home, result.listed)
    _render_differences(home, result.differences)
    for remark in result.remarks:
        line(f"! {remark}")
    for name in result.waiting:
        line(
            f"! {name}: hardly any or no school in it has a known board yet; "
            "ingest the address list that names them"
        )


def _ingest_document(result: IngestResult) -> dict[str, Any]:
    return {
        "run_id": result.run_id,
        "files": result.files,
        "rows": result.files["rows"].sum(),
        "rejected": result.files["rejected"].sum(),
        "refused_by_rule": dict(_rejections_by_rule(result.rejections)),
        "differences": result.differences.height,
        "waiting_for_board": result.waiting,
        "remarks": result.remarks,
        "size_changes": result.size_changes,
        "corrections_applied": _applied(result),
        "refused_rows_resolved": result.resolutions.height,
    }


def _applied(result: IngestResult) -> int:
    if result.corrections.is_empty():
        return 0
    return result.corrections.select("delivery_id", "line", "column_name").n_unique()


def _rejections_by_rule(rejections: Quarantine | RejectionList) -> list[tuple[str, int]]:
    return rejections.group_by("rule").len().sort("rule").rows() if rejections.height else []


def render_rejections(home: Home, rejections: RejectionList) -> None:
    """Print how many rows were refused by which rule, and the first of them, causes first."""
    if rejections.is_empty():
        return
    rows = rejections.select("file", "line").n_unique()
    rules = ", ".join(f"{number(times)} {rule}" for rule, times in _rejections_by_rule(rejections))
    line(f"! {number(rows)} rows refused: {rules}")
    from npo_pipeline.intake.rejection_list import summary

    for one in summary(rejections):
        line(f"    {one}")
    line(f"  All of them: table quarantine in {home.database}, or --rejects FILE")


def _render_differences(home: Home, differences: Differences) -> None:
    if differences.is_empty():
        return
    line(f"! {number(differences.height)} differences between files:")
    for message in differences["message"].head(SHOWN):
        line(f"    {message}")
    line(f"  All of them: table differences in {home.database}")
