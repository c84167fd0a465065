"""To the bank and back: `npo release`, the payment file of a month; `npo confirm-account`; `npo bank`."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import (
    DAY,
    DEBTOR_VARIABLE,
    IBAN,
    MONTH,
    NAME,
    PATH,
    PLAN,
    RECIPIENT,
    common,
    witnessed,
    workers_option,
)
from npo_pipeline.cli.output import document, frame_table, line, number, progress
from npo_pipeline.errors import Refused
from npo_pipeline.translation import said, speaks_dutch
from npo_pipeline.workers import Workers

if TYPE_CHECKING:
    from npo_pipeline.commands.bank import BankResult
    from schemas.frames.bank import AnsweredTransfers, FailedTransfers

SHOWN = 20
"""Transfers that came back, and references that are unknown, that are shown; `--json` and the books have all."""


@click.command("release")
@click.option("--month", type=MONTH, required=True, help="The month to release, for example 2021-09.")
@click.option("--prepared-by", type=NAME, default=None, help="Who prepared it; kept in the books.")
@click.option("--approved-by", type=NAME, default=None, help="Who approves it: another than who prepared it.")
@click.option(
    "--approved-plan",
    type=PLAN,
    default=None,
    help="The plan that is approved, by the 64 characters it ends with.",
)
@click.option(
    "--debtor",
    type=PATH,
    envvar=DEBTOR_VARIABLE,
    default=None,
    help="A YAML file with the account that pays: name, iban and bic.",
)
@click.option("--pay-on", type=DAY, default=None, help="Day on which the bank is to pay.  [default: today]")
@click.option("--all", "every", is_flag=True, help="Show every recipient, however many there are.")
@workers_option
@common
@witnessed
def release_command(home: Home, as_json: bool, every: bool, workers: Workers, **options: Any) -> None:
    """Show what would go out to the bank in a month; once two people agree, write the payment file."""
    if (options["approved_by"] is None) != (options["approved_plan"] is None):
        raise click.UsageError("an approval is --approved-by NAME with --approved-plan HASH; give both")
    from npo_pipeline.cli.render.release import render_release
    from npo_pipeline.commands.release import ReleaseRequest, release

    with progress() as report:
        done = release(ReleaseRequest(home=home, **options), progress=report, workers=workers)
    render_release(home, done, as_json=as_json, every=every, typed=_typed_again(**options))
    if done.specified:
        from npo_pipeline.commands.specification import raise_faults

        raise_faults(done.specified)


def _typed_again(debtor: Path | None, pay_on: date | None, **_others: Any) -> str:
    """Return the options that the next command needs as well: the plan holds neither who pays nor on which day."""
    is_typed = click.get_current_context().get_parameter_source("debtor") is ParameterSource.COMMANDLINE
    account = ["--debtor", str(debtor)] if is_typed else []
    day = [] if pay_on is None else ["--pay-on", pay_on.isoformat()]
    return "".join(" " + shlex.quote(one) for one in (*account, *day))


@click.command("confirm-account")
@click.argument("recipient", type=RECIPIENT)
@click.argument("iban", type=IBAN)
@click.option("--by", type=NAME, required=True, help="Who made sure of it; kept in the books.")
@common
@witnessed
def confirm_command(home: Home, as_json: bool, recipient: str, iban: str, by: str) -> None:
    """Confirm by name that a changed payment account is the recipient's; releases stop naming it."""
    from npo_pipeline.commands.confirm_account import ConfirmRequest, confirm_account

    done = confirm_account(ConfirmRequest(home=home, recipient=recipient, iban=iban, confirmed_by=by))
    if as_json:
        document({"run_id": done.run_id, "recipient": recipient, "iban": iban, "by": by, "changes": done.changes})
        return
    for old, since, confirmed_by in done.changes.select("old_iban", "since", "confirmed_by").iter_rows():
        line(f"Account of {recipient} from {since}: {iban} in place of {old}")
        if confirmed_by is not None:
            line(f"It was confirmed before, by {confirmed_by}")
    if done.run_id is not None:
        line(f"It is confirmed by {by} ({done.run_id}); releases no longer name it")
    elif done.changes.is_empty():
        line(f"{iban} is the first account of {recipient}: there is no change to confirm")


