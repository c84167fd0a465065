"""The summary of `npo account`: totals, spending by category, findings, and the reports that were written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.accounts.statement import FLOWS
from npo_pipeline.books.paths import Home
from npo_pipeline.cli.ingest import render_rejections
from npo_pipeline.cli.output import document, frame_table, line, number, table
from npo_pipeline.cli.render.pay import money
from npo_pipeline.translation import said
from schemas.accounted import (
    AccountabilityClaims,
    AccountabilityCorrections,
    AccountabilityInterventions,
    AccountabilityReceipts,
    Findings,
)

if TYPE_CHECKING:
    from npo_pipeline.commands.account.close import ClosedYear
    from npo_pipeline.commands.account.reports import WrittenReports
    from npo_pipeline.commands.account.write import AccountResult

TOTALS = (
    *("carried_in", "received", "accrued", "spent", "external", "board_level"),
    *("transferred", "corrections", "accrued_corrections", "carried_out"),
)
_SELDOM = ("transferred", "corrections", "accrued_corrections")
"""Totals that are printed where any school has one."""

ALL_SHOWN_UP_TO = 20
"""Above so many findings the first of each rule is shown."""

_SEVERITY = pl.col("severity").cast(pl.Enum(["error", "warning", "note"]))


def render_account(
    home: Home, result: AccountResult, reports: WrittenReports, *, board: str | None, as_json: bool
) -> None:
    """Print the accounts of a year: of all boards, or of one."""
    if board is not None:
        tables = ("accountability", "interventions", "receipts", "corrections", "claims", "findings")
        rows: dict[str, Any] = {name: getattr(result, name).filter(board=board) for name in tables}
        result = replace(result, **rows)
    if as_json:
        document(_account_document(result, reports))
        return
    if result.ingested is not None and result.ingested.run_id:
        columns = ["file", "kind", "rows", "rejected"]
        frame_table("Taken in", result.ingested.files, columns, rejected="refused")
        if result.ingested.listed.height:
            render_rejections(result.ingested.listed)
            line(f"  All of them: table quarantine in {home.database}, or --rejects FILE")
        for remark in result.ingested.remarks:
            line(f"! {remark}")
    _render_totals(result, board)
    _render_categories(result.year, result.interventions)
    _render_receipts(result.year, result.receipts)
    _render_corrections(result.year, result.corrections)
    _render_claims(result.year, result.claims)
    _render_findings(result.findings)
    for remark in result.remarks:
        line(f"! {remark}")
    _render_reports(reports)


def _render_claims(year: int, claims: AccountabilityClaims) -> None:
    """Print what boards have to settle between them; each board's own part is on its page."""
    between, key = claims.filter(settled_by="the boards"), ("board", "other_board", "currency")
    sums = between.group_by("board", "other_board", "currency").agg(pl.col("amount").sum()).sort(key)
    if sums.height:
        shown = sums.filter(pl.col("amount") > 0) if sums["board"].n_unique() > 1 else sums
        headings = {"other_board": "other board", "amount": "receives"}
        title = f"To settle between boards for months until the end of {year}"
        frame_table(title, shown.head(ALL_SHOWN_UP_TO), shown.columns, **headings)


def _render_totals(result: AccountResult, board: str | None) -> None:
    run = f"({result.run_id})" if result.run_id else "(nothing has changed)"
    of_board = f", board {board}" if board else ""
    rows = result.accountability
    for (currency,), part in rows.partition_by("currency", as_dict=True).items():
        shown = [name for name in TOTALS if name not in _SELDOM or (part[name] != 0).any()]
        totals = [(said(name.replace("_", " ")), part[name].sum()) for name in shown]
        table(f"Accounts of {result.year}{of_board} {run}", ["", money(str(currency))], totals)
    line(
        f"{number(rows.height)} schools of {number(rows['board'].n_unique())} boards; what is left over is "
        f"shown as {result.accounts['treatment'][0].replace('_', ' ')}\n"
    )


