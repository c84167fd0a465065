"""Lists of rejected rows to send back: CSV, a workbook, and a marked copy of the workbook of a board."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path, PurePath

import polars as pl

from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.reports.board_pack.workbook import dutch_csv
from npo_pipeline.reports.xlsx import Column, frame_sheet, write_sheets
from schemas.frames.accounts import FactTable
from schemas.frames.intake import RejectionList

_COLUMNS = {
    "file": Column("File", "text", 32),
    "line": Column("Line", "whole", 8),
    "cell": Column("Cell", "text", 8),
    "column_name": Column("Column", "text", 24),
    "rule": Column("Rule", "text", 18),
    "message": Column("Message", "wrapped", 90),
    "follows_from": Column("Follows from", "text", 32),
}
_ABOUT = "Rejected rows (geweigerde regels): correct them where they come from, and deliver again"
_TEXTS = [name for name in _COLUMNS if name != "line"]


def rejects_bytes(rejections: RejectionList, ending: str) -> bytes:
    """Write a list of rejected rows as `.csv` or `.xlsx`; no text in it becomes a formula."""
    rows = rejections.select(*_COLUMNS).with_columns(sanitize(pl.col(name)).alias(name) for name in _TEXTS)
    if ending == ".csv":
        named = rows.with_columns(pl.col("line").cast(pl.String)).with_columns(pl.all().fill_null(""))
        return dutch_csv(FactTable(named.rename({name: one.title.upper() for name, one in _COLUMNS.items()})))
    target = BytesIO()
    write_sheets("Rejected rows", [frame_sheet("Rejected rows", rows, _COLUMNS, 2, about=_ABOUT)], target)
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
