"""Rejected rows handed back to who sent them: the refusal of a delivery, and `--rejects FILE`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from npo_pipeline.atomic_file import require_new, write_new
from npo_pipeline.errors import Refused
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.rejection_list import first_cause, rejection_list, summary
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


def require_apart(path: Path, delivered: Sequence[Path]) -> None:
    """Refuse a file for rejected rows that is there already, or among the files of the delivery.

    Raises:
        Refused: says which; nothing was written.
    """
    require_new(path, *ENDINGS)
    for folder in (one.resolve() for one in delivered if one.is_dir()):
        if path.resolve().is_relative_to(folder):
            raise Refused(f"{path}: lies in the delivery, which would hold it from then on; name a file elsewhere")


def write_rejects(results: Sequence[FileResult], path: Path) -> None:
    """Write all rejected rows to a new file, and beside it a marked copy of each workbook of a board.

    Raises:
        Refused: a file is there already, or cannot be written.
    """
    from npo_pipeline.reports.rejects import copy_path, marked_copy, rejects_bytes

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
