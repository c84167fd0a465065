"""The national reports: the facts of all boards as xBRL-CSV, the taxonomy they refer to, and a summary to read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from npo_pipeline.atomic_file import remove, replace_folder
from npo_pipeline.reports.xbrl.national_csv import write_national
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, write_taxonomy
from npo_pipeline.reports.xlsx import Column, Row, Sheet, write_sheets
from schemas.frames.accounts import Facts, NationalSummary

_TITLES = {
    "all": "Landelijk",
    "category": "Categorie",
    "school_type": "Onderwijssoort",
    "municipality": "Gemeente",
}
_COLUMNS = (
    Column("Waarvan", "text", 34),
    Column("Valuta", "text", 8),
    Column("Besturen", "whole", 10),
    Column("Scholen", "whole", 10),
    Column("Ontvangen", "money", 20),
    Column("Besteed", "money", 20),
    Column("Waarvan extern", "money", 20),
    Column("Nog te besteden", "money", 20),
)


Check = Callable[[Path, Path], None]
"""Looks at a national report and the taxonomy it refers to, and raises if there is a fault in it."""


def write_national_reports(
    folder: Path, year: int, facts: Facts, *, summary: NationalSummary, check: Check
) -> tuple[Path, ...]:
    """Write the national reports in place of those before, complete and checked, or not at all.

    Args:
        folder: of the national reports.
        year: the calendar year.
        facts: the facts of all boards.
        summary: of all boards.
        check: of the xBRL-CSV report; it is not checked again when it is the same.

    Returns:
        The files that are there.

    Raises:
        OSError: a file cannot be written.
    """
    beside = folder.with_name(f".{folder.name}.new")
    try:
        remove(beside)
        report = beside / f"npo-{year}-alle-besturen"
        report.mkdir(parents=True)
        title = f"Verantwoording NPO {year}, landelijk"
        write_sheets(title, _sheets(summary), beside / f"npo-{year}-landelijk.xlsx")
        write_taxonomy(beside / FILE_NAME)
        paths = write_national(report, facts, year)
        if _content(beside) != _content(folder):
            check(paths[0], beside / FILE_NAME)
            replace_folder(folder, beside)
    finally:
        remove(beside)
    return tuple(folder / name for name in sorted(_content(folder)))


def _content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _sheets(summary: NationalSummary) -> list[Sheet]:
    return [
        Sheet(title, _COLUMNS, [_row(row) for row in summary.filter(dimension=name).iter_rows(named=True)])
        for name, title in _TITLES.items()
    ]


def _row(row: dict[str, object]) -> Row:
    amounts = (row[name] for name in ("received", "spent", "external", "carried_out"))
    cents = [None if amount is None else int(amount * 100) for amount in amounts]  # type: ignore[operator]
    name = row["value"] or "Alle besturen"
    return str(row["currency"]), (name, row["currency"], row["boards"], row["schools"], *cents)
