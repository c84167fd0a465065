"""The accounts of a year: what boards had, got, spent and keep, what is wrong, and where the reports stand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.cli.output import document, line, number, table
from npo_pipeline.cli.render.common import money
from npo_pipeline.cli.render.ingest import of_refusals

if TYPE_CHECKING:
    from npo_pipeline.commands.account.reports import Reports
    from npo_pipeline.commands.account.write import AccountResult

SUMMED = ("carried_in", "received", "accrued", "spent", "external", "board_level", "carried_out")
SHOWN = 20
"""Above so many findings the first of each rule is shown."""

_SERIOUS = pl.col("severity").cast(pl.Enum(["error", "warning", "note"]))


def of_account(home: Path, result: AccountResult, reports: Reports, board: str | None, as_json: bool) -> None:
    """The accounts of a year: of all boards, or of the one that was asked for."""
    mine = [one if board is None else one.filter(pl.col("board") == board) for one in _frames(result)]
    accountability, interventions, findings = mine
    if as_json:
        document(_document(result, mine, reports))
        return
    if result.taken is not None and result.taken.run_id:
        shown = result.taken.files.select("file", "kind", "rows", "rejected").rows()
        table("Taken in", ["file", "kind", "rows", "refused"], shown, right=2)
        of_refusals(home, result.taken.refusals)
        for remark in result.taken.remarks:
            line(f"! {remark}")
    _totals(result, accountability, board)
    _by_category(result.year, interventions)
    _found(findings)
    for remark in result.remarks:
        line(f"! {remark}")
    _reports(reports)


def _frames(result: AccountResult) -> tuple[pl.DataFrame, ...]:
    return result.accountability, result.interventions, result.findings


def _totals(result: AccountResult, rows: pl.DataFrame, board: str | None) -> None:
    said = f"({result.run_id})" if result.run_id else "(nothing has changed)"
    who = f", board {board}" if board else ""
    for (currency,), part in rows.partition_by("currency", as_dict=True).items():
        shown = [(name.replace("_", " "), part[name].sum()) for name in SUMMED]
        table(f"Accounts of {result.year}{who} {said}", ["", money(str(currency))], shown)
    line(
        f"{number(rows.height)} schools of {number(rows['board'].n_unique())} boards; what is left over is "
        f"shown as {result.accounts['treatment'][0].replace('_', ' ')}\n"
    )


def _by_category(year: int, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        return
    sums = rows.group_by("category", "currency").agg(
        pl.struct("board", "brin").n_unique().cast(pl.Int64), pl.col("amount", "external").sum()
    )
    columns = ["category", "currency", "schools", "spent", "of which externals"]
    table(
        f"Spent in {year}, by category of the menukaart",
        columns,
        sums.sort("category", "currency").rows(),
        right=2,
    )


def _found(findings: pl.DataFrame) -> None:
    """Each rule once, with how often and the first case; of one board every finding."""
    if findings.is_empty():
        line("No findings")
        return
    counted = findings.group_by("severity", "rule", maintain_order=True).len().sort(_SERIOUS)
    rows = [(severity, rule, int(times)) for severity, rule, times in counted.iter_rows()]
    table(f"{number(findings.height)} findings", ["severity", "rule", "times"], rows, right=2)
    shown = findings
    if findings.height > SHOWN:
        shown = findings.group_by("rule", maintain_order=True).first()
        line("The first of each rule; all of them are in table findings, and on the page of each board:")
    for row in shown.sort(_SERIOUS, maintain_order=True).iter_rows(named=True):
        where = f"{row['board']} {row['brin'] or ''}".strip()
        place = f" ({row['file']}, line {row['line']})" if row["file"] else ""
        line(f"! {row['severity']}, {row['rule']}, {where}: {row['message']}{place} {row['advice']}")


def _reports(reports: Reports) -> None:
    packs = reports.packs
    line(
        f"\nReports in {reports.folder}: {number(len(packs.written))} packs written, "
        f"{number(len(packs.up_to_date))} up to date"
    )
    if reports.checked:
        line(f"Arelle checked {number(reports.checked)} filings and finds nothing")
    for path in reports.viewers[:1]:
        line(f"Each figure can be clicked: {number(len(reports.viewers))} pages in {path.parent}")
    for board in reports.withdrawn:
        line(f"! the filing of board {board} was taken away: its accounts have errors; --force makes one again")
    for board in reports.unfit:
        line(f"! board {board}: externals above the amount they are part of; no filing can say so, forced or not")
    without = len(packs.without_filing) - len(reports.unfit)
    if without > 0:
        line(
            f"! {number(without)} boards with errors got a page and tables, no filing; mend the "
            "findings, or add --force"
        )


def _document(result: AccountResult, mine: Sequence[pl.DataFrame], reports: Reports) -> dict[str, Any]:
    accountability, interventions, findings = mine
    return {
        "year": result.year,
        "run_id": result.run_id,
        "treatment": result.accounts["treatment"][0],
        "boards": accountability["board"].n_unique(),
        "schools": accountability.height,
        "totals": [
            {"currency": str(currency), **{name: part[name].sum() for name in SUMMED}}
            for (currency,), part in sorted(accountability.partition_by("currency", as_dict=True).items())
        ],
        "by_category": interventions.group_by("category", "currency")
        .agg(pl.col("amount", "external").sum())
        .sort("category", "currency")
        .to_dicts(),
        "findings": findings.drop("year").to_dicts(),
        "errors": findings.filter(pl.col("severity") == "error").height,
        "files": result.taken.files.to_dicts() if result.taken else [],
        "rejected": int(result.taken.files["rejected"].sum()) if result.taken else 0,
        "remarks": [*(result.taken.remarks if result.taken else ()), *result.remarks],
        "reports": str(reports.folder),
        "written": list(reports.packs.written),
        "up_to_date": list(reports.packs.up_to_date),
        "without_filing": list(reports.packs.without_filing),
        "unfit": list(reports.unfit),
        "withdrawn": list(reports.withdrawn),
        "checked_in_full": reports.checked,
        "viewers": [str(path) for path in reports.viewers],
        "national": [str(path) for path in reports.national],
    }


def of_template(path: Path, as_json: bool) -> None:
    """Where the blank workbook stands."""
    if as_json:
        document({"template": str(path)})
        return
    line(f"{path}: fill in the sheets Besteding and Instemming, and give it to `npo account --spending`")