@click.command("bank")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@workers_option
@common
@witnessed
def bank_command(home: Home, as_json: bool, paths: tuple[Path, ...], workers: Workers) -> None:
    """Read what the bank answered (pain.002, camt.053, camt.054): files, folders or zips."""
    from npo_pipeline.commands.bank import BankRequest, bank

    with progress() as report:
        result = bank(BankRequest(home=home, paths=paths), progress=report, workers=workers)
    if result.refused and not (result.run_id or result.read_before):
        raise _refusal(result)
    if as_json:
        document(_document(result))
    else:
        _render(result)
    if result.refused:
        raise _refusal(result)
    if result.specified:
        from npo_pipeline.commands.specification import raise_faults

        raise_faults(result.specified)


def _refusal(result: BankResult) -> Refused:
    """Return the refusal of the files that were not taken in."""
    faults = [{"file": file, "message": message} for file, message in result.refused]
    if len(result.refused) == 1:
        return Refused(result.refused[0][1], faults=faults)
    words = f"{number(len(result.refused))} files were refused, and nothing of them was changed"
    return Refused(words, details=[message for _, message in result.refused], faults=faults)


def _document(result: BankResult) -> dict[str, object]:
    from npo_pipeline.cli.render.pay import specified_document

    return {
        "run_id": result.run_id,
        "files": result.files,
        "read_before": result.read_before,
        "changed": result.changed,
        "unknown": result.unknown,
        "entries_without_reference": result.nameless,
        "remarks": result.remarks,
        "contradictions": result.contradictions,
        "refused": [{"file": file, "message": message} for file, message in result.refused],
        "specifications": [specified_document(one) for one in result.specified],
    }


def _render(result: BankResult) -> None:
    """Print what was read, what became of transfers, and what a person must look at."""
    from npo_pipeline.cli.render.pay import render_specified
    from npo_pipeline.commands.bank import contradiction_words

    if result.run_id is None:
        line("Nothing to do: these files were read before")
    else:
        headings = {"message_id": "id of the bank", "transfers": "number of transfers"}
        frame_table(
            f"Read ({result.run_id})", result.files, ["file", "kind", "message_id", "transfers"], **headings
        )
        _render_changed(result)
        for file in result.read_before:
            line(f"{file}: was read before")
    for words in (*result.unknown[:SHOWN], *result.remarks):
        line(f"! {words}")
    if len(result.unknown) > SHOWN:
        line(f"! and {number(len(result.unknown) - SHOWN)} more references that are not of these books: --json")
    if result.nameless:
        line(f"{number(result.nameless)} booked entries have no reference, and are not of these books")
    for words in contradiction_words(result.contradictions):
        line(f"! {words}")
    for one in result.specified:
        render_specified(one)


def _render_changed(result: BankResult) -> None:
    import polars as pl

    from schemas.frames.bank import AnsweredTransfers
    from schemas.released import FAILED

    changed = result.changed
    if changed.is_empty():
        line("No transfer has another status by it")
        return
    sums = changed.group_by("status", "currency").agg(
        pl.len().cast(pl.Int64).alias("transfers"), pl.col("amount").sum()
    )
    columns = ["status", "currency", "transfers", "amount"]
    shown = _in_language(AnsweredTransfers(sums.sort("status", "currency")))
    frame_table("Transfers", shown, columns, status="what happened", transfers="number of transfers")
    failed = AnsweredTransfers(changed.filter(pl.col("status").is_in(FAILED)).sort("status", "end_to_end_id"))
    if failed.height:
        render_failed("Came back", failed)
        line("Their payments go out with the next `npo release`, once the accounts are right")


def render_failed(title: str, failed: AnsweredTransfers | FailedTransfers) -> None:
    """Print the transfers that were rejected or returned, the first of many."""
    columns = ["recipient", "status", "happened_on", "reason_code", "reason", "currency", "amount"]
    headings = {"status": "what happened", "happened_on": "happened on", "reason_code": "code"}
    frame_table(title, _in_language(failed).head(SHOWN), columns, **headings)
    if failed.height > SHOWN:
        line(f"and {number(failed.height - SHOWN)} more: --json shows all")


def _in_language(rows: AnsweredTransfers | FailedTransfers) -> AnsweredTransfers | FailedTransfers:
    """Return transfers with their status and reason in the language that is asked."""
    import polars as pl

    from npo_pipeline.bank.reasons import reason_in_dutch
    from schemas.frames.bank import AnsweredTransfers

    if not speaks_dutch():
        return rows
    status = pl.col("status").map_elements(said, return_dtype=pl.String)
    if "reason" in rows.columns:
        words = [reason_in_dutch(*row) for row in rows.select("reason_code", "reason").iter_rows()]
        rows = AnsweredTransfers(rows.with_columns(pl.Series("reason", words, dtype=pl.String)))
    return AnsweredTransfers(rows.with_columns(status))
