"""The national reports: the facts of all boards as xBRL-CSV, the taxonomy they refer to, and a summary to read.

The summary: receipts, spending and carry-over per category, school type and municipality.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.accounts.received import SCHOOL_KEY
from npo_pipeline.atomic_file import remove, replace_folder
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.money import MONEY
from npo_pipeline.reports.board_page.context import menu
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.national_csv import write_national
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, write_taxonomy
from npo_pipeline.reports.xlsx import Column, Sheet, frame_sheet, write_sheets
from schemas.frames.accounts import Facts, NationalBoards, NationalSummary, NationalYears, SchoolTypes

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
_BALANCE = {
    "carried_in": Column("Begin", "money", 20),
    "received": Column("Ontvangen", "money", 20, total=True),
    "spent": Column("Besteed", "money", 20, total=True),
    "transferred": Column("Overgedragen", "money", 18, total=True),
    "corrections": Column("Correcties eerdere jaren", "money", 18, total=True),
    "carried_out": Column("Nog te besteden", "money", 20),
}
_YEARS = {
    "year": Column("Jaar", "text", 8),
    "currency": Column("Valuta", "text", 8),
    "boards": Column("Besturen", "whole", 10),
    "schools": Column("Scholen", "whole", 10),
    **_BALANCE,
}
_BOARDS = {
    "board": Column("Bestuur", "text", 12),
    "name": Column("Naam", "text", 36),
    "currency": Column("Valuta", "text", 8),
    "schools": Column("Scholen", "whole", 10),
    **{name: replace(column, total=True) for name, column in _BALANCE.items()},
    "incomplete": Column("Bedragen onvolledig", "text", 12),
    "in_xbrl": Column("In XBRL-rapport", "text", 12),
    "reason": Column("Waarom niet", "wrapped", 50),
}
REASONS = {
    "fault": "Het verslag kon door een fout van het programma niet worden gemaakt",
    "external_above_spent": "Van een bedrag ging meer naar externen dan het hele bedrag: dat kan XBRL niet",
}
"""The reasons why a board is not in the national XBRL report."""

_LACKING = {
    "board": "BEVOEGD_GEZAG_NUMMER",
    "name": "NAAM",
    "reason": "REDEN",
    "currency": "VALUTA",
    "received": "ONTVANGEN",
    "spent": "BESTEED",
    "carried_out": "NOG_TE_BESTEDEN",
}
_AMOUNTS = ("received", "spent", "external", "carried_out")
_UNKNOWN = "onbekend"

Check = Callable[[Path, Path], None]
"""Looks at a national report and the taxonomy it refers to, and raises if there is a fault in it."""


@dataclass(frozen=True, kw_only=True)
class NationalTables:
    """The tables of the national workbook. `boards` says which of them the XBRL report lacks."""

    summary: NationalSummary
    boards: NationalBoards
    years: NationalYears

    def digest(self) -> bytes:
        """Return the SHA-256 of the tables."""
        found = hashlib.sha256()
        for one in (self.summary, self.boards, self.years):
            found.update(one.write_csv(quote_style="non_numeric").encode() + b"\0")
        return found.digest()

    def lacking(self) -> NationalBoards:
        """Return the boards that are not in the XBRL report."""
        return NationalBoards(self.boards.filter(in_xbrl="nee"))


def write_national_reports(
    folder: Path, year: int, facts: Facts, *, tables: NationalTables, check: Check, note: str = ""
) -> tuple[Path, ...]:
    """Write the national reports in place of those before, complete and checked, or not at all: return them.

    `facts`: of the boards in the XBRL report. `tables`: of all boards. `check`: of the xBRL-CSV report; not called
    when that is the same as before.
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
        write_sheets(title, _sheets(tables, year), beside / f"npo-{year}-landelijk.xlsx", note=note)
        (beside / f"npo-{year}-niet-in-xbrl.csv").write_bytes(_lacking_csv(tables))
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


def national_boards(report: ReportData, lacking: Mapping[str, str]) -> NationalBoards:
    """Return a row per pack with its balance, and whether the XBRL report has it. `lacking`: pack -> why not."""
    sums = report.accountability.group_by("board", "currency").agg(
        pl.col("brin").n_unique().cast(pl.Int64).alias("schools"), pl.col(list(_BALANCE)).sum().cast(MONEY)
    )
    left_out = report.basis.filter(kind="left_out")["board"].unique()
    words = {one: REASONS[why] for one, why in lacking.items()}
    reason = pl.col("board").replace_strict(words, default=None, return_dtype=pl.String)
    answer = {True: "ja", False: "nee"}
    return NationalBoards(
        sums.join(report.board_names, on="board", how="left")
        .with_columns(
            incomplete=pl.col("board").is_in(left_out.implode()).replace_strict(answer, return_dtype=pl.String),
            in_xbrl=reason.is_null().replace_strict(answer, return_dtype=pl.String),
            reason=reason,
        )
        .select(list(_BOARDS))
        .sort("board", "currency")
    )


def _sheets(tables: NationalTables, year: int) -> list[Sheet]:
    sheets = [_sheet(tables.summary, one) for one in _TITLES]
    years = tables.years.with_columns(pl.col("year").cast(pl.String))
    over_years = "Jaren: wat een jaar overlaat, is het begin van het volgende"
    sheets.insert(1, frame_sheet("Jaren", years, _YEARS, 1, about=over_years))
    count = tables.lacking().height
    about = f"Besturen: alle; {count} staan niet in het landelijke XBRL-rapport over {year}"
    parts = frame_sheet("XBRL", _with_and_without(tables), _PARTS, 1, about="XBRL: alle besturen, met en zonder")
    return [*sheets, frame_sheet("Besturen", tables.boards, _BOARDS, 2, about=about), parts]


_PARTS = {
    "part": Column("Waarvan", "text", 34),
    "currency": Column("Valuta", "text", 8),
    "packs": Column("Verslagen", "whole", 10),
    **_BALANCE,
}


def _with_and_without(tables: NationalTables) -> pl.DataFrame:
    """Return the totals of the boards in the XBRL report, of those that it lacks, and of all."""
    boards = tables.boards
    parts = (
        ("In het XBRL-rapport", boards.filter(in_xbrl="ja")),
        ("Niet in het XBRL-rapport", boards.filter(in_xbrl="nee")),
        ("Alle besturen", boards),
    )
    sums = [
        rows.group_by("currency")
        .agg(pl.len().cast(pl.Int64).alias("packs"), pl.col(list(_BALANCE)).sum().cast(MONEY))
        .sort("currency")
        .select(part=pl.lit(name), **{one: one for one in ("currency", "packs", *_BALANCE)})
        for name, rows in parts
    ]
    return pl.concat(sums)


def _lacking_csv(tables: NationalTables) -> bytes:
    """Return the boards that the XBRL report lacks, and below them the totals with and without them."""
    totals = _with_and_without(tables).with_columns(
        board=pl.lit(None, pl.String), name="part", reason=pl.lit(None, pl.String)
    )
    rows = pl.concat([one.select(list(_LACKING)) for one in (tables.lacking(), totals)], how="vertical_relaxed")
    return dutch.csv(rows.with_columns(name=sanitize(pl.col("name"))).rename(_LACKING))


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
