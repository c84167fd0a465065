"""Entry point of `npo`: every way to end has its own exit status (contract, section 1)."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from npo_pipeline import __version__
from npo_pipeline.cli.account import account
from npo_pipeline.cli.explain import explain
from npo_pipeline.cli.informatietool import tool
from npo_pipeline.cli.options import DAY, MONTH, PATH, REASON, SCHOOL_YEAR, SHARE, approval, common, reference_date
from npo_pipeline.cli.output import install_streams
from npo_pipeline.cli.rules import rules
from npo_pipeline.errors import NpoError, printable

FAULT_OF_OURS = 1


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="npo")
def npo() -> None:
    """Compute, pay and account for the NPO funding of schools."""


npo.add_command(rules)
npo.add_command(explain)
npo.add_command(tool)
npo.add_command(account)


@npo.command()
@common
def demo(home: Path, as_json: bool) -> None:
    """The whole story on a made-up country, in about a minute."""
    from npo_pipeline.cli.demo.first_year import run_demo

    run_demo(npo, home, as_json)


@npo.command()
@click.argument("out", type=PATH)
@click.option("--boards", type=click.IntRange(1), default=100, show_default=True, help="Number of boards.")
@click.option("--pupils", type=click.IntRange(1), default=100_000, show_default=True, help="Number of pupils.")
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same bytes.")
@click.option("--reference-date", type=DAY, default="2020-10-01", show_default=True, help="Date of the counts.")
@click.option("--faults", type=SHARE, default="0", show_default=True, help="Share of broken rows to plant.")
@common
def generate(out: Path, home: Path, as_json: bool, **wishes: Any) -> None:
    """Write a made-up delivery to OUT."""
    from npo_pipeline.cli import run

    run.run_generate(out, as_json, **wishes)


@npo.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@reference_date("Date of the files that do not say theirs.")
@click.option(
    "--max-rejected", type=SHARE, default="0.01", show_default=True, help="Largest share of refused rows."
)
@common
def ingest(paths: tuple[Path, ...], home: Path, as_json: bool, **wishes: Any) -> None:
    """Read a delivery: a folder, a file or a zip; several make one."""
    from npo_pipeline.cli import run

    run.run_ingest(home, paths, as_json, **wishes)


@npo.command()
@click.option("--school-year", type=SCHOOL_YEAR, required=True, help="For example 2021-2022.")
@click.option(
    "--regulation",
    "regulations",
    type=PATH,
    multiple=True,
    help="A regulation file in place of the shipped one, or an overlay on it; may be given more than once.",
)
@click.option("--as-of", type=DAY, default=None, help="By the rules that were published by this day.")
@reference_date("In place of the date in the regulation.")
@click.option("--reason", type=REASON, default=None, help="Why it is decided (again); kept with the decision.")
@approval
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--workbook", type=PATH, default=None, help="Write all that changes to this .xlsx as well.")
@common
def decide(home: Path, as_json: bool, **wishes: Any) -> None:
    """Compute every school's entitlement as a new decision."""
    from npo_pipeline.cli import run

    run.run_decide(home, as_json, **wishes)


@npo.command()
@click.argument("before")
@click.argument("after")
@click.option("--workbook", type=PATH, default=None, help="Write all that differs to this .xlsx as well.")
@common
def diff(before: str, after: str, home: Path, as_json: bool, workbook: Path | None) -> None:
    """Show what decision AFTER has more or less than decision BEFORE, and why."""
    from npo_pipeline.cli import run

    run.run_diff(home, before, after, as_json, workbook)


@npo.command()
@click.option("--month", type=MONTH, required=True, help="The month to pay, for example 2021-09.")
@click.option("--catch-up", is_flag=True, help="First pay the months that were skipped, in order.")
@click.option("--dry-run", is_flag=True, help="Show what would be paid, and change nothing.")
@common
def pay(home: Path, as_json: bool, **wishes: Any) -> None:
    """Run the payments of a month."""
    from npo_pipeline.cli import run

    run.run_pay(home, as_json, **wishes)


@npo.command()
@common
def verify(home: Path, as_json: bool) -> None:
    """Derive everything again, and say what does not tie."""
    from npo_pipeline.cli import run

    run.run_verify(home, as_json)


@npo.command()
@common
def status(home: Path, as_json: bool) -> None:
    """Show deliveries, decisions, months paid, open findings."""
    from npo_pipeline.cli import run

    run.run_status(home, as_json)


@npo.command()
@click.option("--once", is_flag=True, help="Register the schedules and stop (to see whether all is well).")
@common
def serve(home: Path, as_json: bool, once: bool) -> None:
    """Register the schedules with a Prefect server and run them."""
    # A process of its own: Prefect reads its settings when it is imported, and only the flows import it.
    # -P: a folder called flows where the operator happens to be is not ours.
    arguments = [sys.executable, "-P", "-m", "flows.serve", "--home", str(home.absolute())]
    os.execv(sys.executable, [*arguments, *(["--once"] if once else [])])


def main() -> None:
    """Run `npo` and end with its exit status; a refusal is one line on stderr."""
    # A command is short-lived and its tables are not Python objects: collecting garbage while the libraries
    # load costs more than it frees.
    gc.set_threshold(100_000, 20, 20)
    answer = install_streams()
    try:
        npo.main(standalone_mode=False)
        answer.flush()
        if answer.fault:
            _say(f"done, but the answer could not be written ({answer.fault})")
        _leave(0)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show(sys.stderr)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        _say(f"{error.format_message()} (see `{context.command_path if context else 'npo'} --help`)")
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _say(_STOPPED)
        sys.exit(130)
    except NpoError as error:
        _say(str(error))
        sys.exit(error.exit_status)
    except BaseException as error:
        # Libraries in Rust raise what is no Exception; DuckDB says so of Ctrl-C by its own word.
        if isinstance(error, SystemExit) or os.environ.get("NPO_DEBUG"):
            raise
        if isinstance(error, RuntimeError) and "interrupted" in str(error).lower():
            _say(_STOPPED)
            sys.exit(130)
        first = str(error).splitlines()[0] if str(error) else ""
        _say(f"a fault of ours ({type(error).__name__}: {first}); nothing was published; NPO_DEBUG=1 shows where")
        sys.exit(FAULT_OF_OURS)


# Python keeps its frames in pieces of 16 KiB, and where calls go to and fro over the end of one it asks the system
# for a piece each time: 5,000 times in `npo pay`. A frame this large makes one piece that all others fit in.
main.__code__ = main.__code__.replace(co_stacksize=70_000)


def _leave(status: int) -> NoReturn:
    """End the process at once: everything is published and closed, and there is nothing to tear down.

    Taking the libraries down at exit costs a tenth of a second, and DuckDB 2.0 could hang in it.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _say(message: str) -> None:
    print(f"npo: {printable(message)}", file=sys.stderr)  # noqa: T201


_STOPPED = "stopped; nothing half done was published"


if __name__ == "__main__":
    main()
