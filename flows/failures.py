"""The failure of a run: its cause in one line, as its state and in its log, and a page that helps."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow
from prefect.logging.loggers import flow_run_logger
from prefect.states import Failed

from flows.artifacts import plain
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.runs import all_runs
from npo_pipeline.books.reader import read_books
from npo_pipeline.errors import BooksDoNotTie, HomeLocked, NpoError, Refused, printable

FAILURE_KEY = "npo-failure"

PAGE = """# {flow} failed: {what}

> {message}

{books}

1. {advice}
2. `npo status --home {home}` shows what was done last and what is open.
3. Start the run again: "Retry" on its page, or by hand. What is done already is not done twice.
"""


class WithoutTraceback(logging.Filter):
    """Drop the traceback of an ordinary error from a log: its line says what went wrong, and what to do.

    Prefect logs each error again as its process ends, as unexpected; that is dropped whole.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is logged."""
        if record.exc_info and isinstance(record.exc_info[1], NpoError | OSError):
            record.exc_info = None
            return not record.getMessage().endswith("exited with unexpected exception")
        return True


def failed(error: NpoError | OSError, parameters: Collection[str]) -> State[Any]:
    """Return the state of a run that an ordinary error ended: the cause is its first line, without a traceback.

    `parameters`: those of the deployment; a message names them in place of options of the command line.
    """
    mine = with_parameters(error, parameters) if isinstance(error, NpoError) else error
    what, _ = _advice(mine)
    state: State[Any] = Failed(message=f"{what}: {printable(str(mine))}", data=mine)
    return state


def with_parameters(error: NpoError, parameters: Collection[str]) -> NpoError:
    """Make the message of an error name the parameters of a deployment; return the error."""
    error.args = (name_parameters(str(error), parameters), *error.args[1:])
    return error


def name_parameters(message: str, parameters: Collection[str]) -> str:
    """Put the parameters of a deployment in place of the options of the same names; commands in backticks stay."""

    def named(option: re.Match[str]) -> str:
        name = option["name"].replace("-", "_")
        verb = {"add ": "set ", None: ""}.get(option["verb"], option["verb"])
        return f"{verb}parameter {name}" if name in parameters else str(option[0])

    parts = message.split("`")
    parts[::2] = [re.sub(r"(?P<verb>add )?--(?P<name>[a-z][a-z-]*[a-z])", named, part) for part in parts[::2]]
    return "`".join(parts)


def report_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Report that a run failed or crashed, why, what is in the books, and what to do."""
    error = None if state.is_crashed() else state.result(raise_on_failure=False)
    what, advice = _advice(error)
    message = printable(str(error or state.message or "no reason is known"))
    home = str(flow_run.parameters.get("home", "HOME"))
    books = books_words(home)
    flow_run_logger(flow_run, flow).error("%s failed, %s: %s; %s", flow.name, what, message, books)
    page = PAGE.format(
        flow=flow.name,
        what=what,
        message=plain(message),
        books=plain(books),
        advice=advice,
        home=printable(home).replace("`", "'"),
    )
    # Not through `prefect.artifacts`: when a run crashed there is no run around this hook.
    get_client(sync_client=True).create_artifact(
        ArtifactCreate(
            key=FAILURE_KEY,
            type="markdown",
            data=page,
            description=plain(f"{flow.name}, {flow_run.name}: {message}"[:250]),
            flow_run_id=flow_run.id,
        )
    )


def books_words(home: object) -> str:
    """Return in words what was published last in the books of a home: a run that ended may have done its work."""
    try:
        with read_books(Home(Path(str(home)))) as books:
            last = all_runs(books).tail(1).rows(named=True)
    except NpoError as error:
        return f"the books cannot be read ({error})"
    if not last:
        return "nothing was published: there are no books yet"
    return (
        f"nothing half done was published; the last run in the books is {last[0]['run_id']}, finished "
        f"{last[0]['finished_at']:%Y-%m-%d %H:%M} UTC"
    )


def _advice(error: object) -> tuple[str, str]:
    """Return the kind of failure, with the exit status the command would have, and what to do first."""
    if error is None:
        return "its process was stopped", "Look whether the machine ran out of memory, or was switched off."
    if isinstance(error, HomeLocked):
        return "another run held the home (exit 4)", "Wait until the run that the message names has ended."
    if isinstance(error, Refused):
        return "it was refused (exit 3)", "Mend what the message names."
    if isinstance(error, BooksDoNotTie):
        return "the books do not tie (exit 5)", "Pay nothing; `npo verify` shows all of it."
    if isinstance(error, OSError):
        return "the machine failed it (exit 1)", "Mend the disk or the network that the message names."
    return (
        "a fault of ours (exit 1)",
        "Give it to who maintains this program; `NPO_DEBUG=1` before the same command shows more.",
    )