def _render_receipts(year: int, rows: AccountabilityReceipts) -> None:
    """Print what came in by how it is accounted for: the questions via XBRL are about a part of it."""
    if rows.is_empty():
        return
    manner = pl.col("accounted_under").fill_null("not known")
    sums = rows.group_by(manner, "currency").agg(pl.col("received").sum()).sort("currency", "accounted_under")
    headings = {"accounted_under": "accounted for by"}
    frame_table(f"Received in {year}, by how it is accounted for", sums, sums.columns, **headings)


def _render_corrections(year: int, rows: AccountabilityCorrections) -> None:
    """Print what is corrected of closed years, per year."""
    if rows.is_empty():
        return
    sums = rows.group_by("of_year", "currency").agg(pl.col(FLOWS).sum()).sort("of_year", "currency")
    columns = ["of_year", "currency", "received", "spent", "transferred", "accrued"]
    frame_table(f"Corrections of closed years in {year}", sums.cast({"of_year": str}), columns, of_year="of")


def render_closing(done: ClosedYear, *, dry_run: bool, as_json: bool) -> None:
    """Print the closing of a year, or what would be closed."""
    closing = done.closing
    account, rows = closing.account, closing.accountability
    totals = [
        {"currency": str(currency), **{name: part[name].sum() for name in TOTALS}}
        for (currency,), part in sorted(rows.partition_by("currency", as_dict=True).items())
    ]
    if as_json:
        names = ("year", "boards", "schools", "errors", "warnings", "notes")
        document(
            {
                **{name: account[name] for name in names},
                "run_id": closing.run_id,
                "account": account["run_id"],
                "plan": closing.plan,
                "dry_run": dry_run,
                "closed_on": closing.closed_on,
                "boards_with_errors": closing.boards_with_errors,
                "prepared_by": closing.prepared_by,
                "approved_by": closing.approved_by,
                "totals": totals,
                **(_reports_document(done.reports) if done.reports else {}),
            }
        )
        return
    for one in totals:
        shown = [(said(name.replace("_", " ")), one[name]) for name in TOTALS if name not in _SELDOM or one[name]]
        table(f"Accounts of {account['year']} ({account['run_id']})", ["", money(str(one["currency"]))], shown)
    line(
        f"Errors: {number(account['errors'])}, warnings: {number(account['warnings'])}, "
        f"notes: {number(account['notes'])}"
    )
    if boards := closing.boards_with_errors:
        more = " ..." if len(boards) > ALL_SHOWN_UP_TO else ""
        line(f"! errors stay in the closed year, of {', '.join(boards[:ALL_SHOWN_UP_TO])}{more}")
    if closing.run_id:
        line(
            f"{account['year']} is closed ({closing.run_id}): later corrections of it are in {account['year'] + 1}"
        )
    elif closing.closed_on:
        line(f"Nothing to do: {account['year']} was closed on {closing.closed_on}")
    else:
        line(f"Dry run: nothing was changed; to close just this: --approved-plan {closing.plan}")
    if done.reports is not None:
        _render_reports(done.reports)


def _render_categories(year: int, rows: AccountabilityInterventions) -> None:
    if rows.is_empty():
        return
    schools = pl.struct("board", "brin").n_unique().alias("schools")
    sums = rows.group_by("category", "currency").agg(schools, pl.col("amount", "external").sum())
    title, columns = f"Spent in {year}, by category of the menukaart", ["category", "currency", "schools"]
    headings = {"amount": "spent", "external": "of which externals"}
    frame_table(title, sums.sort("category", "currency"), [*columns, *headings], **headings)


def _render_findings(findings: Findings) -> None:
    """Print how often each rule was met; then every finding, or the first of each rule where there are many."""
    if findings.is_empty():
        line("No findings")
        return
    counted = findings.group_by("severity", "rule", maintain_order=True).len("times").sort(_SEVERITY)
    frame_table(f"{number(findings.height)} findings", counted, counted.columns)
    shown = findings
    if findings.height > ALL_SHOWN_UP_TO:
        shown = Findings(findings.group_by("rule", maintain_order=True).first())
        line("The first of each rule; all of them are in table findings, and on the page of each board:")
    for row in shown.sort(_SEVERITY, maintain_order=True).iter_rows(named=True):
        where = f"{row['board']} {row['brin'] or ''}".strip()
        place = f" ({row['file']}, line {row['line']})" if row["file"] else ""
        rule = ", ".join(filter(None, (row["severity"], row["basis"], row["rule"], where)))
        line(f"! {rule}: {row['message']}{place} {row['advice']}")


