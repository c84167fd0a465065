"""The commands for boards: `npo journal`, payments as entries for a ledger; `npo forecast`, the months to come."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import BOARD, MONTH, PATH, SERIES, YEAR, common
from npo_pipeline.cli.output import document, frame_table, line, number, progress, table

if TYPE_CHECKING:
    from npo_pipeline.commands.journal import JournalWritten
    from npo_pipeline.payments.forecast import Outlook
    from schemas.frames.money import ForecastSums


@click.command("journal")
@click.argument("out", type=PATH, required=False)
@click.option("--board", type=BOARD, default=None, help="The number of the board.")
@click.option("--month", type=MONTH, default=None, help="What was paid in this month, for example 2021-09.")
@click.option("--year", type=YEAR, default=None, help="What was paid in this calendar year, for example 2021.")
@click.option(
    "--mapping",
    type=PATH,
    default=None,
    help="A file that says which ledger account is for what, or an example: voorbeeld or voorbeeld-kort.  "
    "[default: voorbeeld]",
)
@click.option("--rgs", type=PATH, default=None, help="Check the RGS codes of the mapping by this list, a CSV.")
@click.option("--xsd", type=PATH, default=None, help="Check the audit file by this schema of XAF 4.0 too.")
@click.option(
    "--template",
    type=PATH,
    default=None,
    help="Write the example of a mapping to this new .yaml, to fill in, and nothing else.",
)
@common
def journal_command(
    home: Home,
    as_json: bool,
    out: Path | None,
    template: Path | None,
    board: str | None,
    month: date | None,
    year: int | None,
    **options: Any,
) -> None:
    """Write what was paid to a board as journal entries: a CSV and an audit file (XAF 4.0) in folder OUT."""
    if template is not None:
        _write_template(template, as_json, {"OUT": out, "--board": board, "--month": month, "--year": year})
        return
    if out is None or board is None or (month is None) == (year is None):
        raise click.UsageError("name a folder OUT, --board, and --month or --year")
    from npo_pipeline.commands.journal import JournalRequest, write_journal
    from npo_pipeline.journal.audit_file import Period

    first, last = (month, month) if month else (date(year or 0, 1, 1), date(year or 0, 12, 1))
    period = Period(first=first, last=last or first)
    with progress() as report:
        report("writing the journal", 0)
        written = write_journal(JournalRequest(home=home, board=board, period=period, out=out, **options))
    if as_json:
        document(_document(written))
    else:
        _render(written)


def _write_template(path: Path, as_json: bool, others: dict[str, object]) -> None:
    """Write the example to fill in, which goes with no other option."""
    from npo_pipeline.commands.journal import write_template

    if given := [name for name, value in others.items() if value is not None]:
        raise click.UsageError(f"--template writes a mapping and nothing else; leave {given[0]} out")
    write_template(path)
    if as_json:
        document({"template": path})
    else:
        line(f"{path}: written")
        line("Put your own accounts in it, take out the line `example: yes`, and give it to --mapping")


def _document(written: JournalWritten) -> dict[str, Any]:
    """Return the same for `--json`."""
    from npo_pipeline.commands.journal import period_text

    journals = [
        {**vars(one), "credit": one.debit, "accounts": [_account(*each) for each in one.accounts]}
        for one in written.journals
    ]
    return {
        "board": written.board,
        "name": written.name,
        "period": period_text(written.period),
        "mapping": written.mapping,
        "example": written.is_example,
        "journals": journals,
        "files": [{"path": path, "written": is_new} for path, is_new in written.files],
        "remarks": written.remarks,
    }


def _account(account: str, name: str, amount: object) -> dict[str, object]:
    return {"account": account, "name": name, "credit": amount}


def _render(written: JournalWritten) -> None:
    """Print what was booked per account, that debit is credit, and the files."""
    from npo_pipeline import dutch
    from npo_pipeline.commands.journal import period_text

    if written.journals:
        line(f"{written.board} {written.name}, {period_text(written.period)}", as_is=True)
    else:
        line(f"Nothing was paid to board {written.board} in {period_text(written.period)}, so nothing is written")
    for one in written.journals:
        table(f"Credit per account, {one.currency}", ["account", "name", "amount"], one.accounts, right=2)
        paid = dutch.money(one.paid, one.currency)
        booked = (number(one.entries), number(one.lines))
        line(f"{paid} in {number(one.payments)} payments: {booked[0]} entries of {booked[1]} lines")
        line(f"Debit {dutch.money(one.debit, one.currency)}, credit the same")
    for path, is_new in written.files:
        line(f"{path}: written" if is_new else f"{path}: is there already, unchanged")
    for remark in written.remarks:
        line(f"! {remark}")


@click.command("forecast")
@click.option("--board", type=BOARD, default=None, help="Of this board alone.")
@click.option("--school-year", type=SERIES, default=None, help="Of this school year only, as 2021-2022.")
@click.option("--page", type=PATH, default=None, help="Write it as a page with a chart, to this new .html.")
@common
def forecast_command(
    home: Home, as_json: bool, board: str | None, school_year: str | None, page: Path | None
) -> None:
    """Show what each month to come brings by the decisions in force, corrections included."""
    from npo_pipeline.commands.forecast import ForecastRequest, make_forecast

    with progress() as report:
        report("settling the months to come", 0)
        outlook = make_forecast(ForecastRequest(home=home, board=board, school_year=school_year, page=page))
    if as_json:
        document(_forecast_document(outlook, page))
    else:
        _render_forecast(outlook, page)


def _forecast_document(outlook: Outlook, page: Path | None) -> dict[str, Any]:
    """Return the same for `--json`."""
    from npo_pipeline.payments.forecast import sums_by

    shown = ("board", "school_year", "decisions", "left_out", "remarks")
    return {
        **{name: getattr(outlook, name) for name in shown},
        "months": sums_by(outlook.to_come, "month"),
        "by_component": sums_by(outlook.to_come, "month", "school_year", "component"),
        "by_recipient_kind": sums_by(outlook.to_come, "month", "recipient_kind"),
        "paid": sums_by(outlook.paid, "month"),
        "page": page,
    }


def _render_forecast(outlook: Outlook, page: Path | None) -> None:
    """Print what is to come per month; of a board also per school year and component."""
    from npo_pipeline import dutch
    from npo_pipeline.payments.forecast import sums_by

    decided = ", ".join(outlook.decisions)
    if outlook.to_come.is_empty():
        line(f"Nothing is to come: all that {decided} makes due is paid")
    months = sums_by(outlook.to_come, "month")
    parts = sums_by(outlook.to_come, "school_year", "component")
    whom = f"board {outlook.board}" if outlook.board else "all recipients"
    for currency in months["currency"].unique().sort():
        _render_sums(f"To come for {whom}, {currency}, by {decided}", months, currency, "month")
        if outlook.board:
            _render_sums(f"By school year and component, {currency}", parts, currency, "school_year", "component")
    if not outlook.to_come.is_empty():
        line(f"To come: {dutch.totals(outlook.to_come)}")
    if not outlook.paid.is_empty():
        line(f"Paid so far: {dutch.totals(outlook.paid)}")
    for sentence in outlook.left_out:
        line(f"Not in it: {sentence}")
    for remark in outlook.remarks:
        line(f"! {remark}")
    if page is not None:
        line(f"{page}: written")


def _render_sums(title: str, sums: ForecastSums, currency: str, *key: str) -> None:
    """Print a table of the sums in a currency, per kind and together; a kind without any has no column."""
    import polars as pl

    from npo_pipeline.payments.forecast import KINDS

    mine = sums.filter(currency=currency)
    there = [kind for kind in KINDS if (mine[kind] != 0).any()]
    shown = mine.with_columns(pl.col(pl.Date).dt.strftime("%Y-%m"), pl.col(pl.String).fill_null("withheld"))
    headings = {"instalment": "instalments", "correction": "corrections"}
    frame_table(title, shown, [*key, *there, "amount"], **headings)


@click.command("export")
@click.option("--board", type=BOARD, required=True, help="The number of the board.")
@click.argument("out", type=PATH)
@common
def export_command(home: Home, as_json: bool, board: str, out: Path) -> None:
    """Write all that the books hold of a board, and of no other, as DuckDB, Parquet and CSV in folder OUT."""
    from npo_pipeline.commands.export import ExportRequest, export_board

    with progress() as report:
        done = export_board(ExportRequest(home=home, board=board, out=out), progress=report)
    if as_json:
        tables = [{"table": name, "rows": rows} for name, rows in done.tables.items()]
        document({**vars(done), "tables": tables})
        return
    there = {name: rows for name, rows in done.tables.items() if rows}
    table(f"{board} {done.name or ''}".strip(), ["table", "rows"], there.items())
    empty = len(done.tables) - len(there)
    line(f"{number(empty)} more tables have no row of this board")
    line(f"{out}: written, {number(done.bytes)} bytes, from the books as of {done.run_id}; see README.md in it")
