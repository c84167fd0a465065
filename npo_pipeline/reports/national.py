"""The national reports: the facts of all boards as xBRL-CSV, the taxonomy they refer to, and a summary to read.

The summary: receipts, spending and carry-over per category, school type and municipality.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.accounts.received import SCHOOL_KEY
from npo_pipeline.atomic_file import remove, replace_folder
from npo_pipeline.money import MONEY
from npo_pipeline.reports.board_page.context import menu
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.national_csv import write_national
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, write_taxonomy
from npo_pipeline.reports.xlsx import Column, Sheet, frame_sheet, write_sheets
from schemas.frames.accounts import Facts, NationalSummary, SchoolTypes

_TITLES = {
    "all": "Landelijk",
    "category": "Categorie",
    "school_type": "Onderwijssoort",
    "municipality": "Gemeente",
    "accounted_under": "Verantwoording",
}
_ABOUT = {
    "all": "Landelijk: alle besturen samen",
    "category": "Categorie: besteed per categorie van de menukaart",
    "school_type": "Onderwijssoort: scholen met meer soorten staan onder die soorten samen",
    "municipality": "Gemeente: naar de gemeente van de school",
    "accounted_under": "Verantwoording: ontvangen naar hoe het wordt verantwoord",
}
"""The line on top of each sheet: the content of it."""

_COLUMNS = {
    "value": Column("Waarvan", "text", 34),
    "currency": Column("Valuta", "text", 8),
    "boards": Column("Besturen", "whole", 10),
    "schools": Column("Scholen", "whole", 10),
    "received": Column("Ontvangen", "money", 20, total=True),
    "spent": Column("Besteed", "money", 20, total=True),
    "external": Column("Waarvan extern", "money", 20, total=True),
    "carried_out": Column("Nog te besteden", "money", 20, total=True),
}
_AMOUNTS = ("received", "spent", "external", "carried_out")
_UNKNOWN = "onbekend"

Check = Callable[[Path, Path], None]
"""Looks at a national report and the taxonomy it refers to, and raises if there is a fault in it."""


def write_national_reports(
    folder: Path, year: int, facts: Facts, *, summary: NationalSummary, check: Check, note: str = ""
) -> tuple[Path, ...]:
    """Write the national reports in place of those before, complete and checked, or not at all: return them.

    `facts`, `summary`: of all boards. `check`: of the xBRL-CSV report; not called when that is the same as before.
    `note`: the line of the summary that says in which currency it is and when it was made.

    Raises:
        OSError: a file cannot be written.
    """
    beside = folder.with_name(f".{folder.name}.new")
    try:
        remove(beside)
        report = beside / f"npo-{year}-alle-besturen"
        report.mkdir(parents=True)
        title = f"Verantwoording NPO {year}, landelijk"
        sheets = [_sheet(summary, one) for one in _TITLES]
        write_sheets(title, sheets, beside / f"npo-{year}-landelijk.xlsx", note=note)
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


def national_summary(
    report: ReportData,
    types: SchoolTypes,
) -> NationalSummary:
    """Sum the accounts of a year.

    Nothing is received for a category, so `received` and `carried_out` are null there; nothing is spent by the
    manner of accounting, so `spent`, `external` and `carried_out` are. A school of more than one school type is
    counted under all of them together (`so, vso`): its spending is not reported per type.
    """
    joined_types = types.group_by("brin").agg(pl.col("school_type").unique().sort().str.join(", "))
    rows = (
        report.accountability.join(report.schools.select(*SCHOOL_KEY, "municipality"), on=SCHOOL_KEY, how="left")
        .join(joined_types, on="brin", how="left")
        .with_columns(pl.col("municipality", "school_type").fill_null(_UNKNOWN), all=pl.lit(""))
    )
    none = pl.lit(None, MONEY)
    spent = report.interventions.rename({"amount": "spent"}).with_columns(received=none, carried_out=none)
    received = report.receipts.with_columns(
        pl.col("accounted_under").replace_strict(dutch.MANNERS, default=dutch.MANNER_NOT_KNOWN),
        spent=none,
        external=none,
        carried_out=none,
    )
    by_dimension = {
        "all": rows,
        "category": spent,
        "school_type": rows,
        "municipality": rows,
        "accounted_under": received,
    }
    return NationalSummary(pl.concat([_by(frame, dimension) for dimension, frame in by_dimension.items()]))


def _by(rows: pl.DataFrame, dimension: str) -> pl.DataFrame:
    sums = [pl.when(pl.col(one).count() > 0).then(pl.col(one).sum()).cast(MONEY) for one in _AMOUNTS]
    boards, schools = (pl.col(one).n_unique().cast(pl.Int64) for one in ("board", "brin"))
    by = rows.group_by(dimension=pl.lit(dimension), value=dimension, currency="currency")
    return by.agg(boards.alias("boards"), schools.alias("schools"), *sums).sort("value", "currency")


def _sheet(summary: NationalSummary, dimension: str) -> Sheet:
    """Return a sheet of the summary, without the amounts that its dimension does not divide."""
    names = menu().names if dimension == "category" else {"": "Alle besturen"}
    rows = summary.filter(dimension=dimension).with_columns(pl.col("value").replace(names))
    columns = {name: one for name, one in _COLUMNS.items() if not rows[name].is_null().all()}
    return frame_sheet(_TITLES[dimension], rows, columns or _COLUMNS, 1, about=_ABOUT[dimension])