def _render_reports(reports: WrittenReports) -> None:
    packs = reports.packs
    line(
        f"\nReports in {reports.folder}: {number(len(packs.written))} packs written, "
        f"{number(len(packs.up_to_date))} up to date"
    )
    if reports.checked:
        line(f"Arelle checked {number(reports.checked)} filings and finds nothing")
    if reports.signed:
        line(f"{number(len(reports.signed))} packs signed")
    _render_unchecked(reports)
    for path in reports.viewers[:1]:
        line(f"Each figure can be clicked: {number(len(reports.viewers))} pages in {path.parent}")
    for board, why in reports.faults.items():
        line(f"! no report could be made of {board}: {why}")
    lacking = reports.not_in_xbrl
    for board, why in lacking.select("board", "reason").iter_rows() if lacking is not None else ():
        line(f"! board {board} is not in the national XBRL report: {why}")
    for older in reports.stale:
        line(f"! {older}")
    for board in reports.withdrawn:
        line(f"! the filing of board {board} was taken away: its accounts have errors; --force makes one again")
    for board in reports.unfilable:
        line(f"! board {board}: externals above the amount they are part of; no filing can say so, forced or not")
    without = len({*packs.without_filing} - {*reports.unfilable})
    if without > 0:
        line(
            f"! {number(without)} boards with errors got a page and tables, no filing; mend the "
            "findings, or add --force"
        )


def _render_unchecked(reports: WrittenReports) -> None:
    for board, why in reports.unchecked.items():
        line(f"! the filing of board {board} could not be checked: {why}")


def _account_document(result: AccountResult, reports: WrittenReports) -> dict[str, Any]:
    accountability, ingested = result.accountability, result.ingested
    return {
        "year": result.year,
        "run_id": result.run_id,
        "treatment": result.accounts["treatment"][0],
        "boards": accountability["board"].n_unique(),
        "schools": accountability.height,
        "totals": [
            {"currency": str(currency), **{name: part[name].sum() for name in TOTALS}}
            for (currency,), part in sorted(accountability.partition_by("currency", as_dict=True).items())
        ],
        "by_category": result.interventions.group_by("category", "currency")
        .agg(pl.col("amount", "external").sum())
        .sort("category", "currency"),
        "received_under": result.receipts.group_by("accounted_under", "currency")
        .agg(pl.col("received").sum())
        .sort("currency", "accounted_under"),
        "corrections": result.corrections.drop("year"),
        "claims": result.claims.drop("year"),
        "closed_on": result.closed_on,
        "findings": result.findings.drop("year"),
        "errors": result.findings.filter(severity="error").height,
        "files": ingested.files if ingested else [],
        "rejected": int(ingested.files["rejected"].sum()) if ingested else 0,
        "remarks": [*(ingested.remarks if ingested else ()), *result.remarks],
        **_reports_document(reports),
    }


def _reports_document(reports: WrittenReports) -> dict[str, Any]:
    return {
        "reports": reports.folder,
        "written": reports.packs.written,
        "up_to_date": reports.packs.up_to_date,
        "without_filing": reports.packs.without_filing,
        "unfit": reports.unfilable,
        "withdrawn": reports.withdrawn,
        "signed": reports.signed,
        "faults": reports.faults,
        "stale": reports.stale,
        "not_in_national_xbrl": [] if reports.not_in_xbrl is None else reports.not_in_xbrl,
        "checked_in_full": reports.checked,
        "unchecked": reports.unchecked,
        "viewers": reports.viewers,
        "national": reports.national,
    }
