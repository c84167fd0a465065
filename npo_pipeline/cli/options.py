"""Options that several commands share, and the kinds of value they take.

Only click and the standard library are imported: `npo --help` must come up at once.
"""

from __future__ import annotations

import errno
import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from npo_pipeline.books.paths import DEFAULT, Home
from npo_pipeline.errors import Refused
from npo_pipeline.months import day_from, month_from, school_year_from, series_from
from npo_pipeline.startup import unused_libraries_hidden
from npo_pipeline.watch.spans import watching
from npo_pipeline.workers import Workers, cores, local

F = TypeVar("F", bound=Callable[..., Any])


class ParsedParam(click.ParamType[Any]):
    """Parse the text of an option with a function; its refusal is wrong usage (exit status 2)."""

    def __init__(self, name: str, parse: Callable[[str], Any], *, completes: str | None = None) -> None:
        """Take a function; `completes`: what a shell offers for it, `file` or `dir`."""
        self.name, self._parse, self._completes = name, parse, completes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse the text of an option; a default that is no text stays as it is."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except Refused as refusal:
            raise click.BadParameter(str(refusal), ctx, param, _variable_of(param, ctx)) from refusal

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Have the shell complete the names of files or folders."""
        return [CompletionItem(incomplete, type=self._completes)] if self._completes else []


def _variable_of(param: click.Parameter | None, ctx: click.Context | None) -> str | None:
    """Return the variable of the environment that a value came from: who set that did not type the option."""
    source = ctx.get_parameter_source(param.name) if ctx and param and param.name else None
    return str(param.envvar) if param and source is ParameterSource.ENVIRONMENT else None


def share_from(text: str) -> Decimal:
    """Parse a share from 0 to 1, exactly."""
    written = r"[0-9]{0,3}(\.[0-9]{1,12})?|[0-9](\.[0-9]{1,3})?[eE]-?[0-9]"
    if not text or not re.fullmatch(written, text) or Decimal(text) > 1:
        raise Refused(f"{text!r} is no share: write a number from 0 to 1, as 0.01")
    return Decimal(text)


def path_from(text: str) -> Path:
    """Parse a path, `~` as the home folder of the user; refuse an empty one, which would be the current folder."""
    if not text:
        raise Refused("a path is empty; name a file or folder, or . for the one you are in")
    # The shell expands ~ on a command line, and not in a variable or a file of settings.
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise Refused(f"{text}: there is no such user ({error}); write the path in full") from error
    if "\0" in text or max(map(len, map(os.fsencode, (*path.parts, "")))) > _LONGEST_FILE_NAME:
        raise Refused(f"{text[:_SHOWN]}: no file or folder can have such a name; name another")
    try:
        whole = path.absolute()
    except OSError as error:
        raise Refused(
            f"{text}: the folder that you are in is gone; go to another, or write the path in full"
        ) from error
    if len(os.fsencode(whole)) > _LONGEST_PATH:
        raise Refused(f"{text[:_SHOWN]}...: is longer than a path can be; name a folder less deep")
    return path


_LONGEST_FILE_NAME, _LONGEST_PATH = 255, 4095
"""In bytes, on the file systems that there are."""

_SHOWN = 80


def place_from(text: str) -> Path:
    """Parse a path that a command reads or writes; refuse a link that leads to itself.

    A home is not looked at before its command begins: on a share that does not answer, that would wait for ever.
    """
    path = path_from(text)
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Refused(f"{text}: is a link that leads to itself; name another file or folder") from error
    return path


def reason_from(text: str) -> str:
    """Parse a reason: one line of plain text."""
    plain = " ".join(text.split())
    if not plain.isprintable():
        raise Refused("the reason holds characters that cannot be shown; write it in plain text")
    return plain


def name_from(text: str) -> str:
    """Parse the name of a person: one line of plain text of at most 100 characters."""
    # One person can type a letter with its accent in two ways, and is one person still.
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(character.isalnum() for character in plain):
        raise Refused("a name is empty; write who it is, as J. de Vries")
    if not plain.isprintable():
        raise Refused("a name holds characters that cannot be shown; write it in plain text")
    if len(plain) > LONGEST_NAME:
        raise Refused(f"a name has {len(plain)} characters, and may have {LONGEST_NAME}; shorten it")
    return plain


def plan_from(text: str) -> str:
    """Parse the fingerprint of a plan: 64 hexadecimal digits."""
    plain = text.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", plain):
        raise Refused(f"{text!r} is no plan: copy the 64 characters that the plan is shown with")
    return plain


def year_from(text: str) -> int:
    """Parse a calendar year from 2000 to 2099."""
    if not re.fullmatch(r"20[0-9]{2}", text):
        raise Refused(f"{text!r} is no calendar year: write it as 2021")
    return int(text)


def board_from(text: str) -> str:
    """Parse the number of a board (bevoegd gezag): five digits."""
    if not re.fullmatch(r"[0-9]{5}", text):
        raise Refused(f"{text!r} is no number of a board: five digits, as 12045")
    return text


def recipient_from(text: str) -> str:
    """Parse a recipient: a board, a samenwerkingsverband or a municipality."""
    plain = text.strip().upper()
    if not re.fullmatch(r"[0-9]{4,5}|VO[0-9]{4}", plain):
        raise Refused(f"{text!r} is no recipient: a board has five digits, a municipality four; or write VO1234")
    return plain


def iban_from(text: str) -> str:
    """Parse a Dutch IBAN, with or without spaces."""
    from schemas.iban import electronic, iban_fault

    if words := iban_fault(text):
        raise Refused(f"IBAN {text!r} {words}")
    return electronic(text)


def witness_from(text: str) -> Path | None:
    """Parse the path of a witness as a full one; none where the text is empty."""
    return path_from(text).absolute() if text else None


LONGEST_NAME = 100

MONTH = ParsedParam("YYYY-MM", month_from)
DAY = ParsedParam("YYYY-MM-DD", day_from)
SCHOOL_YEAR = ParsedParam("2021-2022", school_year_from)
SERIES = ParsedParam("2021-2022", series_from)
SHARE = ParsedParam("SHARE", share_from)
REASON = ParsedParam("TEXT", reason_from)
NAME = ParsedParam("NAME", name_from)
PLAN = ParsedParam("HASH", plan_from)
PATH = ParsedParam("PATH", place_from, completes="file")
HOME = ParsedParam("PATH", lambda text: Home(path_from(text)), completes="dir")
YEAR = ParsedParam("YYYY", year_from)
BOARD = ParsedParam("NUMBER", board_from)
RECIPIENT = ParsedParam("RECIPIENT", recipient_from)
IBAN = ParsedParam("IBAN", iban_from)
WITNESS = ParsedParam("FILE", witness_from)

WITNESS_VARIABLE, DEBTOR_VARIABLE = "NPO_WITNESS", "NPO_DEBTOR"


def common(command: F) -> F:
    """Add `--home` (a `Home`) and `--json`; the command runs without libraries that it never uses."""

    @click.option(
        "--home", type=HOME, envvar="NPO_HOME", default=DEFAULT, show_default=True, help="The home folder."
    )
    @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        home = kwargs.get("home")
        with (
            unused_libraries_hidden(),
            watching(_command_name(), home if isinstance(home, Home) else None) as watched,
        ):
            status = command(*args, **kwargs)
            watched.exit_status = status if isinstance(status, int) else 0
            return status

    return cast(F, run)


def _command_name() -> str:
    """Return the name of the command that runs, as `pay` or `rules solve`."""
    context = click.get_current_context(silent=True)
    return context.command_path.partition(" ")[2] if context else ""


def witnessed(command: F) -> F:
    """Add `--witness`, which becomes part of the `Home` of `common`; for commands that publish, and that check."""

    @click.option(
        "--witness",
        type=WITNESS,
        envvar=WITNESS_VARIABLE,
        default=None,
        help="A file on another disk or share that knows the last run of the home; older books are refused.",
    )
    @wraps(command)
    def run(*args: Any, home: Home, witness: Path | None, **kwargs: Any) -> Any:
        return command(*args, home=replace(home, witness=witness), **kwargs)

    return cast(F, run)


def home_of(path: str) -> Home:
    """Return the home of a run that is no command; its witness is that of the environment."""
    return Home(path_from(path), witness=witness_from(os.environ.get(WITNESS_VARIABLE, "")))


def workers_from(text: str) -> Workers:
    """Parse the number of workers on this machine."""
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text):
        raise Refused(f"{text!r} is no number of workers: write a whole number from 1 to 999")
    return local(int(text))


workers_option = click.option(
    "--workers",
    type=ParsedParam("NUMBER", workers_from),
    envvar="NPO_WORKERS",
    default=lambda: local(cores()),
    help="Processes that work at the same time, where there is much to do.  [default: one per core]",
)


max_rejected_option = click.option(
    "--max-rejected", type=SHARE, default="0.01", show_default=True, help="Largest share of refused rows."
)


rejects_option = click.option(
    "--rejects",
    type=PATH,
    default=None,
    help="Write all refused rows to this new .csv or .xlsx; beside it a marked copy of each workbook of a board.",
)


def approval_options(command: F) -> F:
    """Add the options of what one person prepares and another approves (`commands.approval.FourEyes`)."""
    for option in (
        click.option(
            "--approved-plan",
            type=PLAN,
            default=None,
            help="The plan that was approved, as --dry-run shows it; refuse whatever has become another since.",
        ),
        click.option("--four-eyes", is_flag=True, help="Refuse it unless two people prepared and approved it."),
        click.option("--approved-by", type=NAME, default=None, help="Who approved it; kept in the books."),
        click.option("--prepared-by", type=NAME, default=None, help="Who prepared it; kept in the books."),
    ):
        command = option(command)
    return command


MAX_CHANGE = "0.10"


def max_change_of_machine() -> Decimal:
    """Return the largest share of a change of size that this machine is set to, for runs of flows."""
    return share_from(os.environ.get("NPO_MAX_CHANGE") or MAX_CHANGE)


max_change_option = click.option(
    "--max-change",
    type=SHARE,
    envvar="NPO_MAX_CHANGE",
    default=MAX_CHANGE,
    show_default=True,
    help="Largest share by which a file may hold more or less than the one whose place it takes.",
)


def reference_date_option(text: str) -> Callable[[F], F]:
    """Add `--reference-date` with a help text."""
    return click.option("--reference-date", type=DAY, default=None, help=text)


def rulebook_options(function: F) -> F:
    """Add `--regulation` and `--as-of`: the rules to compute by, in place of all that are shipped."""
    as_of = click.option("--as-of", type=DAY, default=None, help="By the rules that were published by this day.")
    regulations = click.option(
        "--regulation",
        "regulations",
        type=PATH,
        multiple=True,
        help="A regulation file in place of the shipped one, or an overlay on it; may be given more than once.",
    )
    return regulations(as_of(function))
