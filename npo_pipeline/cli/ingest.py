"""`npo ingest`: read, validate and register a delivery; `npo inspect`: look at one first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import (
    PATH,
    common,
    max_change_option,
    max_rejected_option,
    reference_date_option,
    rejects_option,
    witnessed,
    workers_option,
)
from npo_pipeline.cli.output import document, frame_table, line, number, progress, table
from npo_pipeline.errors import Refused
from npo_pipeline.translation import said
from npo_pipeline.workers import Workers

if TYPE_CHECKING:
    from npo_pipeline.commands.ingest import IngestResult
    from npo_pipeline.commands.inspect import InspectedFile, Inspection
    from schemas.frames.intake import RejectionList
    from schemas.received import Differences, Quarantine, SourceCorrections

SHOWN = 5
"""Messages that are shown; the rest is in the books."""


@click.command("ingest")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@reference_date_option("Date of the files that do not say theirs.")
@max_rejected_option
@rejects_option
@max_change_option
@workers_option
@common
@witnessed
def ingest_command(home: Home, as_json: bool, workers: Workers, **options: Any) -> None:
    """Read a delivery: a folder, a file or a zip; several make one."""
    from npo_pipeline.commands.ingest import IngestRequest, ingest

    with progress() as report:
        result = ingest(IngestRequest(home=home, **options), progress=report, workers=workers)
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
    _render_applied(result.corrections)
    if result.resolutions.height:
        line(f"{number(result.resolutions.height)} rows refused earlier are resolved")
    if result.listed.height:
        render_rejections(result.listed)
        line(f"  All of them: table quarantine in {home.database}, or --rejects FILE")
    if result.differences.height:
        _render_differences(result.differences)
        line(f"  All of them: table differences in {home.database}")
    for remark in result.remarks:
        line(f"! {remark}")
    _render_waiting(result.waiting)


def _render_waiting(files: Sequence[str]) -> None:
    for name in files:
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
        "corrections_applied": _applied(result.corrections),
        "refused_rows_resolved": result.resolutions.height,
    }


def _applied(corrections: SourceCorrections) -> int:
    if corrections.is_empty():
        return 0
    return corrections.select("delivery_id", "line", "column_name").n_unique()


def _render_applied(corrections: SourceCorrections) -> None:
    if applied := _applied(corrections):
        of_file = corrections.unique(["file", "line", "column_name"]).group_by("file").len().sort("file")
        shown = ", ".join(f"{file} {number(times)}" for file, times in of_file.iter_rows())
        line(f"{number(applied)} declared corrections applied: {shown}")


def _rejections_by_rule(rejections: Quarantine | RejectionList) -> list[tuple[str, int]]:
    return rejections.group_by("rule").len().sort("rule").rows() if rejections.height else []


def render_rejections(rejections: RejectionList) -> None:
    """Print how many rows were refused by which rule, and the first of them, causes first."""
    rows = rejections.select("file", "line").n_unique()
    rules = ", ".join(f"{number(times)} {rule}" for rule, times in _rejections_by_rule(rejections))
    line(f"! {number(rows)} rows refused: {rules}")
    from npo_pipeline.intake.file_result import summary

    for one in summary(rejections):
        line(f"    {one}")


def _render_differences(differences: Differences) -> None:
    line(f"! {number(differences.height)} differences between files:")
    for message in differences["message"].head(SHOWN):
        line(f"    {message}")


@click.command("inspect")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@reference_date_option("Date of the files that do not say theirs.")
@max_rejected_option
@max_change_option
@click.option("--workbook", type=PATH, default=None, help="Write the files, totals and faults to this new .xlsx.")
@workers_option
@common
@click.pass_context
def inspect_command(
    context: click.Context, /, home: Home, as_json: bool, workers: Workers, **options: Any
) -> None:
    """Look at a delivery before it is taken in: what each file is, what it counts, and what is wrong with it.

    It needs no home and changes nothing. With --home it counts the schools that those books know as known.
    """
    from npo_pipeline.commands.inspect import InspectRequest, inspect

    is_named = context.get_parameter_source("home") is ParameterSource.COMMANDLINE
    with progress() as report:
        request = InspectRequest(home=home if is_named else None, **options)
        found = inspect(request, progress=report, workers=workers)
    if as_json:
        document(_inspection_document(found))
    else:
        _render_inspection(found)
    if found.refusals:
        raise Refused(f"`npo ingest` would refuse this delivery, first for this: {found.refusals[0]}")


def _inspection_document(found: Inspection) -> dict[str, Any]:
    from npo_pipeline.commands.rejects import MOST_FAULTS

    return {
        "files": [_file_document(one) for one in found.files],
        "boards": vars(found.boards),
        "rows": sum(one.rows or 0 for one in found.files),
        "rejected": sum(one.rejected or 0 for one in found.files),
        "faults": found.listed.head(MOST_FAULTS).drop("is_of_board"),
        "differences": found.differences["message"].to_list(),
        "waiting_for_board": found.waiting,
        "remarks": found.remarks,
        "in_books": found.in_books,
        "corrections_applied": _applied(found.corrections),
        "refusals": found.refusals,
        "ingest": found.ingest,
    }


def _file_document(one: InspectedFile) -> dict[str, Any]:
    totals = one.totals.select("part", "measure", "quantity").to_dicts()
    named = {name: value for name, value in {**vars(one), **vars(one.written)}.items() if name != "written"}
    return {**named, "outcome": one.outcome, "totals": [_exact(row) for row in totals]}


def _exact(row: dict[str, Any]) -> dict[str, Any]:
    """Return a total with a whole number as one; what has decimals stays exact text."""
    whole = not row["measure"].startswith("score")
    return {**row, "quantity": int(row["quantity"]) if whole else row["quantity"]}


def _render_inspection(found: Inspection) -> None:
    """Print the files at a glance, each in full, what is wrong over all of them, and what to do next."""
    rows = [
        (one.file, said(one.label or "unknown"), said(one.outcome), one.reference_date, one.rows, one.rejected)
        for one in found.files
    ]
    title = f"{number(len(rows))} files, {number(sum(row[4] or 0 for row in rows))} rows"
    table(title, ["file", "what it is", "outcome", "reference date", "rows", "refused"], rows, right=4)
    for one in found.files:
        _render_file(one)
    days = Counter(one.reference_date for one in found.files if one.reference_date)
    if days:
        shown = ", ".join(f"{day} {said(f'({number(times)} files)')}" for day, times in sorted(days.items()))
        line(f"Reference dates: {shown}")
    _render_applied(found.corrections)
    if found.listed.height:
        render_rejections(found.listed)
        line("  All of them: --workbook FILE")
    if found.differences.height:
        _render_differences(found.differences)
    for remark in found.remarks:
        line(f"! {remark}")
    _render_waiting(found.waiting)
    _render_boards(found)
    if found.refusals:
        line("! `npo ingest` would refuse this delivery:")
        for reason in found.reasons:
            line(f"    {reason}")
    elif found.in_books and len(found.in_books) == sum(one.kind is not None for one in found.files):
        line("Nothing to do: these files are in the books already")
    else:
        line(f"Take it in with: {found.ingest}")


def _render_file(one: InspectedFile) -> None:
    line(one.file, as_is=True)
    for text in _lines_of(one):
        line(f"  {text}")
    line("")


def _lines_of(one: InspectedFile) -> Iterator[str]:
    """Yield what a file is, a sentence a line."""
    if one.kind:
        yield f"is: {one.label} (`{one.kind}`), recognised by {', '.join(one.recognised_by)}"
    elif one.label:
        yield f"is: {one.label}; none of its rows is taken in"
    if one.written.encoding:
        yield _form_of(one)
    if one.kind:
        yield _date_of(one)
    yield from _content_of(one)
    if one.lacking:
        yield f"columns it lacks, and may: {_named(one.lacking)}"
    if one.unused:
        yield f"columns that are not used: {_named(one.unused)}"
    for refusal in one.refusals:
        yield f"! {refusal}"


def _content_of(one: InspectedFile) -> Iterator[str]:
    if one.rejected:
        rules = ", ".join(f"{number(times)} {rule}" for rule, times in one.rejected_by_rule.items())
        yield f"{number(one.rows)} rows, of which {number(one.rejected)} refused: {rules}"
    elif one.rejected == 0:
        yield f"{number(one.rows)} rows, none of them refused"
    elif one.rows:
        yield f"{number(one.rows)} rows"
    for part, group in one.totals.group_by("part", maintain_order=True):
        counted = ", ".join(_total(*row) for row in group.select("measure", "quantity").iter_rows())
        yield f"{part[0] or said('in all')}: {counted}"


def _form_of(one: InspectedFile) -> str:
    if one.written.sheet is not None:
        return f"a workbook (.{one.written.encoding}), sheet {one.written.sheet!r}"
    if one.written.line_ends is None:
        return f"a workbook (.{one.written.encoding})"
    mark = "UTF-8 with a byte order mark" if one.written.byte_order_mark else one.written.encoding
    if one.written.separator is None:
        return f"written in {mark} with lines that end in {one.written.line_ends}"
    separator = {"\t": "tab"}.get(one.written.separator, one.written.separator)
    return f"written in {mark}, separator {separator} and lines that end in {one.written.line_ends}"


def _date_of(one: InspectedFile) -> str:
    if one.reference_date is None:
        return "no reference date is known" if one.is_dated else "it belongs to no date"
    sources = {
        "file": "the file states it",
        "option": "--reference-date states it",
        "delivery": "the other files state it",
    }
    return f"reference date {one.reference_date}: {sources[str(one.date_from)]}"


def _total(measure: str, quantity: Decimal) -> str:
    from npo_pipeline import dutch
    from npo_pipeline.reports.inspection import measure_words

    return f"{dutch.number(quantity, 2 if measure.startswith('score') else 0)} {said(measure_words(measure))}"


def _named(columns: Sequence[str]) -> str:
    more = [said(f"and {number(len(columns) - SHOWN)} more")] if len(columns) > SHOWN else []
    return " ".join([", ".join(columns[:SHOWN]), *more])


_WITHOUT_SCHOOLS = {None, "boards", "municipal_scores", "payment_accounts"}
"""Kinds of file in which no school is, and a file of no kind."""


def _render_boards(found: Inspection) -> None:
    """Print what is missing for the schools to be known."""
    without = found.boards.without
    if without and found.boards.known_from == "books":
        line(
            f"! {number(len(without))} schools have no known board ({_named(without)}), also not in these books: "
            "`npo ingest` refuses their rows (unknown_school); an address list or a file of changes names it"
        )
    elif without:
        line(
            f"! {number(len(without))} schools have no known board ({_named(without)}): `npo ingest` refuses "
            "their rows (unknown_school) unless its books know them; an address list or a file of changes names it"
        )
    elif found.boards.known_from == "nothing" and {one.kind for one in found.files} - _WITHOUT_SCHOOLS:
        line(
            "! No file says which board a school has, so every school counts here as one that has a board; "
            "`npo ingest` counts no rows of schools that its books do not know: --home DIR looks there"
        )
