"""The entry point of `npo`: its commands, and the exit status of every way to end (contract, section 1)."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from inspect import cleandoc

import click

from npo_pipeline import __version__
from npo_pipeline.cli.account import account_command
from npo_pipeline.cli.board import export_command, forecast_command, journal_command
from npo_pipeline.cli.checks import doctor_command
from npo_pipeline.cli.decide import decide_command, diff_command
from npo_pipeline.cli.demo import demo_command
from npo_pipeline.cli.explain import explain_command, tool_command
from npo_pipeline.cli.generate import generate_command
from npo_pipeline.cli.home import runs_command, serve_command, status_command, upgrade_command, verify_command
from npo_pipeline.cli.ingest import ingest_command, inspect_command
from npo_pipeline.cli.keep import backup_command, publish_command, restore_command
from npo_pipeline.cli.output import complaint, document, install_streams
from npo_pipeline.cli.pay import hold_command, pay_command, specification_command, unhold_command
from npo_pipeline.cli.reconcile import reconcile_command
from npo_pipeline.cli.release import bank_command, confirm_command, release_command
from npo_pipeline.cli.rules import rules_group
from npo_pipeline.errors import NpoError, printable
from npo_pipeline.operating_system import set_umask
from npo_pipeline.startup import check_own_packages, end_process
from npo_pipeline.translation import catalogue, said, speaks_dutch
from npo_pipeline.watch import logs

FAULT_OF_OURS = 1


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="npo")
def npo() -> None:
    """Compute, pay and account for the NPO funding of schools."""


for command in (
    demo_command,
    generate_command,
    inspect_command,
    ingest_command,
    decide_command,
    diff_command,
    pay_command,
    specification_command,
    hold_command,
    unhold_command,
    release_command,
    confirm_command,
    bank_command,
    forecast_command,
    export_command,
    explain_command,
    tool_command,
    reconcile_command,
    account_command,
    journal_command,
    verify_command,
    status_command,
    doctor_command,
    runs_command,
    upgrade_command,
    backup_command,
    restore_command,
    publish_command,
    serve_command,
    rules_group,
):
    npo.add_command(command)


def main() -> None:
    """Run `npo` and end with its exit status; a refusal is one line on stderr, and with --json a document too."""
    stdout = install_streams()
    click.Context.formatter_class = HelpInItsLanguage
    try:
        set_umask()
        check_own_packages()
        # What a command returns is its exit status, where it is another than 0.
        status = npo.main(prog_name="npo", standalone_mode=False)
        stdout.flush()
        if stdout.fault:
            _say(f"done, but the answer could not be written ({stdout.fault})")
        end_process(status if isinstance(status, int) else 0)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show(sys.stderr)
        sys.exit(error.exit_code)
    except BaseException as error:
        if isinstance(error, SystemExit) or (os.environ.get("NPO_DEBUG") and not _is_foreseen(error)):
            raise
        ending = _ending(error)
        _complain(ending)
        # A command that answered has its document on stdout already, as `verify` has.
        if "--json" in sys.argv[1:] and not stdout.is_written:
            document({"error": {**vars(ending), "message": printable(ending.message)}})
            stdout.flush()
        sys.exit(ending.exit_status)


class HelpInItsLanguage(click.HelpFormatter):
    """Write help as click does, each of its texts in the language that is asked."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how a command is typed."""
        super().write_usage(prog, args, prefix or said("Usage: "))

    def write_heading(self, heading: str) -> None:
        """Write the head of a section: Options, Commands."""
        super().write_heading(said(heading))

    def write_text(self, text: str) -> None:
        """Write what a command does; its docstring is one message."""
        super().write_text(said(cleandoc(text)))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write options or commands with what each does."""
        super().write_dl([(name, _described(text)) for name, text in rows], col_max, col_spacing)


def _described(text: str) -> str:
    """Translate what an option or a command does; click shortens it, or adds `[default: x; required]`."""
    if not speaks_dutch():
        return text
    whole = said(text)
    if whole != text:
        return whole
    words = text.removesuffix("...")
    if full := next((dutch for english, dutch in catalogue()[0].items() if english.startswith(words)), None):
        return full.partition(". ")[0].partition("\n")[0].removesuffix(".") + "."
    described = re.fullmatch(r"(.*?)  \[(.*)\]", text, re.DOTALL)
    if not described:
        return text
    return f"{said(described[1])}  [{'; '.join(said(one) for one in described[2].split('; '))}]"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """Represent how a command ended that did not do what was asked: as it is said, and as `--json` has it.

    `kind`: usage, refused, locked, books_do_not_tie, stopped or fault. `details`: lines below the message.
    `faults`: what is wrong with the input, one by one.
    """

    kind: str
    exit_status: int
    message: str
    details: tuple[str, ...] = ()
    faults: tuple[Mapping[str, object], ...] = ()


def _is_foreseen(error: BaseException) -> bool:
    return isinstance(error, click.ClickException | click.Abort | KeyboardInterrupt | NpoError)


def _ending(error: BaseException) -> Ending:
    """Return what an error means for the person who must act."""
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        message = f"{error.format_message()} (see `{context.command_path if context else 'npo'} --help`)"
        return Ending(kind="usage", exit_status=error.exit_code, message=message)
    if isinstance(error, NpoError):
        return Ending(
            kind=error.kind,
            exit_status=error.exit_status,
            message=str(error),
            details=error.details,
            faults=error.faults,
        )
    # Libraries in Rust raise what is no Exception; DuckDB says so of Ctrl-C by its own word.
    interrupted = isinstance(error, RuntimeError) and "interrupted" in str(error).lower()
    if interrupted or isinstance(error, KeyboardInterrupt | click.Abort):
        return Ending(kind="stopped", exit_status=130, message=_STOPPED)
    first = str(error).splitlines()[0] if str(error) else ""
    # A command that publishes and then writes reports may have published when this happens.
    what = f"a fault of ours ({type(error).__name__}: {first})"
    message = f"{what}; nothing half done was published; NPO_DEBUG=1 shows where"
    return Ending(kind="fault", exit_status=FAULT_OF_OURS, message=message)


def _complain(ending: Ending) -> None:
    """Say on stderr how a command ended that did not do what was asked: on a terminal, or in a log."""
    if logs.is_json():
        more = {"details": list(ending.details)} if ending.details else {}
        logs.log("error", ending.message, kind=ending.kind, exit_status=ending.exit_status, **more)
        return
    _say(ending.message)
    for one in ending.details:
        complaint(said(one))


def _say(message: str) -> None:
    if logs.is_json():
        logs.log("error", message)
        return
    complaint(f"npo: {said(message)}")


_STOPPED = "stopped; nothing half done was published"


if __name__ == "__main__":
    main()
