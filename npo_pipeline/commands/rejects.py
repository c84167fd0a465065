"""Rejected rows handed back to who sent them: the refusal of a delivery, and `--rejects FILE`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path, PurePath

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.atomic_file import require_new, write_new
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.errors import Refused
from npo_pipeline.intake.file_result import FileResult, first_cause, rejection_list, summary
from schemas.frames.intake import RejectionList

ENDINGS = (".csv", ".xlsx")
"""The forms of a list of rejected rows, by the ending of its file."""

MOST_FAULTS = 10_000
"""Faults that a refusal hands to another program; `--rejects` writes all."""


def refusal_of(rejections: RejectionList, what: str, written: Path | None = None) -> Refused:
    """Return the refusal of a delivery for its rejected rows: the first cause, and below it the others.

    `written`: the file with all of them, where one was asked.
    """
    where = f"all of them are in {written}" if written else "--rejects FILE writes all of them to a .csv or .xlsx"
    details = [*summary(rejections), where] if written or rejections.height > 1 else []
    return Refused(
        f"{what}, first {first_cause(rejections)}; nothing was taken in",
        details=[f"  {one}" for one in details],
        faults=rejections.head(MOST_FAULTS).drop("is_of_board").to_dicts(),
    )


def require_apart(path: Path, delivered: Sequence[Path], *, endings: Sequence[str] = ENDINGS) -> None:
    """Refuse a file to write about a delivery that is there already, or among the files of that delivery.

    Raises:
        Refused: says which; nothing was written.
    """
    require_new(path, *endings)
    for folder in (one.resolve() for one in delivered if one.is_dir()):
        if path.resolve().is_relative_to(folder):
            raise Refused(f"{path}: lies in the delivery, which would hold it from then on; name a file elsewhere")


def write_rejects(results: Sequence[FileResult], path: Path) -> None:
    """Write all rejected rows to a new file, and beside it a marked copy of each workbook of a board.

    Raises:
        Refused: a file is there already, or cannot be written.
    """
    rejections = rejection_list(results)
    written = {path: rejects_bytes(rejections, path.suffix.lower())}
    for source, sheets in _forms(results).items():
        with sheets[0].file.source.open() as stream:
            data = stream.read()
        names = {str(one.file.workbook.sheet): one.file.name for one in sheets if one.file.workbook}
        try:
            written[copy_path(path, source)] = marked_copy(data, names, rejections)
        except Exception as error:  # openpyxl raises many kinds, of workbooks that others read
            raise Refused(
                f"{source}: no marked copy of it can be made ({error}); save it again as .xlsx, or leave "
                "--rejects out"
            ) from error
    for target in written:
        require_new(target, *ENDINGS)
    for target, content in written.items():
        write_new(target, content)


def _forms(results: Sequence[FileResult]) -> dict[str, list[FileResult]]:
    """Return the sheets with rejected rows of each workbook of a board, by its name."""
    forms: dict[str, list[FileResult]] = {}
    for one in results:
        if one.file.workbook and one.file.workbook.sheet and one.rejected:
            forms.setdefault(one.file.name.rpartition(",")[0], []).append(one)
    return forms


_COLUMNS = {
    "file": ("File", "text", 32),
    "line": ("Line", "whole", 8),
    "cell": ("Cell", "text", 8),
    "column_name": ("Column", "text", 24),
    "rule": ("Rule", "text", 18),
    "message": ("Message", "wrapped", 90),
    "follows_from": ("Follows from", "text", 32),
}
_ABOUT = "Rejected rows (geweigerde regels): correct them where they come from, and deliver again"
_TEXTS = [name for name in _COLUMNS if name != "line"]


def rejects_bytes(rejections: RejectionList, ending: str) -> bytes:
    """Write a list of rejected rows as `.csv` or `.xlsx`; no text in it becomes a formula."""
    # Few commands write such a list, and what writes a workbook takes long to load.
    from npo_pipeline.reports.xlsx import Column, frame_sheet, write_sheets

    rows = rejections.select(*_COLUMNS).with_columns(sanitize(pl.col(name)).alias(name) for name in _TEXTS)
    if ending == ".csv":
        named = rows.with_columns(pl.col("line").cast(pl.String)).with_columns(pl.all().fill_null(""))
        return dutch.csv(named.rename({name: title.upper() for name, (title, *_) in _COLUMNS.items()}))
    target = BytesIO()
    columns = {name: Column(*one) for name, one in _COLUMNS.items()}
    write_sheets("Rejected rows", [frame_sheet("Rejected rows", rows, columns, 2, about=_ABOUT)], target)
    return target.getvalue()


def copy_path(path: Path, workbook: str) -> Path:
    """Return the path of the marked copy of a workbook, beside the list of rejected rows."""
    # With its folders: two boards may give their workbook one name.
    return path.with_name(f"{path.stem}-{'-'.join(PurePath(workbook).parts)}").with_suffix(".xlsx")


def marked_copy(data: bytes, sheets: Mapping[str, str], rejections: RejectionList) -> bytes:
    """Return a copy of a workbook in which each cell with a fault is coloured and says in a note what is wrong.

    `sheets`: the name of a sheet in the workbook -> its name in the list. A fault of a whole row is on its first
    cell.
    """
    from openpyxl import load_workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    book = load_workbook(BytesIO(data))
    red = PatternFill("solid", fgColor="FFC7CE")
    for sheet, file in sheets.items():
        mine = rejections.filter(pl.col("file") == file)
        notes = mine.group_by(address=pl.coalesce("cell", pl.format("A{}", "line")), maintain_order=True)
        for address, messages in notes.agg("message").iter_rows():
            cell = book[sheet][address]
            cell.fill = red
            cell.comment = Comment("\n".join(messages), "npo", width=320, height=40 + 60 * len(messages))
    target = BytesIO()
    book.save(target)
    return target.getvalue()
