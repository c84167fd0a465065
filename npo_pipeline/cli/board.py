"""The commands of one board: `npo journal`, its payments as entries for its ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import BOARD, MONTH, PATH, YEAR, common
from npo_pipeline.cli.output import document, line, number, progress, table

if TYPE_CHECKING:
    from npo_pipeline.commands.journal import JournalWritten


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
